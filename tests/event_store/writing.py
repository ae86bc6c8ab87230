"""A process that writes as fast as it can until its input is closed: `python -m tests.event_store.writing ...`.

    writing URI DATABASE NAME log      appends to the event store, as a service does
    writing URI DATABASE NAME plain    inserts documents that carry an ObjectId and a time, as one would without it

Prints a line when it has begun, and in the end how many it wrote.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.event_store.mongo import DURABLE, MongoEventStore
from tests.event_store.behaviour import a_commit

CALLERS = 64
PARTITIONS = 2

Write = Callable[[str], Awaitable[None]]


def to_the_log(database: AsyncDatabase[Any]) -> Write:
    store = MongoEventStore(database, PARTITIONS)

    async def write(name: str) -> None:
        await store.append(a_commit(name))

    return write


def to_a_collection(database: AsyncDatabase[Any]) -> Write:
    plain = database.get_collection("plain", write_concern=DURABLE)

    async def write(name: str) -> None:
        await plain.insert_one({"_id": ObjectId(), "at": time.time_ns(), "name": name})

    return write


async def main(url: str, database: str, name: str, how: str) -> None:
    over = asyncio.Event()
    async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True) as client:
        write = {"log": to_the_log, "plain": to_a_collection}[how](client[database])

        async def caller(number: int) -> int:
            written = 0
            while not over.is_set():
                await write(f"{name}-{number}-{written}")
                written += 1
            return written

        await write(f"{name}-first")
        print("writing", flush=True)
        callers = asyncio.gather(*(caller(number) for number in range(CALLERS)))
        await asyncio.to_thread(sys.stdin.read)
        over.set()
        print(1 + sum(await callers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
