"""A process that keeps read models up to date: their live generations, and the ones that stand by."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared import pulse
from shared.messaging import consuming
from shared.messaging.consuming import Movement, kafka_broker, let_go, subscribe
from shared.patience import Patience
from shared.projecting.projection import Projection
from shared.projecting.read_model import ReadModel
from shared.projecting.state import Generation, read_generations
from shared.pulse import Pulses, beat

log = structlog.get_logger()

LOOK = 0.5  # seconds between looks for generations that came or went
COLLECT = 600.0  # seconds between cyclic collections: what makes cycles here is rare (an exception now and then)
FEW = 200  # records: so small a batch is written before the next is taken, which then is all that came meanwhile
TELL = 10.0  # seconds between lines that tell what became of the records


def tune_collector() -> None:
    """For a process that only projects: no cyclic collection but the one that `Projector.run` does now and then.

    Rows live long and make no cycles, and the collector's passes over them cost more than a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


class Projector:
    """Runs slot `slot` of `slots`: which partitions that means is fixed, so nothing has to be negotiated.

    Start as many processes as there are slots, each with its own number; together they own every partition.
    """

    def __init__(
        self,
        client: AsyncMongoClient[Any],
        database: AsyncDatabase[Any],
        bootstrap: str,
        models: Iterable[ReadModel],
        topic_prefix: str = "",
        slot: int = 0,
        slots: int = 1,
    ) -> None:
        self._client = client
        self._database = database
        self._bootstrap = bootstrap
        self._models = tuple(models)
        self._prefix = topic_prefix
        self._slot = slot
        self._slots = slots
        self.feeds: dict[str, Feed] = {}
        self.loaded = False  # every generation that is wanted has its feed
        self.pulses = Pulses()

    def alive(self) -> bool:
        """No batch hangs, and every generation's records are still being asked for. Engines may be away."""
        return self.pulses.alive() and all(feed.reads() for feed in self.feeds.values())

    def projects(self) -> bool:
        """Every generation is loaded and none has halted."""
        return self.loaded and not any(feed.projection.halted for feed in self.feeds.values())

    async def run(self) -> None:
        """Project until cancelled."""
        broker = kafka_broker(self._bootstrap)
        await broker.start()
        try:
            with self.pulses.of("generations"):
                await self._keep_attending(broker)
        finally:
            await asyncio.gather(*(feed.stop() for feed in self.feeds.values()))
            await broker.stop()

    async def _keep_attending(self, broker: KafkaBroker) -> None:
        patience = Patience()
        collected = time.monotonic()
        while True:
            beat()
            if time.monotonic() - collected > COLLECT:
                gc.collect()
                collected = time.monotonic()
            try:
                await self._attend(broker)
                patience.restored()
            except (PyMongoError, KafkaError, OSError) as error:
                log.warning("waiting for an engine", error=type(error).__name__)
                await patience.pause()
            await asyncio.sleep(LOOK)

    async def _attend(self, broker: KafkaBroker) -> None:
        wanted: dict[str, tuple[ReadModel, Generation]] = {}
        for model in self._models:
            for number in (await read_generations(self._database, model.name)).all:
                generation = Generation(self._database, model.name, number)
                wanted[generation.name] = (model, generation)
        for name in self.feeds.keys() - wanted.keys():
            await self.feeds.pop(name).stop()
        for name, feed in list(self.feeds.items()):
            feed.projection.mend_gaps()
            feed.tell()
            if await feed.has_failed():
                log.warning("reading is begun anew", projection=name, slot=self._slot)
                await self.feeds.pop(name).stop()
        for name, (model, generation) in wanted.items():
            if name not in self.feeds:
                projection = Projection(self._client, generation, model, self._slot, self._slots)
                feed = Feed(broker, projection, f"{self._prefix}{model.topic.name}", self.pulses)
                try:
                    await feed.start()
                except BaseException:
                    await feed.stop()
                    raise
                self.feeds[name] = feed
        self.loaded = True


class Feed:
    """Brings a topic's records to one projection."""

    def __init__(self, broker: KafkaBroker, projection: Projection, topic: str, pulses: Pulses | None = None) -> None:
        self.projection = projection
        self._pulses = pulses or Pulses()
        self._topic = topic
        self._subscriber = subscribe(broker, topic, projection.partitions, self._handle)
        projection.seek = self._seek
        self._movement = Movement(self._subscriber, topic, projection.partitions)
        self._busy = False
        self._told_at = time.monotonic()
        self._told: Counter[str] = Counter()

    async def start(self) -> None:
        await self.projection.start()
        await self._subscriber.start()
        for partition, mark in self.projection.fold.marks.items():
            self._seek(partition, mark.offset + 1)

    async def stop(self) -> None:
        await let_go(self._subscriber)
        await self.projection.stop()
        self.tell(every=0.0)

    def tell(self, every: float = TELL) -> None:
        """Log what became of the records so far, from time to time and when something did."""
        counts = self.projection.fold.counts
        if time.monotonic() - self._told_at >= every and counts != self._told:
            self._told_at, self._told = time.monotonic(), counts.copy()
            log.info("projected", projection=self.projection.generation.name, slot=self.projection.slot, **counts)

    def reads(self) -> bool:
        """The task that asks for records has not ended, and it gets some when there are any."""
        asks = not all(task.done() for task in self._subscriber.tasks)
        return asks and self._movement.still() < pulse.LONGEST_SILENCE

    async def has_failed(self) -> bool:
        """Its client brings nothing of what there is, and has not for a while."""
        await self._movement.look(busy=self._busy)
        return self._movement.still() > consuming.STUCK

    def _seek(self, partition: int, offset: int) -> None:
        self._subscriber.consumer.seek(TopicPartition(self._topic, partition), offset)

    async def _handle(self, records: Sequence[ConsumerRecord]) -> None:
        self._busy = True
        try:
            with self._pulses.of(self.projection.generation.name):
                await self.projection.take(records)
                if len(records) < FEW:
                    await self.projection.settled()
        except Exception:  # FastStream would swallow it and go on behind a hole
            log.exception("projection failed", projection=self.projection.generation.name)
            self.projection.halted = "a fault of the projection itself: see its log"
        finally:
            self._busy = False
