"""What can happen to a practice alert. Every date is a local date; working days are counted by the calendar named."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.escalation.domain.codes import (
    AlertType,
    Category,
    EscalationReason,
    Impact,
    Outcome,
    PlanType,
    Risk,
    WithdrawalReason,
)
from shared.deciding.events import StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class PracticeAlertRaised(StoredEvent):
    """A formal concern began, at any stage. `held_by` is the reviewing officer who sees it through.

    `allocated_worker` and `allocated_manager` are as on the day of raising; `reviews` are the reviews and
    conferences it came from (two when the child is looked after and on a plan); `form_link` leads to the case system.
    """

    type: Literal["PracticeAlertRaised.v1"] = "PracticeAlertRaised.v1"
    alert_id: str
    alert_type: AlertType
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    risk: Risk
    raised_by_role: str
    held_by: str
    raised_on: date
    start_stage: int
    stage_deadline: date
    total_deadline: date
    calendar_version: str
    narrative: SealedText | None = None
    desired_outcome: SealedText | None = None
    child_view: SealedText | None = None
    from_informal_id: str | None = None
    reviews: tuple[str, ...] = ()
    linked_audit: str | None = None
    allocated_worker: str | None = None
    allocated_manager: str | None = None
    form_link: str | None = None


class GoodPracticeAlertRaised(StoredEvent):
    """Recognition of good work by a reviewing officer: no clock, and nothing to answer."""

    type: Literal["GoodPracticeAlertRaised.v1"] = "GoodPracticeAlertRaised.v1"
    alert_id: str
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    raised_by_role: str
    held_by: str
    raised_on: date
    narrative: SealedText | None = None


class GoodPracticeShared(StoredEvent):
    type: Literal["GoodPracticeShared.v1"] = "GoodPracticeShared.v1"
    alert_id: str
    audience: tuple[str, ...]
    shared_on: date


class AlertAcknowledged(StoredEvent):
    type: Literal["AlertAcknowledged.v1"] = "AlertAcknowledged.v1"
    alert_id: str
    stage: int
    by_role: str
    acknowledged_on: date


class AlertResponseSubmitted(StoredEvent):
    """The stage's manager answered. `elapsed_working_days` count from the day the stage was entered."""

    type: Literal["AlertResponseSubmitted.v1"] = "AlertResponseSubmitted.v1"
    alert_id: str
    stage: int
    by_role: str
    answered_on: date
    in_time: bool
    elapsed_working_days: int
    text: SealedText | None = None
    actions: tuple[SealedText, ...] = ()


class AlertResponseAccepted(StoredEvent):
    type: Literal["AlertResponseAccepted.v1"] = "AlertResponseAccepted.v1"
    alert_id: str
    stage: int
    by_role: str
    accepted_on: date


class AlertResponseRejected(StoredEvent):
    """The reviewing officer was not satisfied: the manager may answer again, or the alert goes up."""

    type: Literal["AlertResponseRejected.v1"] = "AlertResponseRejected.v1"
    alert_id: str
    stage: int
    by_role: str
    rejected_on: date
    reason: SealedText | None = None


class AlertEscalated(StoredEvent):
    """The alert went up. The stages between were skipped: nobody missed anything there."""

    type: Literal["AlertEscalated.v1"] = "AlertEscalated.v1"
    alert_id: str
    from_stage: int
    to_stage: int
    skipped_stages: int
    reason: EscalationReason
    by_role: str
    escalated_on: date
    stage_deadline: date
    calendar_version: str


class AlertStageDeadlineMissed(StoredEvent):
    """Nobody answered at this stage in time. `entry` counts the times that a stage was entered: once for each."""

    type: Literal["AlertStageDeadlineMissed.v1"] = "AlertStageDeadlineMissed.v1"
    alert_id: str
    stage: int
    entry: int
    due_on: date
    late_working_days: int


class AlertTotalDeadlineMissed(StoredEvent):
    """The formal stages together took longer than they may: noticed once for each clock."""

    type: Literal["AlertTotalDeadlineMissed.v1"] = "AlertTotalDeadlineMissed.v1"
    alert_id: str
    stage: int
    due_on: date
    late_working_days: int


class AlertDeadlineRecalculated(StoredEvent):
    """The deadlines moved; what the dates were stays readable here. `raised_on` is set when the raise was backdated."""

    type: Literal["AlertDeadlineRecalculated.v1"] = "AlertDeadlineRecalculated.v1"
    alert_id: str
    cause: Literal["CALENDAR_CHANGE", "BACKDATED_RAISE"]
    old_stage_deadline: date
    new_stage_deadline: date
    old_total_deadline: date
    new_total_deadline: date
    calendar_version: str
    raised_on: date | None = None


class AlertRecategorised(StoredEvent):
    type: Literal["AlertRecategorised.v1"] = "AlertRecategorised.v1"
    alert_id: str
    categories: tuple[Category, ...]
    reason: SealedText | None = None


class AlertReassigned(StoredEvent):
    """Another reviewing officer sees the alert through. The clock goes on, and who raised it stays."""

    type: Literal["AlertReassigned.v1"] = "AlertReassigned.v1"
    alert_id: str
    from_holder: str
    to_holder: str
    reason: SealedText | None = None


class AlertResolved(StoredEvent):
    """`elapsed_working_days` count from the start of the clock; `plan_type` is the child's on that day."""

    type: Literal["AlertResolved.v1"] = "AlertResolved.v1"
    alert_id: str
    outcome: Outcome
    stage: int
    plan_type: PlanType
    by_role: str
    resolved_on: date
    elapsed_working_days: int
    within_total: bool


class AlertReopened(StoredEvent):
    """CONTINUE keeps the first total deadline, which may have passed; RESTART begins a new clock."""

    type: Literal["AlertReopened.v1"] = "AlertReopened.v1"
    alert_id: str
    clock: Literal["CONTINUE", "RESTART"]
    by_role: str
    reopened_on: date
    stage: int
    stage_deadline: date
    total_deadline: date
    calendar_version: str
    reason: SealedText | None = None


class AlertImpactVerified(StoredEvent):
    type: Literal["AlertImpactVerified.v1"] = "AlertImpactVerified.v1"
    alert_id: str
    impact: Impact
    verified_on: date
    by_role: str
    evidence: SealedText | None = None


class AlertWithdrawn(StoredEvent):
    type: Literal["AlertWithdrawn.v1"] = "AlertWithdrawn.v1"
    alert_id: str
    reason: WithdrawalReason
    withdrawn_on: date


DeadlineMissed = AlertStageDeadlineMissed | AlertTotalDeadlineMissed


PracticeAlertEvent = Annotated[
    PracticeAlertRaised
    | GoodPracticeAlertRaised
    | GoodPracticeShared
    | AlertAcknowledged
    | AlertResponseSubmitted
    | AlertResponseAccepted
    | AlertResponseRejected
    | AlertEscalated
    | AlertStageDeadlineMissed
    | AlertTotalDeadlineMissed
    | AlertDeadlineRecalculated
    | AlertRecategorised
    | AlertReassigned
    | AlertResolved
    | AlertReopened
    | AlertImpactVerified
    | AlertWithdrawn,
    Field(discriminator="type"),
]
