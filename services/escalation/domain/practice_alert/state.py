"""A practice alert as decisions see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.escalation.domain.codes import Category, PlanType
from services.escalation.domain.practice_alert.events import (
    AlertAcknowledged,
    AlertDeadlineRecalculated,
    AlertEscalated,
    AlertImpactVerified,
    AlertReassigned,
    AlertRecategorised,
    AlertReopened,
    AlertResolved,
    AlertResponseAccepted,
    AlertResponseRejected,
    AlertResponseSubmitted,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
    AlertWithdrawn,
    GoodPracticeAlertRaised,
    GoodPracticeShared,
    PracticeAlertEvent,
    PracticeAlertRaised,
)
from shared.deciding.decider import Decider


class Status(StrEnum):
    """AWAITING an answer at its stage, ANSWERED and not yet judged; a GOOD_PRACTICE alert is never open."""

    NONE = "NONE"
    AWAITING = "AWAITING"
    ANSWERED = "ANSWERED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    RESOLVED = "RESOLVED"
    WITHDRAWN = "WITHDRAWN"
    GOOD_PRACTICE = "GOOD_PRACTICE"


OPEN = frozenset({Status.AWAITING, Status.ANSWERED, Status.ACCEPTED, Status.REJECTED})


@dataclass(frozen=True, slots=True)
class PracticeAlert:
    """Dates are `date.min` where there is no clock. `entry` counts how often a stage was entered, and so tells the
    deadline of a stage from that of the same stage after a reopening."""

    status: Status = Status.NONE
    raised: PracticeAlertRaised | GoodPracticeAlertRaised | None = None
    categories: tuple[Category, ...] = ()
    held_by: str = ""
    raised_on: date = date.min
    stage: int = 0
    entry: int = 0
    entered_on: date = date.min
    clock_started_on: date = date.min
    stage_deadline: date = date.min
    total_deadline: date = date.min
    calendar_version: str = ""
    stage_missed: bool = False
    total_missed: bool = False
    acknowledged: bool = False
    last_step_on: date = date.min
    answer: AlertResponseSubmitted | None = None
    escalation: AlertEscalated | None = None
    resolution: AlertResolved | None = None
    reopening: AlertReopened | None = None
    impact: AlertImpactVerified | None = None
    shared_with: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def id(self) -> str:
        return self.raised.alert_id if self.raised else ""

    @property
    def plan_type(self) -> PlanType | None:
        return self.raised.plan_type if self.raised else None


def evolve(alert: PracticeAlert, event: PracticeAlertEvent) -> PracticeAlert:  # noqa: C901 - a case for each event
    match event:
        case PracticeAlertRaised():
            return _raised(event)
        case GoodPracticeAlertRaised():
            return _good_practice(event)
        case GoodPracticeShared():
            return replace(alert, shared_with=event.audience, last_step_on=event.shared_on)
        case AlertAcknowledged():
            return replace(alert, acknowledged=True, last_step_on=event.acknowledged_on)
        case AlertResponseSubmitted():
            return replace(alert, status=Status.ANSWERED, answer=event, last_step_on=event.answered_on)
        case AlertResponseAccepted():
            return replace(alert, status=Status.ACCEPTED, last_step_on=event.accepted_on)
        case AlertResponseRejected():
            return replace(alert, status=Status.REJECTED, last_step_on=event.rejected_on)
        case AlertEscalated():
            return replace(_entered(alert, event, event.to_stage, event.escalated_on), escalation=event)
        case AlertStageDeadlineMissed():
            return replace(alert, stage_missed=True)
        case AlertTotalDeadlineMissed():
            return replace(alert, total_missed=True)
        case AlertDeadlineRecalculated():
            return _recalculated(alert, event)
        case AlertRecategorised():
            return replace(alert, categories=event.categories)
        case AlertReassigned():
            return replace(alert, held_by=event.to_holder)
        case AlertResolved():
            return replace(alert, status=Status.RESOLVED, resolution=event, last_step_on=event.resolved_on)
        case AlertReopened():
            return _reopened(alert, event)
        case AlertImpactVerified():
            return replace(alert, impact=event, last_step_on=event.verified_on)
        case AlertWithdrawn():
            return replace(alert, status=Status.WITHDRAWN, last_step_on=event.withdrawn_on)
        case _:
            assert_never(event)


def _raised(event: PracticeAlertRaised) -> PracticeAlert:
    return PracticeAlert(
        status=Status.AWAITING,
        raised=event,
        categories=event.categories,
        held_by=event.held_by,
        raised_on=event.raised_on,
        stage=event.start_stage,
        entry=1,
        entered_on=event.raised_on,
        clock_started_on=event.raised_on,
        stage_deadline=event.stage_deadline,
        total_deadline=event.total_deadline,
        calendar_version=event.calendar_version,
        last_step_on=event.raised_on,
    )


def _good_practice(event: GoodPracticeAlertRaised) -> PracticeAlert:
    return PracticeAlert(
        status=Status.GOOD_PRACTICE,
        raised=event,
        categories=event.categories,
        held_by=event.held_by,
        raised_on=event.raised_on,
        last_step_on=event.raised_on,
    )


def _entered(alert: PracticeAlert, event: AlertEscalated | AlertReopened, stage: int, on: date) -> PracticeAlert:
    return replace(
        alert,
        status=Status.AWAITING,
        stage=stage,
        entry=alert.entry + 1,
        entered_on=on,
        stage_deadline=event.stage_deadline,
        calendar_version=event.calendar_version,
        stage_missed=False,
        acknowledged=False,
        answer=None,
        last_step_on=on,
    )


def _reopened(alert: PracticeAlert, event: AlertReopened) -> PracticeAlert:
    entered = replace(_entered(alert, event, event.stage, event.reopened_on), reopening=event, impact=None)
    if event.clock == "CONTINUE":
        return entered
    return replace(entered, clock_started_on=event.reopened_on, total_deadline=event.total_deadline, total_missed=False)


def _recalculated(alert: PracticeAlert, event: AlertDeadlineRecalculated) -> PracticeAlert:
    moved = replace(
        alert,
        stage_deadline=event.new_stage_deadline,
        total_deadline=event.new_total_deadline,
        calendar_version=event.calendar_version,
    )
    if event.raised_on is None:
        return moved
    return backdated(moved, event.raised_on)


def backdated(alert: PracticeAlert, raised_on: date) -> PracticeAlert:
    """The alert as if raised on that day: what began with the raise began then."""
    return replace(
        alert,
        raised_on=raised_on,
        entered_on=raised_on if alert.entry == 1 else alert.entered_on,
        clock_started_on=raised_on if alert.clock_started_on == alert.raised_on else alert.clock_started_on,
        last_step_on=raised_on if alert.last_step_on == alert.raised_on else alert.last_step_on,
    )


DECIDER: Decider[PracticeAlert, PracticeAlertEvent] = Decider(
    "alert", PracticeAlert(), evolve, TypeAdapter(PracticeAlertEvent)
)
