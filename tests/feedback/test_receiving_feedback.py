from dataclasses import replace
from datetime import date

import pytest

from services.feedback.domain.codes import Channel, RespondentType
from services.feedback.domain.feedback.decisions import receive_feedback
from services.feedback.domain.feedback.state import DECIDER
from services.feedback.domain.rating import POSITIONS, Rating, Scale
from tests.examples import a_feedback as an
from tests.specification import specification

feedback = specification(DECIDER)


def test_feedback_is_received_once():
    feedback.given([]).when(receive_feedback, an.receive).then([an.received])


@pytest.mark.parametrize("channel", Channel)
def test_feedback_comes_in_every_way(channel: Channel):
    command = replace(an.receive, channel=channel)
    feedback.given([]).when(receive_feedback, command).then([an.received.model_copy(update={"channel": channel})])


@pytest.mark.parametrize("who", RespondentType)
def test_everybody_may_say_something(who: RespondentType):
    command = replace(an.receive, respondent_type=who)
    feedback.given([]).when(receive_feedback, command).then([an.received.model_copy(update={"respondent_type": who})])


def test_the_same_words_sealed_again_are_nothing_new():
    again = replace(an.receive, text=an.TOLD_LATE_SEALED_AGAIN, today=date(2026, 7, 1))
    feedback.given([an.received]).when(receive_feedback, again).then_nothing()


def test_feedback_cannot_be_replaced_by_other_words():
    other = replace(an.receive, text=an.OTHER_WORDS)
    feedback.given([an.received]).when(receive_feedback, other).then_refused("said something else")


def test_feedback_that_comes_months_late_keeps_both_dates():
    late = replace(an.receive, experienced_on=date(2026, 1, 10), received_on=date(2026, 4, 14))
    state = feedback.given([]).when(receive_feedback, late).then([an.received])
    assert state.received is not None
    assert (state.received.experienced_on, state.received.received_on) == (date(2026, 1, 10), date(2026, 4, 14))


def test_feedback_is_not_received_in_the_future():
    early = replace(an.receive, today=date(2026, 4, 13))
    feedback.given([]).when(receive_feedback, early).then_refused("in the future", field="received_on")


def test_feedback_may_be_entered_on_the_day_it_came():
    same_day = replace(an.receive, today=an.RECEIVED_ON)
    feedback.given([]).when(receive_feedback, same_day).then([an.received])


def test_nobody_tells_of_what_is_still_to_come():
    odd = replace(an.receive, experienced_on=date(2026, 4, 15))
    feedback.given([]).when(receive_feedback, odd).then_refused("already", field="experienced_on")


@pytest.mark.parametrize("named", [{"child": an.CHILD}, {"child_ref": an.CHILD_REF}])
def test_anonymous_feedback_names_no_child(named: dict):
    command = replace(an.receive, anonymous=True, **{"child": None, "child_ref": None, **named})
    feedback.given([]).when(receive_feedback, command).then_refused("names no child", field="child_ref")


def test_only_a_compliment_names_a_worker():
    praise = replace(an.receive, praised=an.OTHER_WORDS)
    feedback.given([]).when(receive_feedback, praise).then_refused("compliment", field="praised")
    compliment = replace(praise, channel=Channel.COMPLIMENT)
    kept = an.received.model_copy(update={"channel": Channel.COMPLIMENT, "praised": an.OTHER_WORDS})
    feedback.given([]).when(receive_feedback, compliment).then([kept])


@pytest.mark.parametrize("role", ["IRO", "CP_CHAIR"])
def test_reviewing_officers_enter_the_evaluation_forms_of_their_meetings(role: str):
    survey = replace(an.receive, entered_as=frozenset({role}))
    feedback.given([]).when(receive_feedback, survey).then_refused("evaluation forms", field="channel")
    form = replace(survey, channel=Channel.IRO_FORM)
    feedback.given([]).when(receive_feedback, form).then([an.received.model_copy(update={"channel": "IRO_FORM"})])


def test_a_rating_belongs_to_its_scale():
    odd = replace(an.receive, rating=Rating(scale=Scale.STARS5, value="POOR"))
    feedback.given([]).when(receive_feedback, odd).then_refused("rating scale", field="rating/value")


@pytest.mark.parametrize(
    ("scale", "value", "position"),
    [
        (Scale.FFT, "VERY_GOOD", 5),
        (Scale.FFT, "VERY_POOR", 1),
        (Scale.FFT, "DONT_KNOW", None),
        (Scale.STARS5, "4", 4),
        (Scale.FACES3, "SAD", 1),
        (Scale.ESQ, "CERTAINLY_TRUE", None),
    ],
)
def test_ratings_stand_on_one_line_from_1_to_5(scale: Scale, value: str, position: int | None):
    assert Rating(scale=scale, value=value).position == position


def test_every_scale_has_answers_between_1_and_5():
    assert set(POSITIONS) == set(Scale)
    assert {place for answers in POSITIONS.values() for place in answers.values()} == {1, 2, 3, 4, 5, None}
