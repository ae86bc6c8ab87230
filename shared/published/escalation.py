"""What the escalation service tells the world."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.published.envelope import Published
from shared.published.place import Place


class AlertRaisedV1(Published):
    """A practice alert began at `stage` (1 to 4); deadlines are the last working day on which an answer is in time.

    `alert_type` GOOD_PRACTICE has no clock: `stage`, `stage_deadline` and `total_deadline` are then None.
    `place` is the team's on the day of raising, and stays the alert's place.
    """

    TYPE: ClassVar[str] = "goldenthread.alert_raised.v1"

    alert_id: str
    alert_type: str
    categories: tuple[str, ...]
    plan_type: str
    raised_by_role: str
    risk: str
    place: Place
    raised_on: date
    stage: int | None
    stage_deadline: date | None
    total_deadline: date | None
    after_informal: bool


class AlertAnsweredV1(Published):
    """The responsible manager answered the alert at this stage; `in_time` compares with the stage's deadline."""

    TYPE: ClassVar[str] = "goldenthread.alert_answered.v1"

    alert_id: str
    stage: int
    answered_on: date
    in_time: bool
    elapsed_working_days: int


class AlertEscalatedV1(Published):
    """The alert went up. `skipped_stages` lie between `from_stage` and `to_stage`; they do not count as missed."""

    TYPE: ClassVar[str] = "goldenthread.alert_escalated.v1"

    alert_id: str
    from_stage: int
    to_stage: int
    skipped_stages: int
    reason: str
    escalated_on: date
    stage_deadline: date


class AlertDeadlineMissedV1(Published):
    """A deadline passed with nothing done: noticed once for each deadline. `stage` is None for the total."""

    TYPE: ClassVar[str] = "goldenthread.alert_deadline_missed.v1"

    alert_id: str
    clock: Literal["STAGE", "TOTAL"]
    stage: int | None
    due_on: date


class AlertResolvedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.alert_resolved.v1"

    alert_id: str
    outcome: str
    stage: int
    resolved_on: date
    elapsed_working_days: int
    within_total: bool


class AlertReopenedV1(Published):
    """`clock` CONTINUE keeps the first total deadline, RESTART begins a new one (`domain.md` section 9d)."""

    TYPE: ClassVar[str] = "goldenthread.alert_reopened.v1"

    alert_id: str
    clock: Literal["CONTINUE", "RESTART"]
    reopened_on: date
    stage: int
    total_deadline: date


class AlertWithdrawnV1(Published):
    TYPE: ClassVar[str] = "goldenthread.alert_withdrawn.v1"

    alert_id: str
    withdrawn_on: date


EscalationPublished = (
    AlertRaisedV1
    | AlertAnsweredV1
    | AlertEscalatedV1
    | AlertDeadlineMissedV1
    | AlertResolvedV1
    | AlertReopenedV1
    | AlertWithdrawnV1
)
