"""Whatever is asked of a 4R meeting or a learning point, in whatever order: refusals at most, nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.four_r_meeting import codes as meeting_codes
from services.audit.domain.four_r_meeting import decisions as meetings
from services.audit.domain.four_r_meeting.events import FourRMeetingCancelled, FourRMeetingHeld, Prompt
from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.four_r_meeting.state import Stage as MeetingStage
from services.audit.domain.learning_point import codes as learning_codes
from services.audit.domain.learning_point import decisions as learning
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.domain.learning_point.state import Stage as PointStage
from tests.examples import a_learning_point, a_meeting
from tests.specification import asked_in_turn

days = st.integers(0, 20).map(lambda n: date(2026, 5, 10) + timedelta(days=n))
nonces = st.text("xyz", min_size=1, max_size=3)
ids = st.lists(st.sampled_from(["a", "b"]), max_size=3).map(tuple)
places = st.lists(
    st.sampled_from([a_meeting.ALDER, a_meeting.BIRCH, a_meeting.ELM, a_meeting.AUTHORITY, a_meeting.ASH]), max_size=3
).map(tuple)
about = st.just(a_meeting.three_teams) | st.builds(meetings.Subjects, places, ids, ids)
said = st.builds(a_meeting.sealed, st.sampled_from(["a", "b"]), nonces)


def of(known: frozenset[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(known), "SOMETHING"])


def ask(decision, command: st.SearchStrategy):
    return command.map(lambda c: lambda state: decision(c, state))


def several(codes: frozenset[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of(codes), max_size=3).map(tuple)


of_a_meeting = st.one_of(
    ask(
        meetings.schedule_four_r_meeting,
        st.builds(meetings.ScheduleFourRMeeting, st.just("meeting-1"), about, days, st.just("qa-1")),
    ),
    ask(
        meetings.hold_four_r_meeting,
        st.builds(
            meetings.HoldFourRMeeting,
            about,
            days,
            several(meeting_codes.ATTENDEES),
            st.just("qa-1"),
            st.lists(st.builds(Prompt, code=st.just("r1"), label=st.just("Reflect"), words=said), max_size=2).map(
                tuple
            ),
            st.lists(said, max_size=2).map(tuple),
            ids,
            st.none() | days,
        ),
    ),
    ask(
        meetings.cancel_four_r_meeting,
        st.builds(meetings.CancelFourRMeeting, of(meeting_codes.CANCELLATION_REASONS), days),
    ),
)
of_a_point = st.one_of(
    ask(
        learning.record_learning_point,
        st.builds(
            learning.RecordLearningPoint,
            st.just("learning-1"),
            st.sampled_from(["FATHERS", "NEGLECT", "no code"]),
            of(learning_codes.SOURCES),
            st.just(a_learning_point.DUTY),
            st.builds(a_learning_point.sealed, st.sampled_from(["a", "b"]), nonces),
            days,
            st.just("qa-1"),
            st.none() | st.just("ASSESSMENT"),
            ids,
            st.none() | st.just("theme-1"),
        ),
    ),
    ask(
        learning.disseminate_learning_point,
        st.builds(
            learning.DisseminateLearningPoint, several(learning_codes.AUDIENCES), of(learning_codes.CHANNELS), days
        ),
    ),
    ask(
        learning.review_learning_impact,
        st.builds(
            learning.ReviewLearningImpact,
            of(learning_codes.RESULTS),
            of(learning_codes.METHODS),
            st.integers(-1, 3),
            days,
            st.just("qa-1"),
            ids,
        ),
    ),
)
first_meeting = [lambda state: meetings.schedule_four_r_meeting(a_meeting.schedule, state)]
first_point = [lambda state: learning.record_learning_point(a_learning_point.record, state)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([[], first_meeting]), st.lists(of_a_meeting, max_size=12))
def test_a_meeting_is_held_or_cancelled_once_and_never_both(begun, asked):
    history = asked_in_turn(MEETING, [*begun, *asked])
    ended = [event for event in history if isinstance(event, FourRMeetingHeld | FourRMeetingCancelled)]
    assert len(ended) <= 1
    stage = MEETING.fold(history).stage
    assert (stage in (MeetingStage.HELD, MeetingStage.CANCELLED)) == bool(ended)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([[], first_point]), st.lists(of_a_point, max_size=12))
def test_no_impact_is_reviewed_before_somebody_was_told(begun, asked):
    history = asked_in_turn(POINT, [*begun, *asked])
    kinds = [event.type for event in history]
    if "LearningImpactReviewed.v1" in kinds:
        assert kinds.index("LearningPointDisseminated.v1") < kinds.index("LearningImpactReviewed.v1")
    last = {"LearningPointRecorded.v1": PointStage.RECORDED, "LearningPointDisseminated.v1": PointStage.DISSEMINATED}
    expected = last.get(kinds[-1], PointStage.REVIEWED) if kinds else PointStage.UNKNOWN
    assert POINT.fold(history).stage is expected
