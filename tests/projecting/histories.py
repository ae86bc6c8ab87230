"""Made-up histories, what a topic makes of them, and what a view must show: counted anew, without the product's code.

A history is a list of happenings on a few streams. `Published` orders them and puts them on partitions as store and
relay would; `relayed` is a topic that they may end up on: repeats, a lost head that is sent again, offsets with holes.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from shared.event_store.partition import partition_of
from shared.projecting.projection import Projection
from shared.projecting.read_model import Row
from shared.projecting.reading import Cells
from shared.projecting.state import Generation
from shared.published.place import Place
from tests.projecting import toy
from tests.projecting.toy import TOPIC, DroppedV1, FakeRecord, MarkedV1, a_record

PLACES = {
    "t1": Place(team="t1", service_area="a1", authority="901", regions=("london", "ncl")),
    "t2": Place(team="t2", service_area="a1", authority="901", regions=("london", "ncl")),
    "moved": Place(team="t1", service_area="a2", authority="901", regions=("london", "ncl")),  # as it stood later
    "t3": Place(team="t3", service_area="b1", authority="902", regions=("london",)),
    "whole": Place(authority="902", regions=("london",)),
    "alone": Place(authority="903"),
}
MONTHS = ("2025-12", "2026-01", "2026-02")
MARKS = ("A", "WIDE", "C.deep")
LEVELS = ("team", "service_area", "authority", "authority_in_region", "region")

WIDTH = 30  # measures that a wide mark counts in: so many changes at once that totals may be written whole

Topic = dict[int, list[FakeRecord]]
Total = tuple[str, str, str | None, str, str]  # level, unit, within, month, measure


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happens to a stream: it is marked (again, elsewhere, otherwise), dropped, or nothing is told of it."""

    stream: str
    kind: str
    place: str
    month: str
    mark: str


def happenings(most: int = 40, streams: int = 6) -> st.SearchStrategy[list[Happening]]:
    one = st.builds(
        Happening,
        st.integers(0, streams - 1).map("toy-{}".format),
        st.sampled_from(("marked", "marked", "marked", "marked", "dropped", "hidden")),
        st.sampled_from(tuple(PLACES)),
        st.sampled_from(MONTHS),
        st.sampled_from(MARKS),
    )
    return st.lists(one, max_size=most)


def some_happenings(n: int, rng: random.Random, streams: int = 40) -> list[Happening]:
    """The same without Hypothesis, for long runs."""
    kinds = ("marked",) * 8 + ("dropped", "hidden")
    return [
        Happening(
            f"toy-{rng.randrange(streams)}",
            rng.choice(kinds),
            rng.choice(tuple(PLACES)),
            rng.choice(MONTHS),
            rng.choice(MARKS),
        )
        for _ in range(n)
    ]


class Published:
    """The records of a history as relays send them, by partition, in order, each once; offsets are the topic's."""

    def __init__(self, topic: str = TOPIC.name) -> None:
        self.records: Topic = {p: [] for p in range(TOPIC.partitions)}
        self._topic = topic
        self._seq = dict.fromkeys(self.records, -1)
        self._last = dict.fromkeys(self.records, -1)
        self._versions: Counter[str] = Counter()

    def tell(self, happened: Happening) -> FakeRecord | None:
        """The record of the next happening; None when nothing is told of it, which leaves a hole in `seq`."""
        p = partition_of(happened.stream, TOPIC.partitions)
        self._seq[p] += 1
        self._versions[happened.stream] += 1
        if happened.kind == "hidden":
            return None
        marked = MarkedV1(place=PLACES[happened.place], month=happened.month, mark=happened.mark)
        told = marked if happened.kind == "marked" else DroppedV1()
        version, at = self._versions[happened.stream], len(self.records[p])
        id_ = f"{happened.stream}.{version}"
        record = a_record(told, happened.stream, version, p, self._seq[p], self._last[p], at, id_)
        self._last[p] = self._seq[p]
        self.records[p].append(replace(record, topic=self._topic))
        return self.records[p][-1]


def published(history: Iterable[Happening]) -> Topic:
    told = Published()
    for happened in history:
        told.tell(happened)
    return told.records


def relayed(records: Topic, rng: random.Random) -> Topic:
    """What relays that know nothing of each other, and that die, may make of these on a topic: nothing is missing."""
    return {p: _numbered(list(_sent(one, rng)), rng) for p, one in records.items()}


def _sent(records: Sequence[FakeRecord], rng: random.Random) -> Iterable[FakeRecord]:
    cursor = 0
    while cursor < len(records):
        start = max(0, cursor - rng.choice((0, 0, 0, 1, 2, 9)))  # an older cursor, or a rival's
        cursor += rng.randint(1, 6)
        batch = records[start:cursor]
        if rng.random() < 0.15:
            yield from batch[rng.randrange(len(batch)) :]  # its head was lost: all of it is sent again
        yield from batch


