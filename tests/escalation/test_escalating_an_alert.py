"""Not satisfied, no response, or too urgent to wait: the alert goes up."""

from __future__ import annotations

from datetime import date

import pytest

from services.escalation.domain.codes import EscalationReason
from services.escalation.domain.practice_alert.commands import Escalate
from services.escalation.domain.practice_alert.decisions import escalate, submit_response
from services.escalation.domain.practice_alert.events import (
    AlertEscalated,
    AlertResponseSubmitted,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
)
from services.escalation.domain.practice_alert.state import DECIDER
from tests.escalation.asking import happened, missed
from tests.examples.an_alert import (
    ENGLAND,
    POLICY,
    STAGE_1_DUE,
    TOTAL_DUE,
    accepting,
    answering,
    escalating,
    raised,
    raising,
    rejecting,
    resolving,
)
from tests.specification import specification

NO_RESPONSE, NOT_SATISFIED = EscalationReason.NO_RESPONSE, EscalationReason.NOT_SATISFIED
EARLY, LATE = date(2026, 3, 5), date(2026, 3, 11)
alert = specification(DECIDER)


def test_without_a_response_it_goes_up_and_the_missed_deadline_is_on_record():
    up = escalating(2, LATE, NO_RESPONSE)
    after = (
        alert.given([raised()]).when(escalate, up, ENGLAND, POLICY).then_some(AlertStageDeadlineMissed, AlertEscalated)
    )
    assert (after.stage, after.stage_deadline, after.stage_missed) == (2, date(2026, 3, 18), False)


def test_what_the_timer_noted_is_not_noted_again():
    history = happened(raising(), missed(alert.given([raised()]).state, "STAGE", on=LATE))
    alert.given(history).when(escalate, escalating(2, LATE, NO_RESPONSE), ENGLAND, POLICY).then_some(AlertEscalated)


@pytest.mark.parametrize("on", [EARLY, STAGE_1_DUE])
def test_no_response_is_no_reason_while_there_is_time(on):
    alert.given([raised()]).when(escalate, escalating(2, on, NO_RESPONSE), ENGLAND, POLICY).then_refused(
        "still has time", field="reason"
    )


def test_no_response_is_no_reason_when_there_was_one():
    given = alert.given(happened(raising(), answering(EARLY)))
    given.when(escalate, escalating(2, LATE, NO_RESPONSE), ENGLAND, POLICY).then_refused("was a response")


def test_a_rejected_response_goes_up():
    given = alert.given(happened(raising(), answering(EARLY), rejecting(EARLY)))
    given.when(escalate, escalating(2, EARLY, NOT_SATISFIED), ENGLAND, POLICY).then_some(AlertEscalated)


def test_not_satisfied_needs_a_response():
    given = alert.given([raised()])
    given.when(escalate, escalating(2, LATE, NOT_SATISFIED), ENGLAND, POLICY).then_refused("no response")


def test_not_satisfied_cannot_follow_an_accepted_response():
    given = alert.given(happened(raising(), answering(EARLY), accepting(EARLY)))
    given.when(escalate, escalating(2, EARLY, NOT_SATISFIED), ENGLAND, POLICY).then_refused("not accepted")


def test_an_answered_stage_was_not_missed_however_long_the_judgement_took():
    given = alert.given(happened(raising(), answering(EARLY), rejecting(LATE)))
    given.when(escalate, escalating(2, LATE, NOT_SATISFIED), ENGLAND, POLICY).then_some(AlertEscalated)


@pytest.mark.parametrize("to_stage", [1, 2, 0, 5])
def test_an_alert_only_goes_up(to_stage):
    given = alert.given([raised(start_stage=2)])
    given.when(escalate, escalating(to_stage, EARLY), ENGLAND, POLICY).then_refused("stage", field="to_stage")


@pytest.mark.parametrize("role", ["TEAM_MANAGER", "HEAD_OF_SAFEGUARDING_QA", "DCS"])
def test_only_a_reviewing_officer_escalates(role):
    up = Escalate(to_stage=2, reason=EscalationReason.BYPASS_URGENT, by_role=role, on=EARLY)
    alert.given([raised()]).when(escalate, up, ENGLAND, POLICY).then_refused("reviewing officer")


def test_the_higher_stages_manager_answers_now():
    given = alert.given(happened(raising(), escalating(3, EARLY)))
    given.when(submit_response, answering(EARLY), ENGLAND, POLICY).then_refused("responsible for this stage")
    director = answering(EARLY, by_role="OPERATIONAL_DIRECTOR")
    given.when(submit_response, director, ENGLAND, POLICY).then_some(AlertResponseSubmitted)


def test_each_stage_that_was_missed_is_noted_once():
    history = happened(raising(), escalating(2, LATE, NO_RESPONSE), escalating(3, date(2026, 3, 19), NO_RESPONSE))
    assert [event.stage for event in history if isinstance(event, AlertStageDeadlineMissed)] == [1, 2]


def test_going_up_after_the_total_has_passed_gives_no_new_time():
    up = escalating(4, date(2026, 4, 2))
    after = (
        alert.given([raised()])
        .when(escalate, up, ENGLAND, POLICY)
        .then_some(AlertStageDeadlineMissed, AlertTotalDeadlineMissed, AlertEscalated)
    )
    assert after.stage_deadline == after.total_deadline == TOTAL_DUE


def test_a_closed_alert_does_not_go_up():
    given = alert.given(happened(raising(), resolving(EARLY)))
    given.when(escalate, escalating(2, EARLY), ENGLAND, POLICY).then_refused("resolved")
