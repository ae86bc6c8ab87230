"""What the escalation service tells the world of what happened in it: an allow-list, everything else stays inside."""

from __future__ import annotations

from typing import Any, assert_never

from services.escalation.domain.codes import AlertType
from services.escalation.domain.informal_resolution.events import (
    InformalResolutionEvent,
    InformalResolutionRecorded,
    InformalResolutionReviewed,
)
from services.escalation.domain.informal_resolution.state import DECIDER as INFORMAL_RESOLUTION
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
from services.escalation.domain.practice_alert.state import DECIDER as PRACTICE_ALERT
from shared.deciding.decider import Decider
from shared.event_store.handling import Recorded
from shared.published.envelope import Published
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertDeadlineRecalculatedV1,
    AlertEscalatedV1,
    AlertImpactVerifiedV1,
    AlertRaisedV1,
    AlertRecategorisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
    GoodPracticeSharedV1,
    InformalResolutionRecordedV1,
    InformalResolutionReviewedV1,
)

DECIDERS: dict[str, Decider[Any, Any]] = {d.category: d for d in (PRACTICE_ALERT, INFORMAL_RESOLUTION)}


def tell(recorded: Recorded[Any]) -> Published | None:  # noqa: C901 - a case for each event
    """The published event, or None for what stays inside."""
    event: PracticeAlertEvent | InformalResolutionEvent = recorded.event
    match event:
        case PracticeAlertRaised():
            return _raised(event)
        case GoodPracticeAlertRaised():
            return _good_practice(event)
        case AlertResponseSubmitted():
            return _answered(event)
        case AlertEscalated():
            return _escalated(event)
        case AlertStageDeadlineMissed():
            return AlertDeadlineMissedV1(alert_id=event.alert_id, clock="STAGE", stage=event.stage, due_on=event.due_on)
        case AlertTotalDeadlineMissed():
            return AlertDeadlineMissedV1(alert_id=event.alert_id, clock="TOTAL", stage=None, due_on=event.due_on)
        case AlertDeadlineRecalculated():
            return _recalculated(event)
        case AlertRecategorised():
            return AlertRecategorisedV1(alert_id=event.alert_id, categories=event.categories)
        case AlertResolved():
            return _resolved(event)
        case AlertReopened():
            return _reopened(event)
        case AlertImpactVerified():
            return _verified(event)
        case AlertWithdrawn():
            return AlertWithdrawnV1(alert_id=event.alert_id, withdrawn_on=event.withdrawn_on)
        case GoodPracticeShared():
            return GoodPracticeSharedV1(alert_id=event.alert_id, shared_on=event.shared_on)
        case InformalResolutionRecorded():
            return _informal(event)
        case InformalResolutionReviewed():
            return _reviewed(event)
        case AlertAcknowledged() | AlertResponseAccepted() | AlertResponseRejected() | AlertReassigned():
            return None
        case _:
            assert_never(event)


def _raised(event: PracticeAlertRaised) -> AlertRaisedV1:
    return AlertRaisedV1(
        alert_id=event.alert_id,
        alert_type=event.alert_type,
        categories=event.categories,
        plan_type=event.plan_type,
        raised_by_role=event.raised_by_role,
        risk=event.risk,
        place=event.place,
        raised_on=event.raised_on,
        stage=event.start_stage,
        stage_deadline=event.stage_deadline,
        total_deadline=event.total_deadline,
        after_informal=event.from_informal_id is not None,
    )


def _good_practice(event: GoodPracticeAlertRaised) -> AlertRaisedV1:
    return AlertRaisedV1(
        alert_id=event.alert_id,
        alert_type=AlertType.GOOD_PRACTICE,
        categories=event.categories,
        plan_type=event.plan_type,
        raised_by_role=event.raised_by_role,
        risk="NONE",
        place=event.place,
        raised_on=event.raised_on,
        stage=None,
        stage_deadline=None,
        total_deadline=None,
        after_informal=False,
    )


def _answered(event: AlertResponseSubmitted) -> AlertAnsweredV1:
    return AlertAnsweredV1(
        alert_id=event.alert_id,
        stage=event.stage,
        answered_on=event.answered_on,
        in_time=event.in_time,
        elapsed_working_days=event.elapsed_working_days,
    )


def _escalated(event: AlertEscalated) -> AlertEscalatedV1:
    return AlertEscalatedV1(
        alert_id=event.alert_id,
        from_stage=event.from_stage,
        to_stage=event.to_stage,
        skipped_stages=event.skipped_stages,
        reason=event.reason,
        escalated_on=event.escalated_on,
        stage_deadline=event.stage_deadline,
    )


def _recalculated(event: AlertDeadlineRecalculated) -> AlertDeadlineRecalculatedV1:
    return AlertDeadlineRecalculatedV1(
        alert_id=event.alert_id,
        cause=event.cause,
        stage_deadline=event.new_stage_deadline,
        total_deadline=event.new_total_deadline,
        raised_on=event.raised_on,
    )


def _resolved(event: AlertResolved) -> AlertResolvedV1:
    return AlertResolvedV1(
        alert_id=event.alert_id,
        outcome=event.outcome,
        stage=event.stage,
        resolved_on=event.resolved_on,
        elapsed_working_days=event.elapsed_working_days,
        within_total=event.within_total,
    )


def _reopened(event: AlertReopened) -> AlertReopenedV1:
    return AlertReopenedV1(
        alert_id=event.alert_id,
        clock=event.clock,
        reopened_on=event.reopened_on,
        stage=event.stage,
        total_deadline=event.total_deadline,
    )


def _verified(event: AlertImpactVerified) -> AlertImpactVerifiedV1:
    return AlertImpactVerifiedV1(alert_id=event.alert_id, impact=event.impact.value, verified_on=event.verified_on)


def _informal(event: InformalResolutionRecorded) -> InformalResolutionRecordedV1:
    return InformalResolutionRecordedV1(
        concern_id=event.concern_id,
        categories=event.categories,
        plan_type=event.plan_type,
        place=event.place,
        by_role=event.by_role,
        with_role=event.with_role,
        recorded_on=event.recorded_on,
        settled=event.settled,
        review_on=event.review_on,
    )


def _reviewed(event: InformalResolutionReviewed) -> InformalResolutionReviewedV1:
    return InformalResolutionReviewedV1(
        concern_id=event.concern_id,
        reviewed_on=event.reviewed_on,
        settled=event.settled,
        review_on=event.review_on,
    )
