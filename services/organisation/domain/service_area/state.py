"""A service area as decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.organisation.domain.dating import Entries, Entry, put
from services.organisation.domain.service_area.events import (
    ServiceAreaClosed,
    ServiceAreaCreated,
    ServiceAreaEvent,
    ServiceAreaRenamed,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class ServiceArea:
    id: str = ""
    created: ServiceAreaCreated | None = None
    names: Entries = ()
    closed_on: date | None = None

    @property
    def opened_on(self) -> date | None:
        return self.created.effective_date if self.created else None

    @property
    def authority_id(self) -> str:
        return self.created.authority_id if self.created else ""


def evolve(area: ServiceArea, event: ServiceAreaEvent) -> ServiceArea:
    match event:
        case ServiceAreaCreated():
            return ServiceArea(event.service_area_id, event, (Entry(event.effective_date, event.name),))
        case ServiceAreaRenamed():
            return replace(area, names=put(area.names, event.effective_date, event.name))
        case ServiceAreaClosed():
            return replace(area, closed_on=event.effective_date)
        case _:
            assert_never(event)


DECIDER: Decider[ServiceArea, ServiceAreaEvent] = Decider(
    "service_area", ServiceArea(), evolve, TypeAdapter(ServiceAreaEvent)
)
