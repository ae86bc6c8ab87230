"""Routes of the organisation: regions, authorities, service areas and teams; `people` has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from services.organisation import requests as bodies
from services.organisation.commands import Counter
from services.organisation.domain.authority import decisions as authority
from services.organisation.domain.authority.state import DECIDER as AUTHORITY
from services.organisation.domain.region import decisions as region
from services.organisation.domain.region.state import DECIDER as REGION
from services.organisation.domain.service_area import decisions as service_area
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from services.organisation.domain.team import decisions as team
from services.organisation.domain.team.state import DECIDER as TEAM
from services.organisation.people import add_people
from shared.published.envelope import Published
from shared.web.identity import requires
from shared.web.policy import ORGANISATION, C, R, U
from shared.web.principal import Principal

Creator = Annotated[Principal, requires(ORGANISATION, C, "organisation:write")]
Changer = Annotated[Principal, requires(ORGANISATION, U, "organisation:write")]
Reader = Annotated[Principal, requires(ORGANISATION, R, "read")]
Id = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]


def router(counter: Counter) -> APIRouter:
    """All routes under /v1."""
    api = APIRouter(prefix="/v1", tags=["organisation"])
    for add in (_reading, _regions, _authorities, _service_areas, _teams, _teams_ending, add_people):
        add(api, counter)
    return api


def _reading(api: APIRouter, counter: Counter) -> None:
    """Lists come from the directory, which follows a moment behind; single units from the store."""
    known = counter.directory
    lists = {
        "regions": ("region", known.regions),
        "authorities": ("authority", known.authorities),
        "service-areas": ("service_area", known.service_areas),
        "teams": ("team", known.teams),
    }
    for noun, (category, units) in lists.items():
        _read_unit(api, counter, noun, category)
        _read_all(api, counter, noun, units)


def _read_unit(api: APIRouter, counter: Counter, noun: str, category: str) -> None:
    @api.get(f"/{noun}/{{unit_id}}", name=f"read_{category}")
    async def read(request: Request, unit_id: Id, who: Reader) -> Response:
        return await counter.shown(request, who, category, unit_id)


def _read_all(api: APIRouter, counter: Counter, noun: str, units: Any) -> None:
    @api.get(f"/{noun}", name=f"list_{noun}")
    async def listed(who: Reader) -> dict[str, list[dict[str, Any]]]:
        everything: Sequence[Published] = units()
        return {"items": [unit.model_dump(mode="json") for unit in everything if counter.sees(who, unit)]}


def _regions(api: APIRouter, counter: Counter) -> None:
    @api.post("/regions", status_code=201)
    async def create_region(request: Request, body: bodies.NewRegion, who: Creator) -> Response:
        command = region.CreateRegion(body.id, body.name, body.kind, counter.date_of(body))
        return await counter.create(request, who, body, None, REGION, lambda at: region.create_region(command, at))

    @api.post("/regions/{unit_id}/name")
    async def rename_region(request: Request, unit_id: Id, body: bodies.Renaming, who: Changer) -> Response:
        command = region.RenameRegion(body.name, counter.date_of(body))
        return await counter.change(request, who, body, REGION, unit_id, lambda at: region.rename_region(command, at))


def _authorities(api: APIRouter, counter: Counter) -> None:
    @api.post("/authorities", status_code=201)
    async def create_authority(request: Request, body: bodies.NewAuthority, who: Creator) -> Response:
        command = authority.CreateAuthority(body.id, body.name, counter.date_of(body))
        return await counter.create(
            request, who, body, counter.place_in(body.id), AUTHORITY, lambda at: authority.create_authority(command, at)
        )

    @api.post("/authorities/{unit_id}/name")
    async def rename_authority(request: Request, unit_id: Id, body: bodies.Renaming, who: Changer) -> Response:
        command = authority.RenameAuthority(body.name, counter.date_of(body))
        return await counter.change(
            request, who, body, AUTHORITY, unit_id, lambda at: authority.rename_authority(command, at)
        )

    @api.post("/authorities/{unit_id}/region-membership")
    async def join_region(request: Request, unit_id: Id, body: bodies.RegionNamed, who: Changer) -> Response:
        command, joined = authority.JoinRegion(counter.date_of(body)), await counter.state(REGION, body.region_id)
        return await counter.change(
            request, who, body, AUTHORITY, unit_id, lambda at: authority.join_region(command, at, joined)
        )

    @api.post("/authorities/{unit_id}/region-departure")
    async def leave_region(request: Request, unit_id: Id, body: bodies.RegionNamed, who: Changer) -> Response:
        command, left = authority.LeaveRegion(counter.date_of(body)), await counter.state(REGION, body.region_id)
        return await counter.change(
            request, who, body, AUTHORITY, unit_id, lambda at: authority.leave_region(command, at, left)
        )


def _service_areas(api: APIRouter, counter: Counter) -> None:
    @api.post("/service-areas", status_code=201)
    async def create_service_area(request: Request, body: bodies.NewServiceArea, who: Creator) -> Response:
        command = service_area.CreateServiceArea(body.id, body.name, counter.date_of(body))
        within = await counter.state(AUTHORITY, body.authority_id)
        return await counter.create(
            request,
            who,
            body,
            counter.place_in(body.authority_id),
            SERVICE_AREA,
            lambda at: service_area.create_service_area(command, at, within),
        )

    @api.post("/service-areas/{unit_id}/name")
    async def rename_service_area(request: Request, unit_id: Id, body: bodies.Renaming, who: Changer) -> Response:
        command = service_area.RenameServiceArea(body.name, counter.date_of(body))
        return await counter.change(
            request, who, body, SERVICE_AREA, unit_id, lambda at: service_area.rename_service_area(command, at)
        )

    @api.post("/service-areas/{unit_id}/closure")
    async def close_service_area(request: Request, unit_id: Id, body: bodies.Closure, who: Changer) -> Response:
        # Which teams are in it is in no single stream: the directory is asked, as far as it has heard.
        command = service_area.CloseServiceArea(counter.date_of(body))
        left = counter.directory.teams_of(unit_id, command.effective_date)
        return await counter.change(
            request, who, body, SERVICE_AREA, unit_id, lambda at: service_area.close_service_area(command, at, left)
        )


def _teams(api: APIRouter, counter: Counter) -> None:
    @api.post("/teams", status_code=201)
    async def create_team(request: Request, body: bodies.NewTeam, who: Creator) -> Response:
        command = team.CreateTeam(body.id, body.name, counter.date_of(body))
        place = await counter.named(who, C, "service_area", body.service_area_id, "service_area_id")
        area = await counter.state(SERVICE_AREA, body.service_area_id)
        return await counter.create(request, who, body, place, TEAM, lambda at: team.create_team(command, at, area))

    @api.post("/teams/{unit_id}/name")
    async def rename_team(request: Request, unit_id: Id, body: bodies.Renaming, who: Changer) -> Response:
        command = team.RenameTeam(body.name, counter.date_of(body))
        return await counter.change(request, who, body, TEAM, unit_id, lambda at: team.rename_team(command, at))

    @api.post("/teams/{unit_id}/service-area")
    async def move_team(request: Request, unit_id: Id, body: bodies.Move, who: Changer) -> Response:
        command, area = team.MoveTeam(counter.date_of(body)), await counter.state(SERVICE_AREA, body.service_area_id)
        return await counter.change(request, who, body, TEAM, unit_id, lambda at: team.move_team(command, at, area))


def _teams_ending(api: APIRouter, counter: Counter) -> None:
    @api.post("/teams/{unit_id}/merger")
    async def merge_team(request: Request, unit_id: Id, body: bodies.Merger, who: Changer) -> Response:
        command, into = team.MergeTeam(counter.date_of(body)), await counter.state(TEAM, body.into)
        return await counter.change(request, who, body, TEAM, unit_id, lambda at: team.merge_team(command, at, into))

    @api.post("/teams/{unit_id}/closure")
    async def close_team(request: Request, unit_id: Id, body: bodies.Closure, who: Changer) -> Response:
        command = team.CloseTeam(counter.date_of(body))
        return await counter.change(request, who, body, TEAM, unit_id, lambda at: team.close_team(command, at))
