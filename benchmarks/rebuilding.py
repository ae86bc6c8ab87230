"""How fast a read model is built again from 1,000,000 published events, and how fast the topic can be read at all.

The topic is generated once and kept in `build/bench/kafka`; another yardstick is another topic.
"""

from __future__ import annotations

import asyncio
import hashlib
import resource
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from benchmarks import yardstick, yardstick_model
from benchmarks.records import Heads, fill
from benchmarks.yardstick_model import READ_MODEL, TOPIC
from deploy.local.engines import LocalKafka
from shared.messaging.cloudevents import decode
from shared.projecting.projector import tune_collector
from shared.projecting.rebuilding import COMPARING, Rebuild
from shared.projecting.state import Generation, Generations, read_generations, write_generations

EVENTS = 1_000_000
KEPT = Path("build/bench/kafka")


async def measure(mongo_url: str, n: int = EVENTS) -> dict[str, float]:
    """Events a second: `read_decode` by one process that only reads and decodes, `rebuild.1m` from the start of a
    rebuild until its marks are written. `rebuild.compare_s` is the comparison with an equal generation after it, in
    seconds, and `rebuild.worker_mb` the greatest resident memory of one of its processes.
    """
    kafka = await asyncio.to_thread(_kept_broker)
    try:
        heads = await fill(kafka.url, _prefix(n), n)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            loop = asyncio.get_running_loop()
            reading = await loop.run_in_executor(alone, _read_decode, kafka.url, f"{_prefix(n)}{TOPIC.name}", n)
        return {"read_decode": reading, **await _rebuilt(mongo_url, kafka.url, heads, n)}
    finally:
        await asyncio.to_thread(kafka.stop)


def _kept_broker() -> LocalKafka:
    KEPT.mkdir(parents=True, exist_ok=True)
    return LocalKafka(KEPT).start()


def _prefix(n: int) -> str:
    files: Iterable[str] = (yardstick.__file__, yardstick_model.__file__)
    said = hashlib.sha256(b"".join(Path(one).read_bytes() for one in files)).hexdigest()
    return f"rebuild-{said[:12]}-{n}."


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
    await Rebuild(client, database, kafka_url, READ_MODEL, _prefix(n), tell, mongo_url).run()
    return compared_at[0] - begun, time.perf_counter() - compared_at[0]
