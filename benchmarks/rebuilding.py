"""How fast a read model is built again from 1,000,000 published events, and how fast the topic can be read at all.

The topic is generated once and kept between runs.
"""

from __future__ import annotations

import asyncio
import resource
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from benchmarks.records import Heads, fill, prefix_of
from benchmarks.yardstick_model import READ_MODEL, TOPIC
from shared.messaging.cloudevents import decode
from shared.projecting.projector import tune_collector
from shared.projecting.rebuilding import COMPARING, Rebuild
from shared.projecting.state import Generation, Generations, read_generations, write_generations

EVENTS = 1_000_000


async def measure(mongo_url: str, kafka_url: str, n: int = EVENTS) -> dict[str, float]:
    """Events a second: `read_decode` by one process that only reads and decodes, `rebuild.1m` from the start of a
    rebuild until its marks are written. `rebuild.compare_s` is the comparison with an equal generation after it, in
    seconds, and `rebuild.worker_mb` the greatest resident memory of one of its processes.
    """
    heads = await fill(kafka_url, n)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        loop = asyncio.get_running_loop()
        reading = await loop.run_in_executor(alone, _read_decode, kafka_url, f"{prefix_of(n)}{TOPIC.name}", n)
    return {"read_decode": reading, **await _rebuilt(mongo_url, kafka_url, heads, n)}


def _read_decode(kafka_url: str, topic: str, n: int) -> float:
    tune_collector()
    return uvloop.run(_read_all(kafka_url, topic, n))


async def _read_all(kafka_url: str, topic: str, n: int) -> float:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    consumer.assign([TopicPartition(topic, p) for p in range(TOPIC.partitions)])
    await consumer.start()
    try:
        read, begun = 0, time.perf_counter()
        while read < n:
            for records in (await consumer.getmany(timeout_ms=500, max_records=20_000)).values():
                for record in records:
                    decode(record, READ_MODEL.decoders)
                read += len(records)
        return n / (time.perf_counter() - begun)
    finally:
        await consumer.stop()


async def _rebuilt(mongo_url: str, kafka_url: str, heads: Heads, n: int) -> dict[str, float]:
    """Built twice: the first time beside a generation that has only marks, the second beside an equal one."""
    async with AsyncMongoClient[Any](mongo_url, tz_aware=True) as client:
        database = client[f"bench_{uuid.uuid4().hex[:8]}"]
        try:
            await _let_live_know(database, heads)
            await _once(client, database, kafka_url, mongo_url, n)
            (built,) = (await read_generations(database, READ_MODEL.name)).standby
            await write_generations(database, READ_MODEL.name, Generations(built))
            building, comparing = await _once(client, database, kafka_url, mongo_url, n)
            assert (await read_generations(database, READ_MODEL.name)).live == built + 1, "the two are not equal"
        finally:
            await client.drop_database(database.name)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"rebuild.1m": n / building, "rebuild.compare_s": comparing, "rebuild.worker_mb": worker}


async def _let_live_know(database: AsyncDatabase[Any], heads: Heads) -> None:
    """A live generation that has read everything: how far a rebuild goes."""
    live = Generation(database, READ_MODEL.name, 1)
    await live.prepare()
    marks = ((p, {"generation": live.name, "seq": head, "offset": head, "at": None}) for p, head in heads.items())
    await live.marks.insert_many([{"_id": live.mark_id(p), **mark} for p, mark in marks])


async def _once(
    client: AsyncMongoClient[Any], database: AsyncDatabase[Any], kafka_url: str, mongo_url: str, n: int
) -> tuple[float, float]:
    """Seconds to build, and to compare and switch."""
    compared_at: list[float] = []

    def tell(what: str, _done: int, _of: int) -> None:
        if what == COMPARING:
            compared_at.append(time.perf_counter())

    begun = time.perf_counter()
    await Rebuild(client, database, kafka_url, READ_MODEL, prefix_of(n), tell, mongo_url).run()
    return compared_at[0] - begun, time.perf_counter() - compared_at[0]
