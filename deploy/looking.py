"""Looking at a running installation: how far everything got, whether it adds up, and what was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from services.audit import publishing as audit
from services.escalation import publishing as escalation
from services.feedback import publishing as feedback
from services.organisation import publishing as organisation
from services.reporting.read_models import READ_MODELS
from services.reporting.sharing.partner_topics import behind
from shared.event_store.mongo import MongoEventStore, chain_breaks
from shared.messaging.cloudevents import as_json, position_of
from shared.messaging.relay import Relay, Teller, by_event, rewind
from shared.messaging.topics import AUDIT, ESCALATION, FEEDBACK, ORGANISATION, Topic, apply_topics
from shared.projecting.projector import Projector
from shared.projecting.read_model import ReadModel
from shared.projecting.rebuilding import Progress, Rebuild, cell_errors, switch_to
from shared.projecting.redriving import parked, redrive
from shared.projecting.state import live
from shared.settings import ServiceSettings

TOPICS: Mapping[str, Topic] = {
    "organisation": ORGANISATION,
    "audit": AUDIT,
    "escalation": ESCALATION,
    "feedback": FEEDBACK,
}
CALM = 5.0  # seconds: a service looks once a second at what follows from its events
STORES = (*TOPICS, "reporting")
"""Every service that keeps events: reporting keeps its own, of what it closed and shares, and has no relay."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind one step is: `positions` of the log for a relay, `records` of the topic for a read model,
    numbered `events` that a partner's topic does not have yet."""

    what: str
    partition: int
    behind: int
    unit: str
    at: datetime | None = None


