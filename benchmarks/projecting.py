"""How many published events a second one projector process turns into rows and totals."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient

from services.reporting.read_models import READ_MODELS
from shared.event_store.partition import partition_of
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.topics import ALL, AUDIT, PARTITIONS, apply_topics
from shared.projecting.state import Generation
from shared.published.audit import AuditGradedV1
from shared.published.envelope import Envelope
from shared.published.place import Place

EVENTS = 60_000
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
DOMAINS = ("CHILD_VOICE", "ASSESSMENT", "PLANNING", "INTERVENTION", "REVIEW", "MANAGEMENT_OVERSIGHT", "SUPERVISION")
SEED = 20190301


def graded(n: int) -> Iterator[tuple[str, AuditGradedV1, int]]:
    """(stream, event, version) of n gradings over 180 teams and twelve months; one in five is a regrade."""
    rng = random.Random(SEED)
    kept: list[tuple[str, AuditGradedV1, int]] = []
    for i in range(n):
        overall = rng.choice(GRADES)
        domains = {domain: rng.choice(GRADES) for domain in DOMAINS}
        if kept and rng.random() < 0.2:
            at = rng.randrange(len(kept))
            stream, first, version = kept[at]
            event = first.model_copy(update={"overall": overall, "domains": domains, "regrade": True})
            kept[at] = (stream, event, version + 1)
            yield kept[at]
            continue
        authority, area, team = rng.randrange(6), rng.randrange(6), rng.randrange(5)
        event = AuditGradedV1(
            audit_id=f"{i}",
            audit_type="QA_ROUTINE",
            template_id="practice",
            template_version=1,
            scale="OFSTED4",
            plan_type="CIN",
            place=Place(
                team=f"{authority}-{area}-{team}",
                service_area=f"{authority}-{area}",
                authority=f"90{authority + 1}",
                regions=("london", "ncl"),
            ),
            effective_date=date(2025, 4, 1) + timedelta(days=rng.randrange(365)),
            overall=overall,
            raw_overall=overall,
            domains=domains,
            grade_source="RAW",
            independence="LINKED",
            auditor_role="QA_OFFICER",
            days_to_finalise=rng.randrange(30),
        )
        kept.append((f"audit-{i}", event, 5))
        yield kept[-1]


async def measure(mongo_url: str, kafka_url: str) -> dict[str, float]:
    """`projection.1`: events a second from the first visible batch to the last, one process."""
    mark = uuid.uuid4().hex[:8]
    prefix, database = f"bench_{mark}", f"bench_{mark}_reporting"
    await apply_topics(kafka_url, f"{prefix}.", only=ALL)
    heads = await _publish(kafka_url, f"{prefix}.{AUDIT.name}", EVENTS)
    async with AsyncMongoClient[Any](mongo_url) as client:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.cli",
            "project",
            env=_environment(mongo_url, kafka_url, prefix),
        )
        try:
            return {"projection.1": await _drain_rate(Generation(client[database], READ_MODELS[0].name, 1), heads)}
        finally:
            worker.terminate()
            await worker.wait()
            await client.drop_database(database)


def _environment(mongo_url: str, kafka_url: str, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "GOLDENTHREAD_ENVIRONMENT": "test",
        "GOLDENTHREAD_MONGO_URL": mongo_url,
        "GOLDENTHREAD_KAFKA_URL": kafka_url,
        "GOLDENTHREAD_MONGO_PREFIX": prefix,
        "GOLDENTHREAD_TOPIC_PREFIX": f"{prefix}.",
    }


async def _publish(kafka_url: str, topic: str, n: int) -> dict[int, int]:
    """Put the events on the topic as a relay would; answers the last position of each partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_url, enable_idempotence=True, linger_ms=5)
    await producer.start()
    heads = dict.fromkeys(range(PARTITIONS), -1)
    at = datetime(2026, 4, 1, 9, tzinfo=UTC)
    try:
        for i, (stream, event, version) in enumerate(graded(n)):
            p = partition_of(stream, PARTITIONS)
            envelope = Envelope(
                id=f"{i}",
                type=event.TYPE,
                source="/benchmark",
                stream=stream,
                version=version,
                partition=p,
                seq=heads[p] + 1,
                previous=heads[p],
                generation=0,
                la_code="901",
                occurred_at=at,
                recorded_at=at,
                effective_date=event.effective_date,
                correlation="benchmark",
            )
            heads[p] += 1
            await producer.send(topic, value_of(event), stream.encode(), p, headers=headers_of(envelope))
        await producer.flush()
    finally:
        await producer.stop()
    return heads


async def _drain_rate(generation: Generation, heads: dict[int, int]) -> float:
    async def done() -> int:
        return sum(mark.seq + 1 for mark in (await generation.read_marks(heads)).values())

    total = sum(head + 1 for head in heads.values())
    async with asyncio.timeout(300):
        while not (first := await done()):
            await asyncio.sleep(0.01)
        start = time.perf_counter()
        while await done() < total:
            await asyncio.sleep(0.01)
    return (total - first) / (time.perf_counter() - start)
