"""Who follows the log while three processes write to it sees every commit; who follows a clock or an ObjectId does not.

The second half proves that the first could fail: the same writers, reader and load, and cursors that are known to skip.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from shared.event_store.mongo import MongoEventStore
from tests.event_store.whole import what_is_wrong
from tests.event_store.writing import PARTITIONS
from tests.tiers import by_tier

RIVALS = 3
LIMIT = 500

Portion = Callable[[], Awaitable[list[Hashable]]]


class Rivals:
    """`written` is known when they have ended."""

    written: int = 0


@asynccontextmanager
async def writing(url: str, database: str, how: str) -> AsyncIterator[Rivals]:
    rivals = Rivals()
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.event_store.writing", url, database, f"w{i}", how),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for i in range(RIVALS)
    ]
    try:
        for process in processes:
            assert process.stdout
            assert await process.stdout.readline() == b"writing\n"
        yield rivals
        said = await asyncio.gather(*(process.communicate(b"") for process in processes))
        assert [process.returncode for process in processes] == [0] * RIVALS
        counts = [int(out) for out, _ in said]
        assert min(counts) > 0, "all three are to take part"
        rivals.written = sum(counts)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def follow(portion: Portion, over: asyncio.Event) -> list[Hashable]:
    """Everything that the reader came upon until it was over and nothing more came."""
    seen: list[Hashable] = []
    while True:
        last = over.is_set()
        more = await portion()
        seen += more
        if not more:
            if last:
                return seen
            await asyncio.sleep(0.001)


def by_position(store: MongoEventStore, partition: int) -> Portion:
    cursor = -1

    async def portion() -> list[Hashable]:
        nonlocal cursor
        commits = await store.read_partition(partition, cursor, LIMIT)
        cursor = commits[-1].last_seq if commits else cursor
        return [commit.id for commit in commits]

    return portion


def by_field(plain: AsyncCollection[Any], field: str) -> Portion:
    after: dict[str, Any] = {}

    async def portion() -> list[Hashable]:
        found = await plain.find(after, sort=[(field, 1)], limit=LIMIT).to_list()
        if found:
            after[field] = {"$gt": found[-1][field]}
        return [document["_id"] for document in found]

    return portion


async def followed(rivals: Callable[[], Any], portions: list[Portion], seconds: float) -> tuple[int, list[list[Any]]]:
    over = asyncio.Event()
    readers = [asyncio.create_task(follow(portion, over)) for portion in portions]
    async with rivals() as writers:
        await asyncio.sleep(seconds)
    over.set()
    return writers.written, await asyncio.gather(*readers)


@pytest.mark.timeout(by_tier(300, 3_600))
async def test_a_reader_of_the_log_sees_every_commit_of_three_rival_processes_once(
    mongo_url: str, mongo_database: AsyncDatabase[Any]
) -> None:
    store = MongoEventStore(mongo_database, PARTITIONS)
    await store.prepare()
    portions = [by_position(store, partition) for partition in range(PARTITIONS)]
    written, seen = await followed(
        lambda: writing(mongo_url, mongo_database.name, "log"), portions, seconds=by_tier(12, 1_200)
    )
    ids = [id_ for reader in seen for id_ in reader]
    print(f"{written} commits by {RIVALS} processes, {written - len(set(ids))} skipped")
    assert len(ids) == len(set(ids)) == written
    assert await what_is_wrong(store) == []


async def test_a_reader_by_object_id_and_a_reader_by_time_are_seen_to_skip(
    mongo_url: str, mongo_database: AsyncDatabase[Any]
) -> None:
    """Should a run be lucky, it is tried again: three times in all."""
    skipped = {"_id": 0, "at": 0}
    for _ in range(3):
        await mongo_database["plain"].drop()
        await mongo_database["plain"].create_index("at")
        plain = mongo_database.get_collection("plain", read_concern=ReadConcern("majority"))
        written, seen = await followed(
            lambda: writing(mongo_url, mongo_database.name, "plain"),
            [by_field(plain, field) for field in skipped],
            seconds=4,
        )
        for field, reader in zip(skipped, seen, strict=True):
            skipped[field] += written - len(set(reader))
        if all(skipped.values()):
            break
    print(f"skipped of {written}: {skipped}")
    assert all(skipped.values()), "nothing was skipped, so this test proves nothing about the log"
