"""How many commits a second become durable, through the store and by plain inserts, from 1 to 512 callers."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import Actor, Meta, NewCommit, Payload

SECONDS = 1.0
TURNS = 5
META = Meta(
    actor=Actor(staff_ref="s-0042", role="QA_OFFICER"),
    la_code="901",
    occurred_at=datetime(2026, 4, 30, 9, tzinfo=UTC),
    effective_date=date(2026, 4, 30),
    correlation="benchmark",
)
EVENT = {"domain": "ASSESSMENT", "grade": "GOOD", "note": "x" * 120}


async def measure(mongo_url: str) -> dict[str, float]:
    """Commits a second: `append.N` through the store, `append.plain.N` by `insert_one` with the same durability."""
    async with AsyncMongoClient[Any](mongo_url) as client:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        try:
            return await _measure(client, name)
        finally:
            await client.drop_database(name)


async def _measure(client: AsyncMongoClient[Any], name: str) -> dict[str, float]:
    store = MongoEventStore(client[name])
    await store.prepare()
    plain = client[name].get_collection("plain", write_concern=WriteConcern(w="majority", j=True))
    await plain.create_index([("stream", 1), ("v0", 1)], unique=True)

    async def append() -> None:
        id_ = uuid.uuid4().hex
        await store.append(NewCommit(id_, f"audit-{id_}", 0, [Payload("DomainGraded.v1", EVENT)], META, "r"))

    async def insert() -> None:
        id_ = uuid.uuid4().hex
        await plain.insert_one(
            {
                "_id": id_,
                "stream": f"audit-{id_}",
                "v0": 1,
                "events": [{"type": "DomainGraded.v1", "data": EVENT}],
                "meta": META.model_dump(mode="json"),
                "at": datetime.now(UTC),
            }
        )

    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(TURNS):  # in turns, so that a noisy minute of the machine is shared by both
        for callers in (1, 64):
            found[f"append.plain.{callers}"].append(await _rate(insert, callers))
        for callers in (1, 64, 512):
            found[f"append.{callers}"].append(await _rate(append, callers))
    await store.close()
    return {name: sum(rates) / TURNS for name, rates in found.items()}


async def _rate(once: Callable[[], Awaitable[None]], callers: int) -> float:
    done = 0

    async def caller(until: float) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await once()
            done += 1

    await once()
    start = time.perf_counter()
    await asyncio.gather(*(caller(start + SECONDS) for _ in range(callers)))
    return done / (time.perf_counter() - start)
