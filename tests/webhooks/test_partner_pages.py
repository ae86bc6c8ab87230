"""The pages of a partner: its subscriptions and nobody else's, what was delivered, and keys that are shown once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from services.reporting.sharing.numbering import TYPES
from shared.directory import Directory
from shared.web.identity import COOKIE
from tests import http
from tests.releasing.test_release_pages import hidden, words
from tests.webhooks.receiver import Receiver

SCOPES = ("improvements:read", "subscriptions:write")
ORIGIN = "https://quality.council.example"
BROWSER = {"Accept": "text/html", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
ADMINISTRATOR = http.issuer().mint("administrator", SCOPES, ["*"], http.WHOLE_RUN)
ELM, ASH = (http.issuer().mint(f"{one}-client", SCOPES, (), http.WHOLE_RUN, one) for one in ("elm", "ash"))
ALL = sorted(TYPES)


@pytest.fixture
async def app(mongo_client, mongo_database, receiver: Receiver) -> AsyncIterator[FastAPI]:
    settings = http.settings(
        Settings, mongo_prefix=mongo_database.name, public_url=ORIGIN, webhook_loopback=(receiver.authority,)
    )
    yield create_app(settings, Borrowed(mongo_client, Directory()))
    await mongo_client.drop_database(f"{mongo_database.name}_reporting")


class Session:
    """A browser that is signed in."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"Cookie": f"{COOKIE}={token}", **BROWSER}

    async def get(self, path: str) -> httpx2.Response:
        return await self._client.get(path, headers=self._headers)

    async def send(self, page: str, action: str, **fields: Any) -> httpx2.Response:
        form = {**hidden((await self.get(page)).text, action), **fields}
        return await self._client.post(action, data=form, headers=self._headers)

    async def subscribed(self, partner: str = "elm", **fields: Any) -> str:
        made = await self.send(f"/partners/{partner}", f"/partners/{partner}/subscriptions", types=ALL, **fields)
        assert made.status_code == 303, words(made.text)
        return made.headers["location"].partition("?")[0]


@asynccontextmanager
async def talking(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """To a service with two partners, whose rounds are done by hand."""
    await app.state.sharing.prepare()
    bearer = {"Authorization": f"Bearer {ADMINISTRATOR}"}
    async with http.client(app) as client:
        for partner in ("elm", "ash"):
            body = {"partner_id": partner, "name": partner.title(), "endpoint_domains": ["127.0.0.1"]}
            added = await client.post("/v1/partners", json=body, headers={**bearer, **http.new_key()})
            assert added.status_code == 201, added.text
        yield client


async def test_a_partner_subscribes_sends_a_test_and_sees_what_was_delivered(app: FastAPI, receiver: Receiver):
    async with talking(app) as client:
        elm = Session(client, ELM)
        path = await elm.subscribed(protocol="HTTP", sink=f"http://{receiver.authority}/hook")
        assert "Waiting for consent" in (await elm.get(path)).text
        await app.state.sharing.hooks.webhooks.activate_all()
        done = await elm.send(path, f"{path}/test")
        assert done.headers["location"] == f"{path}?done=tested"
        await app.state.sharing.round()
        page = (await elm.get(path)).text
        assert "Each event is posted to the endpoint." in page
        rows = [words(row) for row in re.findall(r"<tr.*?</tr>", page, re.S)[1:]]
        assert [(row.split()[:2], row.split()[-2:]) for row in rows] == [
            (["2", "Delivered"], ["Delivered", "204"]),
            (["1", "Delivered"], ["Delivered", "204"]),
        ]
        assert len(re.findall("whpk_", page)) == 1


async def test_a_partner_that_signs_in_comes_to_its_own_pages(app: FastAPI):
    async with talking(app) as client:
        elm = Session(client, ELM)
        led = await elm.get("/")
        assert (led.status_code, led.headers["location"]) == (303, "/partners")
        assert (await elm.get("/partners")).headers["location"] == "/partners/elm"
        assert (await elm.get("/status")).status_code == 403


async def test_a_secret_is_shown_once_and_only_to_the_partner(app: FastAPI, receiver: Receiver):
    async with talking(app) as client:
        elm, administrator = Session(client, ELM), Session(client, ADMINISTRATOR)
        path = await elm.subscribed(protocol="HTTP", sink=f"http://{receiver.authority}/hook")
        await app.state.sharing.hooks.webhooks.activate_all()
        assert "hmac" not in (await administrator.get(path)).text
        assert (await administrator.send(path, f"{path}/rotate", algorithm="hmac")).status_code == 403
        shown = await elm.send(path, f"{path}/rotate", algorithm="hmac")
        assert shown.status_code == 200
        assert shown.headers["cache-control"] == "private, no-store"
        assert len(re.findall("whsec_", shown.text)) == 1
        again = (await elm.get(path)).text
        assert "whsec_" not in again
        assert "Not shown again" in again
        changed = await administrator.send(path, f"{path}/rotate", algorithm="ed25519")
        assert changed.headers["location"] == f"{path}?done=rotated"


async def test_what_is_wrong_stands_beside_its_field(app: FastAPI):
    async with talking(app) as client:
        elm = Session(client, ELM)
        action = "/partners/elm/subscriptions"
        nothing = await elm.send("/partners/elm", action)
        assert nothing.status_code == 422
        assert {"protocol-error", "types-error"} <= set(re.findall(r'id="([a-z]+-error)"', nothing.text))
        inside = await elm.send("/partners/elm", action, protocol="HTTP", types=ALL, sink="https://169.254.169.254/")
        assert inside.status_code == 422
        assert 'id="sink-error"' in inside.text
        assert 'href="#sink"' in inside.text


async def test_a_subscription_is_paused_and_resumed_and_a_webhook_that_refused_is_revived(
    app: FastAPI, receiver: Receiver
):
    async with talking(app) as client:
        elm = Session(client, ELM)
        feed = await elm.subscribed(protocol="FEED")
        await elm.send(feed, f"{feed}/pause")
        assert "Paused" in (await elm.get(feed)).text
        await elm.send(feed, f"{feed}/resumption")
        assert "Events wait at the feed" in (await elm.get(feed)).text
        receiver.consent = {}
        hook = await elm.subscribed(protocol="HTTP", sink=f"http://{receiver.authority}/hook")
        await app.state.sharing.hooks.webhooks.activate_all()
        assert "Turned off: no consent" in (await elm.get(hook)).text
        refused = await elm.send(hook, f"{hook}/revive")
        assert (refused.status_code, "There is a problem" in refused.text) == (422, True)


async def test_a_partner_sees_nothing_of_another_and_the_administrator_sees_all(app: FastAPI):
    async with talking(app) as client:
        elm, ash, administrator = Session(client, ELM), Session(client, ASH), Session(client, ADMINISTRATOR)
        path = await elm.subscribed(protocol="FEED")
        assert (await elm.get("/partners")).headers["location"] == "/partners/elm"
        for there in (path, "/partners/elm", path.replace("elm", "ash")):
            assert (await ash.get(there)).status_code == 404
        listed = words((await administrator.get("/partners")).text)
        assert "ash elm" in listed
        assert (await administrator.get(path)).status_code == 200
        assert (await administrator.subscribed("ash", protocol="KAFKA")).startswith("/partners/ash/")
