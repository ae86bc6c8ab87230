"""A person as decisions need it: roles and links over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.organisation.domain.dating import Span, Spans, begin, end
from services.organisation.domain.person.events import (
    PersonEvent,
    RoleAssigned,
    RoleEnded,
    TeamLinkEnded,
    TeamLinkStarted,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Person:
    """`holdings` are spans of (role, scope, unit id), `links` spans of (team id, link type)."""

    id: str = ""
    holdings: Spans = ()
    links: Spans = ()


def evolve(person: Person, event: PersonEvent) -> Person:
    on = event.effective_date
    match event:
        case RoleAssigned():
            span = Span((event.role, event.scope, event.unit_id), on, event.until)
            return replace(person, id=event.staff_ref, holdings=begin(person.holdings, span))
        case RoleEnded():
            return replace(person, holdings=end(person.holdings, (event.role, event.scope, event.unit_id), on))
        case TeamLinkStarted():
            span = Span((event.team_id, event.link_type), on, event.until)
            return replace(person, id=event.staff_ref, links=begin(person.links, span))
        case TeamLinkEnded():
            return replace(person, links=end(person.links, (event.team_id, event.link_type), on))
        case _:
            assert_never(event)


DECIDER: Decider[Person, PersonEvent] = Decider("person", Person(), evolve, TypeAdapter(PersonEvent))