class Plant:
    """The databases and topics of an installation, for the people who run it."""

    def __init__(self, settings: ServiceSettings, client: AsyncMongoClient[Any]) -> None:
        self.settings = settings
        self.client = client
        self.reporting = client[settings.database("reporting")]

    def store(self, service: str) -> MongoEventStore:
        return MongoEventStore(self.client[self.settings.database(service)])

    def relay(self, service: str) -> Relay:
        store = self.store(service)
        return Relay(
            store,
            self.client[self.settings.database(service)]["cursors"],
            self.settings.kafka_url,
            self.topic(service),
            f"{self.settings.source}:{service}",
            self._teller(service, store),
            store.commits,
        )

    def topic(self, service: str) -> str:
        return f"{self.settings.topic_prefix}{TOPICS[service].name}"

    @staticmethod
    def _teller(service: str, store: MongoEventStore) -> Teller:
        if service == "organisation":
            return lambda commit: organisation.tellings(store, commit)
        module = {"audit": audit, "escalation": escalation, "feedback": feedback}[service]
        return by_event(module.DECIDERS, module.tell)

    async def lags(self) -> list[Lag]:
        """Every relay partition, every partition of every live read model, every partner's topic; also the level."""
        relays = [lag for service in TOPICS for lag in await self._relay_lags(service)]
        models = [lag for model in READ_MODELS for lag in await self._model_lags(model)]
        topics = [Lag(f"partner {one.partner}", 0, one.events, "events") for one in await behind(self.reporting)]
        return relays + models + topics

    async def _relay_lags(self, service: str) -> list[Lag]:
        cursors = {c["_id"]: c["n"] async for c in self.client[self.settings.database(service)]["cursors"].find()}
        heads = await self._heads(service)
        return [
            Lag(f"relay {service}", p, head - cursors.get(f"relay/{p}", -1), "positions")
            for p, head in enumerate(heads)
        ]

    async def _model_lags(self, model: ReadModel) -> list[Lag]:
        generation = await live(self.reporting, model.name)
        marks = await generation.read_marks(range(model.topic.partitions))
        ends = await self._ends(f"{self.settings.topic_prefix}{model.topic.name}", model.topic.partitions)
        return [
            Lag(generation.name, p, max(0, ends[p] - 1 - mark.offset), "records", mark.at) for p, mark in marks.items()
        ]

    async def _ends(self, topic: str, partitions: int) -> dict[int, int]:
        async with self._consumer() as consumer:
            ends = await consumer.end_offsets([TopicPartition(topic, p) for p in range(partitions)])
            return {tp.partition: end for tp, end in ends.items()}

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_url, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def verify(self) -> list[str]:
        """Everything that does not add up, in words; empty when all is well and all is level."""
        wrong: list[str] = []
        for service in STORES:
            store = self.store(service)
            for p in range(store.partitions):
                wrong += [f"{service}: {breach}" for breach in await chain_breaks(store.commits, p)]
        for model in READ_MODELS:
            wrong += await self._behind(model)
            generation = await live(self.reporting, model.name)
            wrong += [f"{generation.name}: {error}" for error in await cell_errors(generation)]
            wrong += [f"{generation.name}: {s['stream']} is parked: {s['reason']}" for s in await parked(generation)]
        return wrong

    async def _behind(self, model: ReadModel) -> list[str]:
        """Where the store's heads, the relay's cursors and the read model's marks do not meet."""
        service = next(name for name, topic in TOPICS.items() if topic == model.topic)
        store = self.store(service)
        cursors = {c["_id"]: c async for c in self.client[self.settings.database(service)]["cursors"].find()}
        marks = await (await live(self.reporting, model.name)).read_marks(range(model.topic.partitions))
        wrong = []
        for p, mark in marks.items():
            cursor = cursors.get(f"relay/{p}", {"n": -1, "last": -1})
            if (head := await store.head(p)) != cursor["n"]:
                wrong.append(f"{service}/{p}: the store is at {head}, its relay at {cursor['n']}")
            if mark.seq != cursor["last"]:
                wrong.append(f"{model.name}/{p}: {cursor['last']} was published, {mark.seq} is projected")
        return wrong

    async def level(self, timeout: float) -> bool:
        """Wait until nothing is behind; False when something still is after `timeout` seconds."""
        deadline = asyncio.get_running_loop().time() + timeout
        while any([await self._behind(model) for model in READ_MODELS]):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is behind and the services' own reactions add nothing more; False after `timeout`."""
        loop, known = asyncio.get_running_loop(), dict[str, list[int]]()
        deadline = loop.time() + timeout
        while await self.level(deadline - loop.time()):
            heads = {service: await self._heads(service) for service in STORES}
            if heads == known:
                return True
            known = heads
            await asyncio.sleep(CALM)
        return False

    async def _heads(self, service: str) -> list[int]:
        store = self.store(service)
        return [await store.head(partition) for partition in range(store.partitions)]

    async def last_published(self, service: str, tail: int) -> dict[int, int]:
        """The greatest position among the last `tail` records of each partition of a topic; -1 where there is none."""
        partitions = [TopicPartition(self.topic(service), p) for p in range(TOPICS[service].partitions)]
        greatest = {tp.partition: -1 for tp in partitions}
        if self.topic(service) not in await self._topics():
            return greatest
        async with self._consumer() as consumer:
            consumer.assign(partitions)
            begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
            for tp in partitions:
                consumer.seek(tp, max(begins[tp], ends[tp] - tail))
            while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    known = (position_of(dict(record.headers)) for record in records)
                    greatest[tp.partition] = max(greatest[tp.partition], *(one[0] for one in known if one), -1)
        return greatest

    async def empty_topic(self, service: str) -> None:
        """Delete a topic and make it again, as it is declared and with as many replicas as it had."""
        name = self.topic(service)
        async with self._admin() as admin:
            if name in await admin.list_topics():
                (described,) = await admin.describe_topics([name])
                replicas = max(len(partition["replicas"]) for partition in described["partitions"])
                await admin.delete_topics([name])
            else:
                replicas = 1
            async with asyncio.timeout(60):
                while name in await admin.list_topics():
                    await asyncio.sleep(0.2)
        async with asyncio.timeout(60):
            while not await apply_topics(
                self.settings.kafka_url, self.settings.topic_prefix, replicas, (TOPICS[service],)
            ):
                await asyncio.sleep(0.2)

    async def _topics(self) -> set[str]:
        async with self._admin() as admin:
            return set(await admin.list_topics())

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_url)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def rebuild(self, model: ReadModel, progress: Progress, *, keep: bool) -> dict[str, Any]:
        settings = self.settings
        rebuilding = Rebuild(
            self.client,
            self.reporting,
            settings.kafka_url,
            model,
            settings.topic_prefix,
            progress,
            settings.mongo_url,
        )
        return asdict(await rebuilding.run(keep=keep))

    async def switch(self, model: ReadModel, generation: int) -> None:
        await switch_to(self.client, self.reporting, model, generation)

    async def parked(self, model: ReadModel) -> list[dict[str, Any]]:
        generation = await live(self.reporting, model.name)
        return [
            {"model": model.name, **{name: marker.get(name) for name in ("stream", "records", "reason", "since")}}
            for marker in await parked(generation)
        ]

    async def redrive(self, model: ReadModel, stream: str | None, *, discard: bool) -> list[dict[str, Any]]:
        generation = await live(self.reporting, model.name)
        streams = [stream] if stream else [marker["stream"] for marker in await parked(generation)]
        return [asdict(await redrive(self.client, generation, model, name, discard=discard)) for name in streams]

    async def rewind(self, service: str) -> None:
        cursors = self.client[self.settings.database(service)]["cursors"]
        for partition in range(TOPICS[service].partitions):
            await rewind(cursors, partition)

    def projector(self, slot: int = 0, slots: int = 1) -> Projector:
        settings = self.settings
        return Projector(
            self.client, self.reporting, settings.kafka_url, READ_MODELS, settings.topic_prefix, slot, slots
        )

    async def apply_topics(self, replicas: int) -> list[str]:
        return await apply_topics(self.settings.kafka_url, self.settings.topic_prefix, replicas)

    async def events(
        self, service: str, *, follow: bool, type_: str | None, stream: str | None
    ) -> AsyncIterator[dict[str, Any]]:
        """What was published on a topic, from its beginning; goes on waiting for more with `follow`."""
        async with self._consumer() as consumer:
            partitions = [TopicPartition(self.topic(service), p) for p in range(TOPICS[service].partitions)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            left = {tp for tp, end in ends.items() if end > 0}
            while follow or left:
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        event = as_json(record)
                        if type_ in (None, event.get("type")) and stream in (None, event.get("subject")):
                            yield event
                    if await consumer.position(tp) >= ends[tp]:
                        left.discard(tp)

    async def stream(self, service: str, stream: str) -> list[dict[str, Any]]:
        """A stream's timeline: what happened, when, recorded when, in which role. Sealed text stays sealed."""
        return [
            {
                "version": commit.first_version + i,
                "type": event.type,
                "occurred_at": commit.meta.occurred_at.isoformat(),
                "recorded_at": commit.recorded_at.isoformat(),
                "effective_date": commit.meta.effective_date.isoformat(),
                "role": commit.meta.actor.role,
                "data": _masked(event.data),
            }
            for commit in await self.store(service).read(stream)
            for i, event in enumerate(commit.events)
        ]


def _masked(data: Any) -> Any:
    """The data without what is sealed: not even its cipher text is of use to anybody looking."""
    if isinstance(data, dict):
        if data.keys() >= {"key", "nonce", "text", "mark"}:
            return "(sealed)"
        return {name: _masked(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_masked(value) for value in data]
    return data


@asynccontextmanager
async def plant(settings: ServiceSettings | None = None, name: str = "command") -> AsyncIterator[Plant]:
    """The installation that the environment names; `name` is what its database knows this process as."""
    settings = settings or ServiceSettings()
    known_as = f"{settings.mongo_prefix}-{name}"
    async with AsyncMongoClient[Any](settings.mongo_url, serverSelectionTimeoutMS=5_000, appname=known_as) as client:
        yield Plant(settings, client)
