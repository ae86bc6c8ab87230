"""An authority as decisions need it: its names and the regions it belongs to, over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.organisation.domain.authority.events import (
    AuthorityCreated,
    AuthorityEvent,
    AuthorityJoinedRegion,
    AuthorityLeftRegion,
    AuthorityRenamed,
)
from services.organisation.domain.dating import Entries, Entry, Span, Spans, begin, end, put
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Authority:
    """`regions` are spans of (region id, kind)."""

    id: str = ""
    created: AuthorityCreated | None = None
    names: Entries = ()
    regions: Spans = ()

    @property
    def opened_on(self) -> date | None:
        return self.created.effective_date if self.created else None


def evolve(authority: Authority, event: AuthorityEvent) -> Authority:
    match event:
        case AuthorityCreated():
            return Authority(event.authority_id, event, (Entry(event.effective_date, event.name),))
        case AuthorityRenamed():
            return replace(authority, names=put(authority.names, event.effective_date, event.name))
        case AuthorityJoinedRegion():
            span = Span((event.region_id, event.kind), event.effective_date)
            return replace(authority, regions=begin(authority.regions, span))
        case AuthorityLeftRegion():
            what = (event.region_id, event.kind)
            return replace(authority, regions=end(authority.regions, what, event.effective_date))
        case _:
            assert_never(event)


DECIDER: Decider[Authority, AuthorityEvent] = Decider("authority", Authority(), evolve, TypeAdapter(AuthorityEvent))
