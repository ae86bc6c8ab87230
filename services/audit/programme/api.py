"""Policies, programmes, expectations and caseloads over HTTP."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.audit.api import Anybody, Approver, Arranger, Id, Planner, Reader
from services.audit.domain.expectation.state import Standing
from services.audit.programme import requests as bodies
from services.audit.programme.listing import Expectations
from services.audit.programme.work import (
    Programme,
    caseload_body,
    expectation_body,
    policies_body,
    programme_body,
)
from services.audit.work import Work
from shared.web.desk import Desk

LaCode = Annotated[str, Path(max_length=64)]
After = Annotated[str | None, Query(max_length=300)]
Limit = Annotated[int, Query(ge=1, le=200)]


def programme_routers(work: Work, desk: Desk) -> list[APIRouter]:
    """Everything about what is expected, and under which policy. The list is there when the service has a register."""
    programme = Programme(work)
    routers = [
        policy_router(programme, desk),
        programme_router(programme, desk),
        expectation_router(programme, desk),
        caseload_router(programme, desk),
    ]
    if work.register is not None:
        routers.insert(0, list_router(Expectations(work.register, work.policy, work.clock)))
    return routers


def policy_router(programme: Programme, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audit-policies/{la_code}", tags=["policies"])
    came = partial(desk.asked, la_code="", creating=False)

    @router.get("")
    async def read(
        la_code: LaCode, request: Request, principal: Anybody, on: Annotated[date | None, Query()] = None
    ) -> Response:
        """All versions, and which of them is in force on the day that was asked about."""
        loaded = await programme.policies(la_code, principal)
        return desk.shown(request, loaded.version, policies_body(la_code, loaded.state, on))

    @router.post("")
    async def change(
        la_code: LaCode, body: bodies.SetAuditPolicyBody, request: Request, principal: Approver
    ) -> Response:
        return desk.answer(await programme.set_policy(la_code, body, came(request, principal, body), principal))

    return router


def programme_router(programme: Programme, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audit-programmes/{la_code}", tags=["programmes"])
    came = partial(desk.asked, la_code="", creating=False)

    @router.get("")
    async def read(la_code: LaCode, request: Request, principal: Anybody) -> Response:
        loaded = await programme.programme(la_code, principal)
        return desk.shown(request, loaded.version, programme_body(la_code, loaded.state))

    @router.post("")
    async def set_rows(
        la_code: LaCode, body: bodies.SetProgrammeBody, request: Request, principal: Approver
    ) -> Response:
        return desk.answer(await programme.set_rows(la_code, body, came(request, principal, body), principal))

    @router.post("/regular")
    async def set_regular(
        la_code: LaCode, body: bodies.SetRegularProgrammeBody, request: Request, principal: Approver
    ) -> Response:
        return desk.answer(await programme.set_regular(la_code, body, came(request, principal, body), principal))

    return router


def expectation_router(programme: Programme, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/expectations", tags=["expectations"])

    @router.post("")
    async def open_month(body: bodies.OpenMonthBody, request: Request, principal: Arranger) -> dict[str, Any]:
        """Asked again, or for a month that the service opened by itself, it opens what is missing and nothing twice."""
        asked = desk.asked(request, principal, body, la_code="")
        return await programme.open_month(body, asked, principal)

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        found = await programme.find(id_, principal)
        return desk.shown(request, found.version, expectation_body(id_, found))

    @router.post("/{id_}/exemption")
    async def exempt(id_: Id, body: bodies.ExemptBody, request: Request, principal: Approver) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await programme.exempt(id_, body, asked, principal))

    return router


def list_router(expectations: Expectations) -> APIRouter:
    router = APIRouter(prefix="/v1/expectations", tags=["expectations"])

    @router.get("")
    async def standing(
        principal: Reader,
        la_code: Annotated[str | None, Query(max_length=64)] = None,
        team_id: Annotated[str | None, Query(max_length=64)] = None,
        month: Annotated[str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] = None,
        state: Standing | None = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """Who has done theirs and who has not, the oldest window on top; `next` is the cursor to give as `after`.

        `month` is the one in which the window ends.
        """
        asked = {"la_code": la_code, "place.team": team_id, "month": month, "standing": state}
        return await expectations.page(principal, asked, after, limit)

    return router


def caseload_router(programme: Programme, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/caseloads", tags=["caseloads"])

    @router.post("", status_code=201)
    async def report(body: bodies.ReportCaseloadBody, request: Request, principal: Planner) -> Response:
        outcome = await programme.report_caseload(body, desk.asked(request, principal, body, la_code=""), principal)
        return desk.answer(outcome, location=f"/v1/caseloads/{outcome.stream.partition('-')[2]}")

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        loaded = await programme.caseload(id_, principal)
        return desk.shown(request, loaded.version, caseload_body(id_, loaded.state))

    return router
