"""What is decided about a practice alert: each decision refuses, says nothing, or answers what happened."""

from __future__ import annotations

from typing import Any

from services.escalation.domain.codes import AlertType, Category, Clock
from services.escalation.domain.policy import EscalationPolicy
from services.escalation.domain.practice_alert import rules
from services.escalation.domain.practice_alert.commands import (
    AcceptResponse,
    Acknowledge,
    BackdateRaise,
    Escalate,
    NoteMissedDeadline,
    RaiseAlert,
    RaiseGoodPractice,
    Reassign,
    RecalculateDeadlines,
    Recategorise,
    RejectResponse,
    Reopen,
    Resolve,
    ShareGoodPractice,
    SubmitResponse,
    VerifyImpact,
    Withdraw,
)
from services.escalation.domain.practice_alert.deadlines import (
    Calendar,
    clock_after_reopening,
    stage_deadline,
    total_deadline,
)
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
    AlertWithdrawn,
    DeadlineMissed,
    GoodPracticeAlertRaised,
    GoodPracticeShared,
    PracticeAlertEvent,
    PracticeAlertRaised,
)
from services.escalation.domain.practice_alert.overdue import unnoticed
from services.escalation.domain.practice_alert.state import PracticeAlert, Status, backdated
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText

Events = list[PracticeAlertEvent]


def raise_alert(command: RaiseAlert, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "raise an alert")
    if command.alert_type is AlertType.GOOD_PRACTICE:
        raise Refused("a good-practice alert is raised on its own: it has no stage", field="alert_type")
    rules.is_a_stage(command.start_stage, "start_stage")
    rules.has_categories(command.categories)
    total = total_deadline(command.on, calendar, policy)
    event = PracticeAlertRaised(
        **_as_given(command),
        raised_by_role=command.by_role,
        raised_on=command.on,
        stage_deadline=stage_deadline(command.start_stage, command.on, total, calendar, policy),
        total_deadline=total,
        calendar_version=calendar.version,
    )
    return _first(event, alert)


def raise_good_practice(command: RaiseGoodPractice, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "raise a good-practice alert")
    return _first(
        GoodPracticeAlertRaised(**_as_given(command), raised_by_role=command.by_role, raised_on=command.on), alert
    )


def share_good_practice(command: ShareGoodPractice, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer_or_the_head_of_quality(command.by_role, "share good practice")
    if alert.status is not Status.GOOD_PRACTICE:
        raise Refused("only a good-practice alert is shared")
    if not command.audience:
        raise Refused("good practice is shared with somebody", field="audience")
    if alert.shared_with == command.audience:
        return []
    rules.in_order(alert, command.on)
    return [GoodPracticeShared(alert_id=alert.id, audience=command.audience, shared_on=command.on)]


def acknowledge(command: Acknowledge, alert: PracticeAlert, policy: EscalationPolicy) -> Events:
    rules.is_open(alert)
    rules.by_the_stage(command.by_role, policy.responsible[alert.stage])
    if alert.acknowledged or alert.answer is not None:
        return []
    rules.in_order(alert, command.on)
    return [
        AlertAcknowledged(alert_id=alert.id, stage=alert.stage, by_role=command.by_role, acknowledged_on=command.on)
    ]


def submit_response(
    command: SubmitResponse, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy
) -> Events:
    rules.is_open(alert)
    rules.by_the_stage(command.by_role, policy.responsible[alert.stage])
    if _answered_so(alert, command):
        return []
    if alert.status not in {Status.AWAITING, Status.REJECTED}:
        raise Refused("a response at this stage is already with the reviewing officer")
    rules.in_order(alert, command.on)
    submitted = AlertResponseSubmitted(
        alert_id=alert.id,
        stage=alert.stage,
        by_role=command.by_role,
        answered_on=command.on,
        in_time=command.on <= alert.stage_deadline,
        elapsed_working_days=calendar.between(alert.entered_on, command.on),
        text=command.text,
        actions=command.actions,
    )
    return [*unnoticed(alert, command.on, calendar), submitted]


def accept_response(command: AcceptResponse, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "accept a response")
    rules.is_open(alert)
    if alert.status is Status.ACCEPTED:
        return []
    _awaits_judgement(alert)
    rules.in_order(alert, command.on)
    return [
        AlertResponseAccepted(alert_id=alert.id, stage=alert.stage, by_role=command.by_role, accepted_on=command.on)
    ]


def reject_response(command: RejectResponse, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "reject a response")
    rules.is_open(alert)
    if alert.status is Status.REJECTED:
        return []
    _awaits_judgement(alert)
    rules.in_order(alert, command.on)
    return [
        AlertResponseRejected(
            alert_id=alert.id,
            stage=alert.stage,
            by_role=command.by_role,
            rejected_on=command.on,
            reason=command.reason,
        )
    ]


def escalate(command: Escalate, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "escalate an alert")
    rules.is_open(alert)
    if _escalated_so(alert, command):
        return []
    rules.goes_up(command, alert)
    rules.has_its_reason(command, alert)
    rules.in_order(alert, command.on)
    escalated = AlertEscalated(
        alert_id=alert.id,
        from_stage=alert.stage,
        to_stage=command.to_stage,
        skipped_stages=command.to_stage - alert.stage - 1,
        reason=command.reason,
        by_role=command.by_role,
        escalated_on=command.on,
        stage_deadline=stage_deadline(command.to_stage, command.on, alert.total_deadline, calendar, policy),
        calendar_version=calendar.version,
    )
    return [*unnoticed(alert, command.on, calendar), escalated]


def note_missed_deadline(command: NoteMissedDeadline, alert: PracticeAlert, calendar: Calendar) -> Events:
    """Never refuses: by the time the timer asks, somebody may have acted, and then there is nothing to note."""
    return [missed for missed in unnoticed(alert, command.today, calendar) if _is_meant(command, missed, alert)]


def recalculate_deadlines(
    command: RecalculateDeadlines, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy
) -> Events:
    """Never refuses: an alert without a running clock has nothing to count again."""
    if not alert.is_open:
        return []
    return _recounted(alert, alert, calendar, policy)


def backdate_raise(
    command: BackdateRaise, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy
) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "correct the day of raising")
    rules.is_open(alert)
    if command.raised_on == alert.raised_on:
        return []
    if command.raised_on > alert.raised_on:
        raise Refused("the day of raising can only be corrected to an earlier one", field="raised_on")
    return _recounted(alert, backdated(alert, command.raised_on), calendar, policy)


