"""How many events a second one relay process brings from a full log to Kafka."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from datetime import UTC, date, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from services.feedback.domain.codes import Channel, RespondentType
from services.feedback.domain.feedback.events import FeedbackReceived
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import Actor, Meta, NewCommit, Payload
from shared.messaging.topics import ALL, PARTITIONS, apply_topics
from shared.published.place import Place

COMMITS = 50_000
META = Meta(
    actor=Actor(staff_ref="s-0042", role="QA_OFFICER"),
    la_code="901",
    occurred_at=datetime(2026, 4, 30, 9, tzinfo=UTC),
    effective_date=date(2026, 4, 30),
    correlation="benchmark",
)


async def measure(mongo_url: str, kafka_url: str) -> dict[str, float]:
    """`relay.1`: commits of one event a second, from the first acknowledged by Kafka to the last of a full log."""
    prefix = f"bench_{uuid.uuid4().hex[:8]}"
    await apply_topics(kafka_url, f"{prefix}.", only=ALL)
    async with AsyncMongoClient[Any](mongo_url) as client:
        database = client[f"{prefix}_feedback"]
        try:
            await _fill(MongoEventStore(database, PARTITIONS))
            relay = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "deploy.cli", "relay", "feedback"),
                env=_environment(mongo_url, kafka_url, prefix),
            )
            try:
                return {"relay.1": await _rate(database["cursors"])}
            finally:
                relay.terminate()
                await relay.wait()
        finally:
            await client.drop_database(database)


async def _fill(store: MongoEventStore) -> None:
    await store.prepare()
    for start in range(0, COMMITS, 2_000):
        await asyncio.gather(*(store.append(_commit(n)) for n in range(start, start + 2_000)))
    await store.close()


def _commit(n: int) -> NewCommit:
    event = FeedbackReceived(
        feedback_id=f"{n}",
        channel=Channel.SURVEY,
        source_system="benchmark",
        entered_by="benchmark",
        respondent_type=RespondentType.PARENT,
        place=Place(team=f"t-{n % 12}", service_area=f"a-{n % 3}", authority="901", regions=("london", "ncl")),
        service=None,
        received_on=date(2026, 4, 30),
        experienced_on=None,
        anonymous=False,
        consent_publish=False,
        rating=None,
        child=None,
        child_ref=None,
        text=None,
        praised=None,
    )
    payload = Payload(event.type, event.model_dump(mode="json", exclude={"type"}))
    return NewCommit(f"{n}", f"feedback-{n}", 0, [payload], META, "benchmark")


def _environment(mongo_url: str, kafka_url: str, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "GOLDENTHREAD_ENVIRONMENT": "test",
        "GOLDENTHREAD_MONGO_URL": mongo_url,
        "GOLDENTHREAD_KAFKA_URL": kafka_url,
        "GOLDENTHREAD_MONGO_PREFIX": prefix,
        "GOLDENTHREAD_TOPIC_PREFIX": f"{prefix}.",
    }


async def _rate(cursors: AsyncCollection[Any]) -> float:
    async def done() -> int:
        return sum([cursor["n"] + 1 async for cursor in cursors.find()])

    async with asyncio.timeout(300):
        while not (first := await done()):
            await asyncio.sleep(0.02)
        start = time.perf_counter()
        while await done() < COMMITS:
            await asyncio.sleep(0.02)
    return (COMMITS - first) / (time.perf_counter() - start)
