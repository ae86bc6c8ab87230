"""How many published events a second projector processes turn into facts and totals, by the yardstick."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient

from benchmarks.records import Heads, fill, prefix_of
from benchmarks.yardstick_model import READ_MODEL
from shared.projecting.state import Generation

EVENTS = 300_000
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
PATIENCE = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Drain:
    """When a topic of `total` events was drained: moments of the worker's claim, of the first batch and of the last."""

    total: int
    claimed: float
    first: int  # events of the first batch
    first_seen: float
    done: float

    @property
    def steady(self) -> float:
        """Events a second from the first that were visible to the last."""
        return (self.total - self.first) / (self.done - self.first_seen)

    @property
    def whole(self) -> float:
        """Events a second from the moment when the worker owned its slot, with nothing read yet."""
        return self.total / (self.done - self.claimed)


async def measure(mongo_url: str, kafka_url: str) -> dict[str, float]:
    """Events a second: `projection.1` and `projection.2` by one and two processes over 300,000 events, and
    `projection.at_*` by one process over so many.
    """
    steady = {f"projection.{slots}": (await drain(mongo_url, kafka_url, EVENTS, slots)).steady for slots in (1, 2)}
    whole = {f"projection.at_{name}": (await drain(mongo_url, kafka_url, n)).whole for name, n in SIZES.items()}
    return steady | whole


async def drain(mongo_url: str, kafka_url: str, n: int, slots: int = 1) -> Drain:
    """Let `slots` fresh processes project n events."""
    heads = await fill(kafka_url, n)
    database = f"bench_{uuid.uuid4().hex[:8]}"
    async with AsyncMongoClient[Any](mongo_url) as client, AsyncExitStack() as workers:
        generation = Generation(client[f"{database}_reporting"], READ_MODEL.name, 1)
        environment = _environment(mongo_url, kafka_url, database, prefix_of(n))
        for slot in range(slots):
            await workers.enter_async_context(_worker(environment, slot, slots))
        found = await _drained(generation, heads)
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


async def _drained(generation: Generation, heads: Heads) -> Drain:
    async def done() -> int:
        return sum(mark.seq + 1 for mark in (await generation.read_marks(heads)).values())

    total = sum(head + 1 for head in heads.values())
    async with asyncio.timeout(PATIENCE):
        while await generation.marks.estimated_document_count() < len(heads):
            await asyncio.sleep(0.01)
        claimed = time.perf_counter()
        while not (first := await done()):
            await asyncio.sleep(0.01)
        first_seen = time.perf_counter()
        while await done() < total:
            await asyncio.sleep(0.01)
    return Drain(total, claimed, first, first_seen, time.perf_counter())
