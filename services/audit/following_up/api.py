"""What follows from an audit, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.audit.api import WRITE, Approver, Arranger, Id, Planner, Purpose, Reader, Worker, changed
from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.remedial_action.events import RemedialActionLinked
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.following_up import requests as bodies
from services.audit.following_up.changes import ControlledChanges
from services.audit.following_up.listing import ActionState, Listing, ReAuditState
from services.audit.following_up.re_audits import ReAudits
from services.audit.following_up.safety import SafetyConcerns
from services.audit.following_up.showing import Words, action_body, re_audit_body
from services.audit.following_up.work import Actions
from services.audit.register import Register
from services.audit.showing import history_line
from services.audit.work import Work
from shared.deciding.decider import Decider
from shared.event_store.handling import recorded
from shared.web.access_log import AccessLog
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import ACTIONS, Action
from shared.web.principal import Principal

# Whoever does something about an action may progress or approve it: which one is asked of the role table with it.
Doer = Annotated[Principal, requires(ACTIONS, Action.R, WRITE)]
ActionApprover = Annotated[Principal, requires(ACTIONS, Action.A, WRITE)]
ActionReader = Annotated[Principal, requires(ACTIONS, Action.R, "read")]
After = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]
Named = Annotated[str | None, Query(max_length=64)]


def following_up_routers(work: Work, desk: Desk, access_log: AccessLog) -> list[APIRouter]:
    """Everything that is done about an audit besides grading it; lists are read from the register, if there is one."""
    words = Words(work, access_log)
    listed = [] if work.register is None else [list_router(work, work.register)]
    return [
        *listed,
        safety_router(SafetyConcerns(work), desk),
        changes_router(ControlledChanges(work), desk),
        action_router(Actions(work), desk),
        verifying_router(Actions(work), desk),
        action_reading_router(Actions(work), desk, words),
        re_audit_router(ReAudits(work), desk, words),
    ]


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


def action_router(actions: Actions, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/actions", tags=["actions"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def agree(body: bodies.AgreeActionBody, request: Request, principal: Arranger) -> Response:
        outcome = await actions.agree(body, came(request, principal, body), principal)
        linked = any(isinstance(told.event, RemedialActionLinked) for told in outcome.events)
        location = f"/v1/actions/{outcome.stream.partition('-')[2]}"
        return desk.answer(outcome, location=location, body={"linked": linked})

    @router.post("/{id_}/acceptance")
    async def accept(id_: Id, body: bodies.AcceptActionBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.accept(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/progress")
    async def progress(id_: Id, body: bodies.ProgressActionBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.progress(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/due-date")
    async def reschedule(id_: Id, body: bodies.RescheduleActionBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.reschedule(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/completion")
    async def complete(id_: Id, body: bodies.CompleteActionBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.complete(id_, body, came(request, principal, body), principal))

    return router


def verifying_router(actions: Actions, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/actions", tags=["actions"])
    came = partial(desk.asked, la_code="")

    @router.post("/{id_}/verification")
    async def verify(id_: Id, body: bodies.VerifyActionBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.verify(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/failed-verification")
    async def fail(id_: Id, body: bodies.FailVerificationBody, request: Request, principal: Doer) -> Response:
        return desk.answer(await actions.fail(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/cancellation")
    async def cancel(id_: Id, body: bodies.CancelActionBody, request: Request, principal: ActionApprover) -> Response:
        return desk.answer(await actions.cancel(id_, body, came(request, principal, body), principal))

    return router


def action_reading_router(actions: Actions, desk: Desk, words: Words) -> APIRouter:
    router = APIRouter(prefix="/v1/actions", tags=["actions"])

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: ActionReader, purpose: Purpose = None) -> Response:
        found = await actions.find(id_, principal)
        narrative = await words.of_action(found, principal, purpose)
        return desk.shown(request, found.version, {**action_body(found), "narrative": narrative})

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: ActionReader) -> Response:
        found = await actions.find(id_, principal)
        return desk.shown(request, found.version, await _history(actions.work, ACTION, id_))

    return router


def re_audit_router(re_audits: ReAudits, desk: Desk, words: Words) -> APIRouter:
    router = APIRouter(prefix="/v1/re-audits", tags=["re-audits"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def require(body: bodies.RequireReAuditBody, request: Request, principal: Arranger) -> Response:
        outcome = await re_audits.require(body, came(request, principal, body), principal)
        return desk.answer(outcome, location=f"/v1/re-audits/{outcome.stream.partition('-')[2]}")

    @router.post("/{id_}/audit", status_code=201)
    async def plan(id_: Id, body: bodies.PlanReAuditBody, request: Request, principal: Planner) -> Response:
        asked = came(request, principal, body, creating=True)
        audit_id = desk.id_for(asked)
        outcome = await re_audits.plan(id_, audit_id, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/audits/{audit_id}")

    @router.post("/{id_}/impossibility")
    async def not_possible(
        id_: Id, body: bodies.FindNotPossibleBody, request: Request, principal: Arranger
    ) -> Response:
        return desk.answer(await re_audits.not_possible(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/director-review")
    async def review(id_: Id, body: bodies.RecordDirectorReviewBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await re_audits.review(id_, body, came(request, principal, body), principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        found = await re_audits.find(id_, principal)
        narrative = await words.of_re_audit(found, principal, purpose)
        return desk.shown(request, found.version, {**re_audit_body(found), "narrative": narrative})

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        found = await re_audits.find(id_, principal)
        return desk.shown(request, found.version, await _history(re_audits.work, RE_AUDIT, id_))

    return router


def list_router(work: Work, register: Register) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["actions", "re-audits"])
    listing = Listing(register, work.policy)

    @router.get("/actions")
    async def actions(
        principal: ActionReader,
        state: ActionState | None = None,
        owner: Named = None,
        team: Named = None,
        audit: Named = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        asked = {"owner": owner, "place.team": team, "audits": audit}
        return await listing.actions(principal, state, asked, work.today, after, limit)

    @router.get("/re-audits")
    async def re_audits(
        principal: Reader,
        state: ReAuditState | None = None,
        team: Named = None,
        audit: Named = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        asked = {"place.team": team, "audits": audit}
        return await listing.re_audits(principal, state, asked, work.today, after, limit)

    return router


async def _history(work: Work, decider: Decider[Any, Any], id_: str) -> dict[str, Any]:
    commits = await work.store.read(decider.stream(id_))
    return {"id": id_, "events": [history_line(told) for commit in commits for told in recorded(decider, commit)]}
