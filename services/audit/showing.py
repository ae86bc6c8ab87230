"""What a reader is shown: codes and dates for everybody in reach, words only for those who may know who it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.audit import work as fields
from services.audit.domain.audit.decisions import to_grade
from services.audit.domain.audit.overall_grade import suggested
from services.audit.domain.audit.safety_concern import unconfirmed
from services.audit.domain.audit.state import Audit
from services.audit.domain.template.state import Templates
from services.audit.domain.template.version import TemplateVersion
from services.audit.work import Found, Work
from shared.event_store.handling import Recorded
from shared.privacy.sealed_text import SealedText
from shared.web.access_log import AccessLog
from shared.web.policy import AUDIT, IDENTIFIERS, Action
from shared.web.principal import Principal

EXPIRED = "expired"
Sealed = Mapping[str, tuple[SealedText, str]]


@dataclass(frozen=True, slots=True)
class Narratives:
    """Opens sealed words for those who may read them, once the access is on record."""

    work: Work
    access_log: AccessLog

    async def of(
        self, found: Found, principal: Principal, purpose: str | None, *, without_grades: bool = False
    ) -> dict[str, Any] | None:
        """The words by where they stand, and who it is about; "expired" where the key was destroyed.

        None for whom they are not. `without_grades` leaves out what was written about grades. Raises a 503 Problem when
        the access cannot be recorded.
        """
        if not self.work.may(principal, IDENTIFIERS, Action.R, found, purpose):
            return None
        sealed = sealed_words(found.audit)
        if without_grades:
            sealed = {where: sealed[where] for where in ("child_ref", "case_ref") if where in sealed}
        await self.access_log.record(principal, AUDIT, [found.audit_id], {what for _, what in sealed.values()}, purpose)
        words = {where: await self._opened(text, what) for where, (text, what) in sealed.items()}
        planned = found.planned
        about = {"child": None if found.audit.destroyed else planned.child, "family_group": planned.family_group}
        return {**about, "worker": planned.worker, "supervisor": planned.supervisor, "words": words}

    async def _opened(self, sealed: SealedText, what: str) -> str:
        words = await self.work.keyring.open(sealed, field=what)
        return EXPIRED if words is None else words


def sealed_words(audit: Audit) -> Sealed:
    """Every sealed text of the audit by where it stands, with the name that it was sealed as."""
    found: dict[str, tuple[SealedText | None, str]] = {}
    if audit.planned:
        found["child_ref"] = audit.planned.child_ref, fields.CHILD_REF
        found["case_ref"] = audit.planned.case_ref, fields.CASE_REF
    for code, graded in audit.domains.items():
        found[f"domains/{code}/rationale"] = graded.rationale, fields.RATIONALE
        found |= {f"domains/{code}/strengths/{i}": (text, fields.STRENGTH) for i, text in enumerate(graded.strengths)}
        found |= {f"domains/{code}/learning/{i}": (text, fields.LEARNING) for i, text in enumerate(graded.learning)}
    for i, reflection in enumerate(audit.reflections):
        found[f"reflections/{i}"] = reflection.text, fields.REFLECTION
    found["override_reason"] = audit.overall.override_reason if audit.overall else None, fields.OVERRIDE
    found["safety_concern"] = audit.concern.concern if audit.concern else None, fields.CONCERN
    found["return_reason"] = audit.returned.reason if audit.returned else None, fields.RETURN
    found["moderation"] = audit.moderation.discussion if audit.moderation else None, fields.DISCUSSION
    found["regrade"] = audit.regraded.note if audit.regraded else None, fields.NOTE
    return {where: (text, what) for where, (text, what) in found.items() if text is not None}


def audit_body(found: Found, template: TemplateVersion) -> dict[str, Any]:
    """The audit in codes and dates, without a word about a child."""
    audit, planned = found.audit, found.planned
    return {
        "id": found.audit_id,
        "version": found.version,
        "stage": audit.stage,
        "audit_type": planned.audit_type,
        "template_id": planned.template_id,
        "template_version": planned.template_version,
        "scale": template.scale.id,
        "plan_type": planned.plan_type,
        "period": planned.period,
        "theme_id": planned.theme_id,
        "place": planned.place,
        "allocation": audit.allocation,
        "started": _plain(audit.started),
        "family_feedback": _plain(audit.family),
        "reflections": len(audit.reflections),
        "domains": {code: {"grade": one.grade, "graded_by": one.graded_by} for code, one in audit.domains.items()},
        "required_domains": sorted(to_grade(planned, template)),
        "suggested_overall": suggested(template, audit.grades(), safety_concern=audit.concern is not None),
        "overall": _plain(audit.overall, "override_reason"),
        "safety_concern_open": audit.concern is not None,
        "safety_concern": _plain(audit.concern, "concern", "place", "audit_id"),
        "safety_confirmed": _plain(audit.confirmed, "audit_id"),
        "safety_overdue": unconfirmed(audit) in audit.noticed,
        "submitted": _plain(audit.submitted),
        "moderation": _plain(audit.moderation, "discussion"),
        "pairs": {id_: {"kind": one.kind, "other": one.other, "open": one.open} for id_, one in audit.pairs.items()},
        "agreed": audit.agreed,
        "grades_hidden": False,
        "result": audit.result,
        "re_audit_of": planned.re_audit_of,
        "regraded": _plain(audit.regraded, "note", "result"),
        "withdrawn": _plain(audit.withdrawn),
        "words_destroyed": _plain(audit.destroyed),
    }


GRADES = ("domains", "suggested_overall", "overall", "submitted", "moderation", "agreed", "result")


def ungraded_body(found: Found, template: TemplateVersion) -> dict[str, Any]:
    """The same for whoever must not know its grades yet: they are there or not, and that does not show."""
    return {**audit_body(found, template), **dict.fromkeys(GRADES), "grades_hidden": True}


def templates_body(templates: Templates) -> list[dict[str, Any]]:
    return [
        {**version.model_dump(mode="json"), "retired": (version.template_id, version.version) in templates.retired}
        for version in templates.versions
    ]


def history_line(told: Recorded[Any]) -> dict[str, Any]:
    """One event: what it was, in which role, when; nothing of what it says."""
    return {
        "version": told.version,
        "type": told.event.type,
        "by_role": told.meta.actor.role,
        "occurred_at": told.meta.occurred_at,
        "recorded_at": told.recorded_at,
        "effective_date": told.meta.effective_date,
        "policy_version": told.meta.policy_version,
    }


def _plain(event: Any, *sealed: str) -> dict[str, Any] | None:
    return None if event is None else event.model_dump(mode="json", exclude={"type", *sealed})
