"""Partners and their subscriptions over HTTP, and the feed: pages that go on for ever, and a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response

from services.reporting.sharing import requests as bodies
from services.reporting.sharing.register import Known
from services.reporting.sharing.stream import EventStream, Streams
from services.reporting.sharing.work import Sharing
from shared.deciding.refusal import NotFound, Refused
from shared.published import kept_schemas
from shared.web.desk import Desk
from shared.web.identity import Identity, public, requires
from shared.web.policy import SHARING, Action, Policy
from shared.web.principal import Principal
from shared.web.problems import Problem, error

GONE = "These are no longer kept: take /v1/improvement/snapshot, and go on behind the number before the oldest."
READ, WRITE = "improvements:read", "subscriptions:write"
Reader = Annotated[Principal, requires(SHARING, Action.R, READ)]
Subscriber = Annotated[Principal, requires(SHARING, Action.U, WRITE)]
Administrator = Annotated[Principal, requires(SHARING, Action.C, WRITE)]
Id = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
SchemaName = Annotated[str, Path(max_length=80, pattern=r"^[a-z_]+$")]
SchemaVersion = Annotated[str, Path(pattern=r"^\d{1,3}\.\d{1,3}$")]
Number = Annotated[int, Query(ge=0, lt=10**18)]


CheckSink = Callable[[str, bodies.SubscribeBody], Awaitable[None]]
"""Raises Refused naming the field when this partner's webhooks may not be sent there."""


def sharing_routers(
    sharing: Sharing, streams: Streams, policy: Policy, desk: Desk, check_sink: CheckSink
) -> list[APIRouter]:
    return [
        partner_router(sharing, desk),
        subscription_router(sharing, desk, check_sink),
        sending_router(sharing, desk),
        feed_router(sharing, streams, policy),
    ]


def partner_router(sharing: Sharing, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/partners", tags=["partners"])

    @router.post("", status_code=201)
    async def add(body: bodies.AddPartnerBody, request: Request, principal: Administrator) -> Response:
        """Also gives a partner another name or other domains."""
        _check_administers(principal)
        asked = desk.asked(request, principal, body, la_code=body.la_code or "")
        outcome = await sharing.add_partner(body, asked)
        return desk.answer(outcome, location=f"/v1/partners/{body.partner_id}")

    @router.get("")
    async def listed(principal: Reader) -> dict[str, Any]:
        _check_administers(principal)
        await sharing.register.catch_up()
        return {"items": [{"id": id_} for id_ in await sharing.register.partners()]}

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        if own(principal) not in (None, id_):
            raise NotFound
        loaded = await sharing.partner(id_)
        said = {
            "id": id_,
            "name": loaded.state.name,
            "la_code": loaded.state.la_code,
            "endpoint_domains": loaded.state.endpoint_domains,
            "removed": loaded.state.removed,
        }
        return desk.shown(request, loaded.version, said)

    @router.post("/{id_}/removal")
    async def remove(id_: Id, body: bodies.NothingBody, request: Request, principal: Administrator) -> Response:
        _check_administers(principal)
        asked = desk.asked(request, principal, body, la_code="", creating=False)
        return desk.answer(await sharing.remove_partner(id_, asked))

    return router


def subscription_router(sharing: Sharing, desk: Desk, check_sink: CheckSink) -> APIRouter:
    router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
    came = partial(desk.asked, la_code="", creating=False)

    @router.post("", status_code=201)
    async def subscribe(body: bodies.SubscribeBody, request: Request, principal: Subscriber) -> Response:
        """A webhook begins when its endpoint has consented, anything else at once."""
        partner = own(principal) or body.partner_id
        if partner is None or body.partner_id not in (None, partner):
            raise Refused("the subscription is the partner's own", field="partner_id")
        asked = desk.asked(request, principal, body, la_code="")
        await check_sink(partner, body)
        id_ = desk.id_for(asked)
        with _bad_filters():
            outcome = await sharing.subscribe(id_, partner, body, asked)
        return desk.answer(outcome, location=f"/v1/subscriptions/{id_}", body={"id": id_})

    @router.get("")
    async def listed(principal: Reader, partner_id: str | None = None) -> dict[str, Any]:
        await sharing.register.catch_up()
        found = await sharing.register.of_partner(own(principal) or partner_id or "")
        return {"items": [subscription_body(one) for one in found if one.state.status != "removed"]}

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader) -> Response:
        known = await sharing.subscription(id_, own(principal))
        return desk.shown(request, known.version, subscription_body(known))

    @router.put("/{id_}")
    async def change(id_: Id, body: bodies.SubscribeBody, request: Request, principal: Subscriber) -> Response:
        """Other types, filters or another sink, which has to consent anew. Its numbers go on without a gap."""
        asked = came(request, principal, body)
        known = await sharing.subscription(id_, own(principal))
        if body.partner_id not in (None, known.partner):
            raise Refused("the subscription is the partner's own", field="partner_id")
        await check_sink(known.partner, body)
        with _bad_filters():
            outcome = await sharing.change(known, body, asked)
        return desk.answer(outcome, body={"id": id_})

    @router.get("/{id_}/status")
    async def status(id_: Id, principal: Reader) -> dict[str, Any]:
        """With the newest number: whoever has less is missing something."""
        known = await sharing.subscription(id_, own(principal))
        ends = {"newest": await sharing.events.newest(id_), "oldest": await sharing.events.oldest(id_)}
        return {"id": id_, "status": known.state.status, "reason": known.state.off, **ends}

    @router.delete("/{id_}")
    async def unsubscribe(id_: Id, request: Request, principal: Subscriber) -> Response:
        known = await sharing.subscription(id_, own(principal))
        return desk.answer(await sharing.unsubscribe(known, came(request, principal)))

    return router


