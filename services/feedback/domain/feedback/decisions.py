"""What may be done with a piece of feedback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.feedback.domain import rating as ratings
from services.feedback.domain.codes import (
    Channel,
    ConsentScope,
    Method,
    RespondentType,
    SafeguardingRoute,
    Sentiment,
    Theme,
)
from services.feedback.domain.feedback.events import (
    Classification,
    ConsentWithdrawn,
    FeedbackAcknowledged,
    FeedbackClassified,
    FeedbackEvent,
    FeedbackReceived,
    FeedbackReclassified,
    FeedbackResponded,
    SafeguardingConcernFound,
)
from services.feedback.domain.feedback.state import Feedback
from services.feedback.domain.policy import FeedbackPolicy
from services.feedback.domain.rating import Rating
from shared.calendar.clock import local_date
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

REVIEWERS = frozenset({"IRO", "CP_CHAIR"})
EVALUATION_FORMS = frozenset({Channel.IRO_FORM, Channel.CRO_FORM})


@dataclass(frozen=True, slots=True)
class ReceiveFeedback:
    """`today` is the date on which the service learns of it, months after `received_on` perhaps, never before.

    `entered_by` enters it, holding the roles `entered_as`; a client of another system holds none.
    """

    feedback_id: str
    channel: Channel
    source_system: str
    entered_by: str
    entered_as: frozenset[str]
    respondent_type: RespondentType
    place: Place
    received_on: date
    today: date
    experienced_on: date | None = None
    anonymous: bool = False
    consent_publish: bool = False
    service: str | None = None
    rating: Rating | None = None
    child: str | None = None
    child_ref: SealedText | None = None
    text: SealedText | None = None
    praised: SealedText | None = None


@dataclass(frozen=True, slots=True)
class ClassifyFeedback:
    themes: frozenset[Theme]
    sentiment: Sentiment
    method: Method
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class RouteSafeguardingConcern:
    """Both moments carry their zone."""

    routed_to: SafeguardingRoute
    found_at: datetime
    routed_at: datetime


@dataclass(frozen=True, slots=True)
class AcknowledgeFeedback:
    acknowledged_on: date


@dataclass(frozen=True, slots=True)
class RespondToFeedback:
    responded_on: date
    text: SealedText | None = None


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    scope: ConsentScope
    withdrawn_on: date


def receive_feedback(command: ReceiveFeedback, feedback: Feedback) -> list[FeedbackEvent]:
    _check_dates(command)
    _check_who(command)
    if command.rating is not None:
        ratings.check(command.rating)
    received = _received(command)
    if feedback.received is None:
        return [received]
    if _said(received) == _said(feedback.received):
        return []
    raise Refused("this feedback was received before, and said something else")


def classify_feedback(command: ClassifyFeedback, feedback: Feedback) -> list[FeedbackEvent]:
    received = _known(feedback)
    _check_classification(command)
    classification = Classification(
        themes=tuple(sorted(command.themes)),
        sentiment=command.sentiment,
        method=command.method,
        confidence=command.confidence,
    )
    before = feedback.classification
    if before == classification:
        return []
    if before is None:
        return [
            FeedbackClassified(
                feedback_id=received.feedback_id, classification=classification, in_digest=feedback.in_digest
            )
        ]
    if before.method is Method.PERSON and command.method is Method.RULE:
        raise Refused("what a person said it was about is not replaced by a rule")
    return [
        FeedbackReclassified(
            feedback_id=received.feedback_id, classification=classification, in_digest=feedback.in_digest
        )
    ]


def route_safeguarding_concern(
    command: RouteSafeguardingConcern, feedback: Feedback, policy: FeedbackPolicy
) -> list[FeedbackEvent]:
    received = _known(feedback)
    if command.routed_at < command.found_at:
        raise Refused("a concern cannot be passed on before it was found", field="routed_at")
    if local_date(command.found_at) < received.received_on:
        raise Refused("a concern cannot be found before the feedback was received", field="found_at")
    if command.routed_to in feedback.concerns:
        return []
    return [
        SafeguardingConcernFound(
            feedback_id=received.feedback_id,
            routed_to=command.routed_to,
            found_at=command.found_at,
            routed_at=command.routed_at,
            in_time=command.routed_at - command.found_at <= policy.route_within,
        )
    ]


def acknowledge_feedback(command: AcknowledgeFeedback, feedback: Feedback) -> list[FeedbackEvent]:
    received = _known(feedback)
    if feedback.acknowledged_on == command.acknowledged_on:
        return []
    if feedback.acknowledged_on is not None:
        raise Refused("this feedback was acknowledged on another date")
    _check_contact(feedback)
    _check_not_before(received, command.acknowledged_on, "acknowledged_on")
    return [FeedbackAcknowledged(feedback_id=received.feedback_id, acknowledged_on=command.acknowledged_on)]


def respond_to_feedback(command: RespondToFeedback, feedback: Feedback) -> list[FeedbackEvent]:
    received = _known(feedback)
    if feedback.response is not None:
        if _answers_alike(command, feedback.response):
            return []
        raise Refused("this feedback was answered already, with another answer")
    _check_contact(feedback)
    _check_not_before(received, command.responded_on, "responded_on")
    return [
        FeedbackResponded(
            feedback_id=received.feedback_id,
            responded_on=command.responded_on,
            elapsed_days=(command.responded_on - received.received_on).days,
            text=command.text,
        )
    ]


def withdraw_consent(command: WithdrawConsent, feedback: Feedback) -> list[FeedbackEvent]:
    received = _known(feedback)
    _check_not_before(received, command.withdrawn_on, "withdrawn_on")
    if command.scope in feedback.withdrawn:
        return []
    return [ConsentWithdrawn(feedback_id=received.feedback_id, scope=command.scope, withdrawn_on=command.withdrawn_on)]


def _known(feedback: Feedback) -> FeedbackReceived:
    if feedback.received is None:
        raise Refused("only feedback that was received can be dealt with")
    return feedback.received


def _received(command: ReceiveFeedback) -> FeedbackReceived:
    return FeedbackReceived(
        feedback_id=command.feedback_id,
        channel=command.channel,
        source_system=command.source_system,
        entered_by=command.entered_by,
        respondent_type=command.respondent_type,
        place=command.place,
        service=command.service,
        received_on=command.received_on,
        experienced_on=command.experienced_on,
        anonymous=command.anonymous,
        consent_publish=command.consent_publish,
        rating=command.rating,
        child=command.child,
        child_ref=command.child_ref,
        text=command.text,
        praised=command.praised,
    )


def _said(received: FeedbackReceived) -> dict[str, object]:
    """Everything but what differs between two seals of the same words."""
    sealing = {"nonce", "text"}
    return received.model_dump(exclude={"text": sealing, "child_ref": sealing, "praised": sealing})


def _answers_alike(command: RespondToFeedback, before: FeedbackResponded) -> bool:
    same_words = before.text is None if command.text is None else command.text.same_words(before.text)
    return same_words and command.responded_on == before.responded_on


def _check_dates(command: ReceiveFeedback) -> None:
    if command.received_on > command.today:
        raise Refused("feedback cannot be received in the future", field="received_on")
    if command.experienced_on is not None and command.experienced_on > command.received_on:
        raise Refused("people tell of what has taken place already", field="experienced_on")


def _check_who(command: ReceiveFeedback) -> None:
    if command.anonymous and (command.child is not None or command.child_ref is not None):
        raise Refused("anonymous feedback names no child", field="child_ref")
    if command.praised is not None and command.channel is not Channel.COMPLIMENT:
        raise Refused("only a compliment names a worker", field="praised")
    if command.entered_as & REVIEWERS and command.channel not in EVALUATION_FORMS:
        raise Refused("reviewing officers enter the evaluation forms of their meetings", field="channel")


def _check_classification(command: ClassifyFeedback) -> None:
    if not command.themes:
        raise Refused("feedback is about something: choose at least one theme", field="themes")
    if command.confidence is not None and command.method is Method.PERSON:
        raise Refused("only a rule has a confidence", field="confidence")
    if command.confidence is not None and not 0 <= command.confidence <= 1:
        raise Refused("a confidence lies between 0 and 1", field="confidence")


def _check_contact(feedback: Feedback) -> None:
    if ConsentScope.CONTACT in feedback.withdrawn:
        raise Refused("the person who spoke asked not to be contacted")


def _check_not_before(received: FeedbackReceived, on: date, field: str) -> None:
    if on < received.received_on:
        raise Refused("nothing can be done about feedback before it was received", field=field)
