"""A subscription is changed over HTTP: on the version that was seen, with consent anew, and with no number left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from fastapi import FastAPI

from services.reporting.sharing.numbering import TYPES
from tests import http
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_webhooks_over_http import (
    ADMINISTRATOR,
    ASH,
    ELM,
    SUBSCRIPTIONS,
    _cleared,
    app,
    ask,
    subscribed,
    talking,
    wanting,
)

__all__ = ["_cleared", "app"]  # fixtures

FEED = {"protocol": "FEED", "types": sorted(TYPES)}
NARROW = {**FEED, "filters": [{"exact": {"la_code": "902"}}]}


async def change(
    client: httpx2.AsyncClient, path: str, body: Any, seen: str | None = "*", who: Mapping[str, str] = ELM
) -> httpx2.Response:
    headers = {**who, **http.new_key(), **({"If-Match": seen} if seen else {})}
    return await client.put(path, json=body, headers=headers)


async def a_feed(client: httpx2.AsyncClient) -> str:
    made = await client.post(SUBSCRIPTIONS, json=FEED, headers={**ELM, **http.new_key()})
    return f"{SUBSCRIPTIONS}/{made.json()['id']}"


async def test_it_is_changed_on_the_version_that_was_seen(app: FastAPI) -> None:
    async with talking(app) as client:
        path = await a_feed(client)
        seen = (await client.get(path, headers=ELM)).headers["etag"]
        changed = await change(client, path, NARROW, seen)
        assert (changed.status_code, changed.json()["id"]) == (200, path.rpartition("/")[2])
        shown = await client.get(path, headers=ELM)
        assert (shown.json()["filters"], shown.json()["status"]) == (NARROW["filters"], "active")
        assert shown.headers["etag"] == changed.headers["etag"] != seen
        assert (await change(client, path, FEED, seen)).status_code == 412
        assert (await change(client, path, FEED, None)).status_code == 428
        again = await change(client, path, NARROW, changed.headers["etag"])
        assert (again.status_code, again.headers["etag"]) == (200, changed.headers["etag"]), "nothing is changed"


async def test_what_cannot_be_changed_is_refused_naming_the_field(app: FastAPI) -> None:
    async with talking(app) as client:
        path = await a_feed(client)
        wrong = {
            "protocol": {**FEED, "protocol": "KAFKA"},
            "types": {**FEED, "types": ["goldenthread.audit_graded.v1"]},
            "sink": {**FEED, "sink": "https://hooks.elm.example/x"},
            "partner_id": {**FEED, "partner_id": "ash"},
        }
        for field, body in wrong.items():
            refused = await change(client, path, body)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"#/{field}")
        unknown = await change(client, path, {**FEED, "filters": [{"sql": "x"}]})
        assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "#/filters")
        assert (await change(client, path, FEED, who=ASH)).status_code == 404
        assert (await change(client, path, NARROW, who=ADMINISTRATOR)).status_code == 200


async def test_another_sink_is_sent_nothing_before_it_consents_and_then_what_waits(
    app: FastAPI, receiver: Receiver
) -> None:
    async with talking(app) as client:
        id_ = await subscribed(client, app, f"http://{receiver.authority}/first")
        path, sharing = f"{SUBSCRIPTIONS}/{id_}", app.state.sharing
        await ask(client, f"{path}/test")
        await sharing.round_of_webhooks()
        receiver.consent = {}
        moved = await change(client, path, wanting(f"http://{receiver.authority}/second"))
        assert moved.status_code == 200
        assert (await client.get(f"{path}/status", headers=ELM)).json()["status"] == "requested"
        assert (await ask(client, f"{path}/resumption")).status_code == 409
        await sharing.numbering.round()
        await sharing.round_of_webhooks()
        status = (await client.get(f"{path}/status", headers=ELM)).json()
        assert (status["status"], status["reason"]) == ("off", "CONSENT_REFUSED")
        receiver.consent = {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}
        assert (await change(client, path, wanting(f"http://{receiver.authority}/third"))).status_code == 200
        await sharing.round_of_webhooks()
        await ask(client, f"{path}/test")
        await sharing.round_of_webhooks()
        assert (await client.get(f"{path}/status", headers=ELM)).json()["status"] == "active"
        inside = await change(client, path, wanting("https://127.0.0.1/hook"))
        assert (inside.status_code, inside.json()["errors"][0]["pointer"]) == (422, "#/sink")
    assert [one.target for one in receiver.asked] == ["/first", "/second", "/third"]
    assert {one.target for one in receiver.got} == {"/first", "/third"}


async def test_a_sink_that_was_refused_may_be_asked_again_later(app: FastAPI, receiver: Receiver) -> None:
    async with talking(app) as client:
        first, second = (f"http://{receiver.authority}/{name}" for name in ("first", "second"))
        receiver.consent = {}
        path = f"{SUBSCRIPTIONS}/{await subscribed(client, app, first)}"
        for sink in (second, first, second):
            assert (await change(client, path, wanting(sink))).status_code == 200
            await app.state.sharing.round_of_webhooks()
            assert (await client.get(f"{path}/status", headers=ELM)).json()["reason"] == "CONSENT_REFUSED"
        assert len(receiver.asked) == 4
