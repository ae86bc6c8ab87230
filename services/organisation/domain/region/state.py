"""A region as decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.organisation.domain.dating import Entries, Entry, put
from services.organisation.domain.region.events import RegionCreated, RegionEvent, RegionKind, RegionRenamed
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Region:
    id: str = ""
    created: RegionCreated | None = None
    names: Entries = ()

    @property
    def opened_on(self) -> date | None:
        return self.created.effective_date if self.created else None

    @property
    def kind(self) -> RegionKind:
        return self.created.kind if self.created else "REGION"


def evolve(region: Region, event: RegionEvent) -> Region:
    match event:
        case RegionCreated():
            return Region(event.region_id, event, (Entry(event.effective_date, event.name),))
        case RegionRenamed():
            return replace(region, names=put(region.names, event.effective_date, event.name))
        case _:
            assert_never(event)


DECIDER: Decider[Region, RegionEvent] = Decider("region", Region(), evolve, TypeAdapter(RegionEvent))
