"""What may be decided about a team. Dates may lie in the past or in the future; contradictions are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.organisation.domain.dating import at, check_within
from services.organisation.domain.service_area.state import ServiceArea
from services.organisation.domain.team.events import (
    TeamClosed,
    TeamCreated,
    TeamEvent,
    TeamMerged,
    TeamMovedToServiceArea,
    TeamRenamed,
)
from services.organisation.domain.team.state import Team
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class CreateTeam:
    team_id: str
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class RenameTeam:
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class MoveTeam:
    effective_date: date


@dataclass(frozen=True, slots=True)
class MergeTeam:
    effective_date: date


@dataclass(frozen=True, slots=True)
class CloseTeam:
    effective_date: date


def create_team(command: CreateTeam, team: Team, area: ServiceArea) -> list[TeamEvent]:
    created = TeamCreated(
        team_id=command.team_id,
        name=command.name,
        service_area_id=area.id,
        authority_id=area.authority_id,
        effective_date=command.effective_date,
    )
    if team.created == created:
        return []
    _check_area(area, command.effective_date)
    if team.created is not None:
        raise Refused("the id belongs to another team already", field="id")
    return [created]


def rename_team(command: RenameTeam, team: Team) -> list[TeamEvent]:
    check_within(team.opened_on, team.closed_on, command.effective_date, "team")
    if at(team.names, command.effective_date) == command.name:
        return []
    return [TeamRenamed(team_id=team.id, name=command.name, effective_date=command.effective_date)]


def move_team(command: MoveTeam, team: Team, area: ServiceArea) -> list[TeamEvent]:
    """Into `area` from that date on, until the next move that is known."""
    on = command.effective_date
    check_within(team.opened_on, team.closed_on, on, "team")
    came_from = at(team.service_areas, on) or ""
    if area.id == came_from:
        return []
    _check_area(area, on)
    if area.authority_id != team.authority_id:
        raise Refused("a team stays in its authority", field="service_area_id")
    return [
        TeamMovedToServiceArea(
            team_id=team.id, from_service_area_id=came_from, to_service_area_id=area.id, effective_date=on
        )
    ]


def merge_team(command: MergeTeam, team: Team, into: Team) -> list[TeamEvent]:
    on = command.effective_date
    if (team.closed_on, team.merged_into) == (on, into.id):
        return []
    _check_may_end(team, on)
    if into.id == team.id:
        raise Refused("a team cannot be merged into itself", field="into")
    open_then = into.opened_on is not None and into.opened_on <= on and (into.closed_on is None or on < into.closed_on)
    if not open_then or into.authority_id != team.authority_id:
        raise Refused("there is no such open team in the authority on that date", field="into")
    return [TeamMerged(team_id=team.id, into=into.id, effective_date=on)]


def close_team(command: CloseTeam, team: Team) -> list[TeamEvent]:
    on = command.effective_date
    if (team.closed_on, team.merged_into) == (on, None):
        return []
    _check_may_end(team, on)
    return [TeamClosed(team_id=team.id, effective_date=on)]


def _check_may_end(team: Team, on: date) -> None:
    if team.closed_on is not None:
        raise Refused("the team is closed already")
    check_within(team.opened_on, None, on, "team")
    if any(entry.since >= on for entry in (*team.names, *team.service_areas)):
        raise Refused("a change of the team is dated on or after its end", field="effective_date")


def _check_area(area: ServiceArea, on: date) -> None:
    opened, closed = area.opened_on, area.closed_on
    if opened is None or on < opened or (closed is not None and on >= closed):
        raise Refused("there is no such open service area on that date", field="service_area_id")
