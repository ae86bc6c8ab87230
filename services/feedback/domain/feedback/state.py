"""A piece of feedback as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.feedback.domain.codes import ConsentScope, SafeguardingRoute
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
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Feedback:
    received: FeedbackReceived | None = None
    classification: Classification | None = None
    concerns: frozenset[SafeguardingRoute] = frozenset()
    acknowledged_on: date | None = None
    response: FeedbackResponded | None = None
    withdrawn: frozenset[ConsentScope] = frozenset()

    @property
    def subject(self) -> str | None:
        """Under whose key its words are sealed: the child's or, when no child is named, its own."""
        if self.received is None:
            return None
        return self.received.child or own_subject(self.received.feedback_id)

    @property
    def in_digest(self) -> bool:
        """A disclosure of harm is counted, and shown to nobody who reads digests."""
        return not self.concerns

    @property
    def quotable(self) -> bool:
        """Whether its words may be shown to others: with consent, as long as it lasts, and never a disclosure."""
        consented = self.received is not None and self.received.consent_publish
        return consented and ConsentScope.PUBLISH not in self.withdrawn and self.in_digest


def own_subject(feedback_id: str) -> str:
    return f"feedback-{feedback_id}"


def evolve(feedback: Feedback, event: FeedbackEvent) -> Feedback:
    match event:
        case FeedbackReceived():
            return replace(feedback, received=event)
        case FeedbackClassified() | FeedbackReclassified():
            return replace(feedback, classification=event.classification)
        case SafeguardingConcernFound():
            return replace(feedback, concerns=feedback.concerns | {event.routed_to})
        case FeedbackAcknowledged():
            return replace(feedback, acknowledged_on=event.acknowledged_on)
        case FeedbackResponded():
            return replace(feedback, response=event)
        case ConsentWithdrawn():
            return replace(feedback, withdrawn=feedback.withdrawn | {event.scope})
        case _:
            assert_never(event)


DECIDER: Decider[Feedback, FeedbackEvent] = Decider("feedback", Feedback(), evolve, TypeAdapter(FeedbackEvent))
