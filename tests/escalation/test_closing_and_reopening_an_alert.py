"""Closing an alert must not buy time, and an alert counts as open exactly once."""

from __future__ import annotations

from datetime import date

import pytest

from services.escalation.domain.codes import Impact, Outcome, PlanType, WithdrawalReason
from services.escalation.domain.practice_alert.commands import (
    Reassign,
    Recategorise,
    Resolve,
    VerifyImpact,
    Withdraw,
)
from services.escalation.domain.practice_alert.decisions import (
    note_missed_deadline,
    reassign,
    recategorise,
    reopen,
    resolve,
    submit_response,
    verify_impact,
    withdraw,
)
from services.escalation.domain.practice_alert.events import (
    AlertImpactVerified,
    AlertReassigned,
    AlertRecategorised,
    AlertReopened,
    AlertResolved,
    AlertResponseSubmitted,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
    AlertWithdrawn,
)
from services.escalation.domain.practice_alert.state import DECIDER, Status
from tests.escalation.asking import happened, missed
from tests.examples.an_alert import (
    ENGLAND,
    POLICY,
    TOTAL_DUE,
    accepting,
    answering,
    escalating,
    raised,
    raising,
    rejecting,
    reopening,
    resolving,
    sealed,
)
from tests.specification import specification

alert = specification(DECIDER)
ANSWERED_ON = date(2026, 3, 6)
RESOLVED_ON = date(2026, 3, 24)  # day 15
SOON = date(2026, 4, 1)  # 6 working days later, and a day after the first total deadline
MUCH_LATER = date(2026, 4, 16)  # 15 working days later, with Easter between
answered_and_resolved = happened(raising(), answering(ANSWERED_ON), accepting(ANSWERED_ON), resolving(RESOLVED_ON))


def test_a_resolved_alert_says_how_long_it_took_over_all_stages():
    history = happened(raising(), answering(ANSWERED_ON), rejecting(ANSWERED_ON), escalating(2, ANSWERED_ON))
    alert.given([*history]).when(resolve, resolving(RESOLVED_ON, Outcome.NOT_UPHELD), ENGLAND).then_some(
        AlertStageDeadlineMissed, AlertResolved
    )
    (*_, resolved) = happened(raising(), answering(ANSWERED_ON), resolving(RESOLVED_ON))
    assert (resolved.elapsed_working_days, resolved.within_total, resolved.stage) == (15, True, 1)


def test_resolving_after_the_total_notes_that_it_was_missed():
    history = happened(raising(), answering(ANSWERED_ON))
    after = (
        alert.given(history).when(resolve, resolving(SOON), ENGLAND).then_some(AlertTotalDeadlineMissed, AlertResolved)
    )
    assert (after.resolution.within_total, after.resolution.elapsed_working_days) == (False, 21)


def test_a_rejected_response_settles_nothing():
    history = happened(raising(), answering(ANSWERED_ON), rejecting(ANSWERED_ON))
    given = alert.given(history)
    given.when(resolve, resolving(ANSWERED_ON, Outcome.EXPLANATION_ACCEPTED), ENGLAND).then_refused("rejected")
    given.when(resolve, resolving(ANSWERED_ON, Outcome.OVERTAKEN_BY_EVENTS), ENGLAND).then_some(AlertResolved)


def test_only_the_alert_of_a_child_looked_after_on_that_day_goes_to_cafcass():
    to_cafcass = resolving(ANSWERED_ON, Outcome.REFERRED_CAFCASS)
    since_looked_after = Resolve(Outcome.REFERRED_CAFCASS, "IRO", ANSWERED_ON, PlanType.CLA)
    turned_eighteen = Resolve(Outcome.REFERRED_CAFCASS, "IRO", ANSWERED_ON, PlanType.CL)
    in_need = alert.given([raised(plan_type=PlanType.CIN)])
    in_need.when(resolve, to_cafcass, ENGLAND).then_refused("looked after", field="outcome")
    in_need.when(resolve, since_looked_after, ENGLAND).then_some(AlertResolved)
    alert.given([raised()]).when(resolve, to_cafcass, ENGLAND).then_some(AlertResolved)
    alert.given([raised()]).when(resolve, turned_eighteen, ENGLAND).then_refused("looked after")


@pytest.mark.parametrize("role", ["TEAM_MANAGER", "HEAD_OF_SERVICE", "DCS"])
def test_a_manager_does_not_close_the_alert_about_them(role):
    alert.given([raised()]).when(resolve, Resolve(Outcome.NOT_UPHELD, role, ANSWERED_ON), ENGLAND).then_refused(
        "reviewing officer"
    )


def test_reopened_after_six_working_days_the_first_clock_goes_on_and_may_be_overdue_at_once():
    after = (
        alert.given(answered_and_resolved)
        .when(reopen, reopening(SOON), ENGLAND, POLICY)
        .then(
            [
                AlertReopened(
                    alert_id="7",
                    clock="CONTINUE",
                    reason=sealed("the plan was not followed"),
                    by_role="IRO",
                    reopened_on=SOON,
                    stage=1,
                    stage_deadline=TOTAL_DUE,
                    total_deadline=TOTAL_DUE,
                    calendar_version=ENGLAND.version,
                )
            ]
        )
    )
    alert.given([*answered_and_resolved, after.reopening]).when(
        note_missed_deadline, missed(after, "TOTAL", on=SOON), ENGLAND
    ).then_some(AlertTotalDeadlineMissed)


def test_reopened_after_fifteen_working_days_a_new_clock_begins():
    after = (
        alert.given(answered_and_resolved).when(reopen, reopening(MUCH_LATER), ENGLAND, POLICY).then_some(AlertReopened)
    )
    assert (after.reopening.clock, after.stage_deadline) == ("RESTART", date(2026, 4, 23))
    assert after.total_deadline == ENGLAND.add(MUCH_LATER, 20) == date(2026, 5, 15)


