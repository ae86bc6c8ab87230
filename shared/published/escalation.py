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


class AlertDeadlineRecalculatedV1(Published):
    """The deadlines moved, because the calendar changed or the alert was raised earlier than recorded.

    With BACKDATED_RAISE `raised_on` is the day on which it was really raised; None otherwise.
    """

    TYPE: ClassVar[str] = "goldenthread.alert_deadline_recalculated.v1"

    alert_id: str
    cause: Literal["CALENDAR_CHANGE", "BACKDATED_RAISE"]
    stage_deadline: date
    total_deadline: date
    raised_on: date | None


class AlertRecategorisedV1(Published):
    """What the alert is about, as it now stands: `categories` replace those it was raised with."""

    TYPE: ClassVar[str] = "goldenthread.alert_recategorised.v1"

    alert_id: str
    categories: tuple[str, ...]


class AlertResolvedV1(Published):
    """The alert ended. `within_total` compares with the deadline of all stages together."""

    TYPE: ClassVar[str] = "goldenthread.alert_resolved.v1"

    alert_id: str
    outcome: str
    stage: int
    resolved_on: date
    elapsed_working_days: int
    within_total: bool


class AlertReopenedV1(Published):
    """`clock` CONTINUE keeps the first total deadline, RESTART begins a new one."""

    TYPE: ClassVar[str] = "goldenthread.alert_reopened.v1"

    alert_id: str
    clock: Literal["CONTINUE", "RESTART"]
    reopened_on: date
    stage: int
    total_deadline: date


class AlertImpactVerifiedV1(Published):
    """Somebody looked whether the resolved alert helped the child. A later look replaces the earlier."""

    TYPE: ClassVar[str] = "goldenthread.alert_impact_verified.v1"

    alert_id: str
    impact: Literal["IMPROVED", "NO_CHANGE", "WORSENED", "TOO_EARLY"]
    verified_on: date


class AlertWithdrawnV1(Published):
    """The alert should not have been raised. It leaves the balance on `withdrawn_on` and stays raised when it was."""

    TYPE: ClassVar[str] = "goldenthread.alert_withdrawn.v1"

    alert_id: str
    withdrawn_on: date


class GoodPracticeSharedV1(Published):
    """A good-practice alert was shown to others, so that they may learn from it; to whom stays inside."""

    TYPE: ClassVar[str] = "goldenthread.good_practice_shared.v1"

    alert_id: str
    shared_on: date


class InformalResolutionRecordedV1(Published):
    """A reviewing officer talked with a worker or manager before anything formal. Its stream is its own.

    `settled` when nothing is left to do; else it is looked at again by `review_on`.
    """

    TYPE: ClassVar[str] = "goldenthread.informal_resolution_recorded.v1"

    concern_id: str
    categories: tuple[str, ...]
    plan_type: str
    place: Place
    by_role: str
    with_role: str
    recorded_on: date
    settled: bool
    review_on: date | None


class InformalResolutionReviewedV1(Published):
    """The informal attempt was looked at again: settled now, or to be looked at once more by `review_on`."""

    TYPE: ClassVar[str] = "goldenthread.informal_resolution_reviewed.v1"

    concern_id: str
    reviewed_on: date
    settled: bool
    review_on: date | None


EscalationPublished = (
    AlertRaisedV1
    | AlertAnsweredV1
    | AlertEscalatedV1
    | AlertDeadlineMissedV1
    | AlertDeadlineRecalculatedV1
    | AlertRecategorisedV1
    | AlertResolvedV1
    | AlertReopenedV1
    | AlertImpactVerifiedV1
    | AlertWithdrawnV1
    | GoodPracticeSharedV1
    | InformalResolutionRecordedV1
    | InformalResolutionReviewedV1
)
