"""`goldenthread report` against real engines: what was closed is shown, closed once, and made again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from shared.event_store.mongo import MongoEventStore
from shared.event_store.partition import partition_of
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.topics import ORGANISATION, apply_topics
from shared.published.envelope import Envelope, Published
from tests.closing.a_town import Town
from tests.reporting.telling import BIRCH, ELM, a_graded_audit

Run = Callable[..., Any]


@pytest.fixture
async def installation(mongo_client, mongo_database, mongo_url, kafka_url, topic_prefix) -> Mapping[str, str]:
    """Two audits of April, one of them entered in May after April was closed."""
    database = mongo_client[f"{mongo_database.name}_reporting"]
    town = Town(mongo_client, database)
    store = MongoEventStore(database, clock=town.clock)
    await store.prepare()
    town.store = store
    town.closing = town.a_closing()
    town.now(date(2026, 4, 20))
    town.tell("audit-1", a_graded_audit("GOOD", place=ELM))
    await town.prepare()
    town.now(date(2026, 5, 8))
    await town.close("2026-04")
    town.tell("audit-2", a_graded_audit("GOOD", place=BIRCH, effective_date=date(2026, 4, 30)))
    await town.project()
    await town.publish(kafka_url, topic_prefix)
    await tell_the_organisation(town, kafka_url, topic_prefix)
    await store.close()
    yield {
        "GOLDENTHREAD_ENVIRONMENT": "test",
        "GOLDENTHREAD_KAFKA_URL": kafka_url,
        "GOLDENTHREAD_MONGO_URL": mongo_url,
        "GOLDENTHREAD_MONGO_PREFIX": mongo_database.name,
        "GOLDENTHREAD_TOPIC_PREFIX": topic_prefix,
    }
    await mongo_client.drop_database(database.name)


async def tell_the_organisation(town: Town, kafka: str, prefix: str) -> None:
    await apply_topics(kafka, prefix, only=(ORGANISATION,))
    known = town.directory
    units: list[tuple[str, Published]] = [
        *((f"region-{one.region_id}", one) for one in known.regions()),
        *((f"authority-{one.authority_id}", one) for one in known.authorities()),
        *((f"service_area-{one.service_area_id}", one) for one in known.service_areas()),
        *((f"team-{one.team_id}", one) for one in known.teams()),
    ]
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for stream, unit in units:
            partition = partition_of(stream, ORGANISATION.partitions)
            envelope = Envelope(
                id=stream,
                type=unit.TYPE,
                source="/test",
                stream=stream,
                version=1,
                partition=partition,
                seq=0,
                previous=-1,
                generation=0,
                la_code="000",
                occurred_at=town.at,
                recorded_at=town.at,
                effective_date=town.at.date(),
                correlation="c",
            )
            topic, headers = f"{prefix}{ORGANISATION.name}", headers_of(envelope)
            await producer.send_and_wait(topic, value_of(unit), stream.encode(), partition, headers=headers)


@pytest.fixture
def run(installation: Mapping[str, str]) -> Run:
    async def command(*words: str, code: int = 0) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "deploy.cli", "report", *words],
            env={**os.environ, **installation},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    return command


async def test_a_closed_period_is_shown_closed_once_and_made_again(run: Run):
    shown = json.loads(await run("show", "901", "R1", "2026-04"))
    assert shown["closing"]["version"] == 1
    pending = await run("show", "team-birch", "R14", "2026-04", "--format", "csv")
    assert "LATE_ENTRY,audit-2" in pending
    await run("close", "901", "2026-04")
    assert json.loads(await run("show", "901", "R1", "2026-04")) == shown
    verified = json.loads(await run("verify", "901", "2026-04", "--json"))
    assert verified["ok"]
    assert {one["made"] for one in verified["versions"]} == {one["published"] for one in verified["versions"]}


async def test_what_cannot_be_is_said_in_words(run: Run):
    assert "after each of its months" in await run("close", "901", "2026-Q1", code=1)
    assert "is not closed" in await run("verify", "901", "2026-05", code=1)
    assert "no such version" in await run("show", "901", "R1", "2026-04", "--version", "7", code=1)
    assert "there is no unit" in await run("show", "904", "R1", "2026-04", code=2)
