"""What the case system tells the escalation service: facts with their own dates, each becoming one command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.escalation import requests as bodies
from services.escalation.work import AlertOutcome, Work
from shared.event_store.handling import Asked
from shared.web.cloud_events import CloudEvent
from shared.web.intake import IntakeType
from shared.web.principal import Principal

RAISED = "goldenthread.intake.alert_raised.v1"
ANSWERED = "goldenthread.intake.alert_answered.v1"
ESCALATED = "goldenthread.intake.alert_escalated.v1"
RESOLVED = "goldenthread.intake.alert_resolved.v1"
WITHDRAWN = "goldenthread.intake.alert_withdrawn.v1"
LOCATION = "/v1/alerts/{id}"


def intake_types(work: Work) -> Mapping[str, IntakeType]:
    """Facts about one alert are taken in the order in which a batch has them."""

    async def raised(data: bodies.AlertRaisedData, _: CloudEvent, asked: Asked, principal: Principal) -> AlertOutcome:
        return await work.raise_(data.alert_id, data, asked, principal)

    async def answered(
        data: bodies.AlertAnsweredData, _: CloudEvent, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        return await work.respond(data.alert_id, data, asked, principal)

    async def escalated(
        data: bodies.AlertEscalatedData, _: CloudEvent, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        return await work.escalate(data.alert_id, data, asked, principal)

    async def resolved(
        data: bodies.AlertResolvedData, _: CloudEvent, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        return await work.resolve(data.alert_id, data, asked, principal)

    async def withdrawn(
        data: bodies.AlertWithdrawnData, _: CloudEvent, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        return await work.withdraw(data.alert_id, data, asked, principal)

    return {
        RAISED: IntakeType(bodies.AlertRaisedData, raised, _alert, LOCATION, "raised_on"),
        ANSWERED: IntakeType(bodies.AlertAnsweredData, answered, _alert, LOCATION, "answered_on"),
        ESCALATED: IntakeType(bodies.AlertEscalatedData, escalated, _alert, LOCATION, "escalated_on"),
        RESOLVED: IntakeType(bodies.AlertResolvedData, resolved, _alert, LOCATION, "resolved_on"),
        WITHDRAWN: IntakeType(bodies.AlertWithdrawnData, withdrawn, _alert, LOCATION, "withdrawn_on"),
    }


def _alert(data: Any) -> str:
    fact: bodies.CaseSystemFact = data
    return fact.alert_id
