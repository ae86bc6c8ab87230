"""A learning point: recorded, told to those who need it, and looked at again until the loop is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.learning_point.decisions import (
    disseminate_learning_point,
    record_learning_point,
    review_learning_impact,
)
from services.audit.domain.learning_point.events import LearningPointDisseminated
from services.audit.domain.learning_point.state import DECIDER, Stage
from tests.examples.a_learning_point import disseminated, record, recorded, review, reviewed, sealed, tell_teams
from tests.specification import specification

point = specification(DECIDER)
told_all = [recorded, disseminated]


def test_what_was_learned_is_recorded_told_and_reviewed():
    assert point.given([]).when(record_learning_point, record).then([recorded]).stage is Stage.RECORDED
    told = point.given([recorded]).when(disseminate_learning_point, tell_teams).then([disseminated])
    assert told.stage is Stage.DISSEMINATED
    assert point.given(told_all).when(review_learning_impact, review).then([reviewed]).stage is Stage.REVIEWED


def test_telling_more_people_after_a_review_opens_the_loop_again():
    more = replace(tell_teams, channel="TRAINING", on=date(2026, 9, 10))
    after = (
        point.given([*told_all, reviewed]).when(disseminate_learning_point, more).then_some(LearningPointDisseminated)
    )
    assert (after.stage, len(after.disseminations)) == (Stage.DISSEMINATED, 2)
    again = replace(review, on=date(2026, 12, 1))
    closed = point.given([*told_all, reviewed, after.disseminations[1]]).when(review_learning_impact, again)
    assert closed.then_some(type(reviewed)).stage is Stage.REVIEWED


def test_the_same_words_sealed_again_are_nothing_new_and_other_words_are_another_point():
    anew = replace(record, words=sealed("fathers are asked when somebody writes down that they were", "m"))
    point.given([recorded]).when(record_learning_point, anew).then_nothing()
    point.given([recorded]).when(record_learning_point, replace(record, words=sealed("x"))).then_refused("another way")


@pytest.mark.parametrize(
    ("update", "words", "field"),
    [
        ({"source": "RUMOUR"}, "code", "source"),
        ({"theme_code": "the father of Jane"}, "capital letters", "theme_code"),
        ({"links": ()}, "names it", "links"),
        ({"source": "FOUR_R", "links": ()}, "names it", "links"),
        ({"source": "THEME", "links": ()}, "from a theme names it", "theme_id"),
    ],
)
def test_where_it_was_learned_is_said(update: dict, words: str, field: str):
    point.given([]).when(record_learning_point, replace(record, **update)).then_refused(words, field=field)


@pytest.mark.parametrize("source", ["ALERT", "FEEDBACK"])
def test_an_alert_or_feedback_may_be_learned_from_in_general(source: str):
    in_general = replace(record, source=source, links=())
    point.given([]).when(record_learning_point, in_general).then_some(type(recorded))


@pytest.mark.parametrize(
    ("update", "words", "field"),
    [
        ({"audience": ()}, "somebody", "audience"),
        ({"audience": ("TEAM", "NEIGHBOURS")}, "code", "audience"),
        ({"channel": "GOSSIP"}, "code", "channel"),
        ({"on": date(2026, 5, 12)}, "not yet recorded", "effective_date"),
    ],
)
def test_somebody_is_told_in_some_way(update: dict, words: str, field: str):
    told = replace(tell_teams, **update)
    point.given([recorded]).when(disseminate_learning_point, told).then_refused(words, field=field)


@pytest.mark.parametrize(
    ("update", "words", "field"),
    [
        ({"result": "SPLENDID"}, "code", "result"),
        ({"method": "HOPE"}, "code", "method"),
        ({"cases": 0}, "tracking cases", "cases"),
        ({"method": "OBSERVATION", "cases": -1}, "tracking cases", "cases"),
        ({"on": date(2026, 5, 19)}, "after somebody", "effective_date"),
    ],
)
def test_a_review_says_how_and_what_it_found(update: dict, words: str, field: str):
    looked = replace(review, **update)
    point.given(told_all).when(review_learning_impact, looked).then_refused(words, field=field)


def test_impact_without_anybody_told_is_none():
    point.given([recorded]).when(review_learning_impact, review).then_refused("once somebody has been told")


def test_what_was_not_recorded_is_neither_told_nor_reviewed():
    point.given([]).when(disseminate_learning_point, tell_teams).then_refused("no such")
    point.given([]).when(review_learning_impact, review).then_refused("no such")
