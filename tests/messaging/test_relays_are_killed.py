"""Two relays that know nothing of each other are killed and frozen: records may repeat, none is missing or too early.

And a broker that goes away for a while: the relay goes on by itself, and one that skips what failed is found out.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deploy.local.engines import LocalKafka
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import NewCommit
from shared.messaging.topics import apply_topics
from tests.messaging.worker import Careless, a_relay, tellings, work
from tests.nursery import Born, Nursery
from tests.projecting.toy import TOPIC, some_commits
from tests.tiers import by_tier, chances

pytestmark = [pytest.mark.connected, pytest.mark.chaos]

KILLS = by_tier(20, 300, 1_000)
FREEZES = by_tier(5, 60, 200)
OUTAGE = 10.0  # seconds without a broker
RECOVERY = 15.0  # seconds after which the relay must have gone on

Log = dict[int, list[str]]  # ids of the published events of each partition, in order


@dataclass(slots=True)
class Heard:
    """What a reader makes of a topic: the events it takes, how many came again, how many came too early."""

    taken: Log
    repeated: int
    early: int

    @property
    def gaps(self) -> bool:
        return self.early > 0


async def topic_of(kafka: str, topic: str) -> dict[int, list[ConsumerRecord]]:
    """Everything on the topic now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for p in range(TOPIC.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: defaultdict[int, list[ConsumerRecord]] = defaultdict(list)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                found[place.partition] += records
        return found
    finally:
        await consumer.stop()


def heard(topic: dict[int, list[ConsumerRecord]]) -> Heard:
    """Read as a reader must: repeats are dropped, what lies behind a gap is not taken. A repeat says the same."""
    said: dict[tuple[int, int], Any] = {}
    result = Heard({p: [] for p in range(TOPIC.partitions)}, 0, 0)
    for p, records in topic.items():
        reached = -1
        for record in records:
            headers = dict(record.headers)
            seq, previous = int(headers["ce_sequence"]), int(headers["ce_previous"])
            assert said.setdefault((p, seq), (record.value, headers)) == (record.value, headers)
            if seq <= reached:
                result.repeated += 1
            elif previous > reached:
                result.early += 1
            else:
                reached = seq
                result.taken[p].append(headers["ce_id"].decode())
    return result


class Source:
    """A store that grows, and what it has to publish."""

    def __init__(self, database: AsyncDatabase[Any], seed: int) -> None:
        self.database = database
        self.store = MongoEventStore(database, partitions=TOPIC.partitions)
        self._commits = iter(some_commits(100_000, seed))

    async def grow(self, stopping: asyncio.Event, pause: float) -> None:
        while not stopping.is_set():
            by_stream: defaultdict[str, list[NewCommit]] = defaultdict(list)
            for commit in itertools.islice(self._commits, 10):
                by_stream[commit.stream].append(commit)
            await asyncio.gather(*(self._append(commits) for commits in by_stream.values()))
            await asyncio.sleep(pause)

    async def _append(self, commits: Sequence[NewCommit]) -> None:
        for commit in commits:
            await self.store.append(commit)

    async def published(self) -> Log:
        log: Log = {}
        for p in range(TOPIC.partitions):
            commits = await self.store.read_partition(p, -1, 100_000)
            log[p] = [
                f"{one.id}.{i}" for one in commits for i, told in enumerate(await tellings(one)) if told is not None
            ]
        return log


@pytest.fixture
async def source(mongo_database: AsyncDatabase[Any]) -> Source:
    source = Source(mongo_database, chances("a log to relay").randrange(2**32))
    await source.store.prepare()
    return source


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(work, tmp_path_factory.mktemp("relays")) as nursery:
        yield nursery


async def complete(kafka: str, topic: str, source: Source, seconds: float) -> Heard:
    """What is heard once all is there, or after so many seconds."""
    expected = await source.published()
    deadline = time.monotonic() + seconds
    while True:
        now = heard(await topic_of(kafka, topic))
        if now.taken == expected or time.monotonic() > deadline:
            return now
        await asyncio.sleep(0.2)


async def hurt(relays: list[Born], start: Any, rng: random.Random) -> None:
    """Kill one of two and start it again, or freeze it for a while, each at a moment of its own."""
    faults = ["kill"] * KILLS + ["freeze"] * FREEZES
    rng.shuffle(faults)
    for fault in faults:
        await asyncio.sleep(rng.uniform(0.05, 0.7))
        which = rng.randrange(2)
        if fault == "kill":
            relays[which].kill()
            relays[which] = start()
        else:
            relays[which].send(signal.SIGSTOP)
            await asyncio.sleep(rng.uniform(0.2, 1.0))
            relays[which].send(signal.SIGCONT)


async def test_nothing_is_missing_or_out_of_order_whatever_happens_to_two_rival_relays(
    source: Source, nursery: Nursery, kafka_url: str, mongo_url: str, topic_prefix: str
) -> None:
    await apply_topics(kafka_url, topic_prefix, only=(TOPIC,))
    topic = f"{topic_prefix}{TOPIC.name}"

    def start() -> Born:
        return nursery.bear(kafka_url, mongo_url, source.database.name, topic)

    rng, stopping = chances("killing relays"), asyncio.Event()
    growing = asyncio.create_task(source.grow(stopping, 0.02))
    relays = [start(), start()]
    await hurt(relays, start, rng)
    stopping.set()
    await growing
    now = await complete(kafka_url, topic, source, 30)
    for relay in relays:
        assert relay.alive(), relay.said()
        relay.kill()
    expected = await source.published()
    events = sum(map(len, expected.values()))
    print(f"{events} events, {KILLS} kills, {FREEZES} freezes, {now.repeated} repeats, {now.early} too early")
    assert now.taken == expected
    assert now.early == 0
    assert now.repeated > 0, "nothing was sent twice, so nothing was proved"


@pytest.fixture
async def broker() -> AsyncIterator[LocalKafka]:
    """A broker of this test's own, because it is killed."""
    kafka = LocalKafka()
    await asyncio.to_thread(kafka.start)
    try:
        yield kafka
    finally:
        await asyncio.to_thread(kafka.stop)


async def test_a_relay_goes_on_after_its_broker_was_away_and_one_that_skips_is_found_out(
    source: Source, broker: LocalKafka, mongo_client: AsyncMongoClient[Any]
) -> None:
    for prefix in ("good.", "careless."):
        await apply_topics(broker.url, prefix, only=(TOPIC,))
    stopping = asyncio.Event()
    growing = asyncio.create_task(source.grow(stopping, 0.1))
    relays = [
        asyncio.create_task(a_relay(broker.url, source.database, f"good.{TOPIC.name}").run()),
        asyncio.create_task(Careless(broker.url, source.database, f"careless.{TOPIC.name}").run()),
    ]
    await asyncio.sleep(2)
    await asyncio.to_thread(broker.kill)
    await asyncio.sleep(OUTAGE)
    await asyncio.to_thread(broker.restart)
    back = time.monotonic()
    stopping.set()
    await growing
    good = await complete(broker.url, f"good.{TOPIC.name}", source, RECOVERY + 30)
    took = time.monotonic() - back
    careless = heard(await topic_of(broker.url, f"careless.{TOPIC.name}"))
    ended = [relay.done() for relay in relays]
    for relay in relays:
        relay.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    print(f"level {took:.1f} s after the broker was back; the careless relay left {careless.early} behind a gap")
    assert ended == [False, False]
    assert good.taken == await source.published()
    assert took < RECOVERY
    assert careless.gaps
