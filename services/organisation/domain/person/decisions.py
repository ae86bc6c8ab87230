"""What may be decided about a person's roles and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.organisation.domain.dating import Span, has_to_end, is_new
from services.organisation.domain.person.events import (
    LinkType,
    PersonEvent,
    Role,
    RoleAssigned,
    RoleEnded,
    Scope,
    TeamLinkEnded,
    TeamLinkStarted,
)
from services.organisation.domain.person.state import Person
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class Existence:
    """When the unit that a role or link is about exists: None as `opened_on` when it never did."""

    opened_on: date | None
    closed_on: date | None = None

    def on(self, day: date) -> bool:
        opened, closed = self.opened_on, self.closed_on
        return opened is not None and opened <= day and (closed is None or day < closed)


@dataclass(frozen=True, slots=True)
class AssignRole:
    staff_ref: str
    role: Role
    scope: Scope
    unit_id: str
    effective_date: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class EndRole:
    role: Role
    scope: Scope
    unit_id: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class StartTeamLink:
    staff_ref: str
    team_id: str
    link_type: LinkType
    effective_date: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class EndTeamLink:
    team_id: str
    link_type: LinkType
    effective_date: date


def assign_role(command: AssignRole, person: Person, unit: Existence) -> list[PersonEvent]:
    span = Span((command.role, command.scope, command.unit_id), command.effective_date, command.until)
    if not is_new(person.holdings, span):
        return []
    if not unit.on(command.effective_date):
        raise Refused("there is no such open unit on that date", field="unit_id")
    return [
        RoleAssigned(
            staff_ref=command.staff_ref,
            role=command.role,
            scope=command.scope,
            unit_id=command.unit_id,
            effective_date=command.effective_date,
            until=command.until,
        )
    ]


def end_role(command: EndRole, person: Person) -> list[PersonEvent]:
    """On the day the role began it ends as if it had never been held: so a mistake can be taken back at once."""
    if not has_to_end(person.holdings, (command.role, command.scope, command.unit_id), command.effective_date):
        return []
    return [
        RoleEnded(
            staff_ref=person.id,
            role=command.role,
            scope=command.scope,
            unit_id=command.unit_id,
            effective_date=command.effective_date,
        )
    ]


def start_team_link(command: StartTeamLink, person: Person, team: Existence) -> list[PersonEvent]:
    span = Span((command.team_id, command.link_type), command.effective_date, command.until)
    if not is_new(person.links, span):
        return []
    if not team.on(command.effective_date):
        raise Refused("there is no such open team on that date", field="team_id")
    return [
        TeamLinkStarted(
            staff_ref=command.staff_ref,
            team_id=command.team_id,
            link_type=command.link_type,
            effective_date=command.effective_date,
            until=command.until,
        )
    ]


def end_team_link(command: EndTeamLink, person: Person) -> list[PersonEvent]:
    if not has_to_end(person.links, (command.team_id, command.link_type), command.effective_date):
        return []
    return [
        TeamLinkEnded(
            staff_ref=person.id,
            team_id=command.team_id,
            link_type=command.link_type,
            effective_date=command.effective_date,
        )
    ]
