"""The directory's feed: every service reads the whole of `qa.organisation` for itself, from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, get_args

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from shared.directory import Directory
from shared.messaging import consuming
from shared.messaging.cloudevents import Unreadable, decode, stream_of
from shared.messaging.consuming import Movement, kafka_broker, let_go, subscribe
from shared.messaging.topics import ORGANISATION
from shared.patience import Patience
from shared.published.envelope import Published
from shared.published.organisation import OrganisationPublished
from shared.pulse import Pulses
from shared.settings import ServiceSettings

log = structlog.get_logger()

DECODERS: dict[str, type[Published]] = {model.TYPE: model for model in get_args(OrganisationPublished)}
POLL = 0.01
QUIET = 0.5  # seconds: how long a partition must bring nothing more when its last offsets were compacted away


class DirectoryFeed:
    """Keeps a directory fed. There is no group and no committed offset: a start begins at the beginning.

    The newest version of a unit wins, whatever order records come in: relays may send a stretch again. A record that
    cannot be read is counted in `unreadable`, logged and passed over, and the unit stays as it was known before.
    """

    def __init__(self, directory: Directory, settings: ServiceSettings) -> None:
        self.unreadable = 0
        self.directory = directory
        self._bootstrap = settings.kafka_url
        self._topic = f"{settings.topic_prefix}{ORGANISATION.name}"
        self._versions: dict[str, int] = {}
        self._partitions = [TopicPartition(self._topic, partition) for partition in range(ORGANISATION.partitions)]
        self._ends: dict[TopicPartition, int] = {}
        self._handled: dict[TopicPartition, int] = {}
        self._pulses = Pulses()
        self._reading: tuple[KafkaBroker, Any] | None = None  # the broker and its subscriber
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read. Raises KafkaError when the broker cannot be reached; it may be tried again then."""
        subscriber = await self._begin()
        self._watching = asyncio.create_task(self._watch(subscriber), name="directory")

    async def _begin(self) -> Any:
        broker = kafka_broker(self._bootstrap)
        subscriber = subscribe(broker, self._topic, range(ORGANISATION.partitions), self._handle, max_records=1_000)
        try:
            await broker.start()
            begins = await subscriber.consumer.beginning_offsets(self._partitions)
            self._ends = await subscriber.consumer.end_offsets(self._partitions)
        except BaseException:
            await broker.stop()
            raise
        self._reading = broker, subscriber
        for partition, offset in begins.items():
            self._handled.setdefault(partition, offset)
        return subscriber

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        await self._end()

    async def _end(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            broker, subscriber = reading
            await let_go(subscriber)
            await broker.stop()

    async def _watch(self, subscriber: Any) -> None:
        """Begin anew with another client when this one brings nothing of what there is."""
        while True:
            movement = Movement(subscriber, self._topic, range(ORGANISATION.partitions))
            while movement.still() <= consuming.STUCK:
                await asyncio.sleep(consuming.WATCH)
                await movement.look(busy=False)
            log.warning("reading is begun anew", topic=self._topic)
            await self._end()
            subscriber = await self._begin_patiently()

    async def _begin_patiently(self) -> Any:
        patience = Patience()
        while True:
            try:
                return await self._begin()
            except (KafkaError, OSError) as error:
                log.warning("waiting for an engine", error=type(error).__name__)
                await patience.pause()

    def alive(self) -> bool:
        """The reading task has not ended, and what it took in does not hang. True before the start and while Kafka is
        away: what is known goes on to serve."""
        if self._reading is None:
            return True
        _, subscriber = self._reading
        return self._pulses.alive() and not all(task.done() for task in subscriber.tasks)

    async def caught_up(self) -> None:
        """Return once everything that was on the topic at the start has been taken in. Give it a timeout."""
        while not await self._has_caught_up():
            await asyncio.sleep(POLL)

    async def _has_caught_up(self) -> bool:
        if self._reading is None:
            return False  # not started yet
        behind = [partition for partition in self._partitions if self._handled[partition] < self._ends[partition]]
        if not behind:
            return True
        # The last offsets of a compacted partition may hold nothing any more: then reading passes them in silence.
        # What was read is not taken in at once, so the silence is counted from when there was nothing left to read.
        consumer = self._reading[1].consumer
        if not all([await consumer.position(p) >= self._ends[p] for p in behind]):
            return False
        taken = dict(self._handled)
        await asyncio.sleep(QUIET)
        return taken == self._handled

    async def _handle(self, records: Sequence[ConsumerRecord]) -> None:
        with self._pulses.of(self._topic):
            for record in records:
                self._take(record)
                self._handled[TopicPartition(record.topic, record.partition)] = record.offset + 1

    def _take(self, record: ConsumerRecord) -> None:
        if record.value is None:
            self.directory.forget(stream_of(record))
            return
        try:
            told = decode(record, DECODERS)
        except Unreadable as failed:
            self.unreadable += 1
            log.warning("unit cannot be read", partition=record.partition, offset=record.offset, reason=failed.reason)
            return
        if told.version > self._versions.get(told.stream, 0):
            self._versions[told.stream] = told.version
            self.directory.learn(told.data)
