"""Themes, samples and who worked with a child, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.audit.api import Arranger, Id, Planner, Purpose, Reader
from services.audit.sampling import requests as bodies
from services.audit.sampling.listing import Listing
from services.audit.sampling.showing import SampledWords, draw_body, sample_body, theme_body
from services.audit.sampling.work import Sampling
from services.audit.work import Work
from shared.web.access_log import AccessLog
from shared.web.desk import Desk

After = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]


def sampling_routers(work: Work, desk: Desk, access_log: AccessLog) -> list[APIRouter]:
    """Everything about themes and samples; lists are read from the register, when there is one."""
    sampling, words = Sampling(work), SampledWords(work, access_log)
    listed = [] if work.register is None else [list_router(Listing(work.register, work.policy))]
    return [
        *listed,
        theme_router(sampling, desk, words),
        sample_router(sampling, desk, words),
        involvement_router(sampling, desk),
    ]


def theme_router(sampling: Sampling, desk: Desk, words: SampledWords) -> APIRouter:
    router = APIRouter(prefix="/v1/themes", tags=["themes"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def commission(body: bodies.CommissionThemeBody, request: Request, principal: Arranger) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        return desk.answer(await sampling.commission(id_, body, asked, principal), location=f"/v1/themes/{id_}")

    @router.post("/{id_}/closure")
    async def close(id_: Id, body: bodies.CloseThemeBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await sampling.close(id_, body, came(request, principal, body), principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        found = await sampling.find_theme(id_, principal)
        return desk.shown(request, found.version, theme_body(found, await words.of_theme(found, principal)))

    return router


def sample_router(sampling: Sampling, desk: Desk, words: SampledWords) -> APIRouter:
    router = APIRouter(prefix="/v1/samples", tags=["samples"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def draw(body: bodies.DrawSampleBody, request: Request, principal: Arranger) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        return desk.answer(await sampling.draw(id_, body, asked, principal), location=f"/v1/samples/{id_}")

    @router.post("/{id_}/eliminations")
    async def eliminate(id_: Id, body: bodies.EliminateCaseBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await sampling.eliminate(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/audits")
    async def plan(id_: Id, body: bodies.PlanSampleAuditsBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await sampling.plan(id_, body, came(request, principal, body), principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        found = await sampling.find_sample(id_, principal)
        people = await words.of_sample(found, principal, purpose)
        return desk.shown(request, found.version, sample_body(found, people))

    @router.get("/{id_}/draw")
    async def show_draw(id_: Id, request: Request, principal: Reader) -> Response:
        found = await sampling.find_sample(id_, principal)
        return desk.shown(request, found.version, draw_body(found))

    return router


def list_router(listing: Listing) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["themes", "samples"])

    @router.get("/themes")
    async def themes(
        principal: Reader,
        quarter: Annotated[str | None, Query(pattern=r"^20\d\d-Q[1-4]$")] = None,
        open_: Annotated[bool | None, Query(alias="open")] = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        return await listing.themes(principal, {"quarter": quarter, "open": open_}, after, limit)

    @router.get("/samples")
    async def samples(
        principal: Reader,
        theme_id: Annotated[str | None, Query(max_length=64)] = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        return await listing.samples(principal, {"theme_id": theme_id}, after, limit)

    return router


def involvement_router(sampling: Sampling, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["involvement"])
    came = partial(desk.asked, la_code="", creating=True)

    @router.post("/involvements")
    async def record(body: bodies.RecordInvolvementBody, request: Request, principal: Planner) -> Response:
        return desk.answer(await sampling.record_involvement(body, came(request, principal, body), principal))

    @router.post("/involvements/retraction")
    async def retract(body: bodies.RetractInvolvementBody, request: Request, principal: Planner) -> Response:
        return desk.answer(await sampling.retract_involvement(body, came(request, principal, body), principal))

    return router
