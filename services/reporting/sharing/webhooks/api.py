"""Webhooks over HTTP: what was delivered, sending a range again, changing the key, coming back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.reporting.sharing.api import Id, Number, Reader, Subscriber
from services.reporting.sharing.webhooks import requests as bodies
from services.reporting.sharing.webhooks.keys import Kept
from services.reporting.sharing.webhooks.work import Webhooks
from shared.web.desk import Desk
from shared.web.problems import Problem


def webhook_router(webhooks: Webhooks, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/subscriptions/{id_}", tags=["webhooks"])
    find = webhooks.sharing.subscription

    @router.get("/deliveries")
    async def deliveries(
        id_: Id, principal: Reader, after: Number = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        """What became of each event behind a number, with every attempt: when, what came of it, which status."""
        found = await webhooks.log(await find(id_, principal.partner), after, limit)
        last = found[-1]["number"] if found else after
        return {"items": found, "next": f"/v1/subscriptions/{id_}/deliveries?after={last}&limit={limit}"}

    @router.get("/keys")
    async def keys(id_: Id, principal: Reader) -> dict[str, Any]:
        """The keys that sign now, the newest first. Secrets are not shown again."""
        return {"items": [_key(one) for one in await webhooks.keys_in_use(await find(id_, principal.partner))]}

    @router.post("/replay", status_code=202)
    async def replay(id_: Id, body: bodies.ReplayBody, request: Request, principal: Subscriber) -> dict[str, Any]:
        """Sends a range of events again, under the ids they had."""
        desk.asked(request, principal, body, la_code="", creating=True)
        known = await find(id_, principal.partner)
        return {"id": id_, "replayed": await webhooks.replay(known, body.from_, body.to)}

    @router.post("/rotate", status_code=201)
    async def rotate(id_: Id, body: bodies.RotateBody, request: Request, principal: Subscriber) -> Response:
        """A new key. For a day both keys sign."""
        if body.algorithm == "hmac" and principal.partner is None:
            raise Problem("forbidden", "A secret is shown to nobody but the partner.")
        asked = desk.asked(request, principal, body, la_code="", creating=True)
        known = await find(id_, principal.partner)
        outcome, made = await webhooks.rotate(known, body.algorithm, asked)
        return desk.answer(outcome, status=201, body={"id": id_, **_key(made), "key": made.key.shown})

    @router.post("/revive")
    async def revive(id_: Id, body: bodies.ReviveBody, request: Request, principal: Subscriber) -> Response:
        """Asks the endpoint for its consent again, and sends what waits."""
        asked = desk.asked(request, principal, body, la_code="", creating=False)
        known = await find(id_, principal.partner)
        return desk.answer(await webhooks.revive(known, asked), body={"id": id_})

    return router


def _key(kept: Kept) -> dict[str, Any]:
    made_at: datetime = kept.made_at
    public = {"key": kept.key.shown} if kept.algorithm == "ed25519" else {}
    return {"key_id": kept.id, "algorithm": kept.algorithm, "made_at": made_at.isoformat(), **public}
