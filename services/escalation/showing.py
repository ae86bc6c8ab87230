"""What a reader is shown: codes and dates for everybody in reach, words only for those who may know the child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from services.escalation.domain.informal_resolution.state import InformalResolution
from services.escalation.domain.practice_alert.events import PracticeAlertRaised
from services.escalation.domain.practice_alert.state import PracticeAlert
from services.escalation.work import (
    ACTION,
    AGREED,
    CHILD_REF,
    CHILD_VIEW,
    CONCERN,
    DESIRED,
    EVIDENCE,
    NARRATIVE,
    REASON,
    RESPONSE,
)
from shared.event_store.handling import Recorded
from shared.privacy.keys import Keyring
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.access_log import AccessLog
from shared.web.policy import ALERT, IDENTIFIERS, Action, Policy
from shared.web.principal import Principal

EXPIRED = "expired"

# Sealed words and the child: never in a state or a history, only in the narrative.
_PRIVATE = frozenset(
    {
        "child",
        "child_ref",
        "narrative",
        "desired_outcome",
        "child_view",
        "text",
        "actions",
        "evidence",
        "concern",
        "agreed",
    }
)
_WORKERS = frozenset({"allocated_worker", "allocated_manager"})

Sealed = Mapping[str, tuple[SealedText | None, str]]


@dataclass(frozen=True, slots=True)
class Narratives:
    """Opens sealed words for those who may read them, once the access is on record."""

    keyring: Keyring
    policy: Policy
    access_log: AccessLog

    async def of_alert(self, alert: PracticeAlert, principal: Principal, purpose: str | None) -> dict[str, Any] | None:
        """The words, "expired" where the key was destroyed; None for whom they are not. Raises a 503 Problem."""
        raised = alert.raised
        if raised is None:
            return None
        worker = raised.allocated_worker if isinstance(raised, PracticeAlertRaised) else None
        if not self._may_read(raised.place, {alert.held_by, worker}, principal, purpose):
            return None
        opened = await self._opened(_words_of(alert), alert.id, principal, purpose)
        return {**opened, **{name: getattr(raised, name, None) for name in sorted(_WORKERS)}}

    async def of_informal(
        self, informal: InformalResolution, principal: Principal, purpose: str | None
    ) -> dict[str, Any] | None:
        recorded = informal.recorded
        if recorded is None or not self._may_read(recorded.place, {recorded.held_by}, principal, purpose):
            return None
        sealed = {
            "child_ref": (recorded.child_ref, CHILD_REF),
            "concern": (recorded.concern, CONCERN),
            "agreed": (recorded.agreed, AGREED),
        }
        return await self._opened(sealed, recorded.concern_id, principal, purpose)

    def _may_read(self, place: Place, own: set[str | None], principal: Principal, purpose: str | None) -> bool:
        return self.policy.decide(
            principal, IDENTIFIERS, Action.R, place, own=principal.subject in own, on_need=purpose is not None
        )

    async def _opened(self, sealed: Sealed, id_: str, principal: Principal, purpose: str | None) -> dict[str, Any]:
        await self.access_log.record(principal, ALERT, [id_], sealed, purpose)
        return {name: await self._words(text, what) for name, (text, what) in sealed.items()}

    async def _words(self, sealed: SealedText | None, what: str) -> str | None:
        if sealed is None:
            return None
        words = await self.keyring.open(sealed, field=what)
        return EXPIRED if words is None else words


def _words_of(alert: PracticeAlert) -> dict[str, tuple[SealedText | None, str]]:
    raised, answer = alert.raised, alert.answer
    if raised is None:
        return {}
    words: dict[str, tuple[SealedText | None, str]] = {
        "child_ref": (raised.child_ref, CHILD_REF),
        "narrative": (raised.narrative, NARRATIVE),
        "response": (answer.text if answer else None, RESPONSE),
        "reopening_reason": (alert.reopening.reason if alert.reopening else None, REASON),
        "impact_evidence": (alert.impact.evidence if alert.impact else None, EVIDENCE),
    }
    for n, action in enumerate(answer.actions if answer else (), start=1):
        words[f"action_{n}"] = (action, ACTION)
    if isinstance(raised, PracticeAlertRaised):
        words |= {
            "desired_outcome": (raised.desired_outcome, DESIRED),
            "child_view": (raised.child_view, CHILD_VIEW),
        }
    return words


def alert_body(alert: PracticeAlert, version: int) -> dict[str, Any]:
    """The alert in codes and dates, without a word that anybody wrote. Dates are None where there is no clock."""
    raised = alert.raised
    about = raised.model_dump(mode="json", exclude={"type", "alert_id", *_PRIVATE, *_WORKERS}) if raised else {}
    return {
        "id": alert.id,
        "version": version,
        "alert_type": "GOOD_PRACTICE",  # a concern says its own type, below
        **about,
        "status": alert.status,
        "open": alert.is_open,
        "categories": alert.categories,
        "held_by": alert.held_by,
        "raised_on": alert.raised_on,
        "stage": alert.stage or None,
        "stage_deadline": _day(alert.stage_deadline),
        "total_deadline": _day(alert.total_deadline),
        "stage_deadline_missed": alert.stage_missed,
        "total_deadline_missed": alert.total_missed,
        "acknowledged": alert.acknowledged,
        "answer": _shown(alert.answer),
        "resolution": _shown(alert.resolution),
        "reopening": _shown(alert.reopening),
        "impact": _shown(alert.impact),
        "shared_with": alert.shared_with,
    }


def informal_body(informal: InformalResolution, version: int) -> dict[str, Any]:
    recorded = informal.recorded
    about = recorded.model_dump(mode="json", exclude={"type", "concern_id", *_PRIVATE}) if recorded else {}
    return {
        "id": recorded.concern_id if recorded else None,
        "version": version,
        **about,
        "settled": informal.settled,
        "review_on": informal.review_on,
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
        "data": _codes(event),
    }


def _shown(event: BaseModel | None) -> dict[str, Any] | None:
    return None if event is None else _codes(event)


def _codes(event: BaseModel) -> dict[str, Any]:
    """The event without sealed words. A `reason` is a code for some steps and words for others."""
    sealed = {name for name, value in event if isinstance(value, SealedText)}
    return event.model_dump(mode="json", exclude={"type", "alert_id", "concern_id", *_PRIVATE, *_WORKERS, *sealed})


def _day(day: date) -> date | None:
    return None if day == date.min else day
