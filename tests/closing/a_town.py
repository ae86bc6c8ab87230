"""Two small authorities in time: what services tell, what reporting counts of it, and what it closes.

What is told lies in logs by topic and partition as a relay would have published it, so the same records can be
projected, and put on Kafka.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.work import Closing
from services.reporting.domain import periods
from services.reporting.library import MongoLibrary
from services.reporting.read_models import READ_MODELS
from services.reporting.reports import REPORTS
from services.reporting.reports.report import Registry
from shared.directory import Directory
from shared.event_store.handling import Asked, Outcome
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.partition import partition_of
from shared.event_store.store import Actor, EventStore, Meta
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.topics import AUDIT, Topic, apply_topics
from shared.projecting.projection import Projection
from shared.projecting.state import Generation
from shared.published.envelope import Envelope, Published
from tests.projecting.toy import FakeRecord
from tests.reporting.an_organisation import an_organisation

HQA = Actor(staff_ref="hqa", role="HEAD_OF_SAFEGUARDING_QA")
Log = dict[int, list[FakeRecord]]


async def all_counted(_model: str, _marks: Any) -> int:
    return 0


@dataclass
class Town:
    """`at` is the time: everything is told, closed and restated at it, until it is moved on."""

    client: AsyncMongoClient[Any]
    database: AsyncDatabase[Any]
    at: datetime = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    directory: Directory = field(default_factory=an_organisation)
    registry: Registry = field(default_factory=lambda: REPORTS)
    logs: dict[Topic, Log] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    versions: dict[str, int] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        self.store: EventStore = InMemoryEventStore(clock=self.clock)
        self.library = MongoLibrary(self.database, all_counted)
        self.closing = self.a_closing()

    def clock(self) -> datetime:
        return self.at

    def a_closing(self, library: MongoLibrary | None = None) -> Closing:
        lib = library or self.library
        return Closing.on(self.database, self.store, lib, self.directory, self.registry, self.clock)

    async def prepare(self) -> None:
        await self.closing.snapshots.prepare()
        await self.closing.register.prepare()
        await self.project()

    def now(self, day: date, hour: int = 9, minute: int = 0) -> None:
        self.at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)

    def tell(self, stream: str, *events: Published, topic: Topic = AUDIT) -> None:
        """A service's events, recorded now."""
        for event in events:
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            partition = partition_of(stream, topic.partitions)
            log = self.logs[topic][partition]
            n = len(log)
            envelope = Envelope(
                id=f"{stream}.{version}",
                type=event.TYPE,
                source="/test",
                stream=stream,
                version=version,
                partition=partition,
                seq=n,
                previous=n - 1,
                generation=0,
                la_code="901",
                occurred_at=self.at,
                recorded_at=self.at,
                effective_date=getattr(event, "effective_date", self.at.date()),
                correlation="c",
            )
            log.append(FakeRecord(topic.name, partition, n, stream.encode(), value_of(event), headers_of(envelope)))

    async def project(self) -> None:
        """Count everything that was told."""
        for model in READ_MODELS:
            projection = Projection(self.client, Generation(self.database, model.name, 1), model)
            await projection.start()
            for records in self.logs[model.topic].values():
                await projection.take(records)
            await projection.stop()
            assert not projection.fold.parked

    async def publish(self, kafka: str, prefix: str) -> None:
        """Put everything that was told on Kafka."""
        topics = tuple({model.topic for model in READ_MODELS})
        await apply_topics(kafka, prefix, only=topics)
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            for topic in topics:
                for partition, records in self.logs[topic].items():
                    for r in records:
                        await producer.send(f"{prefix}{topic.name}", r.value, r.key, partition, headers=list(r.headers))
            await producer.flush()

    async def close(self, key: str, authority: str = "901", who: Actor = HQA) -> Outcome[Any]:
        return await self.closing.close(authority, periods.named(key), self.ask(who))

    async def restate(self, key: str, authority: str = "901", seen: str | None = None) -> Outcome[Any]:
        return await self.closing.restate(authority, periods.named(key), self.ask(HQA), seen=seen)

    def ask(self, who: Actor) -> Asked:
        self.asked += 1
        id_ = f"asked-{self.asked}"
        meta = Meta(actor=who, la_code="901", occurred_at=self.at, effective_date=self.at.date(), correlation=id_)
        return Asked(id=id_, request=id_, meta=meta)

    def later(self, **by: float) -> None:
        self.at += timedelta(**by)


def total(report: Any) -> dict[str, Any]:
    """The first row of R1's grades: the unit itself, on the four-point scale."""
    return next(iter(cells(report).values()))


def cells(report: Any, table: str = "grades") -> dict[str, dict[str, Any]]:
    """A report's cells by row key and column code."""
    (found,) = [one for one in report.tables if one.name == table]
    codes: Sequence[str] = [column.code for column in found.columns]
    return {row.key: dict(zip(codes, row.cells, strict=True)) for row in found.rows}
