"""What other systems tell the feedback service, each becoming one command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.feedback import requests as bodies
from services.feedback.work import Work
from shared.event_store.handling import Asked, Outcome
from shared.web.cloud_events import CloudEvent
from shared.web.desk import Desk
from shared.web.intake import IntakeType
from shared.web.principal import Principal

RECEIVED = "goldenthread.intake.feedback_received.v1"
CLASSIFIED = "goldenthread.intake.feedback_classified.v1"
RESPONDED = "goldenthread.intake.feedback_responded.v1"
CHANGE_MADE = "goldenthread.intake.change_made.v1"


def intake_types(work: Work) -> Mapping[str, IntakeType]:
    async def received(
        data: bodies.FeedbackReceivedData, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await work.receive(data.feedback_id or Desk.id_for(asked), data, asked, principal)

    async def classified(
        data: bodies.FeedbackClassifiedData, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await work.classify(data.feedback_id, data, asked, principal)

    async def responded(
        data: bodies.FeedbackRespondedData, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await work.respond(data.feedback_id, data, asked, principal)

    async def change_made(
        data: bodies.ChangeMadeData, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await work.record_made_change(data.change_id or Desk.id_for(asked), data, asked, principal)

    feedback, change = "/v1/feedback/{id}", "/v1/changes/{id}"
    return {
        RECEIVED: IntakeType(bodies.FeedbackReceivedData, received, _feedback, feedback),
        CLASSIFIED: IntakeType(bodies.FeedbackClassifiedData, classified, _feedback, feedback),
        RESPONDED: IntakeType(bodies.FeedbackRespondedData, responded, _feedback, feedback),
        CHANGE_MADE: IntakeType(bodies.ChangeMadeData, change_made, None, change),
    }


def _feedback(data: Any) -> str | None:
    """Events about one piece of feedback are taken in the order in which a batch has them; unnamed ones in any."""
    return data.feedback_id  # type: ignore[no-any-return]
