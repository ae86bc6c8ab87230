from datetime import date

import pytest
from pydantic import BaseModel

from services.feedback.publishing import DECIDERS, tell
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackAcknowledgedV1,
    FeedbackClassifiedV1,
    FeedbackReceivedV1,
    FeedbackRespondedV1,
)
from tests.examples import a_feedback as an
from tests.feedback.kept import kept


def test_feedback_counts_in_the_month_in_which_it_came():
    assert tell(kept(an.received)) == FeedbackReceivedV1(
        feedback_id=an.ID,
        channel="SURVEY",
        respondent_type="YOUNG_PERSON",
        place=an.ELM,
        received_on=date(2026, 4, 14),
        experienced_on=date(2026, 1, 10),
        rating=2,
        anonymous=False,
    )


def test_what_it_was_about_is_told_in_codes():
    assert tell(kept(an.classified)) == FeedbackClassifiedV1(
        feedback_id=an.ID, themes=("COMMUNICATION", "LISTENED_TO"), sentiment="NEGATIVE", method="PERSON"
    )


def test_an_answer_is_told_without_its_words():
    assert tell(kept(an.responded)) == FeedbackRespondedV1(
        feedback_id=an.ID, responded_on=date(2026, 4, 24), elapsed_days=10
    )


def test_that_it_arrived_is_told_apart_from_the_answer():
    assert tell(kept(an.acknowledged)) == FeedbackAcknowledgedV1(feedback_id=an.ID, acknowledged_on=date(2026, 4, 16))


def test_a_change_is_told_when_it_is_decided_without_what_it_says():
    assert tell(kept(an.decided)) == ChangeDecidedV1(
        change_id=an.CHANGE_ID,
        themes=("COMMUNICATION",),
        place=an.ELM,
        decided_on=date(2026, 5, 5),
        feedback_count=1,
    )


def test_what_those_who_spoke_say_of_the_change_is_told():
    assert tell(kept(an.checked)) == ChangeCheckedV1(
        change_id=an.CHANGE_ID, result="BETTER", checked_on=date(2026, 9, 1)
    )


@pytest.mark.parametrize(("event", "told_on"), [(an.made, None), (an.published, date(2026, 6, 10))])
def test_a_change_is_told_whole_each_time(event: BaseModel, told_on: date | None):
    assert tell(kept(event)) == ChangeMadeV1(
        change_id=an.CHANGE_ID,
        themes=("COMMUNICATION",),
        place=an.ELM,
        made_on=date(2026, 6, 1),
        told_on=told_on,
        feedback_count=1,
    )


@pytest.mark.parametrize("event", [an.publishing_withdrawn, an.drafted])
def test_the_rest_stays_inside(event: BaseModel):
    assert tell(kept(event)) is None


@pytest.mark.parametrize(
    "event",
    [
        *(an.received, an.anonymous, an.classified, an.acknowledged, an.responded),
        *(an.decided, an.made, an.published, an.checked),
    ],
)
def test_no_word_and_no_child_leaves(event: BaseModel):
    told = tell(kept(event))
    assert told is not None
    sent = told.model_dump_json()
    for private in (an.CHILD, "x1", "nobody told me", an.YOU_SAID, "staff-head", "client-survey"):
        assert private not in sent


def test_every_stream_of_the_service_has_its_decider():
    assert set(DECIDERS) == {"feedback", "change"}
