"""Rows and totals are the plain fold of the history, whatever way it arrives and whoever brings it.

Compared with a recount by hand (`histories.expected`) that shares nothing with the product.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.calendar.clock import now
from shared.projecting import projection
from shared.projecting.folding import Fold
from shared.projecting.projection import Projection
from shared.projecting.rebuilding import cell_errors
from shared.projecting.state import Generation, Mark
from tests.projecting.histories import (
    MODEL,
    Happening,
    Reader,
    Topic,
    Total,
    expected,
    happenings,
    published,
    relayed,
    shown,
    totals_of,
)
from tests.projecting.toy import FakeRecord
from tests.tiers import by_tier, seeded

PURE = settings(max_examples=by_tier(2_000, 50_000, 200_000), deadline=None)
REAL = settings(
    max_examples=by_tier(150, 2_000, 10_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

CHANCES = st.integers(0, 2**32)  # a seed: drawing every chance by itself would cost more than the test


# -- in memory: every order, cut and repeat ----------------------------------------------------------------------------


class Reading:
    """A fold that reads a topic in pieces and is put back to an earlier state when its process dies."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.fold = Fold(MODEL, "toy.1", now)
        self.fold.marks = dict.fromkeys(topic, Mark())
        self.at = dict.fromkeys(topic, 0)

    def take(self, records: Sequence[FakeRecord]) -> None:
        self.fold.remember(self.fold.fold(self.fold.hear(records)))

    def step(self, rng: random.Random) -> None:
        batch: list[FakeRecord] = []
        for p in rng.sample(sorted(self.topic), len(self.topic)):
            start = 0 if rng.random() < 0.02 else max(0, self.at[p] - rng.choice((0, 0, 0, 2)))
            self.at[p] = max(self.at[p], start + rng.randint(0, 7))
            batch += self.topic[p][start : self.at[p]]
        self.take(batch)

    def rows(self) -> dict[str, Any]:
        kept = {stream: row for stream, row in self.fold.rows.items() if row is not None}
        return {s: {n: row[n] for n in ("place", "month", "mark", "seen", "v")} for s, row in kept.items()}


@seeded
@PURE
@given(happenings(), CHANCES)
def test_in_memory_any_order_of_partitions_any_cut_and_any_repeat_make_the_same_rows(
    history: list[Happening], chance: int
) -> None:
    rng = random.Random(chance)
    topic = relayed(published(history), rng)
    reading = Reading(topic)
    while any(at < len(topic[p]) for p, at in reading.at.items()):
        reading.step(rng)
    view = expected(history)
    assert reading.rows() == view.rows
    assert totals_of(reading.rows().values()) == view.totals
    assert _cells_carried(reading.fold) == _cells_expected(view.totals)
    told = sum(one.kind != "hidden" for one in history)
    assert reading.fold.counts["used"] == told
    assert reading.fold.gaps == set()


def _cells_carried(fold: Fold) -> Counter[str]:
    """How often each cell is contributed: what the rows themselves carry into the totals."""
    return Counter(cell for row in fold.rows.values() if row is not None for cell in row["cells"])


def _cells_expected(totals: dict[Total, int]) -> Counter[str]:
    cells: Counter[str] = Counter()
    for (level, _unit, _within, month, measure), n in totals.items():
        if level == "authority":  # every row counts for exactly one
            cells[f"{month}|{measure}"] += n
    return cells


# -- on the real engine: processes that die, are doubled, renumbered and sent back -------------------------------------


class Plant:
    """Projector processes of one generation, and those that should be gone but are not."""

    def __init__(self, client: AsyncMongoClient[Any], generation: Generation, topic: Topic) -> None:
        self._client = client
        self.generation = generation
        self._topic = topic
        self.readers: list[Reader] = []
        self.zombies: list[Reader] = []

    async def start(self, slot: int, slots: int) -> Reader:
        return await Reader(Projection(self._client, self.generation, MODEL, slot, slots), self._topic).start()

    async def renumber(self, slots: int) -> None:
        """Stop all in order, then start as many as there are slots now."""
        for reader in self.readers:
            await reader.projection.stop()
        self.readers = [await self.start(slot, slots) for slot in range(slots)]

    async def act(self, what: str, who: int, many: int) -> None:
        slot = who % len(self.readers)
        reader = self.readers[slot]
        if what == "read":
            await reader.read(many)
        elif what == "crash":  # what it was writing is still under way, and it may wake up again
            self.zombies.append(reader)
            self.readers[slot] = await self.start(slot, len(self.readers))
        elif what == "restart":
            await reader.projection.stop()
            self.readers[slot] = await self.start(slot, len(self.readers))
        elif what == "wake" and self.zombies:
            await self.zombies[who % len(self.zombies)].read(many)
        elif what == "renumber":
            await self.renumber(3 - len(self.readers))
        elif what == "rewind":
            for partition in reader.projection.partitions:
                reader.seek(partition, 0)

    async def finish(self) -> None:
        for zombie in self.zombies:
            await zombie.projection.stop()
        await self.renumber(1)
        await self.readers[0].read_all()
        await self.readers[0].projection.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was refused tries again at once, so that a case takes no longer than its writes."""
    monkeypatch.setattr(projection, "STAND_BACK", 0.01, raising=False)


ACTS = st.tuples(
    st.sampled_from(("read",) * 5 + ("crash", "restart", "wake", "wake", "renumber", "rewind")),
    st.integers(0, 5),
    st.integers(1, 12),
)


@pytest.mark.connected
@seeded
@REAL
@given(happenings(), CHANCES, st.integers(1, 2), st.lists(ACTS, max_size=14))
async def test_on_mongodb_any_fate_of_the_processes_makes_the_same_rows_and_totals(
    mongo_client: AsyncMongoClient[Any],
    mongo_database: AsyncDatabase[Any],
    hasty: None,
    history: list[Happening],
    chance: int,
    slots: int,
    acts: list[tuple[str, int, int]],
) -> None:
    generation = Generation(mongo_database, "toy", 1)
    await generation.drop()
    plant = Plant(mongo_client, generation, relayed(published(history), random.Random(chance)))
    await plant.renumber(slots)
    for what, who, many in acts:
        await plant.act(what, who, many)
    await plant.finish()
    assert await shown(generation) == expected(history)
    assert await cell_errors(generation) == []
