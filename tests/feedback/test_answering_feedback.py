from dataclasses import replace
from datetime import date

import pytest

from services.feedback.domain.codes import ConsentScope
from services.feedback.domain.feedback.decisions import (
    WithdrawConsent,
    acknowledge_feedback,
    respond_to_feedback,
    withdraw_consent,
)
from services.feedback.domain.feedback.state import DECIDER
from tests.examples import a_feedback as an
from tests.specification import specification

feedback = specification(DECIDER)


def test_feedback_is_acknowledged():
    feedback.given([an.received]).when(acknowledge_feedback, an.acknowledge).then([an.acknowledged])


def test_feedback_is_acknowledged_once():
    later = replace(an.acknowledge, acknowledged_on=date(2026, 4, 17))
    feedback.given([an.received, an.acknowledged]).when(acknowledge_feedback, later).then_refused("another date")


def test_an_answer_tells_how_many_days_it_took():
    feedback.given([an.received]).when(respond_to_feedback, an.respond).then([an.responded])


def test_an_answer_may_be_given_without_keeping_its_words():
    spoken = replace(an.respond, text=None)
    kept = an.responded.model_copy(update={"text": None})
    feedback.given([an.received]).when(respond_to_feedback, spoken).then([kept])


@pytest.mark.parametrize("text", [None, an.TOLD_LATE])
def test_feedback_is_answered_once(text):
    other = replace(an.respond, text=text)
    feedback.given([an.received, an.responded]).when(respond_to_feedback, other).then_refused("another answer")


def test_nothing_happens_to_feedback_before_it_was_received():
    early = date(2026, 4, 13)
    given = feedback.given([an.received])
    given.when(acknowledge_feedback, replace(an.acknowledge, acknowledged_on=early)).then_refused("before")
    given.when(respond_to_feedback, replace(an.respond, responded_on=early)).then_refused("before")
    given.when(withdraw_consent, replace(an.withdraw_publishing, withdrawn_on=early)).then_refused("before")


def test_words_are_quoted_only_with_consent():
    assert feedback.given([an.received]).state.quotable
    assert not feedback.given([an.received.model_copy(update={"consent_publish": False})]).state.quotable


def test_consent_can_be_taken_back():
    state = feedback.given([an.received]).when(withdraw_consent, an.withdraw_publishing).then([an.publishing_withdrawn])
    assert not state.quotable


def test_nobody_is_written_to_who_asked_not_to_be():
    stop = WithdrawConsent(ConsentScope.CONTACT, date(2026, 4, 15))
    feedback.given([an.received]).when(withdraw_consent, stop).then([an.contact_withdrawn])
    silent = feedback.given([an.received, an.contact_withdrawn])
    silent.when(respond_to_feedback, an.respond).then_refused("not to be contacted")
    silent.when(acknowledge_feedback, an.acknowledge).then_refused("not to be contacted")


def test_an_answer_given_before_contact_was_refused_still_stands():
    feedback.given([an.received, an.responded, an.contact_withdrawn]).when(
        respond_to_feedback, an.respond
    ).then_nothing()
