"""What the feedback service tells the world, event by event. What is not told here stays inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from services.feedback.domain.change import state as change
from services.feedback.domain.change.events import (
    ChangeCheckedWithRespondents,
    ChangeDecided,
    ChangeEvent,
    ChangeMade,
    YouSaidWeDidDrafted,
    YouSaidWeDidPublished,
)
from services.feedback.domain.feedback import state as feedback
from services.feedback.domain.feedback.events import (
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
from shared.event_store.handling import Recorded
from shared.published.envelope import Published
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackAcknowledgedV1,
    FeedbackClassifiedV1,
    FeedbackReceivedV1,
    FeedbackRespondedV1,
)

DECIDERS: Mapping[str, Decider[Any, Any]] = {one.category: one for one in (feedback.DECIDER, change.DECIDER)}

NOT_SHOWN = "NOT_SHOWN"  # stands for themes and sentiment of what is counted but appears in no digest


def tell(recorded: Recorded[Any]) -> Published | None:  # noqa: C901 - a case for each event
    event: FeedbackEvent | ChangeEvent = recorded.event
    match event:
        case FeedbackReceived():
            return _received(event)
        case FeedbackClassified() | FeedbackReclassified():
            return _classified(event)
        case SafeguardingConcernFound():
            return _not_shown(event.feedback_id)  # takes back what an earlier classification told
        case FeedbackAcknowledged():
            return FeedbackAcknowledgedV1(feedback_id=event.feedback_id, acknowledged_on=event.acknowledged_on)
        case FeedbackResponded():
            return _responded(event)
        case ChangeDecided():
            return _decided(event)
        case ChangeMade():
            return _made(event)
        case YouSaidWeDidPublished():
            return _made(event, told=event)
        case ChangeCheckedWithRespondents():
            return ChangeCheckedV1(change_id=event.change_id, result=event.result.value, checked_on=event.checked_on)
        case ConsentWithdrawn() | YouSaidWeDidDrafted():
            return None
        case _:
            assert_never(event)


def _received(event: FeedbackReceived) -> FeedbackReceivedV1:
    return FeedbackReceivedV1(
        feedback_id=event.feedback_id,
        channel=event.channel,
        respondent_type=event.respondent_type,
        place=event.place,
        received_on=event.received_on,
        experienced_on=event.experienced_on,
        rating=event.rating.position if event.rating else None,
        anonymous=event.anonymous,
    )


def _classified(event: FeedbackClassified | FeedbackReclassified) -> FeedbackClassifiedV1:
    if not event.in_digest:
        return _not_shown(event.feedback_id)
    return FeedbackClassifiedV1(
        feedback_id=event.feedback_id,
        themes=event.classification.themes,
        sentiment=event.classification.sentiment,
        method=event.classification.method,
    )


def _not_shown(feedback_id: str) -> FeedbackClassifiedV1:
    return FeedbackClassifiedV1(feedback_id=feedback_id, themes=(), sentiment=NOT_SHOWN, method="PERSON")


def _responded(event: FeedbackResponded) -> FeedbackRespondedV1:
    return FeedbackRespondedV1(
        feedback_id=event.feedback_id, responded_on=event.responded_on, elapsed_days=event.elapsed_days
    )


def _decided(event: ChangeDecided) -> ChangeDecidedV1:
    about = event.change
    return ChangeDecidedV1(
        change_id=about.change_id,
        themes=about.themes,
        place=about.place,
        decided_on=event.decided_on,
        feedback_count=len(about.feedback),
    )


def _made(event: ChangeMade | YouSaidWeDidPublished, told: YouSaidWeDidPublished | None = None) -> ChangeMadeV1:
    about = event.change
    return ChangeMadeV1(
        change_id=about.change_id,
        themes=about.themes,
        place=about.place,
        made_on=event.made_on,
        told_on=told.told_on if told else None,
        feedback_count=len(about.feedback),
    )
