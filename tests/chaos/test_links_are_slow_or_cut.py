"""A store behind a bad link: late answers, broken connections and silence cost time, never a commit."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.installation import peak_mb
from deploy.local.cluster import MongoReplicaSet
from deploy.local.proxy import Proxies
from shared.event_store.mongo import MongoEventStore, chain_breaks
from shared.event_store.store import NewCommit, OutcomeUnknown
from tests.projecting.toy import Marked, a_commit

pytestmark = [pytest.mark.connected, pytest.mark.chaos]

WRITERS = 8
A_WRITER = 25
LONG = 500  # commits of a writer that outlast any wait before the link fails: hundreds of round trips
LATE, JITTER = 0.2, 0.1  # seconds, each way
MIB = 64.0  # that the process may grow by


@dataclass
class Behind:
    """A store whose only way to its engine is the link `front` of `proxies`."""

    proxies: Proxies
    front: int
    store: MongoEventStore


@pytest.fixture(scope="module")
def proxies() -> Iterator[Proxies]:
    with Proxies() as started:
        yield started


@pytest.fixture(scope="module")
def member(proxies: Proxies) -> Iterator[tuple[int, MongoReplicaSet]]:
    fronts: list[int] = []

    def front(port: int) -> int:
        fronts.append(proxies.front(port))
        return fronts[-1]

    with MongoReplicaSet(1, front=front) as cluster:
        yield fronts[0], cluster


@pytest.fixture
async def behind(
    proxies: Proxies, member: tuple[int, MongoReplicaSet], request: pytest.FixtureRequest
) -> AsyncIterator[Behind]:
    front, cluster = member
    async with AsyncMongoClient[Any](cluster.url, tz_aware=True, serverSelectionTimeoutMS=5_000) as client:
        store = MongoEventStore(client[f"links-{hash(request.node.name) % 10**8}"], partitions=2)
        await store.prepare()
        yield Behind(proxies, front, store)
        proxies.heal(front)
        await store.close()


async def write(store: MongoEventStore, writer: int, many: int) -> list[float]:
    """Append one commit after the other, each until its outcome is certain; how long each took."""
    took: list[float] = []
    for number in range(many):
        commit = a_commit(f"toy-{writer}-{number}", 0, Marked(team="t1", month="2026-04", mark="A"))
        began = time.monotonic()
        await until_certain(store, commit)
        took.append(time.monotonic() - began)
    return took


async def until_certain(store: MongoEventStore, commit: NewCommit) -> None:
    while True:
        try:
            await store.append(commit)
            return
        except OutcomeUnknown:
            await asyncio.sleep(0.1)


async def all_written(behind: Behind, many: int = A_WRITER) -> list[float]:
    """Write at once with several writers; then see that each commit is there once, in an unbroken log."""
    writing = (write(behind.store, w, many) for w in range(WRITERS))
    took = [one for some in await asyncio.gather(*writing) for one in some]
    behind.proxies.heal(behind.front)
    kept = [commit["stream"] async for commit in behind.store.commits.find({}, {"stream": 1})]
    assert sorted(kept) == sorted(f"toy-{w}-{n}" for w in range(WRITERS) for n in range(many))
    for partition in range(behind.store.partitions):
        assert await chain_breaks(behind.store.commits, partition) == []
    return sorted(took)


async def test_a_slow_link_costs_time_only_and_memory_stays_bounded(behind: Behind) -> None:
    before = peak_mb(os.getpid())
    behind.proxies.slow(behind.front, LATE, JITTER)
    took = await all_written(behind)
    p99 = took[int(0.99 * (len(took) - 1))]
    print(f"p50 {took[len(took) // 2]:.2f} s, p99 {p99:.2f} s")
    assert took[0] >= 2 * LATE
    assert p99 < 10
    assert peak_mb(os.getpid()) - before < MIB


async def test_connections_that_break_again_and_again_lose_nothing(behind: Behind) -> None:
    writing = asyncio.create_task(all_written(behind, LONG))
    for _ in range(12):
        await asyncio.sleep(0.1)
        behind.proxies.reset(behind.front)
    await writing


@pytest.mark.parametrize("directions", [(), ("down",)])
async def test_a_link_that_falls_silent_and_comes_back_loses_nothing(
    behind: Behind, directions: tuple[str, ...]
) -> None:
    writing = asyncio.create_task(all_written(behind, LONG))
    await asyncio.sleep(0.1)
    behind.proxies.silence(behind.front, *directions)
    await asyncio.sleep(2)
    assert not writing.done()
    behind.proxies.heal(behind.front)
    await writing


async def test_a_link_that_is_cut_for_a_while_loses_nothing(behind: Behind) -> None:
    writing = asyncio.create_task(all_written(behind, LONG))
    await asyncio.sleep(0.1)
    behind.proxies.cut(behind.front)
    await asyncio.sleep(2)
    assert not writing.done()
    behind.proxies.heal(behind.front)
    await writing
