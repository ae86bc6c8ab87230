"""What follows from an audit, over HTTP."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from services.audit.api import Approver, Arranger, Id, Worker, changed
from services.audit.following_up import requests as bodies
from services.audit.following_up.changes import ControlledChanges
from services.audit.following_up.safety import SafetyConcerns
from services.audit.work import Work
from shared.web.desk import Desk


def following_up_routers(work: Work, desk: Desk) -> list[APIRouter]:
    """Everything that is done about an audit besides grading it."""
    return [safety_router(SafetyConcerns(work), desk), changes_router(ControlledChanges(work), desk)]


def safety_router(concerns: SafetyConcerns, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audits/{id_}", tags=["audits"])
    came = partial(desk.asked, la_code="")

    @router.post("/safety-concern")
    async def raise_(id_: Id, body: bodies.RaiseSafetyConcernBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await concerns.raise_(id_, body, came(request, principal, body), principal))

    @router.post("/safety-concern-confirmation")
    async def confirm(id_: Id, body: bodies.ConfirmSafetyBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await concerns.confirm(id_, body, came(request, principal, body), principal))

    @router.post("/safety-concern-clearance")
    async def clear(id_: Id, body: bodies.ClearSafetyConcernBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await concerns.clear(id_, body, came(request, principal, body), principal))

    return router


def changes_router(changes: ControlledChanges, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audits/{id_}", tags=["audits"])
    came = partial(desk.asked, la_code="")

    @router.post("/regrade")
    async def regrade(id_: Id, body: bodies.RegradeAuditBody, request: Request, principal: Approver) -> Response:
        return changed(desk, await changes.regrade(id_, body, came(request, principal, body), principal))

    @router.post("/withdrawal")
    async def withdraw(id_: Id, body: bodies.WithdrawAuditBody, request: Request, principal: Approver) -> Response:
        return changed(desk, await changes.withdraw(id_, body, came(request, principal, body), principal))

    @router.post("/words-destruction")
    async def destroy(id_: Id, body: bodies.DestroyAuditWordsBody, request: Request, principal: Approver) -> Response:
        return desk.answer(await changes.destroy_words(id_, body, came(request, principal, body), principal))

    return router
