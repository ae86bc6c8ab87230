"""The stage's manager answers, and the reviewing officer judges the answer."""

from __future__ import annotations

from datetime import date

import pytest

from services.escalation.domain.practice_alert.commands import AcceptResponse, Acknowledge, RejectResponse
from services.escalation.domain.practice_alert.decisions import (
    accept_response,
    acknowledge,
    reject_response,
    submit_response,
)
from services.escalation.domain.practice_alert.events import (
    AlertAcknowledged,
    AlertResponseAccepted,
    AlertResponseRejected,
    AlertResponseSubmitted,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
)
from services.escalation.domain.practice_alert.state import DECIDER, Status
from tests.escalation.asking import happened, missed
from tests.examples.an_alert import (
    ENGLAND,
    POLICY,
    STAGE_1_DUE,
    accepting,
    answering,
    escalating,
    raised,
    raising,
    rejecting,
    resolving,
    sealed,
)
from tests.specification import specification

alert = specification(DECIDER)
IN_TIME = date(2026, 3, 6)
LATE = date(2026, 3, 12)


def test_an_answer_in_time():
    after = (
        alert.given([raised()])
        .when(submit_response, answering(IN_TIME), ENGLAND, POLICY)
        .then(
            [
                AlertResponseSubmitted(
                    alert_id="7",
                    stage=1,
                    by_role="TEAM_MANAGER",
                    answered_on=IN_TIME,
                    in_time=True,
                    elapsed_working_days=3,
                    text=sealed("we have agreed a plan"),
                )
            ]
        )
    )
    assert after.status is Status.ANSWERED


def test_an_answer_on_the_due_day_is_in_time():
    after = (
        alert.given([raised()])
        .when(submit_response, answering(STAGE_1_DUE), ENGLAND, POLICY)
        .then_some(AlertResponseSubmitted)
    )
    assert after.answer.in_time


def test_a_late_answer_notes_the_missed_deadline_first_when_the_timer_did_not():
    after = (
        alert.given([raised()])
        .when(submit_response, answering(LATE), ENGLAND, POLICY)
        .then_some(AlertStageDeadlineMissed, AlertResponseSubmitted)
    )
    assert not after.answer.in_time


def test_a_missed_deadline_that_was_noted_is_not_noted_again():
    history = happened(raising(), missed(alert.given([raised()]).state, "STAGE", on=LATE))
    alert.given(history).when(submit_response, answering(LATE), ENGLAND, POLICY).then_some(AlertResponseSubmitted)


def test_an_answer_after_twenty_days_missed_both_deadlines():
    alert.given([raised()]).when(submit_response, answering(date(2026, 4, 9)), ENGLAND, POLICY).then_some(
        AlertStageDeadlineMissed, AlertTotalDeadlineMissed, AlertResponseSubmitted
    )


@pytest.mark.parametrize(
    ("stage", "role"), [(1, "TEAM_MANAGER"), (2, "HEAD_OF_SERVICE"), (3, "OPERATIONAL_DIRECTOR"), (4, "DCS")]
)
def test_each_stage_has_its_own_manager(stage, role):
    given = alert.given([raised(start_stage=stage)])
    given.when(submit_response, answering(IN_TIME, by_role=role), ENGLAND, POLICY).then_some(AlertResponseSubmitted)


@pytest.mark.parametrize("role", ["HEAD_OF_SERVICE", "IRO", "SOCIAL_WORKER", "DCS"])
def test_nobody_else_answers_at_the_first_stage(role):
    alert.given([raised()]).when(submit_response, answering(IN_TIME, by_role=role), ENGLAND, POLICY).then_refused(
        "responsible for this stage"
    )


def test_a_second_answer_waits_until_the_first_is_judged():
    history = happened(raising(), answering(IN_TIME))
    other = answering(IN_TIME, words="something else")
    alert.given(history).when(submit_response, other, ENGLAND, POLICY).then_refused("already with")


def test_after_a_rejection_the_manager_may_answer_again():
    history = happened(raising(), answering(IN_TIME), rejecting(IN_TIME))
    better = answering(IN_TIME, words="a better plan")
    alert.given(history).when(submit_response, better, ENGLAND, POLICY).then_some(AlertResponseSubmitted)


def test_no_answer_comes_before_the_alert():
    early = answering(date(2026, 3, 2))
    alert.given([raised()]).when(submit_response, early, ENGLAND, POLICY).then_refused("before")


def test_a_resolved_alert_takes_no_answer():
    history = happened(raising(), answering(IN_TIME), accepting(IN_TIME), resolving(IN_TIME))
    alert.given(history).when(submit_response, answering(IN_TIME), ENGLAND, POLICY).then_refused("reopen it first")


def test_the_stages_manager_acknowledges_once():
    seen = Acknowledge(by_role="TEAM_MANAGER", on=IN_TIME)
    alert.given([raised()]).when(acknowledge, seen, POLICY).then(
        [AlertAcknowledged(alert_id="7", stage=1, by_role="TEAM_MANAGER", acknowledged_on=IN_TIME)]
    )


def test_acknowledging_does_not_stop_the_clock():
    history = happened(raising(), Acknowledge(by_role="TEAM_MANAGER", on=IN_TIME))
    alert.given(history).when(submit_response, answering(LATE), ENGLAND, POLICY).then_some(
        AlertStageDeadlineMissed, AlertResponseSubmitted
    )


def test_the_next_stage_acknowledges_for_itself():
    history = happened(raising(), Acknowledge(by_role="TEAM_MANAGER", on=IN_TIME), escalating(2, IN_TIME))
    seen = Acknowledge(by_role="HEAD_OF_SERVICE", on=IN_TIME)
    alert.given(history).when(acknowledge, seen, POLICY).then_some(AlertAcknowledged)


def test_a_reviewing_officer_accepts():
    history = happened(raising(), answering(IN_TIME))
    after = alert.given(history).when(accept_response, accepting(IN_TIME)).then_some(AlertResponseAccepted)
    assert after.status is Status.ACCEPTED


def test_a_reviewing_officer_rejects():
    history = happened(raising(), answering(IN_TIME))
    after = alert.given(history).when(reject_response, rejecting(IN_TIME)).then_some(AlertResponseRejected)
    assert after.status is Status.REJECTED


@pytest.mark.parametrize("role", ["TEAM_MANAGER", "HEAD_OF_SERVICE", "DCS"])
def test_managers_do_not_judge_answers(role):
    given = alert.given(happened(raising(), answering(IN_TIME)))
    given.when(accept_response, AcceptResponse(by_role=role, on=IN_TIME)).then_refused("reviewing officer")
    given.when(reject_response, RejectResponse(by_role=role, on=IN_TIME)).then_refused("reviewing officer")


def test_there_is_nothing_to_judge_before_the_answer():
    alert.given([raised()]).when(accept_response, accepting(IN_TIME)).then_refused("no response")
    alert.given([raised()]).when(reject_response, rejecting(IN_TIME)).then_refused("no response")
