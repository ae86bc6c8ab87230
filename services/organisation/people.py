"""Routes for people's roles and links."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from services.organisation import requests as bodies
from services.organisation.commands import Counter
from services.organisation.domain.person import decisions as person
from services.organisation.domain.person.state import DECIDER as PERSON
from shared.event_store.handling import handle
from shared.web.identity import requires
from shared.web.policy import ORGANISATION, C, R, U
from shared.web.principal import Principal

Giver = Annotated[Principal, requires(ORGANISATION, C, "organisation:write")]
Ender = Annotated[Principal, requires(ORGANISATION, U, "organisation:write")]
Reader = Annotated[Principal, requires(ORGANISATION, R, "read")]
Ref = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def add_people(api: APIRouter, counter: Counter) -> None:
    _roles(api, counter)
    _links(api, counter)

    @api.get("/people/{staff_ref}")
    async def read_person(request: Request, staff_ref: Ref, who: Reader) -> Response:
        return await counter.shown(request, who, "person", staff_ref)


def _roles(api: APIRouter, counter: Counter) -> None:
    @api.post("/people/{staff_ref}/roles")
    async def assign_role(request: Request, staff_ref: Ref, body: bodies.RoleGiven, who: Giver) -> Response:
        on = counter.date_of(body)
        command = person.AssignRole(staff_ref, body.role, body.scope, body.unit_id, on, body.until)
        unit = await counter.existence_of(body.scope, body.unit_id)
        return await _about_person(
            counter, request, who, staff_ref, body, body.scope, lambda at: person.assign_role(command, at, unit)
        )

    @api.post("/people/{staff_ref}/role-ends")
    async def end_role(request: Request, staff_ref: Ref, body: bodies.RoleTaken, who: Ender) -> Response:
        command = person.EndRole(body.role, body.scope, body.unit_id, counter.date_of(body))
        return await _about_person(
            counter, request, who, staff_ref, body, body.scope, lambda at: person.end_role(command, at)
        )


def _links(api: APIRouter, counter: Counter) -> None:
    @api.post("/people/{staff_ref}/links")
    async def start_team_link(request: Request, staff_ref: Ref, body: bodies.LinkMade, who: Giver) -> Response:
        on = counter.date_of(body)
        command = person.StartTeamLink(staff_ref, body.team_id, body.link_type, on, body.until)
        linked = await counter.existence_of("team", body.team_id)
        return await _about_person(
            counter, request, who, staff_ref, body, "team", lambda at: person.start_team_link(command, at, linked)
        )

    @api.post("/people/{staff_ref}/link-ends")
    async def end_team_link(request: Request, staff_ref: Ref, body: bodies.LinkEnded, who: Ender) -> Response:
        command = person.EndTeamLink(body.team_id, body.link_type, counter.date_of(body))
        return await _about_person(
            counter, request, who, staff_ref, body, "team", lambda at: person.end_team_link(command, at)
        )


async def _about_person(
    counter: Counter, request: Request, who: Principal, staff_ref: str, body: Any, scope: str, decide: Any
) -> Response:
    """A person is never created as such: each role or link is, so each needs a key of its own and no version."""
    field = "team_id" if isinstance(body, bodies.LinkMade | bodies.LinkEnded) else "unit_id"
    place = await counter.named(who, U, scope, getattr(body, field), field)
    asked = counter.asked(request, who, body, place, creating=True)
    outcome = await handle(counter.store, PERSON, PERSON.stream(staff_ref), decide, asked)
    return counter.desk.answer(outcome)