def recategorise(command: Recategorise, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "recategorise an alert")
    rules.is_open(alert)
    rules.has_categories(command.categories)
    categories = _distinct(command.categories)
    if set(categories) == set(alert.categories):
        return []
    return [AlertRecategorised(alert_id=alert.id, categories=categories, reason=command.reason)]


def reassign(command: Reassign, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer_or_the_head_of_quality(command.by_role, "reassign an alert")
    rules.is_open(alert)
    if command.to_holder == alert.held_by:
        return []
    return [
        AlertReassigned(
            alert_id=alert.id, from_holder=alert.held_by, to_holder=command.to_holder, reason=command.reason
        )
    ]


def resolve(command: Resolve, alert: PracticeAlert, calendar: Calendar) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "close an alert")
    if _resolved_so(alert, command):
        return []
    rules.is_open(alert)
    rules.has_a_possible_outcome(command, alert)
    rules.in_order(alert, command.on)
    plan_type = command.plan_type or alert.plan_type
    assert plan_type is not None  # noqa: S101 - an open alert was raised, with a plan type
    resolved = AlertResolved(
        alert_id=alert.id,
        outcome=command.outcome,
        stage=alert.stage,
        plan_type=plan_type,
        by_role=command.by_role,
        resolved_on=command.on,
        elapsed_working_days=calendar.between(alert.clock_started_on, command.on),
        within_total=command.on <= alert.total_deadline,
    )
    return [*unnoticed(alert, command.on, calendar), resolved]


def reopen(command: Reopen, alert: PracticeAlert, calendar: Calendar, policy: EscalationPolicy) -> Events:
    rules.by_a_reviewing_officer(command.by_role, "reopen an alert")
    if _reopened_so(alert, command):
        return []
    if alert.status is not Status.RESOLVED or alert.resolution is None:
        raise Refused("only a resolved alert can be reopened")
    stage = alert.stage if command.stage is None else command.stage
    rules.is_a_stage(stage, "stage")
    rules.in_order(alert, command.on)
    clock = clock_after_reopening(alert.resolution.resolved_on, command.on, calendar, policy)
    total = alert.total_deadline if clock == "CONTINUE" else total_deadline(command.on, calendar, policy)
    return [
        AlertReopened(
            alert_id=alert.id,
            clock=clock,
            reason=command.reason,
            by_role=command.by_role,
            reopened_on=command.on,
            stage=stage,
            stage_deadline=stage_deadline(stage, command.on, total, calendar, policy),
            total_deadline=total,
            calendar_version=calendar.version,
        )
    ]


