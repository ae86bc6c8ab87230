"""The feedback service with its log, keys and access log in a real MongoDB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.event_store.mongo import MongoEventStore
from shared.foundations import InMemoryFoundations
from shared.messaging.topics import ORGANISATION, apply_topics
from shared.privacy.keys import Keyring
from shared.settings import ServiceSettings
from shared.web.access_log import MongoAccessLog
from tests import http
from tests.feedback.service import CHILD_REF, SAID, Service, clock, command, feedback, receive

pytestmark = pytest.mark.connected


@pytest.fixture
async def service(mongo_client: AsyncMongoClient[dict[str, Any]], mongo_database: Any) -> AsyncIterator[Service]:
    keys = mongo_client[f"{mongo_database.name}-keys"]
    settings = http.settings(ServiceSettings)
    foundations = InMemoryFoundations(clock)
    store = MongoEventStore(mongo_database, clock=clock)
    await store.prepare()
    foundations.store = store
    foundations.keyring = Keyring(keys, settings.master_key)
    foundations.access_log = MongoAccessLog(mongo_database, clock)
    yield Service(foundations)
    await store.close()
    await mongo_client.drop_database(keys.name)


async def test_feedback_is_kept_read_and_forgotten(service: Service, mongo_database: Any):
    async with service.system() as client, service.person("staff-manager") as manager:
        address = await receive(client)
        answer = await command(client, f"{address}/response", 1, text="We are sorry.")
        shown = (await manager.get(address)).json()
        assert shown["narrative"]["text"] == SAID
        assert shown["narrative"]["response"] == "We are sorry."
        await service.foundations.keyring.destroy(await service.foundations.keyring.pseudonym("901", CHILD_REF))
        after = (await manager.get(address)).json()
    assert answer.status_code == 200
    assert after == {
        **shown,
        "narrative": {**shown["narrative"], **dict.fromkeys(("text", "child_ref", "response"), "expired")},
    }
    kept = repr([one async for one in mongo_database["commits"].find()])
    assert "team-elm" in kept
    for private in (SAID, CHILD_REF, "We are sorry."):
        assert private not in kept
    assert await mongo_database["access"].count_documents({"staff_ref": "staff-manager"}) == 2


async def test_a_request_sent_twenty_times_at_once_is_kept_once(service: Service, mongo_database: Any):
    key = http.new_key()
    async with service.system() as client:
        answers = await asyncio.gather(*(client.post("/v1/feedback", json=feedback(), headers=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await mongo_database["commits"].count_documents({}) == 1


async def test_the_service_starts_on_its_own_foundations(
    mongo_url: str, kafka_url: str, topic_prefix: str, mongo_client: AsyncMongoClient[dict[str, Any]]
):
    prefix = topic_prefix.strip(".")
    await apply_topics(kafka_url, topic_prefix, only=(ORGANISATION,))
    app = create_app(
        http.settings(
            Settings, mongo_url=mongo_url, kafka_url=kafka_url, topic_prefix=topic_prefix, mongo_prefix=prefix
        )
    )
    async with http.client(app, "client-901", authorities=["901"]) as client:
        ready = await client.get("/readyz")
        unknown = await client.post("/v1/feedback", json=feedback(received_on="2026-01-10"), headers=http.new_key())
    assert ready.status_code == 200, ready.text
    assert unknown.json()["errors"][0]["pointer"] == "#/team_id"
    for service in ("feedback", "keys"):
        await mongo_client.drop_database(f"{prefix}_{service}")
