"""Pairs of audits over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from services.audit.api import Arranger, Id, Moderator, Purpose, Reader
from services.audit.comparing import requests as bodies
from services.audit.comparing.work import DISCUSSION, Comparing, FoundPair
from services.audit.showing import EXPIRED
from services.audit.work import Work
from shared.web.access_log import AccessLog
from shared.web.desk import Desk
from shared.web.policy import AUDIT, IDENTIFIERS, Action
from shared.web.principal import Principal


def comparing_routers(work: Work, desk: Desk, access_log: AccessLog) -> list[APIRouter]:
    comparing = Comparing(work)
    return [pair_router(comparing, desk), reading_router(comparing, desk, access_log)]


def pair_router(comparing: Comparing, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/pairs", tags=["pairs"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def pair(body: bodies.PairAuditsBody, request: Request, principal: Arranger) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        return desk.answer(await comparing.pair(id_, body, asked, principal), location=f"/v1/pairs/{id_}")

    @router.post("/{id_}/comparison")
    async def compare(id_: Id, body: bodies.CompareGradesBody, request: Request, principal: Moderator) -> Response:
        return desk.answer(await comparing.compare(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/giving-up")
    async def give_up(id_: Id, body: bodies.GiveUpPairBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await comparing.give_up(id_, body, came(request, principal, body), principal))

    return router


def reading_router(comparing: Comparing, desk: Desk, access_log: AccessLog) -> APIRouter:
    router = APIRouter(prefix="/v1/pairs", tags=["pairs"])

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        found = await comparing.find(id_, principal)
        return desk.shown(
            request, found.version, {**pair_body(found), "discussion": await _discussion(found, principal, purpose)}
        )

    async def _discussion(found: FoundPair, principal: Principal, purpose: str | None) -> str | None:
        """For those who may know who both audits are about; "expired" where a key was destroyed."""
        if found.pair.compared is None or found.pair.compared.discussion is None:
            return None
        if not all(comparing.work.may(principal, IDENTIFIERS, Action.R, one, purpose) for one in (found.a, found.b)):
            return None
        ids = [found.paired.pair_id, found.a.audit_id, found.b.audit_id]
        await access_log.record(principal, AUDIT, ids, {DISCUSSION}, purpose)
        words = await comparing.opened(found)
        return EXPIRED if words is None else words

    return router


def pair_body(found: FoundPair) -> dict[str, Any]:
    """The pair in codes and dates."""
    pair, paired = found.pair, found.paired
    compared = pair.compared
    return {
        "id": paired.pair_id,
        "version": found.version,
        **paired.model_dump(mode="json", exclude={"type", "pair_id"}),
        "given_up": pair.given_up.reason if pair.given_up else None,
        "compared": compared.model_dump(
            mode="json", include={"a", "b", "graded_by_both", "differences", "agreed", "compared_on"}
        )
        if compared
        else None,
    }