def verify_impact(command: VerifyImpact, alert: PracticeAlert) -> Events:
    rules.by_a_reviewing_officer_or_the_head_of_quality(command.by_role, "verify impact")
    if alert.status is not Status.RESOLVED:
        raise Refused("impact is verified once the alert is resolved")
    if alert.impact and (alert.impact.impact, alert.impact.verified_on) == (command.impact, command.on):
        return []
    rules.in_order(alert, command.on)
    return [
        AlertImpactVerified(
            alert_id=alert.id,
            impact=command.impact,
            verified_on=command.on,
            by_role=command.by_role,
            evidence=command.evidence,
        )
    ]


def withdraw(command: Withdraw, alert: PracticeAlert, calendar: Calendar) -> Events:
    """A resolved alert is not withdrawn: it would leave the balance of open alerts twice."""
    rules.by_a_reviewing_officer_or_the_head_of_quality(command.by_role, "withdraw an alert")
    if alert.status is Status.WITHDRAWN:
        return []
    if alert.status is not Status.GOOD_PRACTICE:
        rules.is_open(alert)
    rules.in_order(alert, command.on)
    withdrawn = AlertWithdrawn(alert_id=alert.id, reason=command.reason, withdrawn_on=command.on)
    return [*unnoticed(alert, command.on, calendar), withdrawn]


def _as_given(command: RaiseAlert | RaiseGoodPractice) -> dict[str, Any]:
    """What the event says in the command's own words."""
    renamed = {"by_role", "on"}
    given = {name: getattr(command, name) for name in command.__slots__ if name not in renamed}
    return {**given, "categories": _distinct(command.categories)}


def _first(event: PracticeAlertRaised | GoodPracticeAlertRaised, alert: PracticeAlert) -> Events:
    if alert.raised is None:
        return [event]
    if _same_concern(event, alert.raised):
        return []
    raise Refused("this alert was already raised, and differently")


def _same_concern(
    one: PracticeAlertRaised | GoodPracticeAlertRaised, other: PracticeAlertRaised | GoodPracticeAlertRaised
) -> bool:
    told = ("child", "categories", "plan_type", "raised_on", "alert_type", "start_stage")
    return type(one) is type(other) and all(getattr(one, name, None) == getattr(other, name, None) for name in told)


def _distinct(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    return tuple(dict.fromkeys(categories))


def _same_words(one: SealedText | None, other: SealedText | None) -> bool:
    return other is None if one is None else one.same_words(other)


def _answered_so(alert: PracticeAlert, command: SubmitResponse) -> bool:
    answer = alert.answer
    return answer is not None and answer.answered_on == command.on and _same_words(answer.text, command.text)


def _awaits_judgement(alert: PracticeAlert) -> None:
    if alert.status is not Status.ANSWERED:
        raise Refused("there is no response at this stage to judge")


def _escalated_so(alert: PracticeAlert, command: Escalate) -> bool:
    last = alert.escalation
    return last is not None and (alert.stage, last.to_stage, last.reason, last.escalated_on) == (
        command.to_stage,
        command.to_stage,
        command.reason,
        command.on,
    )


def _resolved_so(alert: PracticeAlert, command: Resolve) -> bool:
    last = alert.resolution
    return (
        alert.status is Status.RESOLVED
        and last is not None
        and (last.outcome, last.resolved_on) == (command.outcome, command.on)
    )


def _reopened_so(alert: PracticeAlert, command: Reopen) -> bool:
    last = alert.reopening
    return alert.is_open and last is not None and last.reopened_on == command.on


def _is_meant(command: NoteMissedDeadline, missed: DeadlineMissed, alert: PracticeAlert) -> bool:
    if missed.due_on != command.due_on:
        return False
    if isinstance(missed, AlertStageDeadlineMissed):
        return (command.clock, command.stage, command.entry) == (Clock.STAGE, missed.stage, missed.entry)
    return command.clock is Clock.TOTAL


def _recounted(before: PracticeAlert, after: PracticeAlert, calendar: Calendar, policy: EscalationPolicy) -> Events:
    """The deadlines of `after`, counted anew from where its clocks began; nothing when nothing moved."""
    total = total_deadline(after.clock_started_on, calendar, policy)
    stage = stage_deadline(after.stage, after.entered_on, total, calendar, policy)
    was_backdated = after.raised_on != before.raised_on
    if (stage, total) == (before.stage_deadline, before.total_deadline) and not was_backdated:
        return []
    return [
        AlertDeadlineRecalculated(
            alert_id=before.id,
            cause="BACKDATED_RAISE" if was_backdated else "CALENDAR_CHANGE",
            old_stage_deadline=before.stage_deadline,
            new_stage_deadline=stage,
            old_total_deadline=before.total_deadline,
            new_total_deadline=total,
            calendar_version=calendar.version,
            raised_on=after.raised_on if was_backdated else None,
        )
    ]
