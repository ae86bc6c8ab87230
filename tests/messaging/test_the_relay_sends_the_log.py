"""The relay on a real MongoDB and a real Kafka: whatever it hears or misses, readers get the whole log in order."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient
from structlog.testing import capture_logs

from deploy.local.engines import LocalKafka, LocalMongo
from shared.event_store import following
from shared.event_store.mongo import MongoEventStore
from shared.messaging.relay import Relay, by_event, rewind
from shared.messaging.topics import apply_topics
from tests.projecting.toy import DECIDER, TOPIC, Dropped, a_commit, some_commits, tell

pytestmark = pytest.mark.connected

PARTITIONS = range(TOPIC.partitions)


@dataclass
class Publishing:
    """One log, the topic it goes to, and relays between them."""

    client: AsyncMongoClient[Any]
    name: str
    kafka: str
    prefix: str = ""
    listens: bool = True

    def __post_init__(self) -> None:
        self.database = self.client[self.name]
        self.store = MongoEventStore(self.database, partitions=TOPIC.partitions)
        self.topic = f"{self.prefix}{TOPIC.name}"

    async def prepared(self) -> Publishing:
        await self.store.prepare()
        await apply_topics(self.kafka, self.prefix, only=(TOPIC,))
        return self

    def relay(self) -> Relay:
        commits = self.store.commits if self.listens else None
        teller = by_event({"toy": DECIDER}, tell)
        return Relay(self.store, self.database["cursors"], self.kafka, self.topic, "/toy", teller, commits)

    @asynccontextmanager
    async def relayed(self, relays: int = 1) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.relay().run()) for _ in range(relays)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def append(self, n: int, seed: int) -> None:
        for commit in some_commits(n, seed):
            await self.store.append(commit)

    async def expected(self) -> dict[int, list[int]]:
        """The published positions of the log, partition by partition."""
        positions: dict[int, list[int]] = {}
        teller = by_event({"toy": DECIDER}, tell)
        for p in PARTITIONS:
            commits = await self.store.read_partition(p, -1, 10_000)
            positions[p] = [c.seq + i for c in commits for i, told in enumerate(await teller(c)) if told is not None]
        return positions

    async def on_topic(self) -> dict[int, list[tuple[int, int]]]:
        """(seq, previous) of every record, in the order of the topic."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partitions = [TopicPartition(self.topic, p) for p in PARTITIONS]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: dict[int, list[tuple[int, int]]] = {p: [] for p in PARTITIONS}
            while sum(len(records) for records in found.values()) < sum(ends.values()):
                for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                    found[tp.partition] += map(position, records)
            return found
        finally:
            await consumer.stop()

    async def whole(self, seconds: float = 30) -> dict[int, list[int]]:
        """Wait until a reader has heard the whole log; answers what it took, having dropped repeats."""
        expected = await self.expected()
        async with asyncio.timeout(seconds):
            while (taken := heard(await self.on_topic())) != expected:
                await asyncio.sleep(0.05)
        return taken

    async def on_topic_at_all(self) -> bool:
        return any((await self.on_topic()).values())

    async def cursors(self) -> dict[int, int]:
        kept = {cursor["_id"]: cursor["n"] async for cursor in self.database["cursors"].find()}
        return {p: kept.get(f"relay/{p}", -1) for p in PARTITIONS}

    async def heads(self) -> dict[int, int]:
        return {p: await self.store.head(p) for p in PARTITIONS}

    async def is_level(self) -> bool:
        return await self.cursors() == await self.heads()


def position(record: ConsumerRecord) -> tuple[int, int]:
    headers = dict(record.headers)
    return int(headers["ce_sequence"]), int(headers["ce_previous"])


def heard(topic: dict[int, list[tuple[int, int]]]) -> dict[int, list[int]]:
    """What a reader takes: the record whose predecessor it had last. It drops repeats, and waits at a gap."""
    taken: dict[int, list[int]] = {}
    for p, records in topic.items():
        taken[p] = []
        for seq, previous in records:
            if previous == (taken[p][-1] if taken[p] else -1):
                taken[p].append(seq)
    return taken


async def eventually(true: Callable[[], Any], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)


@pytest.fixture
async def publishing(
    mongo_client: AsyncMongoClient[Any], kafka_url: str, topic_prefix: str
) -> AsyncIterator[Publishing]:
    publishing = Publishing(mongo_client, topic_prefix.strip("."), kafka_url, topic_prefix)
    yield await publishing.prepared()
    await mongo_client.drop_database(publishing.name)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    await admin.delete_topics([publishing.topic])
    await admin.close()


@pytest.mark.parametrize("relays", [1, 2])
async def test_a_log_that_was_there_and_one_that_grows_are_heard_whole(publishing: Publishing, relays: int) -> None:
    await publishing.append(150, 1)
    async with publishing.relayed(relays):
        await asyncio.gather(*(publishing.store.append(a_commit(f"toy-x{i}", 0, Dropped())) for i in range(100)))
        await publishing.whole()


