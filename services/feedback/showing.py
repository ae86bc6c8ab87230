"""What a reader is shown: codes and dates for everybody in reach, words only for those who may know who it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from services.feedback.domain.change.state import ChangeOfPractice
from services.feedback.domain.codes import Channel
from services.feedback.domain.feedback.events import FeedbackReceived
from services.feedback.domain.feedback.state import Feedback
from services.feedback.work import CHANGE_TEXT, CHILD_REF, PRAISED, RESPONSE, TEXT
from shared.event_store.handling import Recorded
from shared.privacy.keys import Keyring
from shared.privacy.sealed_text import SealedText
from shared.web.access_log import AccessLog
from shared.web.policy import FEEDBACK, IDENTIFIERS, Action, Policy
from shared.web.principal import Principal

COMPLAINTS = frozenset({Channel.COMPLAINT, Channel.COMPLIMENT})
EXPIRED = "expired"

# What a history leaves out: sealed words, and who is who.
_PRIVATE = frozenset({"child", "child_ref", "text", "praised", "entered_by"})


@dataclass(frozen=True, slots=True)
class Narratives:
    """Opens sealed words for those who may read them, once the access is on record."""

    keyring: Keyring
    policy: Policy
    access_log: AccessLog

    async def of_feedback(
        self, feedback: Feedback, principal: Principal, purpose: str | None
    ) -> dict[str, str | None] | None:
        """The words, "expired" where the key was destroyed; None for whom they are not. Raises a 503 Problem."""
        received = feedback.received
        if received is None or not self._may_read(received, principal, purpose):
            return None
        sealed = {
            TEXT: received.text,
            CHILD_REF: received.child_ref,
            PRAISED: received.praised,
            RESPONSE: feedback.response.text if feedback.response else None,
        }
        return await self._opened(sealed, received.feedback_id, principal, purpose)

    async def of_change(
        self, change: ChangeOfPractice, principal: Principal, purpose: str | None
    ) -> dict[str, str | None] | None:
        decided = change.decided
        if decided is None or not self.policy.decide(
            principal, IDENTIFIERS, Action.R, decided.change.place, on_need=purpose is not None
        ):
            return None
        return await self._opened({CHANGE_TEXT: decided.text}, decided.change.change_id, principal, purpose)

    def _may_read(self, received: FeedbackReceived, principal: Principal, purpose: str | None) -> bool:
        complaint = received.channel in COMPLAINTS and "COMPLAINTS_MANAGER" in principal.roles
        return self.policy.decide(
            principal,
            IDENTIFIERS,
            Action.R,
            received.place,
            own=received.entered_by == principal.subject,
            allocated=complaint,
            on_need=purpose is not None,
        )

    async def _opened(
        self, sealed: Mapping[str, SealedText | None], id_: str, principal: Principal, purpose: str | None
    ) -> dict[str, str | None]:
        await self.access_log.record(principal, FEEDBACK, [id_], sealed, purpose)
        return {what.partition(".")[2]: await self._words(text, what) for what, text in sealed.items()}

    async def _words(self, sealed: SealedText | None, what: str) -> str | None:
        if sealed is None:
            return None
        words = await self.keyring.open(sealed, field=what)
        return EXPIRED if words is None else words


def feedback_body(feedback: Feedback, received: FeedbackReceived, version: int) -> dict[str, Any]:
    """The feedback in codes and dates, without a word that anybody said."""
    response = feedback.response
    return {
        "id": received.feedback_id,
        "version": version,
        **received.model_dump(mode="json", exclude={"type", "feedback_id", *_PRIVATE}),
        "rating_position": received.rating.position if received.rating else None,
        "classification": feedback.classification,
        "safeguarding_routes": feedback.concerns,
        "in_digest": feedback.in_digest,
        "quotable": feedback.quotable,
        "acknowledged_on": feedback.acknowledged_on,
        "responded_on": response.responded_on if response else None,
        "consent_withdrawn": feedback.withdrawn,
    }


def change_body(change: ChangeOfPractice, version: int) -> dict[str, Any]:
    decided, told = change.decided, change.told
    about = decided.change.model_dump(mode="json", exclude={"change_id"}) if decided else {}
    return {
        "id": decided.change.change_id if decided else None,
        "version": version,
        **about,
        "decided_on": decided.decided_on if decided else None,
        "made_on": change.made_on,
        "draft": change.draft.words if change.draft else None,
        "told": told.words if told else None,
        "told_on": told.told_on if told else None,
        "approved_by": told.approved_by if told else None,
        "checks": [check.model_dump(mode="json", exclude={"type", "change_id"}) for check in change.checks],
    }


def history_line(recorded: Recorded[Any]) -> dict[str, Any]:
    """One event as its readers may see it, whatever else they may read."""
    event: BaseModel = recorded.event
    return {
        "version": recorded.version,
        "type": recorded.event.type,
        "occurred_at": recorded.meta.occurred_at,
        "recorded_at": recorded.recorded_at,
        "effective_date": recorded.meta.effective_date,
        "by_role": recorded.meta.actor.role,
        "policy_version": recorded.meta.policy_version,
        "data": event.model_dump(mode="json", exclude={"type", *_PRIVATE}),
    }
