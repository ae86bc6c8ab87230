"""A process that was overtaken and wakes up is refused, whatever it still holds in memory: rows, totals, a batch."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.projecting import projection
from shared.projecting.projection import Projection
from shared.projecting.rebuilding import cell_errors
from shared.projecting.state import Generation
from tests.projecting.histories import MODEL, Reader, Topic, expected, published, shown, some_happenings
from tests.tiers import by_tier, chances

pytestmark = pytest.mark.connected

ROUNDS = by_tier(25, 500, 5_000)


class Rivals:
    """A generation on a database of its own, the history it is told, and whoever reads it."""

    def __init__(self, client: AsyncMongoClient[Any], database: AsyncDatabase[Any], rng: random.Random) -> None:
        self.history = some_happenings(20 * ROUNDS, rng, streams=25)
        self.generation = Generation(database, "toy", 1)
        self._client = client
        self._topic: Topic = published(self.history)

    async def start(self, slot: int = 0, slots: int = 1) -> Reader:
        return await Reader(Projection(self._client, self.generation, MODEL, slot, slots), self._topic).start()

    async def finish(self) -> None:
        """Whoever comes last finds everything as it must be, and brings the rest."""
        last = await self.start()
        await last.read_all()
        await last.projection.stop()
        assert await shown(self.generation) == expected(self.history)
        assert await cell_errors(self.generation) == []


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was refused tries again at once: as many meetings as possible."""
    monkeypatch.setattr(projection, "STAND_BACK", 0.01, raising=False)


@pytest.fixture
async def rivals(mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any]) -> Rivals:
    return Rivals(mongo_client, mongo_database, chances("zombies"))


async def test_each_of_many_zombies_that_wake_up_is_refused_and_changes_nothing(rivals: Rivals) -> None:
    """The one that was refused has seen what it missed, and becomes the successor of the other in its turn."""
    refused = 0
    zombie = await rivals.start()
    await zombie.read(5)
    await zombie.projection.settled()
    for _ in range(ROUNDS):
        successor = await rivals.start()
        await successor.read(3)
        await successor.projection.settled()
        before = await shown(rivals.generation)
        seen = zombie.projection.fold.counts["refused"]
        await zombie.read(4)  # holding rows and totals as they stood before the successor
        await zombie.projection.settled()
        refused += zombie.projection.fold.counts["refused"] - seen
        assert await shown(rivals.generation) == before
        assert await cell_errors(rivals.generation) == []
        await zombie.projection.stop()
        zombie = successor
    await zombie.projection.stop()
    print(f"{refused} commits of zombies refused")
    assert refused >= 20
    await rivals.finish()


async def test_two_owners_of_one_slot_who_take_turns_never_overwrite_each_others_totals(rivals: Rivals) -> None:
    one, other = await rivals.start(), await rivals.start()
    rng = chances("turns")
    for _ in range(ROUNDS):
        reader = rng.choice((one, other))
        await reader.read(rng.randint(1, 4))
        if rng.random() < 0.5:
            await reader.projection.settled()
    for reader in (one, other):
        await reader.projection.stop()
    assert await cell_errors(rivals.generation) == []
    assert one.projection.fold.counts["refused"] + other.projection.fold.counts["refused"] > 0
    await rivals.finish()


@pytest.mark.parametrize(("slots", "rivals_slots"), [(1, 2), (2, 3)])
async def test_a_slot_number_under_two_divisions_at_once_never_overwrites_totals(
    rivals: Rivals, slots: int, rivals_slots: int
) -> None:
    """Both write as slot 0, and read partitions that the other does not: no mark says that there are two of them."""
    one, other = await rivals.start(0, slots), await rivals.start(0, rivals_slots)
    for _ in range(ROUNDS):
        alone = [p for p in one.projection.partitions if p not in other.projection.partitions]
        await one.read(1, *alone)
        await other.read(1)
        await one.projection.settled()
        await other.projection.settled()
        assert await cell_errors(rivals.generation) == []
    for reader in (one, other):
        await reader.projection.stop()
    await rivals.finish()


async def test_a_rival_that_takes_the_same_batch_first_makes_it_count_once(rivals: Rivals) -> None:
    """The marks are where ours would have put them, but it was not us: what we folded was folded on top of it."""
    late, early = await rivals.start(), await rivals.start()
    for _ in range(3):
        for reader in (early, late, late):
            await reader.read(3)
            await reader.projection.settled()
        assert await cell_errors(rivals.generation) == []
    for reader in (early, late):
        await reader.projection.stop()
    await rivals.finish()


async def test_what_arrives_while_marks_are_read_again_is_neither_lost_nor_kept_on_sand(rivals: Rivals) -> None:
    zombie = await rivals.start()
    real = zombie.projection.generation.read_marks

    async def slowly(*asked: Any) -> Any:
        await asyncio.sleep(0.03)
        return await real(*asked)

    for tenth in range(10):
        successor = await rivals.start()
        await successor.read(1)
        await successor.projection.stop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(zombie.projection.generation, "read_marks", slowly)
            await zombie.read(2)
            await asyncio.sleep(tenth / 100)  # somewhere between being refused and having read the marks
            await zombie.read(2)
            await zombie.projection.settled()
        await zombie.read(1)
        await zombie.projection.settled()
    await zombie.projection.stop()
    assert zombie.projection.fold.counts["refused"] > 0
    await rivals.finish()


async def test_what_a_zombie_folded_while_it_was_overtaken_is_read_again(rivals: Rivals) -> None:
    """It has a batch under way and the next one folded on top: neither may be kept, and both come again."""
    zombie = await rivals.start()
    await zombie.read(2)
    await zombie.projection.settled()
    successor = await rivals.start()
    await successor.read(1)
    await successor.projection.settled()
    await zombie.read(2)
    await zombie.read(2)
    await zombie.projection.settled()
    assert zombie.projection.fold.counts["refused"] >= 1
    assert await cell_errors(rivals.generation) == []
    await successor.projection.stop()
    await zombie.projection.stop()
    await rivals.finish()
