"""Projector processes are killed, frozen and doubled while events arrive: every effect happens once.

The same load on a projector that trusts the offsets it committed to Kafka must go wrong, or this test sees nothing.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.messaging.topics import apply_topics
from shared.projecting.rebuilding import cell_errors
from shared.projecting.state import Generation
from tests.nursery import Born, Nursery
from tests.projecting.histories import MODEL, Happening, Published, View, expected, shown, some_happenings
from tests.projecting.toy import FakeRecord
from tests.projecting.worker import work
from tests.tiers import by_tier, chances

pytestmark = [pytest.mark.connected, pytest.mark.chaos]

KILLS = by_tier(24, 300, 1_000)
FREEZES = by_tier(4, 60, 200)
SLOTS = 2
STEP = 25  # events sent at once
PAUSE = 0.05  # seconds between two sendings


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(work, tmp_path_factory.mktemp("projectors")) as nursery:
        yield nursery


class Field:
    """One run: a topic that events arrive on, a generation, and the processes that project it."""

    def __init__(
        self, nursery: Nursery, client: AsyncMongoClient[Any], mongo: str, kafka: str, database: str, prefix: str
    ) -> None:
        self.kafka, self.prefix = kafka, prefix
        self.database: AsyncDatabase[Any] = client[database]
        self.generation = Generation(self.database, MODEL.name, 1)
        self.history: list[Happening] = []
        self.processes: dict[int, Born] = {}
        self._published = Published(f"{prefix}{MODEL.topic.name}")
        self._nursery = nursery
        self._told = (kafka, mongo, database, prefix)

    async def prepare(self) -> None:
        await self.generation.prepare()
        await apply_topics(self.kafka, self.prefix, only=(MODEL.topic,))

    def start(self, kind: str, slot: int, **environment: str) -> Born:
        return self._nursery.bear(kind, *self._told, slot, SLOTS, GOLDENTHREAD_ENVIRONMENT="test", **environment)

    async def send(self, rng: random.Random, stopping: asyncio.Event, repeats: bool = True) -> None:
        """Events arrive, some of them more than once, until it is enough."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all", enable_idempotence=True) as producer:
            while not stopping.is_set():
                fresh = some_happenings(STEP, rng, streams=200)
                told = [record for one in fresh if (record := self._published.tell(one)) is not None]
                again = told[rng.randrange(len(told)) :] if repeats and rng.random() < 0.2 else []
                self.history += fresh
                await asyncio.gather(*[await _send(producer, record) for record in [*told, *again]])
                await asyncio.sleep(PAUSE)

    async def level(self, seconds: float) -> bool:
        """Whether all that was sent is projected within so many seconds."""
        ends = {p: _seq(records[-1]) for p, records in self._published.records.items() if records}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            marks = await self.generation.read_marks(ends)
            if all(marks[p].seq == end for p, end in ends.items()):
                return True
            await asyncio.sleep(0.1)
        return False

    async def reported(self, process: Born, what: str) -> int:
        report = await self.database["reports"].find_one({"_id": process.pid}) or {}
        return int(report.get(what, 0))

    async def counted(self) -> Counter[str]:
        """What the processes reported, together."""
        counts: Counter[str] = Counter()
        async for report in self.database["reports"].find():
            counts.update({name: n for name, n in report.items() if isinstance(n, int) and name != "_id"})
        return counts


async def _send(producer: AIOKafkaProducer, record: FakeRecord) -> Any:
    return await producer.send(record.topic, record.value, record.key, record.partition, headers=[*record.headers])


def _seq(record: FakeRecord) -> int:
    return int(dict(record.headers)["ce_sequence"] or b"")


@pytest.fixture
async def field(
    nursery: Nursery,
    mongo_client: AsyncMongoClient[Any],
    mongo_database: AsyncDatabase[Any],
    mongo_url: str,
    kafka_url: str,
    topic_prefix: str,
) -> Field:
    field = Field(nursery, mongo_client, mongo_url, kafka_url, mongo_database.name, topic_prefix)
    await field.prepare()
    return field


async def killed(field: Field, kind: str, kills: int, rng: random.Random) -> None:
    """Kill one after the other, each at a moment of its own, and start it again."""
    for slot in range(SLOTS):
        field.processes[slot] = field.start(kind, slot)
    await asyncio.sleep(1)
    for _ in range(kills):
        slot = rng.randrange(SLOTS)
        await asyncio.sleep(rng.uniform(0.1, 0.9))
        field.processes[slot].kill()
        field.processes[slot] = field.start(kind, slot)


async def overtaken(field: Field, rng: random.Random) -> None:
    """Freeze one just before it commits, let a successor go past it, and thaw it again: now there are two."""
    slot = rng.randrange(SLOTS)
    field.processes[slot].kill()
    zombie = field.start("marks", slot, GOLDENTHREAD_FAILPOINTS="projection.before_commit:1:stop")
    await until(zombie.frozen)
    seen = await field.generation.read_marks([slot])
    field.processes[slot] = field.start("marks", slot)
    while (await field.generation.read_marks([slot])) == seen:
        await asyncio.sleep(0.05)
    while not await field.reported(zombie, "refused"):
        zombie.send(signal.SIGCONT)  # it freezes again before each commit that it gets as far as
        await asyncio.sleep(0.1)
    zombie.kill()


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.05)


async def test_every_effect_happens_once_whatever_happens_to_the_processes(field: Field) -> None:
    rng, stopping = chances("killing projectors"), asyncio.Event()
    sending = asyncio.create_task(field.send(rng, stopping))
    await killed(field, "marks", KILLS, rng)
    for _ in range(FREEZES):
        await overtaken(field, rng)
    stopping.set()
    await sending
    level = await field.level(30)
    for process in field.processes.values():
        assert process.alive(), process.said()
        process.kill()
    counts = await field.counted()
    print(f"{len(field.history)} events, {KILLS} kills, {FREEZES} overtaken, reported {dict(counts)}")
    assert level
    assert await shown(field.generation) == expected(field.history)
    assert await cell_errors(field.generation) == []
    assert counts["refused"] >= FREEZES
    assert counts["parked"] == 0


async def trusting(field: Field, kills: int, rng: random.Random) -> bool:
    """Whether a projector that trusts Kafka's offsets has got everything right once it comes to rest."""
    stopping = asyncio.Event()
    sending = asyncio.create_task(field.send(rng, stopping, repeats=False))
    await killed(field, "offsets", kills, rng)
    stopping.set()
    await sending
    right = await at_rest(field) == expected(field.history)
    for process in field.processes.values():
        assert process.alive(), process.said()
        process.kill()
    return right


async def at_rest(field: Field) -> View:
    """What is shown once nothing has changed for two seconds."""
    view, since = await shown(field.generation), time.monotonic()
    while time.monotonic() - since < 2:
        await asyncio.sleep(0.2)
        before, view = view, await shown(field.generation)
        if view != before or not view.rows:
            since = time.monotonic()
    return view


async def test_a_projector_that_trusts_kafkas_offsets_is_right_only_while_nothing_happens(field: Field) -> None:
    """Kills that happen to hit nobody at work prove nothing: then there are more of them, three times in all."""
    rng = chances("trusting offsets")
    assert await trusting(field, 0, rng)
    for _ in range(3):
        if not await trusting(field, by_tier(10, 40), rng):
            return
    pytest.fail("the control was not caught")
