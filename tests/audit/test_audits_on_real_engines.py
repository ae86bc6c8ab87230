"""The audit service on its own foundations: a real MongoDB and a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.audit.app import create_app
from services.audit.domain.template import state as templates
from services.audit.settings import Settings
from shared.event_store.handling import load
from shared.foundations import Foundations
from shared.messaging.topics import ORGANISATION, apply_topics
from tests import http
from tests.audit.service import Service, clock, learn
from tests.audit.test_taking_in_audits_of_other_systems import GRADED, event, send

pytestmark = pytest.mark.connected


@pytest.fixture
async def settings(
    mongo_url: str, kafka_url: str, topic_prefix: str, mongo_client: AsyncMongoClient[dict[str, Any]]
) -> AsyncIterator[Settings]:
    await apply_topics(kafka_url, topic_prefix, only=(ORGANISATION,))
    given = http.settings(
        Settings,
        mongo_url=mongo_url,
        kafka_url=kafka_url,
        topic_prefix=topic_prefix,
        mongo_prefix=topic_prefix.strip("."),
    )
    yield given
    for service in ("audit", "keys"):
        await mongo_client.drop_database(given.database(service))


async def test_an_audit_is_kept_read_and_not_in_clear(settings: Settings, mongo_client: AsyncMongoClient[Any]):
    foundations = Foundations("audit", settings, clock)
    learn(foundations.directory)
    app = create_app(settings, foundations, clock)
    async with http.client(app) as talking:
        service = Service(app, foundations, talking)  # type: ignore[arg-type]
        assert (await talking.get("/readyz")).status_code == 200
        audit = await service.submitted()
        words = (await service.get("qa-1", audit)).json()["narrative"]["words"]
        taken = await send(service, [event({**GRADED, "external_ref": f"form-{n}"}, str(n)) for n in range(50)])
    assert words["domains/THRESHOLD/rationale"] == "seen"
    assert {one["status"] for one in taken.json()["items"]} == {201}
    kept = repr([one async for one in mongo_client[settings.database("audit")]["commits"].find()])
    assert "case-4711" not in kept
    assert "seen" not in kept


async def test_processes_starting_at_once_publish_the_templates_once(settings: Settings):
    several = [Foundations("audit", settings, clock) for _ in range(3)]
    apps = [create_app(settings, foundations, clock) for foundations in several]

    async def start(app: Any) -> None:
        async with http.client(app) as talking:
            assert (await talking.get("/livez")).status_code == 200

    await several[0].start[0]()  # the collection is there, the templates are not
    await asyncio.gather(*(start(app) for app in apps))
    again = Foundations("audit", settings, clock)
    async with again.client:
        loaded = await load(again.store, templates.DECIDER, templates.STREAM)
    assert [version.template_id for version in loaded.state.versions] == ["practice", "front-door", "ofsted-ilacs"]
    assert loaded.version == 3
