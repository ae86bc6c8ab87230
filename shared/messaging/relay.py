"""From the event store to Kafka: a go-back-N sender, in order, resumable, harmless when doubled.

The store is the outbox. What is published and which position came before it are functions of the log alone, so two
relays that know nothing of each other send the same records and readers drop the repeats. Anything that goes wrong
with a producer is fatal for that producer (an aiokafka producer that lost a sequence number never recovers): it is
thrown away and everything after the stored cursor is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from shared.deciding.decider import Decider
from shared.event_store.following import Woken, move_cursor
from shared.event_store.handling import Recorded, recorded
from shared.event_store.store import Commit, EventStore
from shared.failpoints import failpoint
from shared.messaging.cloudevents import headers_of, value_of
from shared.patience import Patience
from shared.published.envelope import Envelope, Published
from shared.pulse import Pulses, beat

log = structlog.get_logger()

LIMIT = 500  # commits sent before the cursor moves
SEND_DEADLINE = 10.0  # seconds: an idempotent producer never gives up by itself
STOP_DEADLINE = 1.0

Teller = Callable[[Commit], Awaitable[Sequence[Published | None]]]
Record = tuple[bytes, bytes, list[tuple[str, bytes]]]


def by_event(deciders: Mapping[str, Decider[Any, Any]], tell: Callable[[Recorded[Any]], Published | None]) -> Teller:
    """A teller that looks at one event at a time, which is all that most services need."""

    async def tellings(commit: Commit) -> list[Published | None]:
        decider = deciders[commit.stream.split("-", 1)[0]]
        return [tell(told) for told in recorded(decider, commit)]

    return tellings


class Relay:
    """Publishes one service's log on one topic.

    `cursors` holds for each partition `n`, the last position that was dealt with, and `last`, the last one that was
    published (-1 before the first). `commits`, when given, is watched so that idle partitions are relayed at once.
    """

    def __init__(
        self,
        store: EventStore,
        cursors: AsyncCollection[Any],
        bootstrap: str,
        topic: str,
        source: str,
        tell: Teller,
        commits: AsyncCollection[Any] | None = None,
    ) -> None:
        self._store = store
        # Not waiting for the disk: a cursor that is lost is an older cursor, and costs repeats that readers drop.
        self._cursors = cursors.with_options(write_concern=WriteConcern(w=1, j=False))
        self.topic = topic
        self._source = source
        self._tell = tell
        self._commits = commits
        self._producers = _Producers(bootstrap)
        self.pulses = Pulses()

    async def run(self) -> None:
        """Relay until cancelled."""
        woken = Woken(self._store.partitions)
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._commits is not None:
                    tasks.create_task(woken.watch(self._commits))
                for partition in range(self._store.partitions):
                    tasks.create_task(self._relay(partition, woken))
        finally:
            await self._producers.discard()

    async def catch_up(self) -> None:
        """Publish what is there now, then return. Raises what went wrong instead of trying again."""
        try:
            for partition in range(self._store.partitions):
                while await self._step(partition):
                    pass
        finally:
            await self._producers.discard()

    async def _relay(self, partition: int, woken: Woken) -> None:
        patience = Patience()
        with self.pulses.of(str(partition)):
            while True:
                beat()
                try:
                    if not await self._step(partition):
                        await woken.wait(partition)
                    patience.restored()
                except (KafkaError, PyMongoError, OSError, TimeoutError) as error:
                    log.warning("relay paused", topic=self.topic, partition=partition, error=type(error).__name__)
                    await patience.pause()

    async def _step(self, partition: int) -> bool:
        """Send what follows the cursor and move it once all of it is acknowledged; False when there was nothing."""
        key = f"relay/{partition}"
        cursor = await self._cursors.find_one({"_id": key}) or {"n": -1, "last": -1}
        commits = await self._store.read_partition(partition, cursor["n"], LIMIT)
        if not commits:
            return False
        records, last = await self._records(commits, cursor["last"])
        await self._producers.send(self.topic, partition, records)
        failpoint("relay.before_cursor")
        # A lost race means that a rival dealt with these, or that an operator rewound us: both show on re-reading.
        await move_cursor(self._cursors, key, cursor["n"], commits[-1].last_seq, {"last": last})
        return True

    async def _records(self, commits: Sequence[Commit], last: int) -> tuple[list[Record], int]:
        records: list[Record] = []
        for commit in commits:
            for i, published in enumerate(await self._tell(commit)):
                if published is not None:
                    envelope = self._envelope(commit, i, last, published)
                    records.append((commit.stream.encode(), value_of(published), headers_of(envelope)))
                    last = envelope.seq
        return records, last

    def _envelope(self, commit: Commit, i: int, previous: int, published: Published) -> Envelope:
        meta = commit.meta
        return Envelope(
            id=f"{commit.id}.{i}",
            type=published.TYPE,
            source=self._source,
            stream=commit.stream,
            version=commit.first_version + i,
            partition=commit.partition,
            seq=commit.seq + i,
            previous=previous,
            generation=commit.generation,
            la_code=meta.la_code,
            occurred_at=meta.occurred_at,
            recorded_at=commit.recorded_at,
            effective_date=meta.effective_date,
            correlation=meta.correlation,
            causation=meta.causation,
        )


async def rewind(cursors: AsyncCollection[Any], partition: int) -> None:
    """Make the relay send a partition from its beginning again: for a topic that lost records. Readers drop repeats."""
    await cursors.replace_one({"_id": f"relay/{partition}"}, {"n": -1, "last": -1}, upsert=True)


class _Producers:
    """The producer of the moment, shared by the partitions; a failed one is replaced, never mended."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._current: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._stopping: set[asyncio.Task[None]] = set()

    async def send(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Send in order and wait until all are acknowledged. Raises KafkaError, OSError or TimeoutError."""
        if not records:
            return
        producer = await self._producer()
        try:
            async with asyncio.timeout(SEND_DEADLINE):
                sent = [
                    await producer.send(topic, value, key, partition, headers=headers)
                    for key, value, headers in records
                ]
                await asyncio.gather(*sent)
        except BaseException:
            await self.discard(producer)
            raise

    async def discard(self, producer: AIOKafkaProducer | None = None) -> None:
        """Throw away this producer, or the current one; others may have replaced it already."""
        if producer is not None and producer is not self._current:
            return
        old, self._current = self._current, None
        if old is not None:
            task = asyncio.create_task(_stop(old))
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    async def _producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._current is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    max_batch_size=65_536,
                    compression_type="lz4",
                    request_timeout_ms=10_000,
                    retry_backoff_ms=100,
                )
                try:
                    async with asyncio.timeout(SEND_DEADLINE):
                        await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._current = producer
            return self._current


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_DEADLINE):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError) as error:  # it is being thrown away: what it held is sent again
        log.info("producer discarded", error=type(error).__name__)
