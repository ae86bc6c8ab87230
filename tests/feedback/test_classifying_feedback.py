from dataclasses import replace

import pytest

from services.feedback.domain.codes import Method, Sentiment, Theme
from services.feedback.domain.feedback.decisions import ClassifyFeedback, classify_feedback
from services.feedback.domain.feedback.events import FeedbackReclassified
from services.feedback.domain.feedback.state import DECIDER
from tests.examples import a_feedback as an
from tests.specification import specification

feedback = specification(DECIDER)


def test_a_person_says_what_it_was_about():
    feedback.given([an.received]).when(classify_feedback, an.classify).then([an.classified])


def test_a_rule_may_say_it_first():
    feedback.given([an.received]).when(classify_feedback, an.classify_by_rule).then([an.classified_by_rule])


def test_a_person_corrects_a_rule():
    again = FeedbackReclassified(feedback_id=an.ID, classification=an.by_person, in_digest=True)
    feedback.given([an.received, an.classified_by_rule]).when(classify_feedback, an.classify).then([again])


def test_a_rule_never_corrects_a_person():
    feedback.given([an.received, an.classified]).when(classify_feedback, an.classify_by_rule).then_refused("by a rule")


def test_feedback_is_about_something():
    nothing = replace(an.classify, themes=frozenset())
    feedback.given([an.received]).when(classify_feedback, nothing).then_refused("at least one theme", field="themes")


def test_only_a_rule_has_a_confidence():
    sure = replace(an.classify, confidence=0.9)
    feedback.given([an.received]).when(classify_feedback, sure).then_refused("only a rule", field="confidence")


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_lies_between_0_and_1(confidence: float):
    command = ClassifyFeedback(frozenset({Theme.OTHER}), Sentiment.MIXED, Method.RULE, confidence)
    feedback.given([an.received]).when(classify_feedback, command).then_refused("between 0 and 1")


def test_what_was_never_received_is_not_classified():
    feedback.given([]).when(classify_feedback, an.classify).then_refused("only feedback that was received")