def sending_router(sharing: Sharing, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
    came = partial(desk.asked, la_code="", creating=False)

    @router.post("/{id_}/pause")
    async def pause(id_: Id, body: bodies.NothingBody, request: Request, principal: Subscriber) -> Response:
        """Events go on being numbered; they are sent when it is resumed."""
        asked = came(request, principal, body)
        known = await sharing.subscription(id_, own(principal))
        return desk.answer(await sharing.turn_off(known, "PAUSED", asked))

    @router.post("/{id_}/resumption")
    async def resume(id_: Id, body: bodies.NothingBody, request: Request, principal: Subscriber) -> Response:
        asked = came(request, principal, body)
        known = await sharing.subscription(id_, own(principal))
        return desk.answer(await sharing.turn_on(known, asked))

    @router.post("/{id_}/test", status_code=202)
    async def test(id_: Id, body: bodies.NothingBody, request: Request, principal: Subscriber) -> dict[str, Any]:
        """Sends an event that says nothing, with the next number."""
        asked = desk.asked(request, principal, body, la_code="", creating=True)
        known = await sharing.subscription(id_, own(principal))
        return {"id": id_, "number": await sharing.send_test(known, asked)}

    return router


def feed_router(sharing: Sharing, streams: Streams, policy: Policy) -> APIRouter:
    router = APIRouter(tags=["feed"])

    @router.get("/v1/subscriptions/{id_}/events")
    async def page(
        id_: Id, principal: Reader, after: Number = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> Response:
        """The events behind a number, in order. `next` is where they go on, also when there is nothing yet."""
        known = await sharing.subscription(id_, own(principal))
        if after + 1 < await sharing.events.oldest(id_):
            raise Problem("gone", GONE, headers={"Link": f'<{streams.snapshot}>; rel="alternate"'})
        events = await sharing.events.after(known.id, after, limit)
        last = events[-1].number if events else after
        items = b",".join(event.body for event in events)
        following = f"/v1/subscriptions/{id_}/events?after={last}&limit={limit}"
        whole = b'{"items":[' + items + b'],"next":' + orjson.dumps(following) + b"}"
        return Response(whole, 200, {"Link": f'<{following}>; rel="next"'}, "application/json")

    @router.get("/v1/subscriptions/{id_}/stream")
    async def stream(
        id_: Id,
        request: Request,
        principal: Reader,
        after: Number = 0,
        last_event_id: Annotated[str | None, Header(max_length=18)] = None,
    ) -> Response:
        """Server-sent events behind `Last-Event-ID`, or behind `after`."""
        known = await sharing.subscription(id_, own(principal))
        number = _number(last_event_id) if last_event_id is not None else after
        identity: Identity = request.app.state.identity
        health = request.app.state.health

        async def still_trusted() -> bool:
            try:
                now = await identity.of(request)
                await sharing.subscription(id_, own(now))
            except (Problem, NotFound):
                return False
            return READ in now.scopes and policy.may(now, SHARING, Action.R)

        messages = streams.of(known.id, number, still_trusted, lambda: health.stopping)
        return EventStream(messages, streams.room(known.partner), streams.times.stuck)

    @router.get("/schemas/{name}/{version}", dependencies=[public("contracts hold no data")])
    async def schema(name: SchemaName, version: SchemaVersion) -> Response:
        """The JSON Schema to which an event's `dataschema` points. What it says never changes."""
        if (path := kept_schemas.addresses().get(f"/schemas/{name}/{version}")) is None:
            raise NotFound
        for_ever = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(path.read_bytes(), 200, for_ever, "application/schema+json")

    @router.get("/v1/improvement/snapshot")
    async def snapshot(principal: Reader) -> dict[str, Any]:
        """All that was released, as it stands now; of what was retracted only that it was."""
        if (partner := own(principal)) is not None:
            await sharing.check_partner(partner)
        return {"items": list(await sharing.current.own())}

    return router


def subscription_body(known: Known) -> dict[str, Any]:
    one = known.state
    return {
        "id": known.id,
        "partner_id": known.partner,
        "protocol": one.protocol,
        "types": list(one.types),
        "filters": [dict(filter_) for filter_ in one.filters],
        "sink": one.sink,
        "status": one.status,
        "reason": one.off,
        "keys": list(one.keys),
    }


def own(principal: Principal) -> str | None:
    """The partner whose subscriptions these may be only; None for whoever administers those of all.

    Raises a 403 Problem for a client of one authority: what partners have is nobody else's business.
    """
    if principal.is_machine and "*" not in principal.authorities:
        raise Problem("forbidden", "Your role does not include this.")
    return principal.partner


def _check_administers(principal: Principal) -> None:
    """A partner looks after its subscriptions, not after partners."""
    if own(principal) is not None:
        raise Problem("forbidden", "Your role does not include this.")


@contextmanager
def _bad_filters() -> Iterator[None]:
    """A filter that is not supported is a 400 in the interface whose words these are, naming the field."""
    try:
        yield
    except Refused as refused:
        if refused.field != "filters":
            raise
        raise Problem("bad-request", refused.rule, errors=[error("#/filters", "filters", refused.rule)]) from None


def _number(last_event_id: str) -> int:
    if not last_event_id.isascii() or not last_event_id.isdigit():
        raise Refused("this is the number of an event", field="Last-Event-ID")
    return int(last_event_id)
