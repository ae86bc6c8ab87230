"""The routes of the pages of partners: their subscriptions, what was delivered, and the keys that sign.

They ask the same work the same way as the interface does, behind the same doors: nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from services.reporting.dashboard import partner_page
from services.reporting.dashboard.errors import page_route
from services.reporting.dashboard.forms import ANSWERED, NOTHING_WRONG, Forms, Sent, Wrong, wrong_with
from services.reporting.dashboard.templating import Templates, who
from services.reporting.sharing.api import WRITE, Id, Number, Reader, Subscriber, own
from services.reporting.sharing.register import Known
from services.reporting.sharing.requests import SubscribeBody
from services.reporting.sharing.webhooks import requests as webhook_bodies
from services.reporting.sharing.webhooks.work import Webhooks
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked
from shared.web.principal import Principal
from shared.web.problems import Problem

SHOWN = 50
Do = Callable[[Known, Asked, Sent], Awaitable[Any]]


def router(templates: Templates, webhooks: Webhooks, forms: Forms) -> APIRouter:
    pages = APIRouter(include_in_schema=False, route_class=page_route(templates))
    at = _Pages(templates, webhooks, forms)
    _add_partner(pages, at)
    _add_subscription(pages, at)
    _add_keys(pages, at)
    return pages


@dataclass(frozen=True, slots=True)
class _Pages:
    """What these pages are made with."""

    templates: Templates
    webhooks: Webhooks
    forms: Forms

    def page(self, name: str, reader: Principal, last: str, partner: str = "", **values: Any) -> Response:
        crumbs: list[dict[str, Any]] = [{"text": "Partners", "href": "/partners"}] if reader.partner is None else []
        if partner:
            crumbs.append({"text": partner, "href": partner_path(partner)})
        crumbs.append({"text": last})
        answer = self.templates.page(
            name,
            title=last,
            crumbs=crumbs if len(crumbs) > 1 else [],
            partner=partner,
            for_partner=reader.partner is not None,
            may_write=WRITE in reader.scopes,
            **who(reader),
            **values,
        )
        answer.status_code = 422 if values.get("wrong") else 200
        return answer


def partner_path(partner: str) -> str:
    return f"/partners/{quote(partner)}"


def _check_own(principal: Principal, partner: str) -> None:
    if own(principal) not in (None, partner):
        raise NotFound


def _add_partner(pages: APIRouter, at: _Pages) -> None:
    @pages.get("/partners")
    async def partners(reader: Reader) -> Response:
        """All of them for who administers them; a partner is led to its own page."""
        if (partner := own(reader)) is not None:
            return RedirectResponse(partner_path(partner), 303)
        register = at.webhooks.sharing.register
        await register.catch_up()
        listed = [(partner_path(one), one) for one in await register.partners()]
        return at.page("partners.html", reader, "Partners", listed=listed)

    @pages.get("/partners/{id_}")
    async def partner(id_: Id, request: Request, reader: Reader) -> Response:
        _check_own(reader, id_)
        return await _partner(at, request, reader, id_)

    @pages.post("/partners/{id_}/subscriptions")
    async def subscribe(id_: Id, request: Request, subscriber: Subscriber) -> Response:
        _check_own(subscriber, id_)
        sent = await at.forms.sent(request)
        asked = at.forms.asked(request, subscriber, sent)
        new = at.forms.id_for(asked)
        try:
            body = SubscribeBody.model_validate({**sent.filled("protocol", "sink"), "types": sent.chosen("types")})
            await at.webhooks.check_sink(id_, body)
            await at.webhooks.sharing.subscribe(new, id_, body, asked)
        except ANSWERED as raised:
            return await _partner(at, request, subscriber, id_, sent, wrong_with(raised, partner_page.FIELDS))
        return _to(id_, new, "subscribed")


async def _partner(
    at: _Pages, request: Request, reader: Principal, id_: str, sent: Sent | None = None, wrong: Wrong = NOTHING_WRONG
) -> Response:
    sharing = at.webhooks.sharing
    partner = (await sharing.partner(id_)).state
    await sharing.register.catch_up()
    found = [one for one in await sharing.register.of_partner(id_) if one.state.status != "removed"]
    listed = [
        (_path(id_, one.id), one, partner_page.state_of(one), partner_page.types_of(one), await _newest(at, one))
        for one in found
    ]
    return at.page(
        "partner.html",
        reader,
        partner.name or id_,
        id=id_,
        partner_state=partner,
        listed=listed,
        protocols=partner_page.PROTOCOLS,
        types=partner_page.TYPE_NAMES,
        typed=sent,
        wrong=wrong,
        marks=at.forms.marks(request),
    )


async def _newest(at: _Pages, known: Known) -> int:
    return await at.webhooks.sharing.events.newest(known.id)


def _path(partner: str, id_: str) -> str:
    return f"{partner_path(partner)}/subscriptions/{quote(id_)}"


def _to(partner: str, id_: str, done: str) -> Response:
    return RedirectResponse(f"{_path(partner, id_)}?{urlencode({'done': done})}", 303)


def _add_subscription(pages: APIRouter, at: _Pages) -> None:
    sharing = at.webhooks.sharing

    @pages.get("/partners/{id_}/subscriptions/{subscription}")
    async def subscription(
        id_: Id, subscription: Id, request: Request, reader: Reader, before: Number = 0, done: str = ""
    ) -> Response:
        _check_own(reader, id_)
        known = await sharing.subscription(subscription, id_)
        return await _subscription(at, request, reader, known, before=before, done=partner_page.DONE.get(done, ""))

    @pages.post("/partners/{id_}/subscriptions/{subscription}/test")
    async def test(id_: Id, subscription: Id, request: Request, person: Subscriber) -> Response:
        acting = _Acting(at, request, person, id_, subscription)
        return await acting.done("tested", lambda known, asked, _: sharing.send_test(known, asked))

    @pages.post("/partners/{id_}/subscriptions/{subscription}/pause")
    async def pause(id_: Id, subscription: Id, request: Request, person: Subscriber) -> Response:
        acting = _Acting(at, request, person, id_, subscription)
        return await acting.done("paused", lambda known, asked, _: sharing.turn_off(known, "PAUSED", asked))

    @pages.post("/partners/{id_}/subscriptions/{subscription}/resumption")
    async def resume(id_: Id, subscription: Id, request: Request, person: Subscriber) -> Response:
        acting = _Acting(at, request, person, id_, subscription)
        return await acting.done("resumed", lambda known, asked, _: sharing.turn_on(known, asked))

    @pages.post("/partners/{id_}/subscriptions/{subscription}/revive")
    async def revive(id_: Id, subscription: Id, request: Request, person: Subscriber) -> Response:
        acting = _Acting(at, request, person, id_, subscription)
        return await acting.done("revived", lambda known, asked, _: at.webhooks.revive(known, asked))


def _add_keys(pages: APIRouter, at: _Pages) -> None:
    @pages.post("/partners/{id_}/subscriptions/{subscription}/rotate")
    async def rotate(id_: Id, subscription: Id, request: Request, person: Subscriber) -> Response:
        """A secret is in this answer and nowhere else, so that one leads nowhere."""
        shown: list[str] = []

        async def do(known: Known, asked: Asked, sent: Sent) -> None:
            body = webhook_bodies.RotateBody.model_validate(sent.filled("algorithm"))
            if body.algorithm == "hmac" and person.partner is None:
                raise Problem("forbidden", "A secret is shown to nobody but the partner.")
            _, made = await at.webhooks.rotate(known, body.algorithm, asked)
            if body.algorithm == "hmac":
                shown.append(made.key.shown)

        answer = await _Acting(at, request, person, id_, subscription).done("rotated", do)
        if not shown:
            return answer
        known = await at.webhooks.sharing.subscription(subscription, id_)
        return await _subscription(at, request, person, known, done=partner_page.DONE["rotated"], secret=shown[0])


@dataclass(frozen=True, slots=True)
class _Acting:
    """One form of the page of a subscription."""

    at: _Pages
    request: Request
    person: Principal
    partner: str
    subscription: str

    async def done(self, leads_to: str, do: Do) -> Response:
        _check_own(self.person, self.partner)
        sharing = self.at.webhooks.sharing
        known = await sharing.subscription(self.subscription, self.partner)
        sent = await self.at.forms.sent(self.request)
        try:
            await do(known, self.at.forms.asked(self.request, self.person, sent), sent)
        except ANSWERED as raised:
            now = await sharing.subscription(self.subscription, self.partner)
            return await _subscription(self.at, self.request, self.person, now, wrong=wrong_with(raised, {}))
        return _to(self.partner, self.subscription, leads_to)


async def _subscription(
    at: _Pages,
    request: Request,
    reader: Principal,
    known: Known,
    *,
    before: int = 0,
    done: str = "",
    secret: str = "",
    wrong: Wrong = NOTHING_WRONG,
) -> Response:
    """With the deliveries up to number `before`, by default the newest."""
    newest = await _newest(at, known)
    hook = known.state.protocol == "HTTP"
    after = max(0, (before or newest) - SHOWN)
    log = await at.webhooks.log(known, after, SHOWN) if hook else []
    keys = await at.webhooks.keys_in_use(known) if hook else []
    return at.page(
        "subscription.html",
        reader,
        "Subscription",
        known.partner,
        path=_path(known.partner, known.id),
        known=known,
        state=partner_page.state_of(known),
        protocol=partner_page.PROTOCOLS[known.state.protocol],
        types=partner_page.types_of(known),
        newest=newest,
        keys=[(one, partner_page.time_of(one.made_at)) for one in keys],
        deliveries=partner_page.deliveries(log),
        older=f"{_path(known.partner, known.id)}?{urlencode({'before': after})}" if after else "",
        may_have_secret=reader.partner is not None,
        secret=secret,
        done=done,
        wrong=wrong,
        marks=lambda: at.forms.marks(request),
    )
