"""How many published events a second projector processes turn into facts and totals, by the yardstick."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient

from benchmarks.records import Heads, fill
from benchmarks.yardstick_model import READ_MODEL
from shared.projecting.state import Generation

EVENTS = 300_000


async def measure(mongo_url: str, kafka_url: str) -> dict[str, float]:
    """Events a second: `projection.1` and `projection.2` by one and two processes, over 300,000 events."""
    return {f"projection.{slots}": await rate(mongo_url, kafka_url, EVENTS, slots) for slots in (1, 2)}


async def rate(mongo_url: str, kafka_url: str, n: int, slots: int = 1) -> float:
    """Events a second from the first that were visible to the last."""
    prefix = f"bench{n}."
    heads = await fill(kafka_url, prefix, n)
    database = f"bench_{uuid.uuid4().hex[:8]}"
    async with AsyncMongoClient[Any](mongo_url) as client, AsyncExitStack() as workers:
        generation = Generation(client[f"{database}_reporting"], READ_MODEL.name, 1)
        for slot in range(slots):
            await workers.enter_async_context(
                _worker(_environment(mongo_url, kafka_url, database, prefix), slot, slots)
            )
        found = await _drain_rate(generation, heads)
        await client.drop_database(f"{database}_reporting")
        return found


@asynccontextmanager
async def _worker(environment: dict[str, str], slot: int, slots: int) -> AsyncIterator[None]:
    command = (sys.executable, "-m", "benchmarks.worker", "--slot", str(slot), "--slots", str(slots))
    worker = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
    finally:
        worker.kill()
        await worker.wait()


def _environment(mongo_url: str, kafka_url: str, database: str, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "GOLDENTHREAD_ENVIRONMENT": "test",
        "GOLDENTHREAD_MONGO_URL": mongo_url,
        "GOLDENTHREAD_KAFKA_URL": kafka_url,
        "GOLDENTHREAD_MONGO_PREFIX": database,
        "GOLDENTHREAD_TOPIC_PREFIX": prefix,
    }


async def _drain_rate(generation: Generation, heads: Heads) -> float:
    async def done() -> int:
        return sum(mark.seq + 1 for mark in (await generation.read_marks(heads)).values())

    total = sum(head + 1 for head in heads.values())
    async with asyncio.timeout(600):
        while not (first := await done()):
            await asyncio.sleep(0.01)
        start = time.perf_counter()
        while await done() < total:
            await asyncio.sleep(0.01)
    return (total - first) / (time.perf_counter() - start)
