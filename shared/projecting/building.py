"""One worker's part of a rebuild: partitions one after the other, each folded in memory and then written out whole.

A stream lives in one partition, so at a partition's end its rows are final. They are written while the next partition
is folded: memory holds the rows of two partitions, however many events there were.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from shared.calendar.clock import now
from shared.projecting.folding import Fold
from shared.projecting.projector import tune_collector
from shared.projecting.read_model import ReadModel, Row
from shared.projecting.state import Generation, Mark, insert
from shared.projecting.totals import ByUnit, Totals

CHUNK = 1_000  # documents in one insert
IN_FLIGHT = 4  # inserts at a time
SLICE = 250  # records between two looks at the engines: some milliseconds
QUIET = 5.0  # seconds without a record before the topic is said to end too early

T = TypeVar("T")
Tell = Callable[[int], None]  # how many more events were read


class TopicIncomplete(Exception):
    """The topic ends before the live generation does: it lost records. Rewind the relay, then rebuild."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: these partitions of a topic, each up to its last position, into a generation."""

    mongo_url: str
    database: str
    bootstrap: str
    topic: str
    model: ReadModel
    number: int
    limits: Mapping[int, int]


@dataclass(slots=True)
class Built:
    """What came of it. Rows and parked records are written; marks, totals and parked streams are not."""

    events: int = 0
    rows: int = 0
    parked: int = 0
    marks: dict[int, Mark] = field(default_factory=dict)
    totals: ByUnit = field(default_factory=dict)
    parked_streams: list[str] = field(default_factory=list)

    def add(self, other: Built) -> None:
        self.events += other.events
        self.rows += other.rows
        self.parked += other.parked
        self.marks |= other.marks
        self.parked_streams += other.parked_streams
        self.count(other.totals)

    def count(self, totals: ByUnit) -> None:
        for key, paths in totals.items():
            mine = self.totals.setdefault(key, {})
            for path, n in paths.items():
                mine[path] = mine.get(path, 0) + n


def in_a_process(order: Order, tell: Tell) -> Built:
    """Build in a process of its own, which does nothing else. Raises TopicIncomplete."""
    tune_collector()
    return uvloop.run(_with_a_client(order, tell))


async def _with_a_client(order: Order, tell: Tell) -> Built:
    async with AsyncMongoClient[Any](order.mongo_url, tz_aware=True) as client:
        return await build(client, order, tell)


async def build(client: AsyncMongoClient[Any], order: Order, tell: Tell) -> Built:
    """Build with this client. Raises TopicIncomplete."""
    generation = Generation(client[order.database], order.model.name, order.number)
    built, writing = Built(), asyncio.create_task(asyncio.sleep(0))
    try:
        async for fold, parked in _partitions(order, generation.name, tell):
            await writing
            rows = [row for _, row in sorted(fold.rows.items()) if row is not None]
            writing = asyncio.create_task(_write(generation, rows, parked))
            _note(built, fold, rows, parked)
        await writing
    finally:
        writing.cancel()
    return built


def _note(built: Built, fold: Fold, rows: list[Row], parked: list[dict[str, Any]]) -> None:
    totals = Totals()
    for row in rows:
        totals.change(None, row)
    part = Built(fold.counts["used"], len(rows), len(parked), dict(fold.marks), totals.by_unit(), sorted(fold.parked))
    built.add(part)


async def _partitions(order: Order, generation: str, tell: Tell) -> AsyncIterator[tuple[Fold, list[dict[str, Any]]]]:
    """Each partition folded up to its limit, with the records that were parked."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=order.bootstrap.split(","),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        for partition, limit in order.limits.items():
            fold = Fold(order.model, generation, now)
            fold.marks, fold.limits = {partition: Mark()}, {partition: limit}
            parked: list[dict[str, Any]] = []
            async for records in _records(consumer, TopicPartition(order.topic, partition), fold):
                work = fold.fold(fold.hear(records))
                fold.remember(work)
                parked += work.parked
                tell(len(records))
            yield fold, parked
    finally:
        await consumer.stop()


async def _records(consumer: AIOKafkaConsumer, of: TopicPartition, fold: Fold) -> AsyncIterator[list[ConsumerRecord]]:
    """The partition from its beginning, some at a time, until the fold has heard it up to its limit."""
    limit = (fold.limits or {})[of.partition]
    if limit < 0:
        return
    consumer.assign([of])
    await consumer.seek_to_beginning(of)
    loop = asyncio.get_running_loop()
    heard_at = loop.time()
    while fold.marks[of.partition].seq < limit:
        records = (await consumer.getmany(of, timeout_ms=500, max_records=20_000)).get(of, [])
        if records:
            heard_at = loop.time()
        elif loop.time() - heard_at > QUIET:
            raise TopicIncomplete(f"{of.topic}: partition {of.partition} ends before the live generation does")
        for some in _slices(records, SLICE):
            yield some
            await asyncio.sleep(0)  # fetching and writing go on meanwhile


def _slices(things: list[Any], size: int) -> Iterator[list[Any]]:
    return (things[start : start + size] for start in range(0, len(things), size))


async def _write(generation: Generation, rows: list[Row], parked: list[dict[str, Any]]) -> None:
    """Insert with several commands in flight. Raises OperationFailure when one document cannot be kept."""
    free = asyncio.Semaphore(IN_FLIGHT)

    async def put(collection: AsyncCollection[Any], some: list[Any]) -> None:
        async with free:
            await insert(collection, some)

    await all_of(
        put(collection, some)
        for collection, documents in ((generation.rows, rows), (generation.parked, parked))
        for some in _slices(documents, CHUNK)
    )


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them answer. Raises the first failure, when the others have ended as well."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
