"""The feedback service over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from services.feedback import requests as bodies
from services.feedback.domain.change import state as change_state
from services.feedback.domain.feedback import state as feedback_state
from services.feedback.showing import Narratives, change_body, feedback_body, history_line
from services.feedback.work import Work
from shared.deciding.decider import Decider
from shared.deciding.refusal import NotFound
from shared.event_store.handling import recorded
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import FEEDBACK, REPORTS, Action
from shared.web.principal import Principal

WRITE = "feedback:write"
Creator = Annotated[Principal, requires(FEEDBACK, Action.C, WRITE)]
Worker = Annotated[Principal, requires(FEEDBACK, Action.U, WRITE)]
Reader = Annotated[Principal, requires(FEEDBACK, Action.R, "read")]
# The role table lets nobody approve feedback; whoever signs off the department's reports signs off these words too.
Approver = Annotated[Principal, requires(REPORTS, Action.A, WRITE)]
Id = Annotated[str, Path(max_length=64)]
Purpose = Annotated[str | None, Header(alias="Golden-Thread-Purpose", min_length=1, max_length=200)]


def feedback_router(work: Work, desk: Desk, narratives: Narratives) -> APIRouter:
    router = APIRouter(prefix="/v1/feedback", tags=["feedback"])

    @router.post("", status_code=201)
    async def receive(body: bodies.ReceiveFeedbackBody, request: Request, principal: Creator) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        id_ = desk.id_for(asked)
        outcome = await work.receive(id_, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/feedback/{id_}")

    @router.post("/{id_}/classification")
    async def classify(id_: Id, body: bodies.ClassifyFeedbackBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.classify(id_, body, asked, principal))

    @router.post("/{id_}/safeguarding-route")
    async def route_concern(
        id_: Id, body: bodies.RouteSafeguardingConcernBody, request: Request, principal: Worker
    ) -> Response:
        asked = desk.asked(request, principal, body, la_code="", occurred_at=body.routed_at)
        return desk.answer(await work.route_concern(id_, body, asked, principal))

    @router.post("/{id_}/acknowledgement")
    async def acknowledge(
        id_: Id, body: bodies.AcknowledgeFeedbackBody, request: Request, principal: Worker
    ) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.acknowledge(id_, asked, principal))

    @router.post("/{id_}/response")
    async def respond(id_: Id, body: bodies.RespondToFeedbackBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.respond(id_, body, asked, principal))

    @router.post("/{id_}/consent-withdrawal")
    async def withdraw(id_: Id, body: bodies.WithdrawConsentBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.withdraw_consent(id_, body, asked, principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        loaded = await work.feedback(id_, principal, Action.R)
        if loaded.state.received is None:
            raise NotFound
        body = feedback_body(loaded.state, loaded.state.received, loaded.version)
        narrative = await narratives.of_feedback(loaded.state, principal, purpose)
        return desk.shown(request, loaded.version, _with(body, narrative))

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        version = (await work.feedback(id_, principal, Action.R)).version
        return desk.shown(request, version, await _history(work, feedback_state.DECIDER, id_))

    return router


def change_router(work: Work, desk: Desk, narratives: Narratives) -> APIRouter:
    router = APIRouter(prefix="/v1/changes", tags=["changes"])

    @router.post("", status_code=201)
    async def decide(body: bodies.DecideChangeBody, request: Request, principal: Creator) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        id_ = desk.id_for(asked)
        outcome = await work.decide_change(id_, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/changes/{id_}")

    @router.post("/{id_}/making")
    async def make(id_: Id, body: bodies.MakeChangeBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.make_change(id_, asked, principal))

    @router.post("/{id_}/you-said-we-did")
    async def draft(id_: Id, body: bodies.DraftYouSaidWeDidBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.draft(id_, body, asked, principal))

    @router.post("/{id_}/publication")
    async def publish(id_: Id, body: bodies.PublishYouSaidWeDidBody, request: Request, principal: Approver) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.publish(id_, asked, principal, REPORTS))

    @router.post("/{id_}/check")
    async def check(id_: Id, body: bodies.CheckWithRespondentsBody, request: Request, principal: Worker) -> Response:
        asked = desk.asked(request, principal, body, la_code="")
        return desk.answer(await work.check(id_, body, asked, principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        loaded = await work.change(id_, principal, Action.R)
        narrative = await narratives.of_change(loaded.state, principal, purpose)
        return desk.shown(request, loaded.version, _with(change_body(loaded.state, loaded.version), narrative))

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        version = (await work.change(id_, principal, Action.R)).version
        return desk.shown(request, version, await _history(work, change_state.DECIDER, id_))

    return router


async def _history(work: Work, decider: Decider[Any, Any], id_: str) -> dict[str, Any]:
    commits = await work.store.read(decider.stream(id_))
    return {"id": id_, "events": [history_line(told) for commit in commits for told in recorded(decider, commit)]}


def _with(body: dict[str, Any], narrative: dict[str, str | None] | None) -> dict[str, Any]:
    return body if narrative is None else {**body, "narrative": narrative}
