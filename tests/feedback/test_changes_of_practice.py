from dataclasses import replace
from datetime import date

import pytest

from services.feedback.domain.change.decisions import (
    check_with_respondents,
    decide_change,
    draft_you_said_we_did,
    make_change,
    publish_you_said_we_did,
    record_made_change,
)
from services.feedback.domain.change.state import DECIDER
from tests.examples import a_feedback as an
from tests.specification import specification

change = specification(DECIDER)
nobody = frozenset[str]()


def test_a_change_begins_with_what_somebody_said():
    change.given([]).when(decide_change, an.decide, an.SAID).then([an.decided])


def test_a_change_without_feedback_is_refused():
    bare = replace(an.decide, feedback=nobody)
    change.given([]).when(decide_change, bare, nobody).then_refused("name the feedback", field="feedback")


def test_a_change_without_a_theme_is_refused():
    bare = replace(an.decide, themes=frozenset())
    change.given([]).when(decide_change, bare, an.SAID).then_refused("at least one theme", field="themes")


def test_feedback_of_elsewhere_leads_to_no_change_here():
    change.given([]).when(decide_change, an.decide, nobody).then_refused("in this authority", field="feedback")


def test_a_change_is_decided_once():
    other = replace(an.decide, decided_on=date(2026, 5, 6))
    change.given([an.decided]).when(decide_change, other, an.SAID).then_refused("differently")


def test_a_decided_change_is_made():
    change.given([an.decided]).when(make_change, an.make).then([an.made])


def test_a_change_is_made_after_it_was_decided_and_once():
    early = replace(an.make, made_on=date(2026, 5, 4))
    change.given([an.decided]).when(make_change, early).then_refused("before it was decided", field="made_on")
    change.given([an.decided, an.made]).when(make_change, early).then_refused("another date")
    change.given([]).when(make_change, an.make).then_refused("only a change that was decided")


def test_a_change_may_be_told_of_only_when_it_was_made():
    state = DECIDER.initial
    happened = record_made_change(an.decide, an.make, state, an.SAID)
    assert happened == [an.decided, an.made]
    assert record_made_change(an.decide, an.make, DECIDER.fold(happened), an.SAID) == []


def test_words_are_drafted_while_the_change_is_under_way():
    change.given([an.decided]).when(draft_you_said_we_did, an.draft, an.SAID).then([an.drafted])


@pytest.mark.parametrize("field", ["you_said", "we_did"])
def test_words_that_could_lead_to_a_person_are_refused_by_field(field: str):
    telling = replace(an.draft, **{field: "Ring me on 020 7946 0123 please."})
    case = change.given([an.decided]).when(draft_you_said_we_did, telling, an.SAID)
    case.then_refused("a telephone number", field=field)


@pytest.mark.parametrize("field", ["you_said", "we_did"])
def test_both_halves_are_told(field: str):
    half = replace(an.draft, **{field: "  "})
    change.given([an.decided]).when(draft_you_said_we_did, half, an.SAID).then_refused("both", field=field)


def test_nobody_is_quoted_without_consent():
    case = change.given([an.decided]).when(draft_you_said_we_did, an.draft, nobody)
    case.then_refused("consent", field="quoted")


def test_only_feedback_that_led_to_the_change_is_quoted():
    other = replace(an.draft, quoted=frozenset({"somebody-else"}))
    case = change.given([an.decided]).when(draft_you_said_we_did, other, frozenset({"somebody-else"}))
    case.then_refused("led to this change", field="quoted")


def test_words_are_published_once_somebody_else_approved_them():
    given = change.given([an.decided, an.made, an.drafted])
    given.when(publish_you_said_we_did, an.publish, an.SAID).then([an.published])


def test_nobody_approves_their_own_words():
    own = replace(an.publish, approved_by="staff-author")
    given = change.given([an.decided, an.made, an.drafted])
    given.when(publish_you_said_we_did, own, an.SAID).then_refused("other than the author")


@pytest.mark.parametrize("history", [[an.decided, an.made], [an.decided, an.drafted]])
def test_only_a_change_made_and_put_into_words_is_told(history):
    change.given(history).when(publish_you_said_we_did, an.publish, an.SAID).then_refused("in words that were drafted")


def test_consent_withdrawn_after_drafting_stops_the_words():
    given = change.given([an.decided, an.made, an.drafted])
    given.when(publish_you_said_we_did, an.publish, nobody).then_refused("consent", field="quoted")


def test_nobody_is_told_before_the_change_was_made():
    early = replace(an.publish, told_on=date(2026, 5, 31))
    given = change.given([an.decided, an.made, an.drafted])
    given.when(publish_you_said_we_did, early, an.SAID).then_refused("before it was made", field="told_on")


def test_published_words_stay():
    told = change.given([an.decided, an.made, an.drafted, an.published])
    told.when(draft_you_said_we_did, replace(an.draft, we_did="Else"), an.SAID).then_refused("told already")
    told.when(publish_you_said_we_did, replace(an.publish, approved_by="staff-other"), an.SAID).then_refused("already")


def test_those_who_spoke_are_asked_whether_it_helped():
    change.given([an.decided, an.made]).when(check_with_respondents, an.check).then([an.checked])


def test_a_change_that_was_not_made_cannot_be_checked():
    change.given([an.decided]).when(check_with_respondents, an.check).then_refused("only a change that was made")


def test_a_check_comes_after_the_change_and_asks_somebody():
    made = change.given([an.decided, an.made])
    made.when(check_with_respondents, replace(an.check, checked_on=date(2026, 5, 1))).then_refused("before it was made")
    made.when(check_with_respondents, replace(an.check, asked=0)).then_refused("asking somebody", field="asked")
