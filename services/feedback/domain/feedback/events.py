"""What happens to one piece of feedback."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.feedback.domain.codes import (
    Channel,
    ConsentScope,
    Method,
    RespondentType,
    SafeguardingRoute,
    Sentiment,
    Theme,
)
from services.feedback.domain.rating import Rating
from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class FeedbackReceived(StoredEvent):
    """Somebody told the service something, in any way; a complaint or a compliment begins like this as well.

    `received_on` is when it came and where it counts; `experienced_on` is when what it tells of took place. `service`
    is a commissioned or health service it is about. `praised` is the worker whom a compliment names. Anonymous
    feedback has no child, and its text is sealed under the feedback's own key. `entered_by` is a staff reference, or
    the client through which it came.
    """

    type: Literal["FeedbackReceived.v1"] = "FeedbackReceived.v1"
    feedback_id: str
    channel: Channel
    source_system: str
    entered_by: str
    respondent_type: RespondentType
    place: Place
    service: str | None
    received_on: date
    experienced_on: date | None
    anonymous: bool
    consent_publish: bool
    rating: Rating | None
    child: str | None
    child_ref: SealedText | None
    text: SealedText | None
    praised: SealedText | None


class Classification(Part):
    """`confidence` (0 to 1) is what a rule thinks of itself; a person's word has none."""

    themes: tuple[Theme, ...]
    sentiment: Sentiment
    method: Method
    confidence: float | None


class FeedbackClassified(StoredEvent):
    """`in_digest` is False when the feedback may be counted but not shown: it disclosed harm."""

    type: Literal["FeedbackClassified.v1"] = "FeedbackClassified.v1"
    feedback_id: str
    classification: Classification
    in_digest: bool


class FeedbackReclassified(StoredEvent):
    type: Literal["FeedbackReclassified.v1"] = "FeedbackReclassified.v1"
    feedback_id: str
    classification: Classification
    in_digest: bool


class SafeguardingConcernFound(StoredEvent):
    """It disclosed harm and was handed to safeguarding. `in_time`: handed over as soon as the policy asks."""

    type: Literal["SafeguardingConcernFound.v1"] = "SafeguardingConcernFound.v1"
    feedback_id: str
    routed_to: SafeguardingRoute
    found_at: datetime
    routed_at: datetime
    in_time: bool


class FeedbackAcknowledged(StoredEvent):
    type: Literal["FeedbackAcknowledged.v1"] = "FeedbackAcknowledged.v1"
    feedback_id: str
    acknowledged_on: date


class FeedbackResponded(StoredEvent):
    """`elapsed_days` are calendar days since it was received."""

    type: Literal["FeedbackResponded.v1"] = "FeedbackResponded.v1"
    feedback_id: str
    responded_on: date
    elapsed_days: int
    text: SealedText | None


class ConsentWithdrawn(StoredEvent):
    type: Literal["ConsentWithdrawn.v1"] = "ConsentWithdrawn.v1"
    feedback_id: str
    scope: ConsentScope
    withdrawn_on: date


FeedbackEvent = Annotated[
    FeedbackReceived
    | FeedbackClassified
    | FeedbackReclassified
    | SafeguardingConcernFound
    | FeedbackAcknowledged
    | FeedbackResponded
    | ConsentWithdrawn,
    Field(discriminator="type"),
]
