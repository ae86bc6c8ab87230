"""An informal attempt at resolution as decisions see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.escalation.domain.informal_resolution.events import (
    InformalResolutionEvent,
    InformalResolutionRecorded,
    InformalResolutionReviewed,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class InformalResolution:
    recorded: InformalResolutionRecorded | None = None
    settled: bool = False
    review_on: date | None = None
    last_step_on: date = date.min


def evolve(informal: InformalResolution, event: InformalResolutionEvent) -> InformalResolution:
    match event:
        case InformalResolutionRecorded():
            return InformalResolution(event, event.settled, event.review_on, event.recorded_on)
        case InformalResolutionReviewed():
            return replace(informal, settled=event.settled, review_on=event.review_on, last_step_on=event.reviewed_on)
        case _:
            assert_never(event)


DECIDER: Decider[InformalResolution, InformalResolutionEvent] = Decider(
    "informal_resolution", InformalResolution(), evolve, TypeAdapter(InformalResolutionEvent)
)
