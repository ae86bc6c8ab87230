"""Records that cannot be read: their streams wait in order, all others flow on, and what was mended comes back.

One poisoned record in a hundred, of every kind there is, over a real Kafka. When far more than that cannot be read,
the projector is what is wrong, and it stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.messaging.topics import apply_topics
from shared.projecting.projection import Projection
from shared.projecting.read_model import Row, Told
from shared.projecting.rebuilding import cell_errors
from shared.projecting.redriving import parked, redrive
from shared.projecting.state import Generation
from tests.projecting.histories import MODEL, Happening, Published, expected, shown, some_happenings
from tests.projecting.plant import SECONDS, Plant, marked, seq_of, victim
from tests.projecting.poison import BOOM, STRAY, UNREADABLE
from tests.projecting.toy import FakeRecord, MarkedV1
from tests.tiers import chances

pytestmark = pytest.mark.connected

AT_ONCE = 5  # kinds of poison in one go, so that no batch ever looks like an outage


def faulty(row: Row | None, told: Told) -> Row | None:
    if isinstance(told.data, MarkedV1) and told.data.mark == BOOM:
        raise ZeroDivisionError
    return MODEL.learn(row, told)


FAULTY = replace(MODEL, learn=faulty)


@pytest.fixture
async def plant(
    mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any], kafka_url: str, topic_prefix: str
) -> Plant:
    plant = Plant(mongo_client, mongo_database, kafka_url, topic_prefix)
    await plant.generation.prepare()
    await apply_topics(kafka_url, topic_prefix, only=(MODEL.topic,))
    return plant


async def test_one_poisoned_record_in_a_hundred_holds_up_its_own_stream_only_and_loses_nothing(plant: Plant) -> None:
    rng = chances("poison")
    kinds = [*UNREADABLE, *STRAY]
    rng.shuffle(kinds)
    slowest = 0.0
    async with plant.projecting(FAULTY) as projector:
        for start in range(0, len(kinds), AT_ONCE):
            await plant.send(plant.wave(kinds[start : start + AT_ONCE], rng))
            slowest = max(slowest, await plant.level())
        assert [feed.projection.halted for feed in projector.feeds.values()] == [None]
    print(f"{len(plant.history)} events, {len(kinds)} kinds of poison, level {slowest:.1f} s after each wave at most")
    await _others_flow_on(plant, kinds)
    await _victims_wait_in_order(plant, kinds)
    await _mended_they_come_back(plant, kinds)
    async with plant.projecting(MODEL):  # and their streams flow again
        await plant.send([r for kind in kinds if (r := plant.tell(marked(victim(kind), rng))) is not None])
        await plant.level()
    assert await shown(plant.generation) == expected(plant.history)
    assert await cell_errors(plant.generation) == []


async def _others_flow_on(plant: Plant, kinds: Sequence[str]) -> None:
    victims = {victim(kind) for kind in kinds}
    others = expected(one for one in plant.history if one.stream not in victims)
    rows = {stream: row for stream, row in (await shown(plant.generation)).rows.items() if stream not in victims}
    assert rows == others.rows
    assert await cell_errors(plant.generation) == []


async def _victims_wait_in_order(plant: Plant, kinds: Sequence[str]) -> None:
    assert {stream["stream"] for stream in await parked(plant.generation)} == {victim(kind) for kind in kinds}
    for kind in kinds:
        records = [r for rs in plant.published.records.values() for r in rs if r.key == victim(kind).encode()]
        stray = [None] if kind in STRAY else []
        assert await plant.waiting(victim(kind)) == [*stray, *(seq_of(record) for record in records[1:])], kind


async def _mended_they_come_back(plant: Plant, kinds: Sequence[str]) -> None:
    bad = next(kind for kind in kinds if kind in UNREADABLE and kind != "a mark that the read model fails on")
    still = await redrive(plant.client, plant.generation, MODEL, victim(bad))
    assert (still.replayed, still.stuck is None) == (0, False)
    await plant.mend()
    for kind in kinds:
        done = await redrive(plant.client, plant.generation, MODEL, victim(kind), discard=True)
        assert done.stuck is None, (kind, done)
        assert (await redrive(plant.client, plant.generation, MODEL, victim(kind))).replayed == 0
    assert await parked(plant.generation) == []
    assert await shown(plant.generation) == expected(plant.history)


async def test_what_follows_a_poisoned_record_at_once_waits_behind_it(
    mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any]
) -> None:
    """The next batch is folded while the one that parks the stream is still being written: no marker is there yet."""
    generation = Generation(mongo_database, MODEL.name, 1)
    projection = Projection(mongo_client, generation, MODEL)
    await projection.start()
    rng, published = chances("at once"), Published()
    for i in range(10):
        first, bad, *behind = [published.tell(marked(f"toy-{i}", rng)) for _ in range(4)]
        await projection.take([first])
        await projection.take([UNREADABLE["not JSON"](bad)])
        for record in behind:
            await projection.take([record])
    await projection.stop()
    assert [(one["stream"], one["records"]) for one in await parked(generation)] == [(f"toy-{i}", 3) for i in range(10)]
    assert {row["seen"] for row in (await shown(generation)).rows.values()} == {1}


# -- far more than one in a hundred ------------------------------------------------------------------------------------


def outage(records: int, streams: int, unreadable: int) -> list[FakeRecord]:
    """One batch of so many records of so many streams, of which so many cannot be read any more at their end."""
    published = Published()
    for i in range(records):
        published.tell(Happening(f"toy-{i % streams}", "marked", "t1", "2026-01", "A"))
    batch = [record for of_partition in published.records.values() for record in of_partition]
    last = {record.key: record for record in batch}
    bad = {id(record) for record in list(last.values())[:unreadable]}
    return [UNREADABLE["not JSON"](record) if id(record) in bad else record for record in batch]


@pytest.mark.parametrize(
    ("records", "unreadable", "halts"),
    [
        (300, 10, False),  # more than one in a hundred, but only ten streams
        (1_100, 11, False),  # eleven streams, but only one in a hundred
        (1_000, 11, True),
        (400, 100, True),
    ],
)
async def test_many_unreadable_streams_in_one_batch_stop_the_line_before_anything_is_written(
    mongo_client: AsyncMongoClient[Any],
    mongo_database: AsyncDatabase[Any],
    records: int,
    unreadable: int,
    halts: bool,
) -> None:
    generation = Generation(mongo_database, MODEL.name, 1)
    projection = Projection(mongo_client, generation, MODEL)
    await projection.start()
    await projection.take(outage(records, 100, unreadable))
    await projection.stop()
    assert (projection.halted is not None) == halts
    assert len(await parked(generation)) == (0 if halts else unreadable)
    marks = await generation.read_marks(projection.partitions)
    assert all((mark.seq == -1) == halts for mark in marks.values())
    assert await cell_errors(generation) == []


async def test_a_read_model_that_fails_on_everything_stops_its_projector_and_mended_it_goes_on(plant: Plant) -> None:
    rng = chances("an outage")
    await plant.send(
        [r for one in some_happenings(800, rng, streams=400) if (r := plant.tell(replace(one, mark=BOOM))) is not None]
    )
    async with plant.projecting(FAULTY) as projector, asyncio.timeout(SECONDS):
        while not any(feed.projection.halted for feed in projector.feeds.values()):
            await asyncio.sleep(0.02)
        before = await plant.generation.read_marks(range(MODEL.topic.partitions))
        await asyncio.sleep(0.5)
        assert await plant.generation.read_marks(range(MODEL.topic.partitions)) == before
        assert not projector.projects()
    assert await plant.generation.rows.count_documents({}) == 0
    async with plant.projecting(MODEL):
        await plant.level()
    for stream in await parked(plant.generation):  # the few that were set aside before there were many
        await redrive(plant.client, plant.generation, MODEL, stream["stream"])
    assert await shown(plant.generation) == expected(plant.history)
