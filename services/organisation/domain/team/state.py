"""A team as decisions need it: its names and service areas over time, and its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.organisation.domain.dating import Entries, Entry, put
from services.organisation.domain.team.events import (
    TeamClosed,
    TeamCreated,
    TeamEvent,
    TeamMerged,
    TeamMovedToServiceArea,
    TeamRenamed,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Team:
    """`closed_on` is the first day on which it is closed; `merged_into` the team that took it over then."""

    id: str = ""
    created: TeamCreated | None = None
    names: Entries = ()
    service_areas: Entries = ()
    closed_on: date | None = None
    merged_into: str | None = None

    @property
    def opened_on(self) -> date | None:
        return self.created.effective_date if self.created else None

    @property
    def authority_id(self) -> str:
        return self.created.authority_id if self.created else ""


def evolve(team: Team, event: TeamEvent) -> Team:
    match event:
        case TeamCreated():
            on = event.effective_date
            return Team(event.team_id, event, (Entry(on, event.name),), (Entry(on, event.service_area_id),))
        case TeamRenamed():
            return replace(team, names=put(team.names, event.effective_date, event.name))
        case TeamMovedToServiceArea():
            areas = put(team.service_areas, event.effective_date, event.to_service_area_id)
            return replace(team, service_areas=areas)
        case TeamMerged():
            return replace(team, closed_on=event.effective_date, merged_into=event.into)
        case TeamClosed():
            return replace(team, closed_on=event.effective_date)
        case _:
            assert_never(event)


DECIDER: Decider[Team, TeamEvent] = Decider("team", Team(), evolve, TypeAdapter(TeamEvent))
