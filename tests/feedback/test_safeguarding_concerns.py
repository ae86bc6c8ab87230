"""Feedback that discloses harm: it goes to safeguarding, is counted, and is shown in no digest."""

from dataclasses import replace
from datetime import timedelta

from services.feedback.domain.codes import SafeguardingRoute
from services.feedback.domain.feedback.decisions import classify_feedback, route_safeguarding_concern
from services.feedback.domain.feedback.state import DECIDER
from services.feedback.publishing import NOT_SHOWN, tell
from shared.published.feedback import FeedbackClassifiedV1, FeedbackReceivedV1
from tests.examples import a_feedback as an
from tests.feedback.kept import kept
from tests.specification import specification

feedback = specification(DECIDER)


def test_an_anonymous_disclosure_goes_to_safeguarding_within_the_hour():
    state = feedback.given([an.anonymous]).when(route_safeguarding_concern, an.route, an.POLICY).then([an.routed])
    assert not state.in_digest
    assert not state.quotable


def test_a_route_taken_later_than_the_hour_is_recorded_as_late():
    late = replace(an.route, routed_at=an.FOUND_AT + timedelta(hours=1, seconds=1))
    kept_late = an.routed.model_copy(update={"routed_at": late.routed_at, "in_time": False})
    feedback.given([an.anonymous]).when(route_safeguarding_concern, late, an.POLICY).then([kept_late])


def test_the_hour_is_kept_to_the_second():
    just = replace(an.route, routed_at=an.FOUND_AT + timedelta(hours=1))
    kept_just = an.routed.model_copy(update={"routed_at": just.routed_at})
    feedback.given([an.anonymous]).when(route_safeguarding_concern, just, an.POLICY).then([kept_just])


def test_a_concern_about_a_worker_may_take_a_second_route():
    lado = replace(an.route, routed_to=SafeguardingRoute.LADO)
    kept_lado = an.routed.model_copy(update={"routed_to": SafeguardingRoute.LADO})
    feedback.given([an.anonymous, an.routed]).when(route_safeguarding_concern, lado, an.POLICY).then([kept_lado])


def test_the_same_route_is_recorded_once():
    later = replace(an.route, routed_at=an.FOUND_AT + timedelta(hours=5))
    feedback.given([an.anonymous, an.routed]).when(route_safeguarding_concern, later, an.POLICY).then_nothing()


def test_nothing_is_passed_on_before_it_was_found():
    odd = replace(an.route, routed_at=an.FOUND_AT - timedelta(minutes=1))
    case = feedback.given([an.anonymous]).when(route_safeguarding_concern, odd, an.POLICY)
    case.then_refused("before it was found", field="routed_at")


def test_nothing_is_found_before_it_was_received():
    odd = replace(an.route, found_at=an.FOUND_AT - timedelta(days=1))
    case = feedback.given([an.anonymous]).when(route_safeguarding_concern, odd, an.POLICY)
    case.then_refused("before the feedback was received", field="found_at")


def test_a_disclosure_is_counted_and_appears_in_no_digest():
    hidden = an.classified.model_copy(update={"in_digest": False})
    feedback.given([an.anonymous, an.routed]).when(classify_feedback, an.classify).then([hidden])
    counted = tell(kept(an.anonymous))
    assert isinstance(counted, FeedbackReceivedV1)
    assert counted.anonymous
    for event in (an.routed, hidden):
        told = tell(kept(event))
        assert told == FeedbackClassifiedV1(feedback_id=an.ID, themes=(), sentiment=NOT_SHOWN, method="PERSON")
