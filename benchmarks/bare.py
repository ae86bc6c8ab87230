"""What one writes in an hour with the same two libraries: the alternative that our latency is compared with.

A consumer that adds what came to counters of team, area and region with one bulk write, journalled at the majority.
It keeps no rows, drops no repeats and knows of no gaps: after a crash events are counted twice, or not at all. `serve`
puts a route before it that answers when Kafka has the event. Start with `python -m benchmarks.bare consume|serve`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import orjson
import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from fastapi import FastAPI
from pydantic import BaseModel
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.write_concern import WriteConcern

KAFKA, MONGO, NAME, PORT = "BARE_KAFKA", "BARE_MONGO", "BARE_NAME", "BARE_PORT"
REGION = "region"


class Feedback(BaseModel):
    """What is posted, sent and counted."""

    id: str
    channel: str
    respondent_type: str
    received_on: date
    team_id: str
    service_area_id: str


def producer(kafka_url: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(bootstrap_servers=kafka_url, acks="all", enable_idempotence=True)


async def consume() -> None:
    """Count what arrives, for ever."""
    name = os.environ[NAME]
    consumer = AIOKafkaConsumer(name, bootstrap_servers=os.environ[KAFKA], group_id=name, auto_offset_reset="earliest")
    async with AsyncMongoClient[Any](os.environ[MONGO]) as client:
        counters = client[name].get_collection("counters", write_concern=WriteConcern(w="majority", j=True))
        await consumer.start()
        try:
            while True:
                found = await consumer.getmany(timeout_ms=1_000, max_records=1_000)
                if records := [record for of_partition in found.values() for record in of_partition]:
                    await counters.bulk_write(_increments(records), ordered=False)
        finally:
            await consumer.stop()


def _increments(records: list[ConsumerRecord]) -> list[UpdateOne]:
    sums: dict[str, dict[str, int]] = {}
    for record in records:
        event = orjson.loads(record.value)
        month = event["received_on"][:7]
        for unit in (event["team_id"], event["service_area_id"], REGION):
            into = sums.setdefault(unit, {})
            for counter in ("events", f"{month}.{event['channel']}", f"{month}.{event['respondent_type']}"):
                into[counter] = into.get(counter, 0) + 1
    return [UpdateOne({"_id": unit}, {"$inc": into}, upsert=True) for unit, into in sums.items()]


def serve() -> None:
    """POST /feedback answers 201 once Kafka has the event."""
    sender: dict[str, AIOKafkaProducer] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sender["one"] = producer(os.environ[KAFKA])
        await sender["one"].start()
        yield
        await sender["one"].stop()

    app = FastAPI(lifespan=lifespan)

    @app.post("/feedback", status_code=201)
    async def receive(feedback: Feedback) -> dict[str, str]:
        await sender["one"].send_and_wait(
            os.environ[NAME], feedback.model_dump_json().encode(), key=feedback.id.encode()
        )
        return {"id": feedback.id}

    uvicorn.run(app, port=int(os.environ[PORT]), loop="uvloop", http="httptools", access_log=False, log_level="warning")


if __name__ == "__main__":
    if sys.argv[1] == "consume":
        uvloop.install()
        asyncio.run(consume())
    else:
        serve()