def _numbered(records: Sequence[FakeRecord], rng: random.Random) -> list[FakeRecord]:
    offset, numbered = rng.choice((0, 0, 7)), []
    for record in records:
        numbered.append(replace(record, offset=offset))
        offset += rng.choice((1, 1, 1, 3))
    return numbered


def cells(row: Row) -> list[str]:
    """What the toy's rows contribute and, for a wide mark, to many cells at once."""
    wide = range(WIDTH) if row["mark"] == "WIDE" else ()
    return [*toy.cells(row), *(f"{row['month']}|wide.n{i}" for i in wide)]


MODEL = replace(toy.MODEL, cells=cells)


# -- what must be shown ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """Rows by stream, and every total that is not zero."""

    rows: dict[str, dict[str, Any]]
    totals: dict[Total, int]


def expected(history: Iterable[Happening]) -> View:
    """What the history comes to, counted by hand."""
    rows: dict[str, dict[str, Any]] = {}
    versions: Counter[str] = Counter()
    for one in history:
        versions[one.stream] += 1
        if one.kind == "dropped":
            rows.pop(one.stream, None)
        elif one.kind == "marked":
            seen = rows.get(one.stream, {"seen": 0})["seen"] + 1
            place = PLACES[one.place].model_dump(mode="json")
            here = {"place": place, "month": one.month, "mark": one.mark, "seen": seen, "v": versions[one.stream]}
            rows[one.stream] = here
    return View(rows, totals_of(rows.values()))


def totals_of(rows: Iterable[Mapping[str, Any]]) -> dict[Total, int]:
    totals: Counter[Total] = Counter()
    for row in rows:
        place = row["place"]
        units = [("authority", place["authority"], None)]
        if place["team"]:
            units.append(("team", place["team"], place["service_area"]))
            units.append(("service_area", place["service_area"], place["authority"]))
        for region in place["regions"]:
            units += [("authority_in_region", place["authority"], region), ("region", region, None)]
        for unit in units:
            totals[*unit, row["month"], f"mark.{row['mark']}"] += 1
            totals[*unit, row["month"], "again"] += row["seen"]
            for i in range(WIDTH if row["mark"] == "WIDE" else 0):
                totals[*unit, row["month"], f"wide.n{i}"] += 1
    return dict(totals)


async def shown(generation: Generation) -> View:
    """What readers of the generation see."""
    kept = {row["_id"]: row async for row in generation.rows.find()}
    rows = {id_: {name: row[name] for name in ("place", "month", "mark", "seen", "v")} for id_, row in kept.items()}
    totals: dict[Total, int] = {}
    for level in LEVELS:
        for (unit, within), months in (await Cells(generation).sum(level, None, MONTHS)).items():
            for month, measures in months.items():
                totals.update({(level, unit, within, month, measure): n for measure, n in measures.items()})
    return View(rows, totals)


# -- how records arrive ------------------------------------------------------------------------------------------------


class Reader:
    """Brings a topic to a projection as Kafka does: from where it is told to, in pieces, and again when told to."""

    def __init__(self, projection: Projection, topic: Topic) -> None:
        self.projection = projection
        self._topic = topic
        self._offsets = {p: [record.offset for record in topic[p]] for p in projection.partitions}
        self._at = dict.fromkeys(projection.partitions, 0)
        projection.seek = self.seek

    async def start(self) -> Reader:
        await self.projection.start()
        for partition, mark in self.projection.fold.marks.items():
            self.seek(partition, mark.offset + 1)
        return self

    def seek(self, partition: int, offset: int) -> None:
        self._at[partition] = bisect_left(self._offsets[partition], offset)

    async def read(self, most: int, *partitions: int) -> None:
        """Take the next records of these partitions (default: all of its own), at most so many of each."""
        batch: list[FakeRecord] = []
        for p in partitions or self._at:
            batch += self._topic[p][self._at[p] : self._at[p] + most]
            self._at[p] = min(self._at[p] + most, len(self._topic[p]))
        await self.projection.take(batch)

    async def read_all(self, most: int = 50) -> None:
        """Read to the end, and on from wherever it is sent back to."""
        for _ in range(1_000):
            while any(at < len(self._topic[p]) for p, at in self._at.items()):
                await self.read(most)
            await self.projection.settled()
            if all(at == len(self._topic[p]) for p, at in self._at.items()):
                return
        raise AssertionError("a reader that has the topic to itself must come to its end")
