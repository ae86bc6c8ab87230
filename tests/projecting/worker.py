"""A projector process of the toy, for tests that kill it; and one that trusts Kafka's offsets, which must be caught."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared import failpoints
from shared.messaging.cloudevents import decode
from shared.projecting import projection
from shared.projecting.projector import Projector
from shared.projecting.read_model import Row
from shared.projecting.state import Generation
from tests.projecting.histories import MODEL, Total, totals_of

EVERY = 0.05  # seconds between reports
COMMIT = 0.5  # seconds between two times that the control tells Kafka


def work(kind: str, kafka: str, mongo: str, database: str, prefix: str, slot: int, slots: int) -> None:
    """`kind` is marks, which is the product, or offsets, which is the control."""
    arm()
    kinds = {"marks": _project, "offsets": _trust}
    uvloop.run(kinds[kind](kafka, mongo, database, prefix, slot, slots))


def arm() -> None:
    """The failpoints of this process: it was forked from one that had imported them unarmed."""
    projection.failpoint = failpoints.armed(os.environ)


async def _project(kafka: str, mongo: str, name: str, prefix: str, slot: int, slots: int) -> None:
    async with AsyncMongoClient[Any](mongo, tz_aware=True) as client:
        projector = Projector(client, client[name], kafka, [MODEL], prefix, slot, slots)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(projector.run())
            tasks.create_task(_report(client[name], projector))


async def _report(database: AsyncDatabase[Any], projector: Projector) -> None:
    """Write down what became of the records, under this process's number."""
    while True:
        for feed in list(projector.feeds.values()):
            counts = {"halted": feed.projection.halted, **feed.projection.fold.counts}
            await database["reports"].update_one({"_id": os.getpid()}, {"$set": counts}, upsert=True)
        await asyncio.sleep(EVERY)


async def _trust(kafka: str, mongo: str, name: str, prefix: str, slot: int, slots: int) -> None:
    """Write rows and totals in one transaction, as is right, and tell Kafka how far that got now and then, as usual."""
    topic = f"{prefix}{MODEL.topic.name}"
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=f"{prefix}{slot}", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, p) for p in range(MODEL.topic.partitions) if p % slots == slot])
    async with AsyncMongoClient[Any](mongo, tz_aware=True) as client, client.start_session() as session:
        generation = Generation(client[name], MODEL.name, 1)
        await _end_predecessor(client, session, client[name]["control"], slot)
        told = time.monotonic()
        while True:
            batches = await consumer.getmany(timeout_ms=100, max_records=200)
            records = [record for batch in batches.values() for record in batch]
            if records:
                await session.with_transaction(partial(_add_up, generation, slot, records))
            if time.monotonic() - told >= COMMIT:
                await consumer.commit()
                told = time.monotonic()


async def _end_predecessor(
    client: AsyncMongoClient[Any], session: AsyncClientSession, known: AsyncCollection[Any], slot: int
) -> None:
    if before := await known.find_one_and_replace({"_id": slot}, {"lsid": session.session_id}, upsert=True):
        await client.admin.command({"killSessions": [before["lsid"]]})


async def _add_up(
    generation: Generation, slot: int, records: Sequence[ConsumerRecord], session: AsyncClientSession
) -> None:
    told = [decode(record, MODEL.decoders) for record in records]
    streams = {one.stream for one in told}
    before = {row["_id"]: row async for row in generation.rows.find({"_id": {"$in": [*streams]}}, session=session)}
    after: dict[str, Row | None] = dict(before)
    for one in told:
        row = MODEL.learn(after.get(one.stream), one)
        after[one.stream] = row and {**row, "v": one.version}
    await generation.rows.delete_many({"_id": {"$in": [*streams]}}, session=session)
    if kept := [{**row, "_id": stream} for stream, row in after.items() if row]:
        await generation.rows.insert_many(kept, session=session)
    change = totals_of(kept)
    for total, n in totals_of(before.values()).items():
        change[total] = change.get(total, 0) - n
    await generation.cells.bulk_write([_added(total, by, slot) for total, by in change.items()], session=session)


def _added(total: Total, by: int, slot: int) -> UpdateOne:
    level, unit, within, month, measure = total
    key = {"level": level, "unit": unit, "within": within, "year": month[:4], "slot": slot}
    return UpdateOne(key, {"$inc": {f"m.{month[5:]}.{measure}": by}}, upsert=True)
