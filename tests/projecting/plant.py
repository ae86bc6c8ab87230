"""A topic that poisoned records arrive on, and a projector that reads it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.projecting.projector import Projector
from shared.projecting.read_model import ReadModel
from shared.projecting.state import Generation
from tests.projecting.histories import MODEL, Happening, Published, some_happenings
from tests.projecting.poison import STRAY, UNREADABLE
from tests.projecting.toy import FakeRecord

BETWEEN = 100  # events for each poisoned one
SECONDS = 20.0  # for everything that can be read to be projected


def victim(kind: str) -> str:
    return f"toy-{kind.replace(' ', '.')}"


class Plant:
    """A topic, what was sent on it, and a projector."""

    def __init__(self, client: AsyncMongoClient[Any], database: AsyncDatabase[Any], kafka: str, prefix: str) -> None:
        self.client, self.kafka, self.prefix = client, kafka, prefix
        self.generation = Generation(database, MODEL.name, 1)
        self.history: list[Happening] = []
        self.published = Published(f"{prefix}{MODEL.topic.name}")
        self.spoilt: dict[tuple[str, int], FakeRecord] = {}  # what it should have been, by stream and seq

    @asynccontextmanager
    async def projecting(self, model: ReadModel) -> AsyncIterator[Projector]:
        projector = Projector(self.client, self.generation.database, self.kafka, [model], self.prefix)
        running = asyncio.create_task(projector.run())
        try:
            yield projector
        finally:
            running.cancel()
            await asyncio.wait([running])

    async def send(self, records: Sequence[FakeRecord]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all", enable_idempotence=True) as producer:
            for r in records:
                await producer.send(r.topic, r.value, r.key, r.partition, headers=[*r.headers])
            await producer.flush()

    def tell(self, happened: Happening) -> FakeRecord | None:
        self.history.append(happened)
        return self.published.tell(happened)

    def wave(self, kinds: Sequence[str], rng: random.Random) -> list[FakeRecord]:
        """Events of many streams, and a few of one stream for each kind: the second of those is poisoned."""
        victims = [marked(victim(kind), rng) for kind in kinds for _ in range(4)]
        events = some_happenings(BETWEEN * len(kinds) - len(victims), rng)
        for one in victims:
            events.insert(rng.randrange(len(events)), one)
        bad, records, seen = {victim(kind): kind for kind in kinds}, [], set()
        for event in events:
            record = self.tell(event)
            if record is not None and event.stream in bad and event.stream in seen:
                records += self._poisoned(record, bad.pop(event.stream))
            elif record is not None:
                records.append(record)
            seen.add(event.stream)
        return records

    def _poisoned(self, record: FakeRecord, kind: str) -> list[FakeRecord]:
        if kind in STRAY:
            return [STRAY[kind](record), record]
        self.spoilt[victim(kind), seq_of(record)] = record
        return [UNREADABLE[kind](record)]

    async def level(self) -> float:
        """Seconds until everything is projected or parked; raises TimeoutError."""
        began = time.monotonic()
        ends = {p: seq_of(records[-1]) for p, records in self.published.records.items() if records}
        async with asyncio.timeout(SECONDS):
            while any(mark.seq < ends[p] for p, mark in (await self.generation.read_marks(ends)).items()):
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def waiting(self, stream: str) -> list[int | None]:
        """Positions of the records of a stream that are parked, in the order in which they came."""
        found = self.generation.parked.find({"stream": stream}, sort=[("offset", 1)])
        return [record["seq"] async for record in found]

    async def mend(self) -> None:
        """Put what it should have been in the place of each record that could not be read."""
        for (stream, seq), record in self.spoilt.items():
            good = {"value": record.value, "headers": [[name, value] for name, value in record.headers]}
            await self.generation.parked.update_one({"stream": stream, "seq": seq}, {"$set": good})


def marked(stream: str, rng: random.Random) -> Happening:
    return replace(some_happenings(1, rng)[0], stream=stream, kind="marked")


def seq_of(record: FakeRecord) -> int:
    return int(dict(record.headers)["ce_sequence"] or b"")
