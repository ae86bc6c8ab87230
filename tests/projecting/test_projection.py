"""The projection on a real MongoDB and a real Kafka: exactly-once effects whatever happens to processes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from shared.event_store.mongo import MongoEventStore
from shared.messaging.relay import Relay, by_event, rewind
from shared.messaging.topics import apply_topics
from shared.projecting.projection import Projection
from shared.projecting.projector import Projector
from shared.projecting.reading import Cells, reached
from shared.projecting.rebuilding import Rebuild, cell_errors, switch_to
from shared.projecting.redriving import parked, redrive
from shared.projecting.state import Generation, live, read_generations
from tests.projecting.toy import DECIDER, MODEL, TOPIC, FakeRecord, Marked, a_commit, published_log, some_commits, tell

pytestmark = pytest.mark.connected


@pytest.fixture
async def generation(mongo_database: AsyncDatabase[Any]) -> Generation:
    generation = Generation(mongo_database, "toy", 1)
    await generation.prepare()
    return generation


async def rows(generation: Generation) -> dict[str, Any]:
    return {row["_id"]: row async for row in generation.rows.find()}


async def feed(projection: Projection, log: dict[int, list[FakeRecord]], rng: random.Random) -> None:
    """Hand over the log in random pieces, with repeats, as Kafka may."""
    at = dict.fromkeys(projection.partitions, 0)
    while any(at[p] < len(log[p]) for p in at):
        batch: list[FakeRecord] = []
        for p in at:
            start = max(0, at[p] - rng.randrange(3))
            at[p] = min(len(log[p]), at[p] + rng.randrange(6))
            batch += log[p][start : at[p]]
        await projection.take(batch)
    await projection.settled()


async def started(client: AsyncMongoClient[Any], generation: Generation, slot: int = 0, slots: int = 1) -> Projection:
    projection = Projection(client, generation, MODEL, slot, slots)
    await projection.start()
    return projection


async def test_totals_equal_a_recount_and_readers_add_the_slots_up(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(300, 1)
    for slot in range(2):
        projection = await started(mongo_client, generation, slot, 2)
        await feed(projection, log, random.Random(slot))
        await projection.stop()
    assert await cell_errors(generation) == []
    kept = await rows(generation)
    months = ["2026-01", "2026-02", "2026-03"]
    region = await Cells(generation).sum("region", ["ncl"], months)
    total = sum(n.get("again", 0) for n in region["ncl", None].values())
    assert total == sum(row["seen"] for row in kept.values()) > 0
    areas = await Cells(generation).sum("team", None, months, within=["a1"])
    assert {unit for unit, _ in areas} == {"t1", "t2"}


async def test_a_successor_ends_nobodys_work_but_its_predecessors(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    await (await started(mongo_client, generation)).stop()
    async with mongo_client.start_session() as borrowed:
        owner, _ = await generation.owner("0")
        assert borrowed.session_id != owner
        await (await started(mongo_client, generation)).stop()


async def test_a_restart_goes_on_from_its_mark(mongo_client: AsyncMongoClient[Any], generation: Generation) -> None:
    log = published_log(200, 2)
    first = await started(mongo_client, generation)
    await feed(first, {p: records[: len(records) // 2] for p, records in log.items()}, random.Random(1))
    second = await started(mongo_client, generation)
    await feed(second, log, random.Random(2))
    assert second.fold.counts["used"] + first.fold.counts["used"] == sum(map(len, log.values()))
    assert await cell_errors(generation) == []


async def test_a_process_that_was_overtaken_is_refused_and_reads_again(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(120, 3)
    everything = [record for records in log.values() for record in records]
    zombie = await started(mongo_client, generation)
    successor = await started(mongo_client, generation)
    sought: dict[int, int] = {}
    zombie.seek = lambda p, offset: sought.update({p: offset})
    await successor.take(everything)
    await successor.settled()
    await zombie.take(everything[:20])
    await zombie.settled()
    assert zombie.fold.counts["refused"] == 1
    assert sought == {p: len(records) for p, records in log.items()}
    assert await cell_errors(generation) == []


async def test_a_session_left_open_by_a_killed_predecessor_is_ended(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(50, 4)
    killed = await started(mongo_client, generation)
    assert killed._session is not None
    await killed._session.start_transaction()
    await generation.marks.update_many({}, {"$set": {"seq": 5}}, session=killed._session)
    successor = await started(mongo_client, generation)
    async with asyncio.timeout(5):
        await feed(successor, log, random.Random(1))
    assert await cell_errors(generation) == []


async def test_a_parked_stream_is_redriven_to_where_it_would_have_been(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(200, 6)
    reference = Generation(generation.database, "toy", 2)
    await reference.prepare()
    good = await started(mongo_client, reference)
    await feed(good, log, random.Random(1))
    p = max(log, key=lambda p: len(log[p]))
    victim = log[p][3]
    bad = {**log, p: [replace(r, value=b"{") if r is victim else r for r in log[p]]}
    projection = await started(mongo_client, generation)
    await feed(projection, bad, random.Random(1))
    (stream,) = await parked(generation)
    assert (stream["stream"], stream["records"]) == (victim.key.decode(), projection.fold.counts["parked"])
    still = await redrive(mongo_client, generation, MODEL, stream["stream"])
    assert still.stuck is not None
    await generation.parked.update_one({"offset": victim.offset, "partition": p}, {"$set": {"value": victim.value}})
    assert (await redrive(mongo_client, generation, MODEL, stream["stream"])).stuck is None
    assert await parked(generation) == []
    assert await rows(generation) == await rows(reference)
    assert await cell_errors(generation) == []


async def test_mass_parking_stops_the_line_and_writes_nothing(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(200, 7)
    projection = await started(mongo_client, generation)
    await projection.take([replace(r, value=b"{") for records in log.values() for r in records])
    await projection.settled()
    assert projection.halted is not None
    assert await generation.parked.count_documents({}) == 0
    assert all(mark.seq == -1 for mark in (await generation.read_marks(range(4))).values())


class Stack:
    """Store, relay and projector on the real engines."""

    def __init__(self, client: AsyncMongoClient[Any], database: AsyncDatabase[Any], kafka: str, prefix: str) -> None:
        self.client, self.database, self.kafka, self.prefix = client, database, kafka, prefix
        self.store = MongoEventStore(database, partitions=TOPIC.partitions)

    def relay(self) -> Relay:
        return Relay(
            self.store,
            self.database["cursors"],
            self.kafka,
            f"{self.prefix}{TOPIC.name}",
            "/toy",
            by_event({"toy": DECIDER}, tell),
            self.store.commits,
        )

    def projector(self) -> Projector:
        return Projector(self.client, self.database, self.kafka, [MODEL], self.prefix)

    def rebuild(self) -> Rebuild:
        return Rebuild(self.client, self.database, self.kafka, MODEL, self.prefix)

    async def append(self, n: int, seed: int) -> None:
        for commit in some_commits(n, seed):
            await self.store.append(commit)

    async def level(self, timeout: float = 20) -> Generation:
        """Wait until the live generation has everything that was published."""
        async with asyncio.timeout(timeout):
            while True:
                generation = await live(self.database, "toy")
                marks = await generation.read_marks(range(TOPIC.partitions))
                cursors = {c["_id"]: c async for c in self.database["cursors"].find()}
                heads = [await self.store.head(p) for p in range(TOPIC.partitions)]
                relayed = [cursors.get(f"relay/{p}", {"n": -1, "last": -1}) for p in range(TOPIC.partitions)]
                if all(
                    r["n"] == h and marks[p].seq == r["last"]
                    for p, (r, h) in enumerate(zip(relayed, heads, strict=True))
                ):
                    return generation
                await asyncio.sleep(0.02)


@pytest.fixture
async def stack(
    mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any], kafka_url: str, topic_prefix: str
) -> Stack:
    stack = Stack(mongo_client, mongo_database, kafka_url, topic_prefix)
    await stack.store.prepare()
    await apply_topics(kafka_url, topic_prefix, only=(TOPIC,))
    return stack


async def running(*coroutines: Any) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(coroutine) for coroutine in coroutines]


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_appended_becomes_visible_through_two_rival_relays(stack: Stack) -> None:
    tasks = await running(stack.relay().run(), stack.relay().run(), stack.projector().run())
    try:
        await stack.append(300, 1)
        generation = await stack.level()
        assert await cell_errors(generation) == []
        assert await generation.rows.count_documents({}) > 0
        kept = await stack.store.append(a_commit("toy-new", 0, Marked(team="t1", month="2026-04", mark="A")))
        assert await reached(generation, kept.partition, kept.seq, timeout=5)
    finally:
        await ended(tasks)


async def test_a_rebuild_equals_the_live_view_and_the_switch_loses_nothing(stack: Stack) -> None:
    tasks = await running(stack.relay().run(), stack.projector().run())
    try:
        await stack.append(200, 1)
        await stack.level()
        writing = asyncio.create_task(stack_writes(stack))
        report = await stack.rebuild().run()
        await writing
        assert (report.differences, report.switched, report.built) == ([], True, 2)
        generation = await stack.level()
        assert generation.number == 2
        assert await cell_errors(generation) == []
        assert (await read_generations(stack.database, "toy")).standby == (1,)
        await switch_to(stack.client, stack.database, MODEL, 1)
        assert await cell_errors(await stack.level()) == []
    finally:
        await ended(tasks)


async def stack_writes(stack: Stack) -> None:
    for i in range(200):
        await stack.store.append(a_commit(f"toy-late{i}", 0, Marked(team="t2", month="2026-05", mark="B")))


async def test_a_rebuild_tells_what_differs_and_does_not_switch(stack: Stack) -> None:
    tasks = await running(stack.relay().run(), stack.projector().run())
    try:
        await stack.append(60, 1)
        generation = await stack.level()
        spoilt = await generation.rows.find_one({})
        assert spoilt is not None
        await generation.rows.update_one({"_id": spoilt["_id"]}, {"$set": {"mark": "Z"}})
        report = await stack.rebuild().run(keep=False)
        assert report.differences == [f"row {spoilt['_id']} differs in mark"]
        assert (await read_generations(stack.database, "toy")).all == (1,)
    finally:
        await ended(tasks)


async def test_a_batch_that_is_too_large_for_the_server_is_taken_in_smaller_ones(
    mongo_client: AsyncMongoClient[Any], generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = published_log(200, 8)
    projection = await started(mongo_client, generation)
    real, sizes = projection._commit, []

    async def small_server(work: Any, writes: Any) -> bool:
        sizes.append(work.used)
        if work.used > 30:
            raise OperationFailure("transaction is too large and will not fit in the storage engine cache", 388)
        return await real(work, writes)

    monkeypatch.setattr(projection, "_commit", small_server)
    everything = [record for records in log.values() for record in records]
    monkeypatch.setattr(projection, "_most", 100)
    again: list[int] = []
    projection.seek = lambda p, offset: again.append(p)
    for _ in range(5):
        await projection.take(everything)  # what Kafka brings again after each seek
        await projection.settled()
    assert max(sizes) > 30 >= projection._most
    assert again
    assert await cell_errors(generation) == []
    assert sum(mark.seq + 1 for mark in (await generation.read_marks(range(4))).values()) > 150


async def test_a_topic_that_is_published_again_changes_nothing(stack: Stack) -> None:
    tasks = await running(stack.relay().run(), stack.projector().run())
    try:
        await stack.append(80, 4)
        before = await rows(await stack.level())
        for partition in range(TOPIC.partitions):
            await rewind(stack.database["cursors"], partition)
        generation = await stack.level()
        assert await rows(generation) == before
        assert await cell_errors(generation) == []
    finally:
        await ended(tasks)


async def test_a_gap_that_stays_open_is_looked_for_from_the_beginning_once(
    mongo_client: AsyncMongoClient[Any], generation: Generation
) -> None:
    log = published_log(120, 9)
    p = max(log, key=lambda p: len(log[p]))
    projection = await started(mongo_client, generation)
    sought: list[tuple[int, int]] = []
    projection.seek = lambda partition, offset: sought.append((partition, offset))
    await projection.take([*log[p][:3], *log[p][4:]])
    for _ in range(3):
        projection.mend_gaps(seconds=0)
    assert sought == [(p, 0)]
    await projection.take(log[p])
    await projection.settled()
    projection.mend_gaps(seconds=0)
    assert sought == [(p, 0)]
    assert await cell_errors(generation) == []
