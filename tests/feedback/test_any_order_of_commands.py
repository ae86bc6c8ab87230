"""Whatever is asked in whatever order: refused, or kept; and asked again at once, nothing new."""

from datetime import UTC, date, datetime
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.change import decisions as changes
from services.feedback.domain.change import state as change
from services.feedback.domain.codes import (
    Audience,
    Channel,
    CheckResult,
    ConsentScope,
    Method,
    RespondentType,
    SafeguardingRoute,
    Sentiment,
    Theme,
)
from services.feedback.domain.feedback import decisions as feedbacks
from services.feedback.domain.feedback import state as feedback
from services.feedback.domain.rating import Rating, Scale
from tests.examples import a_feedback as an
from tests.specification import asked_in_turn

days = st.dates(date(2026, 4, 1), date(2026, 4, 6))
moments = st.datetimes(datetime(2026, 4, 1), datetime(2026, 4, 6), timezones=st.just(UTC))  # noqa: DTZ001
words = st.sampled_from([None, an.TOLD_LATE, an.TOLD_LATE_SEALED_AGAIN, an.OTHER_WORDS])
some_themes = st.frozensets(st.sampled_from(list(Theme)[:4]), max_size=3)
ids = st.frozensets(st.sampled_from([an.ID, "other"]), max_size=2)


def bound(decision, commands, *args: st.SearchStrategy):
    return st.builds(lambda command, *given: lambda state: decision(command, state, *given), commands, *args)


receiving = st.builds(
    partial(feedbacks.ReceiveFeedback, feedback_id=an.ID, source_system="s", entered_by="c", place=an.ELM),
    channel=st.sampled_from([Channel.SURVEY, Channel.COMPLIMENT, Channel.IRO_FORM]),
    entered_as=st.sampled_from([frozenset(), frozenset({"IRO"})]),
    respondent_type=st.sampled_from(RespondentType),
    received_on=st.just(date(2026, 4, 2)),
    today=days,
    experienced_on=st.none() | days,
    anonymous=st.booleans(),
    consent_publish=st.booleans(),
    rating=st.none() | st.builds(Rating, scale=st.sampled_from(Scale), value=st.sampled_from(["GOOD", "3", "SAD"])),
    child=st.sampled_from([None, an.CHILD]),
    text=words,
    praised=words,
)
on_feedback = st.one_of(
    bound(feedbacks.receive_feedback, receiving),
    bound(
        feedbacks.classify_feedback,
        st.builds(
            feedbacks.ClassifyFeedback,
            some_themes,
            st.sampled_from(Sentiment),
            st.sampled_from(Method),
            st.none() | st.floats(),
        ),
    ),
    bound(
        feedbacks.route_safeguarding_concern,
        st.builds(feedbacks.RouteSafeguardingConcern, st.sampled_from(SafeguardingRoute), moments, moments),
        st.just(an.POLICY),
    ),
    bound(feedbacks.acknowledge_feedback, st.builds(feedbacks.AcknowledgeFeedback, days)),
    bound(feedbacks.respond_to_feedback, st.builds(feedbacks.RespondToFeedback, days, words)),
    bound(feedbacks.withdraw_consent, st.builds(feedbacks.WithdrawConsent, st.sampled_from(ConsentScope), days)),
)
deciding = st.builds(
    partial(changes.DecideChange, change_id=an.CHANGE_ID, place=an.ELM),
    themes=some_themes,
    feedback=ids,
    decided_on=days,
    text=words.filter(bool),
)
making = st.builds(changes.MakeChange, days)
staff = st.sampled_from(["staff-author", "staff-head"])
texts = st.sampled_from([an.YOU_SAID, an.WE_DID, " ", "sam@example.org"])
on_change = st.one_of(
    bound(changes.decide_change, deciding, ids),
    bound(changes.make_change, making),
    st.builds(
        lambda decide, make, here: lambda state: changes.record_made_change(decide, make, state, here),
        deciding,
        making,
        ids,
    ),
    bound(
        changes.draft_you_said_we_did,
        st.builds(changes.DraftYouSaidWeDid, texts, texts, st.sampled_from(Audience), ids, staff),
        ids,
    ),
    bound(changes.publish_you_said_we_did, st.builds(changes.PublishYouSaidWeDid, staff, days), ids),
    bound(
        changes.check_with_respondents,
        st.builds(changes.CheckWithRespondents, days, st.sampled_from(CheckResult), st.integers(-1, 3)),
    ),
)


def on_a_made_change(state):
    return [] if state.decided else [an.decided.model_copy(update={"decided_on": date(2026, 4, 1)})]


@given(st.lists(on_feedback, max_size=12))
def test_feedback_takes_any_commands(asked):
    asked_in_turn(feedback.DECIDER, asked)


@given(st.lists(on_feedback, max_size=12))
def test_received_feedback_takes_any_commands(asked):
    asked_in_turn(feedback.DECIDER, [lambda state: feedbacks.receive_feedback(an.receive, state), *asked])


@given(st.lists(on_change, max_size=12))
def test_a_change_takes_any_commands(asked):
    asked_in_turn(change.DECIDER, asked)


@given(st.lists(on_change, max_size=12))
def test_a_decided_change_takes_any_commands(asked):
    asked_in_turn(change.DECIDER, [on_a_made_change, *asked])
