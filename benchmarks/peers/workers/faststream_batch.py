"""FastStream's batch subscriber and PyMongo's bulk writes: two for a batch, committed after the handler."""

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pymongo import AsyncMongoClient

from benchmarks.peers.task import Task
from benchmarks.peers.workers.bulk import streams, writes
from benchmarks.peers.workers.event import Event

task = Task.given()
broker = KafkaBroker(task.kafka, logger=None)
app = FastStream(broker)
database = AsyncMongoClient(task.mongo)[task.database]


@broker.subscriber(
    task.source,
    group_id=task.group,
    auto_offset_reset="earliest",
    batch=True,
    max_records=1000,
    ack_policy=AckPolicy.NACK_ON_ERROR,
    session_timeout_ms=6000,
    heartbeat_interval_ms=2000,
)
async def handle(said: list[Event]) -> None:
    events = [event.model_dump() for event in said]
    stored = {fact["_id"]: fact async for fact in database.facts.find({"_id": {"$in": streams(events)}})}
    facts, counters = writes(events, stored)
    await database.facts.bulk_write(facts)
    await database.counters.bulk_write(counters, ordered=False)


if __name__ == "__main__":
    uvloop.run(app.run())
