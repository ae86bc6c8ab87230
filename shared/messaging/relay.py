"""From the event store to Kafka: a go-back-N sender, in order, resumable, harmless when doubled.

The store is the outbox. What is published and which position came before it are functions of the log alone, so two
relays that know nothing of each other send the same records and readers drop the repeats. Anything that goes wrong
with a producer is fatal for that producer (an aiokafka producer that lost a sequence number never recovers): it is
thrown away and everything after the stored cursor is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from shared.deciding.decider import Decider
from shared.event_store.following import Arrivals
from shared.event_store.handling import Recorded, recorded
from shared.event_store.store import Commit, EventStore
from shared.failpoints import failpoint
from shared.messaging.cloudevents import headers_of, value_of
from shared.patience import Patience
from shared.published.envelope import Envelope, Published
from shared.pulse import Pulses, beat

log = structlog.get_logger()

LIMIT = 250  # commits of a partition read at once: those of others wait for no more than these
KEEP = 0.1  # seconds between writes of the cursors
IDLE = 0.5  # seconds between looks when nothing is heard: a lost wake-up costs that, never an event
SEND_DEADLINE = 10.0  # seconds: an idempotent producer never gives up by itself
STOP_DEADLINE = 1.0

NOWHERE = {"n": -1, "last": -1}

Teller = Callable[[Commit], Awaitable[Sequence[Published | None]]]
Record = tuple[bytes, bytes, list[tuple[str, bytes]]]


def by_event(deciders: Mapping[str, Decider[Any, Any]], tell: Callable[[Recorded[Any]], Published | None]) -> Teller:
    """A teller that looks at one event at a time, which is all that most services need."""

    async def tellings(commit: Commit) -> list[Published | None]:
        decider = deciders[commit.stream.split("-", 1)[0]]
        return [tell(told) for told in recorded(decider, commit)]

    return tellings


@dataclass(slots=True)
class _Place:
    """How far the relay is in a partition: `n` dealt with, `last` published, `kept` what the cursor says of `n`."""

    n: int = -1
    last: int = -1
    kept: int = -1


class Relay:
    """Publishes one service's log on one topic.

    `cursors` holds for each partition `n`, the last position that was dealt with, and `last`, the last one that was
    published (-1 before the first): at most `KEEP` seconds behind, which costs repeats after a crash. `commits`, when
    given, is watched, and what it tells is sent without reading the log. `pulses` say whether the relay lives.
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
        self._producers = Producers(bootstrap)
        self._places: dict[int, _Place] = {}
        self._behind: set[int] = set()  # partitions whose log has to be read
        self._kept_at = 0.0
        self.pulses = Pulses()

    async def run(self) -> None:
        """Relay until cancelled; what was being sent then is sent again next time."""
        arrivals = Arrivals()
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._commits is not None:
                    tasks.create_task(arrivals.watch(self._commits))
                tasks.create_task(self._relay(arrivals))
        finally:
            await self._leave()

    async def catch_up(self) -> None:
        """Publish what is there now, then return. Raises what went wrong instead of trying again."""
        try:
            await self._begin()
            while await self._step([]):
                pass
            await self._keep()
        finally:
            await self._producers.close()

    async def _relay(self, arrivals: Arrivals) -> None:
        patience = Patience()
        with self.pulses.of(self.topic):
            while True:
                try:
                    await self._begin()
                    await self._follow(arrivals, patience)
                except (KafkaError, PyMongoError, OSError, TimeoutError) as error:
                    if not patience.failures:
                        log.warning("relay paused", topic=self.topic, error=type(error).__name__)
                    await patience.pause()

    async def _follow(self, arrivals: Arrivals, patience: Patience) -> None:
        """Send what comes, until something goes wrong."""
        while True:
            beat()
            commits, complete = arrivals.take()
            if not complete:
                self._behind.update(self._places)
            sent = await self._step(commits)
            if patience.failures:
                log.info("relay goes on", topic=self.topic)
                patience.restored()
            if self._is_ahead() and asyncio.get_running_loop().time() >= self._kept_at + KEEP:
                await self._keep()
            if not sent and not await arrivals.wait(KEEP if self._is_ahead() else IDLE) and not self._is_ahead():
                await self._begin()

    async def _begin(self) -> None:
        """Go back to the cursors, and see whether the log has grown without our hearing of it."""
        partitions = range(self._store.partitions)
        keys = {_key(p): p for p in partitions}
        kept = {keys[c["_id"]]: c async for c in self._cursors.find({"_id": {"$in": list(keys)}})}
        self._places = {p: _Place(c["n"], c["last"], c["n"]) if (c := kept.get(p)) else _Place() for p in partitions}
        self._behind = set(partitions)

    async def _step(self, commits: Sequence[Commit]) -> bool:
        """Send what follows our places, of these commits or from the log; False when there was nothing."""
        batches = self._next_of(commits)
        behind, self._behind = self._behind, set()
        reads = [self._store.read_partition(p, self._places[p].n, LIMIT) for p in behind]
        for p, read in zip(behind, await asyncio.gather(*reads), strict=True):
            batches[p] = read
            if len(read) == LIMIT:
                self._behind.add(p)
        batches = {p: batch for p, batch in batches.items() if batch}
        await self._send(batches)
        return bool(batches)

    def _next_of(self, commits: Sequence[Commit]) -> dict[int, list[Commit]]:
        """Those that continue where we are. Positions are dense: at another one, something was not heard of."""
        batches: dict[int, list[Commit]] = {}
        ends = {p: place.n for p, place in self._places.items()}
        for commit in commits:
            p = commit.partition
            if p not in self._behind and commit.seq == ends[p] + 1:
                batches.setdefault(p, []).append(commit)
                ends[p] = commit.last_seq
            elif commit.seq > ends[p]:
                self._behind.add(p)
        return batches

    async def _send(self, batches: Mapping[int, Sequence[Commit]]) -> None:
        """Send them and, once all are acknowledged, move our places."""
        records: dict[int, list[Record]] = {}
        lasts: dict[int, int] = {}
        for p, commits in batches.items():
            records[p], lasts[p] = await self._records(commits, self._places[p].last)
        await self._producers.send(self.topic, records)
        for p, commits in batches.items():
            self._places[p].n, self._places[p].last = commits[-1].last_seq, lasts[p]

    def _is_ahead(self) -> bool:
        return any(place.n != place.kept for place in self._places.values())

    async def _keep(self) -> None:
        """Write down how far we are, where the cursors are still as we read or left them; otherwise begin from them.

        Somebody else moved them then: a rival who dealt with the same, or an operator who wants it sent again.
        """
        ahead = {p: place for p, place in self._places.items() if place.n != place.kept}
        if not ahead:
            return
        failpoint("relay.before_cursor")
        new = [UpdateOne({"_id": _key(p)}, {"$setOnInsert": NOWHERE}, upsert=True) for p in ahead if ahead[p].kept < 0]
        moves = [
            UpdateOne({"_id": _key(p), "n": place.kept}, {"$set": {"n": place.n, "last": place.last}})
            for p, place in ahead.items()
        ]
        written = await self._cursors.bulk_write([*new, *moves])
        self._kept_at = asyncio.get_running_loop().time()
        if written.matched_count + written.upserted_count < len(new) + len(moves):
            await self._begin()
            return
        for place in ahead.values():
            place.kept = place.n

    async def _leave(self) -> None:
        """Keep what was acknowledged when that is quickly done: otherwise it is sent again."""
        try:
            async with asyncio.timeout(STOP_DEADLINE):
                await self._keep()
        except (PyMongoError, TimeoutError) as error:
            log.info("cursor left behind", topic=self.topic, error=type(error).__name__)
        await self._producers.close()

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


