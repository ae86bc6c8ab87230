"""What clients send to the feedback service. Dates of commands are `effective_date`, today when it is not given."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

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
from services.feedback.domain.rating import Rating
from shared.web.desk import CommandBody

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
# Kept in clear, so no place for a sentence or a name: one word of printable ASCII.
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
# Another system's own number, in whatever form it has there: never kept in clear.
Reference = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]
Sentence = Annotated[str, Field(min_length=1, max_length=1_000)]
Themes = Annotated[frozenset[Theme], Field(max_length=len(Theme))]
Ids = Annotated[frozenset[Id], Field(max_length=200)]


class SomewhereBody(CommandBody):
    """Where it belongs: a team, or a whole authority when no team is meant."""

    team_id: Code | None = None
    la_code: Code | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.team_id is None) == (self.la_code is None):
            raise ValueError("name a team or an authority, not both")
        return self


class ReceiveFeedbackBody(SomewhereBody):
    """`child_ref` is the case system's number of the child, `praised` a staff reference. `text` is what was said."""

    channel: Channel
    source_system: Code
    respondent_type: RespondentType
    received_on: date
    experienced_on: date | None = None
    anonymous: bool = False
    consent_publish: bool = False
    service: Code | None = None
    rating: Rating | None = None
    child_ref: Reference | None = None
    text: Words | None = None
    praised: Reference | None = None


class ClassifyFeedbackBody(CommandBody):
    themes: Themes
    sentiment: Sentiment
    method: Method = Method.PERSON
    confidence: float | None = None


class RouteSafeguardingConcernBody(CommandBody):
    routed_to: SafeguardingRoute
    found_at: AwareDatetime
    routed_at: AwareDatetime


class AcknowledgeFeedbackBody(CommandBody):
    pass


class RespondToFeedbackBody(CommandBody):
    text: Words | None = None


class WithdrawConsentBody(CommandBody):
    scope: ConsentScope


class DecideChangeBody(SomewhereBody):
    themes: Themes
    feedback: Ids
    text: Words


class MakeChangeBody(CommandBody):
    pass


class DraftYouSaidWeDidBody(CommandBody):
    """`quoted` names the feedback whose own words are used."""

    you_said: Sentence
    we_did: Sentence
    audience: Audience
    quoted: Ids = frozenset()


class PublishYouSaidWeDidBody(CommandBody):
    """Whoever sends this approves the words."""


class CheckWithRespondentsBody(CommandBody):
    result: CheckResult
    asked: Annotated[int, Field(le=100_000)]


class FeedbackReceivedData(ReceiveFeedbackBody):
    """`feedback_id` lets the sender name it in later events; without it the service chooses one."""

    feedback_id: Id | None = None


class FeedbackClassifiedData(ClassifyFeedbackBody):
    feedback_id: Id


class FeedbackRespondedData(RespondToFeedbackBody):
    feedback_id: Id


class ChangeMadeData(DecideChangeBody):
    """The change was made on `effective_date`, and decided on `decided_on` or the same day."""

    change_id: Id | None = None
    decided_on: date | None = None
