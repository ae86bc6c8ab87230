"""The escalation service over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from services.escalation import requests as bodies
from services.escalation.domain.informal_resolution.state import DECIDER as INFORMAL
from services.escalation.domain.practice_alert.state import DECIDER as ALERTS
from services.escalation.listing import OpenAlerts
from services.escalation.showing import Narratives, alert_body, history_line, informal_body
from services.escalation.work import Work
from shared.deciding.decider import Decider
from shared.event_store.handling import Asked, recorded
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import ALERT, Action
from shared.web.principal import Principal

WRITE = "alert:write"
Creator = Annotated[Principal, requires(ALERT, Action.C, WRITE)]
Worker = Annotated[Principal, requires(ALERT, Action.U, WRITE)]
Reader = Annotated[Principal, requires(ALERT, Action.R, "read")]
Id = Annotated[str, Path(max_length=64)]
Purpose = Annotated[str | None, Header(alias="Golden-Thread-Purpose", min_length=1, max_length=200)]
After = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]


def alert_router(work: Work, desk: Desk, narratives: Narratives) -> APIRouter:
    router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

    @router.post("", status_code=201)
    async def raise_alert(body: bodies.RaiseAlertBody, request: Request, principal: Creator) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        id_ = desk.id_for(asked)
        return desk.answer(await work.raise_(id_, body, asked, principal), location=f"/v1/alerts/{id_}")

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        loaded = await work.alert(id_, principal, Action.R)
        narrative = await narratives.of_alert(loaded.state, principal, purpose)
        return desk.shown(request, loaded.version, _with(alert_body(loaded.state, loaded.version), narrative))

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        version = (await work.alert(id_, principal, Action.R)).version
        return desk.shown(request, version, await _history(work, ALERTS, id_))

    return router


def protocol_router(work: Work, desk: Desk) -> APIRouter:
    """The steps of the protocol: what the stage's manager and the reviewing officer do about an open alert."""
    router = APIRouter(prefix="/v1/alerts/{id_}", tags=["alerts"])
    asked = _asked_at(desk)

    @router.post("/acknowledgement")
    async def acknowledge(id_: Id, body: bodies.AcknowledgeBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.acknowledge(id_, body, asked(request, principal, body), principal))

    @router.post("/response")
    async def respond(id_: Id, body: bodies.RespondBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.respond(id_, body, asked(request, principal, body), principal))

    @router.post("/acceptance")
    async def accept(id_: Id, body: bodies.AcceptBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.accept(id_, body, asked(request, principal, body), principal))

    @router.post("/rejection")
    async def reject(id_: Id, body: bodies.RejectBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.reject(id_, body, asked(request, principal, body), principal))

    @router.post("/escalation")
    async def escalate(id_: Id, body: bodies.EscalateBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.escalate(id_, body, asked(request, principal, body), principal))

    @router.post("/resolution")
    async def resolve(id_: Id, body: bodies.ResolveBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.resolve(id_, body, asked(request, principal, body), principal))

    @router.post("/reopening")
    async def reopen(id_: Id, body: bodies.ReopenBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.reopen(id_, body, asked(request, principal, body), principal))

    return router


def care_router(work: Work, desk: Desk) -> APIRouter:
    """What else is done about an alert: putting its record right, and what became of it."""
    router = APIRouter(prefix="/v1/alerts/{id_}", tags=["alerts"])
    asked = _asked_at(desk)

    @router.post("/categories")
    async def recategorise(id_: Id, body: bodies.RecategoriseBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.recategorise(id_, body, asked(request, principal, body), principal))

    @router.post("/holder")
    async def reassign(id_: Id, body: bodies.ReassignBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.reassign(id_, body, asked(request, principal, body), principal))

    @router.post("/raise-date")
    async def backdate(id_: Id, body: bodies.BackdateBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.backdate(id_, body, asked(request, principal, body), principal))

    @router.post("/impact")
    async def verify_impact(id_: Id, body: bodies.VerifyImpactBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.verify_impact(id_, body, asked(request, principal, body), principal))

    @router.post("/withdrawal")
    async def withdraw(id_: Id, body: bodies.WithdrawBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.withdraw(id_, body, asked(request, principal, body), principal))

    @router.post("/sharing")
    async def share(id_: Id, body: bodies.ShareBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.share(id_, body, asked(request, principal, body), principal))

    return router


def list_router(open_alerts: OpenAlerts) -> APIRouter:
    router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

    @router.get("")
    async def open_(principal: Reader, after: After = None, limit: Limit = 50) -> dict[str, Any]:
        """The open alerts within reach, the one due first on top; `next` is the cursor to give as `after`."""
        return await open_alerts.page(principal, after, limit)

    return router


def informal_router(work: Work, desk: Desk, narratives: Narratives) -> APIRouter:
    router = APIRouter(prefix="/v1/informal-resolutions", tags=["informal resolutions"])

    @router.post("", status_code=201)
    async def record(body: bodies.RecordInformalBody, request: Request, principal: Creator) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        id_ = desk.id_for(asked)
        outcome = await work.record_informal(id_, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/informal-resolutions/{id_}")

    @router.post("/{id_}/review")
    async def review(id_: Id, body: bodies.ReviewInformalBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.review_informal(id_, body, asked, principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        loaded = await work.informal(id_, principal, Action.R)
        narrative = await narratives.of_informal(loaded.state, principal, purpose)
        return desk.shown(request, loaded.version, _with(informal_body(loaded.state, loaded.version), narrative))

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        version = (await work.informal(id_, principal, Action.R)).version
        return desk.shown(request, version, await _history(work, INFORMAL, id_))

    return router


def _asked_at(desk: Desk) -> Callable[[Request, Principal, bodies.StepBody], Asked]:
    def asked(request: Request, principal: Principal, body: bodies.StepBody) -> Asked:
        return desk.asked(request, principal, body, la_code="", creating=False)

    return asked


async def _history(work: Work, decider: Decider[Any, Any], id_: str) -> dict[str, Any]:
    commits = await work.store.read(decider.stream(id_))
    return {"id": id_, "events": [history_line(told) for commit in commits for told in recorded(decider, commit)]}


def _with(body: dict[str, Any], narrative: dict[str, Any] | None) -> dict[str, Any]:
    return body if narrative is None else {**body, "narrative": narrative}