@pytest.mark.parametrize(("on", "clock"), [(date(2026, 4, 9), "CONTINUE"), (date(2026, 4, 10), "RESTART")])
def test_the_tenth_working_day_still_continues(on, clock):
    after = alert.given(answered_and_resolved).when(reopen, reopening(on), ENGLAND, POLICY).then_some(AlertReopened)
    assert after.reopening.clock == clock


def test_a_total_that_was_missed_is_not_missed_again_by_reopening_it_soon():
    history = happened(raising(), answering(ANSWERED_ON), resolving(SOON), reopening(date(2026, 4, 2)))
    given = alert.given(history)
    given.when(note_missed_deadline, missed(given.state, "TOTAL", on=date(2026, 4, 8)), ENGLAND).then_nothing()


def test_a_new_clock_can_be_missed_again():
    history = happened(raising(), answering(ANSWERED_ON), resolving(SOON), reopening(date(2026, 5, 11)))
    given = alert.given(history)
    note = missed(given.state, "TOTAL", on=date(2026, 7, 1))
    given.when(note_missed_deadline, note, ENGLAND).then_some(AlertTotalDeadlineMissed)


def test_the_same_stage_can_be_missed_again_after_reopening():
    history = happened(raising(), resolving(date(2026, 4, 2)), reopening(date(2026, 4, 8)))
    assert sum(isinstance(event, AlertStageDeadlineMissed) for event in history) == 1
    given = alert.given(history)
    note = missed(given.state, "STAGE", on=date(2026, 4, 8))
    given.when(note_missed_deadline, note, ENGLAND).then_some(AlertStageDeadlineMissed)


def test_the_elapsed_days_of_a_continued_clock_count_from_the_first_raise():
    history = happened(*[raising(), answering(ANSWERED_ON), resolving(RESOLVED_ON), reopening(SOON)])
    after = alert.given(history).when(resolve, resolving(SOON), ENGLAND)
    assert after.decide(alert.given(history).state)[-1].elapsed_working_days == 21


def test_an_alert_may_be_reopened_at_a_higher_stage():
    after = (
        alert.given(answered_and_resolved)
        .when(reopen, reopening(MUCH_LATER, stage=3), ENGLAND, POLICY)
        .then_some(AlertReopened)
    )
    assert after.stage == 3


def test_an_open_alert_is_not_reopened():
    alert.given([raised()]).when(reopen, reopening(SOON), ENGLAND, POLICY).then_refused("only a resolved alert")


def test_a_withdrawn_alert_stays_withdrawn():
    gone = Withdraw(WithdrawalReason.WRONG_CHILD, "IRO", ANSWERED_ON)
    given = alert.given(happened(raising(), gone))
    given.when(reopen, reopening(SOON), ENGLAND, POLICY).then_refused("only a resolved alert")
    given.when(resolve, resolving(SOON), ENGLAND).then_refused("withdrawn")


def test_withdrawing():
    gone = Withdraw(WithdrawalReason.WRONG_CHILD, "HEAD_OF_SAFEGUARDING_QA", ANSWERED_ON)
    after = alert.given([raised()]).when(withdraw, gone, ENGLAND).then_some(AlertWithdrawn)
    assert after.status is Status.WITHDRAWN


def test_a_resolved_alert_is_not_withdrawn_or_it_would_leave_the_balance_twice():
    gone = Withdraw(WithdrawalReason.DUPLICATE, "IRO", SOON)
    alert.given(answered_and_resolved).when(withdraw, gone, ENGLAND).then_refused("reopen it first")


def test_when_the_iro_leaves_the_clock_goes_on_and_who_raised_it_stays():
    to_another = Reassign("staff-iro-2", "HEAD_OF_SAFEGUARDING_QA", sealed("the link holder left"))
    before = alert.given([raised()]).state
    after = (
        alert.given([raised()])
        .when(reassign, to_another)
        .then(
            [
                AlertReassigned(
                    alert_id="7",
                    from_holder="staff-iro-1",
                    to_holder="staff-iro-2",
                    reason=sealed("the link holder left"),
                )
            ]
        )
    )
    assert after.held_by == "staff-iro-2"
    assert (after.raised, after.stage_deadline, after.total_deadline) == (
        before.raised,
        before.stage_deadline,
        before.total_deadline,
    )
    given = alert.given([raised(), *reassign(to_another, before)])
    given.when(submit_response, answering(ANSWERED_ON), ENGLAND, POLICY).then_some(AlertResponseSubmitted)


def test_recategorising():
    other = Recategorise(("SAFETY_RISK",), "IRO", sealed("the visit found more"))
    after = alert.given([raised()]).when(recategorise, other).then_some(AlertRecategorised)
    assert after.categories == ("SAFETY_RISK",)
    none = Recategorise((), "IRO")
    alert.given([raised()]).when(recategorise, none).then_refused("category", field="categories")


def test_impact_is_verified_after_the_alert_was_resolved_and_may_be_looked_at_again():
    early = VerifyImpact(Impact.TOO_EARLY, "IRO", RESOLVED_ON)
    later = VerifyImpact(Impact.IMPROVED, "IRO", MUCH_LATER)
    alert.given([raised()]).when(verify_impact, early).then_refused("once the alert is resolved")
    alert.given(answered_and_resolved).when(verify_impact, early).then_some(AlertImpactVerified)
    history = [*answered_and_resolved, *verify_impact(early, alert.given(answered_and_resolved).state)]
    after = alert.given(history).when(verify_impact, later).then_some(AlertImpactVerified)
    assert after.impact.impact is Impact.IMPROVED