def _key(partition: int) -> str:
    return f"relay/{partition}"


async def rewind(cursors: AsyncCollection[Any], partition: int) -> None:
    """Make the relay send a partition from its beginning again: for a topic that lost records. Readers drop repeats."""
    await cursors.replace_one({"_id": _key(partition)}, NOWHERE, upsert=True)


class Producers:
    """The producer of the moment, shared by whatever is sent; a failed one is replaced, never mended."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._current: AIOKafkaProducer | None = None

    async def send(self, topic: str, records: Mapping[int, Sequence[Record]]) -> None:
        """Send each partition in order, wait until all is acknowledged. Raises KafkaError, OSError or TimeoutError."""
        if not any(records.values()):
            return
        async with self._use() as producer:
            await asyncio.gather(*(_send(producer, topic, p, some) for p, some in records.items() if some))

    async def topics(self) -> set[str]:
        """The names of all topics that there are. Raises KafkaError, OSError or TimeoutError."""
        async with self._use() as producer:
            return set((await producer.client.fetch_all_metadata()).topics())

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[AIOKafkaProducer]:
        """The producer, for so long; thrown away when that goes wrong in any way."""
        producer = await self._producer()
        try:
            async with asyncio.timeout(SEND_DEADLINE):
                yield producer
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        old, self._current = self._current, None
        if old is not None:
            await _stop(old)

    async def _producer(self) -> AIOKafkaProducer:
        if self._current is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=262_144,
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


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, records: Sequence[Record]) -> None:
    """Whole batches instead of single records: a third of the work for the same bytes."""
    sent = []
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:  # it is full
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)
    sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_DEADLINE):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError) as error:  # it is being thrown away: what it held is sent again
        log.info("producer discarded", error=type(error).__name__)