async def test_one_relay_that_hears_of_everything_sends_nothing_twice(publishing: Publishing) -> None:
    async with publishing.relayed():
        await publishing.append(200, 2)
        taken = await publishing.whole()
    assert {p: [seq for seq, _ in records] for p, records in (await publishing.on_topic()).items()} == taken


async def test_what_the_change_stream_does_not_tell_is_read_from_the_log(publishing: Publishing) -> None:
    publishing.listens = False
    async with publishing.relayed():
        await asyncio.sleep(1)
        await publishing.append(50, 3)
        await publishing.whole()


async def test_more_than_can_be_held_is_read_from_the_log(
    publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HELD", 2)
    async with publishing.relayed():
        for i in range(5):
            await asyncio.gather(*(publishing.store.append(a_commit(f"toy-{i}x{n}", 0, Dropped())) for n in range(100)))
        await publishing.whole()


async def test_the_cursor_follows_and_a_rewound_relay_sends_everything_again(publishing: Publishing) -> None:
    async with publishing.relayed():
        await publishing.append(60, 4)
        first = await publishing.whole()
        await eventually(partial(levelled, publishing))
        for p in PARTITIONS:
            await rewind(publishing.database["cursors"], p)
        await eventually(partial(levelled, publishing))
    sent = {p: [seq for seq, _ in records] for p, records in (await publishing.on_topic()).items()}
    assert sent == {p: seqs + seqs for p, seqs in first.items()}


async def levelled(publishing: Publishing) -> bool:
    return await publishing.cursors() == await publishing.heads()


async def test_a_relay_that_is_told_to_stop_under_load_leaves_at_once_and_its_successor_goes_on(
    publishing: Publishing,
) -> None:
    async with publishing.relayed():
        appending = asyncio.create_task(publishing.append(400, 5))
        await eventually(publishing.on_topic_at_all)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    async with publishing.relayed():
        await appending
        await publishing.whole()


async def test_a_relay_waits_for_a_broker_that_is_away_and_says_so_once(
    mongo_client: AsyncMongoClient[Any], topic_prefix: str
) -> None:
    with LocalKafka() as kafka:
        publishing = await Publishing(mongo_client, topic_prefix.strip("."), kafka.url).prepared()
        kafka.kill()
        try:
            with capture_logs() as logs:
                async with publishing.relayed():
                    await publishing.append(20, 6)
                    await asyncio.sleep(4)
                    assert states(logs) == ["relay paused"]
                    kafka.restart()
                    await publishing.whole(60)
                    kafka.freeze()
                    await publishing.store.append(a_commit("toy-frozen", 0, Dropped()))
                    await asyncio.sleep(0.5)
                    began = time.monotonic()
                assert time.monotonic() - began < 5
                kafka.thaw()
            assert states(logs) == ["relay paused", "relay goes on"]
        finally:
            await mongo_client.drop_database(publishing.name)


async def test_a_relay_waits_for_a_mongod_that_is_away_and_says_so_once(kafka_url: str, topic_prefix: str) -> None:
    with LocalMongo() as mongo:
        async with AsyncMongoClient[Any](mongo.url, tz_aware=True, serverSelectionTimeoutMS=500) as client:
            publishing = await Publishing(client, "toy", kafka_url, topic_prefix).prepared()
            await publishing.append(20, 7)
            mongo.kill()
            with capture_logs() as logs:
                async with publishing.relayed():
                    await asyncio.sleep(4)
                    assert states(logs) == ["relay paused"]
                    mongo.restart()
                    await publishing.whole(60)
                    mongo.freeze()
                    await asyncio.sleep(0.5)
                    began = time.monotonic()
                assert time.monotonic() - began < 5
                mongo.thaw()
            assert states(logs) == ["relay paused", "relay goes on"]


async def test_who_listens_to_a_mongod_that_falls_silent_leaves_in_time() -> None:
    with LocalMongo() as mongo:
        async with AsyncMongoClient[Any](mongo.url, tz_aware=True) as client:
            store, arrivals = MongoEventStore(client["toy"], partitions=TOPIC.partitions), following.Arrivals()
            await store.prepare()
            watching = asyncio.create_task(arrivals.watch(store.commits))

            async def heard_one(numbers=itertools.count()) -> bool:
                await store.append(a_commit(f"toy-{next(numbers)}", 0, Dropped()))
                return await arrivals.wait(0.1) and bool(arrivals.take()[0])

            await eventually(heard_one)
            mongo.freeze()
            await asyncio.sleep(0.5)
            began = time.monotonic()
            watching.cancel()
            await asyncio.wait([watching])
            assert time.monotonic() - began < 5
            mongo.thaw()


def states(logs: list[Any]) -> list[str]:
    return [one["event"] for one in logs if one["event"] in ("relay paused", "relay goes on")]
