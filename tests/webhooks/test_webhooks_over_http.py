"""What a partner asks about its webhooks over HTTP, and what it is refused."""

from __future__ import annotations

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
from shared.calendar.clock import now
from shared.directory import Directory
from tests import http
from tests.webhooks.checking import checking_key, verified
from tests.webhooks.receiver import Receiver

SCOPES = ("improvements:read", "subscriptions:write")
ADMINISTRATOR = http.bearer("administrator", SCOPES, ["*"], http.WHOLE_RUN)
SUBSCRIPTIONS = "/v1/subscriptions"
ANY_VERSION = {"If-Match": "*"}


def as_partner(partner: str) -> dict[str, str]:
    token = http.issuer().mint(f"{partner}-client", SCOPES, (), http.WHOLE_RUN, partner)
    return {"Authorization": f"Bearer {token}"}


ELM, ASH = as_partner("elm"), as_partner("ash")


@pytest.fixture
async def app(mongo_client, mongo_database, receiver: Receiver) -> FastAPI:
    settings = http.settings(
        Settings,
        mongo_prefix=mongo_database.name,
        public_url="https://quality.council.example",
        webhook_loopback=(receiver.authority,),
    )
    return create_app(settings, Borrowed(mongo_client, Directory()))


@pytest.fixture(autouse=True)
async def _cleared(mongo_client, mongo_database) -> AsyncIterator[None]:
    yield
    await mongo_client.drop_database(f"{mongo_database.name}_reporting")


