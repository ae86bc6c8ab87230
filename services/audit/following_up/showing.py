"""What a reader is shown of actions and re-audits: codes and dates; words for those who may know of whom they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.domain.remedial_action.state import RemedialAction
from services.audit.following_up.re_audits import REVIEW_NOTE, FoundReAudit
from services.audit.following_up.work import EVIDENCE, FAILURE, PROGRESS_NOTE, TEXT, Actions, FoundAction
from services.audit.showing import EXPIRED
from services.audit.work import Work
from shared.privacy.sealed_text import SealedText
from shared.web.access_log import AccessLog
from shared.web.policy import ACTIONS, AUDIT, IDENTIFIERS, Action, Resource
from shared.web.principal import Principal

Sealed = Mapping[str, tuple[SealedText, str]]


@dataclass(frozen=True, slots=True)
class Words:
    """Opens sealed words for those who may read them, once the access is on record.

    Its answers are None for whom the words are not. Raises a 503 Problem when the access cannot be recorded.
    """

    work: Work
    access_log: AccessLog

    async def of_action(self, found: FoundAction, principal: Principal, purpose: str | None) -> dict[str, str] | None:
        if not Actions(self.work).may(principal, IDENTIFIERS, Action.R, found, purpose):
            return None
        return await self._opened(ACTIONS, found.action_id, action_words(found.action), principal, purpose)

    async def of_re_audit(
        self, found: FoundReAudit, principal: Principal, purpose: str | None
    ) -> dict[str, str] | None:
        if not self.work.may(principal, IDENTIFIERS, Action.R, found.parent, purpose):
            return None
        note = found.re_audit.review.note if found.re_audit.review else None
        sealed = {"review_note": (note, REVIEW_NOTE)} if note else {}
        return await self._opened(AUDIT, found.required.re_audit_id, sealed, principal, purpose)

    async def _opened(
        self, resource: Resource, id_: str, sealed: Sealed, principal: Principal, purpose: str | None
    ) -> dict[str, str]:
        await self.access_log.record(principal, resource, [id_], {what for _, what in sealed.values()}, purpose)
        opened = {where: await self.work.keyring.open(text, field=what) for where, (text, what) in sealed.items()}
        return {where: EXPIRED if words is None else words for where, words in opened.items()}


def action_words(action: RemedialAction) -> Sealed:
    """Every sealed text of the action by where it stands, with the name that it was sealed as."""
    found: dict[str, tuple[SealedText | None, str]] = {
        "text": (action.agreed.text if action.agreed else None, TEXT),
        "evidence_ref": (action.completed.evidence_ref if action.completed else None, EVIDENCE),
        "failure": (action.failed.reason if action.failed else None, FAILURE),
    }
    found |= {f"progress/{i}": (one.note, PROGRESS_NOTE) for i, one in enumerate(action.progress)}
    return {where: (text, what) for where, (text, what) in found.items() if text is not None}


def action_body(found: FoundAction) -> dict[str, Any]:
    """The action in codes and dates, without a word about a child."""
    action, agreed = found.action, found.agreed
    return {
        "id": found.action_id,
        "version": found.version,
        "stage": action.stage,
        "audits": action.audits,
        "domain": agreed.domain,
        "priority": agreed.priority,
        "place": agreed.place,
        "owner": agreed.owner,
        "owner_role": agreed.owner_role,
        "agreed_by": agreed.agreed_by,
        "agreed_on": agreed.agreed_on,
        "due_on": action.due_on,
        "overdue": action.is_overdue,
        "times_moved": action.times_moved,
        "accepted": _plain(action.accepted),
        "progress": [_plain(one, "note") for one in action.progress],
        "moved": _plain(action.moved),
        "completed": _plain(action.completed, "evidence_ref"),
        "verified": _plain(action.verified),
        "failed": _plain(action.failed, "reason"),
        "cancelled": _plain(action.cancelled),
        "flags": [_plain(flag) for flag in action.flags],
    }


def re_audit_body(found: FoundReAudit) -> dict[str, Any]:
    """The requirement in codes and dates, and what came of it."""
    re_audit, required = found.re_audit, found.required
    return {
        "id": required.re_audit_id,
        "version": found.version,
        "stage": re_audit.stage,
        **required.model_dump(mode="json", exclude={"type", "re_audit_id"}),
        "audit_id": re_audit.audit_id,
        "completed": _plain(re_audit.completed),
        "not_possible": _plain(re_audit.not_possible),
        "cancelled": _plain(re_audit.cancelled),
        "review": _plain(re_audit.review, "note"),
    }


def _plain(event: Any, *sealed: str) -> dict[str, Any] | None:
    return None if event is None else event.model_dump(mode="json", exclude={"type", "action_id", *sealed})
