"""Releases over HTTP."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.reporting.domain.partner_release.decisions import Identifying
from services.reporting.domain.partner_release.state import PartnerRelease
from services.reporting.releasing import requests as bodies
from services.reporting.releasing.register import ReleaseRegister, release_body
from services.reporting.releasing.work import Releasing
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import REGIONAL, Action, Policy
from shared.web.principal import Principal
from shared.web.problems import Problem, error

WRITE = "reports:write"
Reader = Annotated[Principal, requires(REGIONAL, Action.R, "read")]
Concerned = Annotated[Principal, requires(REGIONAL, Action.R, WRITE)]
Approver = Annotated[Principal, requires(REGIONAL, Action.A, WRITE)]
Id = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


def releasing_router(releasing: Releasing, register: ReleaseRegister, policy: Policy, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/releases", tags=["releases"])
    doors = Doors(releasing, policy)
    came = partial(desk.asked, creating=False)

    @router.get("")
    async def listed(
        principal: Reader, la_code: Annotated[str, Query(max_length=64)], status: str | None = None
    ) -> dict[str, Any]:
        """The newest 200 of an authority, which has to be one's own."""
        doors.check(principal, la_code, Action.R)
        return {"items": await register.listed([la_code], status)}

    @router.post("", status_code=201)
    async def propose(body: bodies.ProposeBody, request: Request, principal: Concerned) -> Response:
        """Words that may say who somebody is are refused with their places; figures are checked beside the ledger."""
        doors.check(principal, body.la_code, Action.C, Action.A)
        asked = desk.asked(request, principal, body, la_code=body.la_code)
        id_ = desk.id_for(asked)
        try:
            outcome = await releasing.propose(id_, body.kind, body.la_code, body.period, body.words, asked)
        except Identifying as found:
            raise _marked(found) from found
        return desk.answer(outcome, location=f"/v1/releases/{id_}")

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        loaded = await releasing.release(id_)
        doors.of(principal, loaded.state, Action.R)
        return desk.shown(request, loaded.version, release_body(loaded.state))

    @router.post("/{id_}/check")
    async def check(id_: Id, body: bodies.NothingBody, request: Request, principal: Concerned) -> Response:
        asked = await doors.asked(came, id_, body, request, principal, Action.C, Action.A)
        return desk.answer(await releasing.check(id_, asked))

    @router.post("/{id_}/approval")
    async def approve(id_: Id, body: bodies.NothingBody, request: Request, principal: Approver) -> Response:
        """Published at once. Never by who proposed it."""
        asked = await doors.asked(came, id_, body, request, principal, Action.A)
        return desk.answer(await releasing.approve(id_, asked))

    @router.post("/{id_}/rejection")
    async def reject(id_: Id, body: bodies.RejectBody, request: Request, principal: Concerned) -> Response:
        """By a second person, or withdrawn by who proposed it."""
        asked = await doors.asked(came, id_, body, request, principal, Action.C, Action.A)
        return desk.answer(await releasing.reject(id_, body.reason, asked))

    @router.post("/{id_}/retraction")
    async def retract(id_: Id, body: bodies.RetractBody, request: Request, principal: Approver) -> Response:
        asked = await doors.asked(came, id_, body, request, principal, Action.A)
        return desk.answer(await releasing.retract(id_, body.event_id, body.reason, asked))

    return router


class Doors:
    """An authority shares what is its own: of others there is nothing here, also for who has a say in one of them."""

    def __init__(self, releasing: Releasing, policy: Policy) -> None:
        self._releasing = releasing
        self._policy = policy

    def check(self, principal: Principal, la_code: str, *any_of: Action) -> None:
        """Raises NotFound unless they may do one of these there."""
        if not self.may(principal, la_code, *any_of):
            raise NotFound

    def may(self, principal: Principal, la_code: str, *any_of: Action) -> bool:
        """Whether they read the authority's figures and may do one of these, by a role held in it."""
        place = self._releasing.directory.authority_place(la_code, self._releasing.today)
        there = principal if principal.is_machine else _as_held_in(principal, la_code)
        if place is None or not self._policy.sees_figures(there, place):
            return False
        return any(self._policy.decide(there, REGIONAL, action, place) for action in any_of)

    def authorities(self, principal: Principal) -> list[tuple[str, str]]:
        """Whose releases they may read, with their names."""
        directory, today = self._releasing.directory, self._releasing.today
        known = (one.authority_id for one in directory.authorities())
        mine = [la_code for la_code in known if self.may(principal, la_code, Action.R)]
        return sorted((la_code, directory.name("authority", la_code, today)) for la_code in mine)

    def of(self, principal: Principal, release: PartnerRelease, *any_of: Action) -> str:
        """The authority of the release."""
        if release.proposal is None:
            raise NotFound
        self.check(principal, release.proposal.la_code, *any_of)
        return release.proposal.la_code

    async def asked(
        self, came: Any, id_: str, body: Any, request: Request, principal: Principal, *any_of: Action
    ) -> Asked:
        la_code = self.of(principal, (await self._releasing.release(id_)).state, *any_of)
        asked: Asked = came(request, principal, body, la_code=la_code)
        return asked


def _marked(found: Identifying) -> Problem:
    """Every place, without what stands there."""
    places = (
        error(f"#/{one.field}", one.kind, f"characters {one.start} to {one.end} of the text as it was sent")
        for one in found.findings
    )
    return Problem("invalid", found.rule, errors=tuple(places))


def _as_held_in(principal: Principal, la_code: str) -> Principal:
    """The person with those of their roles alone that they hold in this authority."""
    return replace(principal, held=tuple(one for one in principal.held if principal.home(one).authority == la_code))
