"""What other systems tell of who worked with a child."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.audit.sampling import requests as bodies
from services.audit.sampling.work import Sampling
from services.audit.work import Work
from shared.event_store.handling import Asked, Outcome
from shared.web.cloud_events import CloudEvent
from shared.web.intake import IntakeType
from shared.web.principal import Principal


def involvement_types(work: Work) -> Mapping[str, IntakeType]:
    """Facts about one child are taken in the order in which a batch has them."""
    sampling = Sampling(work)

    async def recorded(
        data: bodies.InvolvementRecordedElsewhere, _: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await sampling.record_involvement(data, asked, principal)

    async def retracted(
        data: bodies.InvolvementRetractedElsewhere, _: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await sampling.retract_involvement(data, asked, principal)

    return {
        "goldenthread.intake.involvement_recorded.v1": IntakeType(
            bodies.InvolvementRecordedElsewhere, recorded, _child
        ),
        "goldenthread.intake.involvement_retracted.v1": IntakeType(
            bodies.InvolvementRetractedElsewhere, retracted, _child
        ),
    }


def _child(data: Any) -> str:
    told: bodies.InvolvementRetractedElsewhere = data
    return told.child_ref
