"""Policies, programmes, expectations and caseloads over HTTP."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.audit.api import Anybody, Approver
from services.audit.programme import requests as bodies
from services.audit.programme.work import Programme, policies_body
from services.audit.work import Work
from shared.web.desk import Desk

LaCode = Annotated[str, Path(max_length=64)]


def programme_routers(work: Work, desk: Desk) -> list[APIRouter]:
    """Everything about what is expected, and under which policy."""
    programme = Programme(work)
    return [policy_router(programme, desk)]


def policy_router(programme: Programme, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audit-policies/{la_code}", tags=["policies"])
    came = partial(desk.asked, la_code="", creating=False)

    @router.get("")
    async def read(
        la_code: LaCode, request: Request, principal: Anybody, on: Annotated[date | None, Query()] = None
    ) -> Response:
        """All versions, and which of them is in force on the day that was asked about."""
        loaded = await programme.policies(la_code, principal)
        in_force = {"in_force": loaded.state.on(on).name} if on else {}
        return desk.shown(request, loaded.version, {**policies_body(la_code, loaded.state), **in_force})

    @router.post("")
    async def change(
        la_code: LaCode, body: bodies.SetAuditPolicyBody, request: Request, principal: Approver
    ) -> Response:
        asked = came(request, principal, body)
        return desk.answer(await programme.set_policy(la_code, body, asked, principal))

    return router
