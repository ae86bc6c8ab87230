"""A relay process of the toy's log, for tests that kill it; and a careless one, which must be caught."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared import failpoints
from shared.event_store.mongo import MongoEventStore
from shared.messaging import relay
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.relay import Relay, by_event
from shared.published.envelope import Envelope
from tests.projecting.toy import DECIDER, TOPIC, tell

tellings = by_event({"toy": DECIDER}, tell)


def work(kafka: str, mongo: str, database: str, topic: str) -> None:
    relay.failpoint = failpoints.armed(os.environ)  # forked from a process that had imported it unarmed
    uvloop.run(_relay(kafka, mongo, database, topic))


async def _relay(kafka: str, mongo: str, name: str, topic: str) -> None:
    async with AsyncMongoClient[Any](mongo, tz_aware=True) as client:
        await a_relay(kafka, client[name], topic).run()


def a_relay(kafka: str, database: AsyncDatabase[Any], topic: str) -> Relay:
    store = MongoEventStore(database, partitions=TOPIC.partitions)
    return Relay(store, database["cursors"], kafka, topic, "/toy", tellings, store.commits)


class Careless:
    """Goes on after what it could not send, as if it had been sent."""

    def __init__(self, kafka: str, database: AsyncDatabase[Any], topic: str) -> None:
        self._store = MongoEventStore(database, partitions=TOPIC.partitions)
        self._kafka = kafka
        self._topic = topic
        self._reached = dict.fromkeys(range(TOPIC.partitions), -1)
        self._last = dict.fromkeys(range(TOPIC.partitions), -1)
        self.skipped = 0

    async def run(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all", request_timeout_ms=1_000)
        await producer.start()
        try:
            while True:
                for partition in self._reached:
                    await self._step(producer, partition)
                await asyncio.sleep(0.05)
        finally:
            await producer.stop()

    async def _step(self, producer: AIOKafkaProducer, partition: int) -> None:
        for commit in await self._store.read_partition(partition, self._reached[partition], 100):
            for i, published in enumerate(await tellings(commit)):
                if published is None:
                    continue
                envelope = Envelope(
                    id=f"{commit.id}.{i}",
                    type=published.TYPE,
                    source="/toy",
                    stream=commit.stream,
                    version=commit.first_version + i,
                    partition=partition,
                    seq=commit.seq + i,
                    previous=self._last[partition],
                    generation=0,
                    la_code=commit.meta.la_code,
                    occurred_at=commit.meta.occurred_at,
                    recorded_at=commit.recorded_at,
                    effective_date=commit.meta.effective_date,
                    correlation=commit.meta.correlation,
                )
                self._last[partition] = envelope.seq
                try:
                    async with asyncio.timeout(1):
                        sent = await producer.send(
                            self._topic, value_of(published), None, partition, headers=headers_of(envelope)
                        )
                        await sent
                except (KafkaError, TimeoutError):
                    self.skipped += 1
            self._reached[partition] = commit.last_seq
