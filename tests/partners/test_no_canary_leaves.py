"""Canaries sing in every text that is told inside; of all that leaves by any door, nothing repeats one."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args
from urllib.parse import quote_plus

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.catalogue import PUBLISHED
from shared.messaging.topics import apply_topics, of_partner
from tests import http
from tests.partners.alliance import AUTHORITIES, MONTHS, QUARTER, REGION, Alliance, alliance
from tests.partners.canaries import CANARY, TELLING, found, plant, planted
from tests.webhooks.receiver import Receiver

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

PARTNER = "elm"
REGIONAL = f"/regions/{REGION}/improvement"
DOORS = ("feed", "stream", "snapshot", "webhook", "kafka", "R11", "R11 page", "R11 table", "status", "deliveries")
FOUND_AT = ("feed", "stream", "snapshot", "webhook", "kafka", "R11", "R11 page", "R11 table")


@asynccontextmanager
async def sharing(
    mongo_client: Any, name: str, kafka_url: str, prefix: str
) -> AsyncIterator[tuple[Alliance, Receiver, dict[str, str]]]:
    """Everything is released in 901 with canaries all over it; a partner listens at every door."""
    async with (
        Receiver() as receiver,
        alliance(
            mongo_client, name, kafka_url, prefix, seed=3, also=plant, webhook_loopback=(receiver.authority,)
        ) as one,
    ):
        known = {"partner_id": PARTNER, "name": "Elm", "la_code": "902", "endpoint_domains": ["127.0.0.1"]}
        await one.right("machine", "/v1/partners", known)
        await apply_topics(kafka_url, prefix, only=(of_partner(PARTNER),))
        sink = f"http://{receiver.authority}/events"
        ids = {
            "FEED": await one.subscribed(PARTNER, "FEED"),
            "HTTP": await one.subscribed(PARTNER, "HTTP", sink=sink),
            "KAFKA": await one.subscribed(PARTNER, "KAFKA"),
        }
        await one.round()  # the endpoint consents: what is released before that is not posted to it
        for period in (*MONTHS, QUARTER):
            for la_code in AUTHORITIES[:2]:
                await one.released(la_code, period)
        yield one, receiver, ids


async def what_left(one: Alliance, receiver: Receiver, ids: dict[str, str], kafka_url: str) -> dict[str, bytes]:
    """By door, every byte of body and header."""
    newest = 0
    for _ in range(20):
        await one.round()
        newest = await one.app.state.sharing.numbering.events.newest(ids["KAFKA"])
        if len(receiver.got) >= newest:
            break
    feed, hook = (f"/v1/subscriptions/{ids[protocol]}" for protocol in ("FEED", "HTTP"))
    asked = {
        "feed": f"{feed}/events?limit=500",
        "snapshot": "/v1/improvement/snapshot",
        "R11": f"/v1{REGIONAL}?from={QUARTER}&to={QUARTER}",
        "R11 page": f"{REGIONAL}?from={QUARTER}&to={QUARTER}",
        "R11 table": f"{REGIONAL}/tables/events.csv?from={QUARTER}&to={QUARTER}",
        "status": f"{feed}/status",
        "deliveries": f"{hook}/deliveries",
    }
    left = {}
    for door, path in asked.items():
        answer = await one.get("partner", path, partner=PARTNER)
        assert answer.status_code == 200, (door, answer.text)
        left[door] = repr(answer.headers.raw).encode() + answer.content
    assert len(receiver.got) == newest
    left["webhook"] = b"\n".join(repr(got.headers).encode() + got.body for got in receiver.got)
    left["stream"] = await streamed(one, f"{feed}/stream", newest)
    topic = f"{one.settings.topic_prefix}{of_partner(PARTNER).name}"
    left["kafka"] = await recorded(kafka_url, topic, newest)
    return left


async def what_is_kept(one: Alliance) -> str:
    """Everything in reporting's own database."""
    names = await one.town.database.list_collection_names()
    return repr([await one.town.database[name].find().to_list() for name in names])


async def streamed(one: Alliance, path: str, newest: int) -> bytes:
    token = http.issuer().mint("partner", http.ALL_SCOPES, (), 60, PARTNER)
    heard = b""
    async with (
        asyncio.timeout(30),
        one.web.stream("GET", path, headers={"Authorization": f"Bearer {token}"}) as answer,
    ):
        async for some in answer.aiter_raw():
            heard += some
            if f"id: {newest}\n".encode() in heard and heard.endswith(b"\n\n"):
                break
    return heard


async def recorded(kafka_url: str, topic: str, newest: int) -> bytes:
    heard = []
    async with (
        asyncio.timeout(30),
        AIOKafkaConsumer(topic, bootstrap_servers=kafka_url, auto_offset_reset="earliest") as consumer,
    ):
        while len(heard) < newest:
            record = await consumer.getone()
            heard.append(b"%r %r " % (record.key, record.headers) + (record.value or b""))
    return b"\n".join(heard)


async def test_no_canary_leaves_by_any_door_unless_it_was_released(
    mongo_client, mongo_database, kafka_url, topic_prefix
):
    async with sharing(mongo_client, mongo_database.name, kafka_url, topic_prefix) as (one, receiver, ids):
        sung = set(re.findall(f"{CANARY} [0-9]+", await what_is_kept(one)))
        assert len(sung) > 20, "they are inside: reporting read and keeps them"
        left = await what_left(one, receiver, ids, kafka_url)
        assert set(left) == set(DOORS)
        assert all(f"901.{QUARTER}.OVERALL.1".encode() in left[door] for door in ("feed", "stream", "webhook", "kafka"))
        assert {door: forms for door, body in left.items() if (forms := found(body))} == {}

        # The control: words that the scan takes for no name are released on purpose, and are found wherever they went.
        words = f"Parents like the {CANARY.lower()} on the wall."
        await one.released("901", QUARTER, "LEARNING", theme_code="PLANNING", summary=words)
        left = await what_left(one, receiver, ids, kafka_url)
        assert {door for door, body in left.items() if found(body)} == set(FOUND_AT)


def test_every_contract_that_is_told_inside_has_a_canary():
    told = {one.event.TYPE for one in planted()}
    assert {model.TYPE for service in TELLING for model in get_args(PUBLISHED[service])} - told == set()


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(CANARY.upper().encode(), id="in-capitals"),
        pytest.param(quote_plus(CANARY).encode(), id="in-a-form"),
        pytest.param(b'"Z\\u00e9phyrine Quokkafeather"', id="in-JSON"),
        pytest.param(base64.b64encode(CANARY.encode()), id="as-base64"),
        pytest.param(base64.b64encode(f"ab{CANARY} is here".encode()), id="inside-base64"),
        pytest.param(base64.urlsafe_b64encode(f"a{CANARY.lower()}".encode()), id="inside-base64-of-addresses"),
    ],
)
def test_a_canary_is_found_in_every_form(left: bytes):
    assert found(b"x" + left + b"y")
    assert not found(b"xy")