@asynccontextmanager
async def talking(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """To a service with two partners, whose rounds are done by hand."""
    await app.state.sharing.prepare()
    async with http.client(app) as client:
        for partner, domain in (("elm", "elm.example"), ("ash", "ash.example")):
            body = {"partner_id": partner, "name": partner, "endpoint_domains": [domain, "127.0.0.1"]}
            added = await client.post("/v1/partners", json=body, headers={**ADMINISTRATOR, **http.new_key()})
            assert added.status_code == 201, added.text
        yield client


def wanting(sink: str) -> dict[str, Any]:
    return {"protocol": "HTTP", "types": sorted(TYPES), "sink": sink}


async def ask(client: httpx2.AsyncClient, path: str, body: Any = None, who: dict[str, str] = ELM) -> httpx2.Response:
    return await client.post(path, json=body or {}, headers={**who, **http.new_key(), **ANY_VERSION})


async def subscribed(client: httpx2.AsyncClient, app: FastAPI, sink: str) -> str:
    made = await client.post(SUBSCRIPTIONS, json=wanting(sink), headers={**ELM, **http.new_key()})
    assert made.status_code == 201, made.text
    await app.state.sharing.hooks.webhooks.activate_all()
    id_: str = made.json()["id"]
    return id_


async def test_an_address_inside_is_refused_naming_the_field_and_not_repeating_it(app: FastAPI) -> None:
    inside = (
        "https://127.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/hook",
        "https://elm.example@127.0.0.1/",
        "http://hooks.elm.example/",
        "https://hooks.elm.example:27017/",
        "https://hooks.ash.example/",
    )
    async with talking(app) as client, Receiver() as listener:
        for sink in (*inside, f"http://{listener.authority}/hook"):
            refused = await client.post(SUBSCRIPTIONS, json=wanting(sink), headers={**ELM, **http.new_key()})
            assert refused.status_code == 422, sink
            assert refused.headers["content-type"] == "application/problem+json"
            assert [one["pointer"] for one in refused.json()["errors"]] == ["#/sink"]
            assert sink not in refused.text
        listed = await client.get(SUBSCRIPTIONS, headers=ELM)
        assert (listed.json()["items"], listener.connections) == ([], 0)


async def test_a_webhook_from_its_request_to_its_log(app: FastAPI, receiver: Receiver) -> None:
    async with talking(app) as client:
        id_ = await subscribed(client, app, f"http://{receiver.authority}/hook")
        assert (await client.get(f"{SUBSCRIPTIONS}/{id_}", headers=ELM)).json()["status"] == "active"
        assert (await ask(client, f"{SUBSCRIPTIONS}/{id_}/test")).status_code == 202
        await app.state.sharing.round_of_webhooks()
        greeting, got = receiver.got
        (key,) = (await client.get(f"{SUBSCRIPTIONS}/{id_}/keys", headers=ELM)).json()["items"]
        assert key["algorithm"] == "ed25519"
        assert verified([checking_key(key["key"])], got.headers, got.body, now()) == got.headers["webhook-id"]
        assert got.headers["webhook-request-origin"] == "quality.council.example"
        page = (await client.get(f"{SUBSCRIPTIONS}/{id_}/deliveries", headers=ELM)).json()
        assert page["next"] == f"{SUBSCRIPTIONS}/{id_}/deliveries?after=2&limit=100"
        first, delivery = page["items"]
        assert (first["event_id"], first["number"]) == (greeting.headers["webhook-id"], 1)
        assert (delivery["number"], delivery["state"]) == (2, "delivered")
        assert [(one["outcome"], one["status"]) for one in delivery["attempts"]] == [("DELIVERED", 204)]
        again = await ask(client, f"{SUBSCRIPTIONS}/{id_}/replay", {"from": 1, "to": 1})
        assert (again.status_code, again.json()) == (202, {"id": id_, "replayed": 1})
        await app.state.sharing.round_of_webhooks()
        assert receiver.ids[2:] == receiver.ids[:1]


async def test_changing_the_key_shows_a_secret_once_and_to_the_partner_only(app: FastAPI, receiver: Receiver) -> None:
    async with talking(app) as client:
        id_ = await subscribed(client, app, f"http://{receiver.authority}/hook")
        path, key = f"{SUBSCRIPTIONS}/{id_}/rotate", http.new_key()
        made, again = [await client.post(path, json={"algorithm": "hmac"}, headers={**ELM, **key}) for _ in range(2)]
        assert (made.status_code, made.json()["key"]) == (201, again.json()["key"])
        assert made.json()["key"].startswith("whsec_")
        in_use = (await client.get(f"{SUBSCRIPTIONS}/{id_}/keys", headers=ELM)).json()["items"]
        assert [one["algorithm"] for one in in_use] == ["hmac", "ed25519"]
        assert "whsec_" not in str(in_use)
        assert "whsk_" not in str(in_use)
        refused = await ask(client, path, {"algorithm": "hmac"}, ADMINISTRATOR)
        assert refused.status_code == 403
        assert (await ask(client, path, {"algorithm": "md5"})).status_code == 422


async def test_reviving_asks_the_endpoint_again(app: FastAPI, receiver: Receiver) -> None:
    async with talking(app) as client:
        receiver.consent = {}
        id_ = await subscribed(client, app, f"http://{receiver.authority}/hook")
        path = f"{SUBSCRIPTIONS}/{id_}"
        status = (await client.get(f"{path}/status", headers=ELM)).json()
        assert (status["status"], status["reason"]) == ("off", "CONSENT_REFUSED")
        refused = await ask(client, f"{path}/revive")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "#/sink"
        receiver.consent = {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}
        assert (await ask(client, f"{path}/revive")).status_code == 200
        assert (await client.get(f"{path}/status", headers=ELM)).json()["status"] == "active"


async def test_another_partners_webhook_is_not_there(app: FastAPI, receiver: Receiver) -> None:
    async with talking(app) as client:
        id_ = await subscribed(client, app, f"http://{receiver.authority}/hook")
        for what in ("deliveries", "keys"):
            assert (await client.get(f"{SUBSCRIPTIONS}/{id_}/{what}", headers=ASH)).status_code == 404
        for what, body in (("replay", {"from": 1, "to": 2}), ("rotate", {}), ("revive", {})):
            assert (await ask(client, f"{SUBSCRIPTIONS}/{id_}/{what}", body, ASH)).status_code == 404


async def test_what_is_no_webhook_has_no_deliveries(app: FastAPI) -> None:
    async with talking(app) as client:
        feed = {"protocol": "FEED", "types": sorted(TYPES)}
        made = await client.post(SUBSCRIPTIONS, json=feed, headers={**ELM, **http.new_key()})
        path = f"{SUBSCRIPTIONS}/{made.json()['id']}"
        assert (await client.get(f"{path}/deliveries", headers=ELM)).status_code == 409
        assert (await ask(client, f"{path}/rotate")).status_code == 409
        for body in ({"from": 0, "to": 1}, {"from": 1}, {"from": "x", "to": 1}):
            assert (await ask(client, f"{path}/replay", body)).status_code == 422


def test_production_does_not_start_with_addresses_of_this_machine() -> None:
    with pytest.raises(ValueError, match="WEBHOOK_LOOPBACK"):
        Settings(
            issuer="https://id.example",
            jwks_url="https://id.example/keys",
            master_key="YWFh" * 10,
            webhook_loopback=("a:1",),
        )
