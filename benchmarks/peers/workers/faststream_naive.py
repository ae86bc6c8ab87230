"""FastStream and PyMongo, one message at a time, as the first pages of their documentation show."""

import uvloop
from faststream import FastStream
from faststream.kafka import KafkaBroker
from pymongo import AsyncMongoClient

from benchmarks.peers.task import Task
from benchmarks.peers.workers.event import Event
from benchmarks.yardstick import changes, counter_ids, fact_of

task = Task.given()
broker = KafkaBroker(task.kafka, logger=None)
app = FastStream(broker)
database = AsyncMongoClient(task.mongo)[task.database]


@broker.subscriber(
    task.source,
    group_id=task.group,
    auto_offset_reset="earliest",
    session_timeout_ms=6000,
    heartbeat_interval_ms=2000,
)
async def handle(said: Event) -> None:
    event = said.model_dump()
    before = await database.facts.find_one_and_update({"_id": event["stream"]}, {"$set": fact_of(event)}, upsert=True)
    changed = changes(event, before)
    for id_ in counter_ids(event):
        await database.counters.update_one({"_id": id_}, {"$inc": changed}, upsert=True)


if __name__ == "__main__":
    uvloop.run(app.run())
