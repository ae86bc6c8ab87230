"""Puts the rows and cells of histories where readers find them: in MongoDB, or in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.library import MarksOf, as_at
from services.reporting.read_models import READ_MODELS
from services.reporting.views import AsAt, ModelName
from shared.event_store.partition import partition_of
from shared.projecting.folding import learned
from shared.projecting.read_model import ReadModel, Row
from shared.projecting.reading import ByMonth, Stock, Which
from shared.projecting.state import Generation, Mark
from shared.projecting.totals import Totals, Unit, documents, nested
from shared.published.envelope import Published
from tests.reporting.telling import told

Histories = Mapping[str, Iterable[Published]]  # stream -> its events
COUNTED_AT = datetime(2026, 7, 10, 8, 59, 58, tzinfo=UTC)


def rows_of(model: ReadModel, histories: Histories) -> list[Row]:
    """The rows as the projector writes them, of those streams that this read model hears of."""
    rows = []
    for stream, events in histories.items():
        row: Row | None = None
        for version, event in enumerate(events):
            if event.TYPE in model.decoders:
                row = learned(model, row, told(event, version, stream))
        if row is not None:
            rows.append(row)
    return rows


async def fill(database: AsyncDatabase[Any], histories: Histories) -> None:
    """Lay every read model, its totals split over two slots as two projectors would leave them."""
    for model in READ_MODELS:
        generation = Generation(database, model.name, 1)
        await generation.prepare()
        rows = rows_of(model, histories)
        slots = {"0": Totals(), "1": Totals()}
        for row in rows:
            slots[str(partition_of(row["_id"], 8) % 2)].change(None, row)
        kept = [document for slot, totals in slots.items() for document in documents(totals.by_unit(), slot)]
        if rows:
            await generation.rows.insert_many(rows)
        if kept:
            await generation.cells.insert_many(kept)
        await generation.marks.insert_one(
            {"_id": generation.mark_id(3), "generation": generation.name, "seq": 41, "offset": 41, "at": COUNTED_AT}
        )


class InMemoryCells:
    """Totals counted from rows on every question."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._totals = Totals()
        for row in rows:
            self._totals.change(None, row)

    async def by_month(
        self, which: Sequence[Which], months: Collection[str], branch: str | None = None
    ) -> dict[Unit, ByMonth]:
        found: dict[Unit, ByMonth] = {}
        for (unit, year), paths in self._totals.by_unit().items():
            by_month = nested(paths) if any(_is_asked(one, unit) for one in which) else {}
            for number, tree in by_month.items():
                if f"{year}-{number}" in months:
                    asked = tree if branch is None else {name: tree[name] for name in tree if name == branch}
                    found.setdefault(unit, {})[f"{year}-{number}"] = asked
        return found

    async def balances(
        self, which: Sequence[Which], since: str, before: str, stocks: Mapping[str, Stock]
    ) -> dict[Unit, dict[str, int]]:
        found: dict[Unit, dict[str, int]] = {}
        for (unit, year), paths in self._totals.by_unit().items():
            for path, n in paths.items() if any(_is_asked(one, unit) for one in which) else ():
                if since <= f"{year}-{path[:2]}" < before:
                    of_unit = found.setdefault(unit, dict.fromkeys(stocks, 0))
                    for name, stock in stocks.items():
                        of_unit[name] += n * ((path[3:] in stock.come) - (path[3:] in stock.gone))
        return found


def _is_asked(which: Which, unit: Unit) -> bool:
    inside = which.within is None or unit.within in which.within
    return unit.level == which.level and inside and (which.units is None or unit.unit in which.units)


def matches(row: Any, query: Mapping[str, Any]) -> bool:
    """As MongoDB would say, for the operators that reporting uses; an array matches when any of its elements does."""
    for name, asked in query.items():
        match name:
            case "$and":
                found = all(matches(row, one) for one in asked)
            case "$or":
                found = any(matches(row, one) for one in asked)
            case _:
                values = list(_at(row, name.split(".")))
                found = any(_is(value, asked) for value in values) or (not values and _is(None, asked))
        if not found:
            return False
    return True


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """What lies at the path, in each element of the arrays on the way."""
    if isinstance(value, list):
        yield from (found for one in value for found in _at(one, path))
        if path == []:
            yield value
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


_OPERATORS = {
    "$in": lambda value, asked: value in asked,
    "$nin": lambda value, asked: value not in asked,
    "$ne": lambda value, asked: value != asked,
    "$gt": lambda value, asked: value is not None and value > asked,
    "$gte": lambda value, asked: value is not None and value >= asked,
    "$lt": lambda value, asked: value is not None and value < asked,
    "$lte": lambda value, asked: value is not None and value <= asked,
}


def _is(value: Any, asked: Any) -> bool:
    if isinstance(asked, dict):
        return all(_OPERATORS[name](value, one) for name, one in asked.items())
    return bool(value == asked)


class InMemoryLibrary:
    """A library over rows in memory, and what is read of it at one moment."""

    def __init__(self, histories: Histories) -> None:
        self._rows = {model.name: rows_of(model, histories) for model in READ_MODELS}
        self._cells = {name: InMemoryCells(rows) for name, rows in self._rows.items()}

    async def read(self, work):
        return await work(self)

    async def marks(self) -> MarksOf:
        return {"audit_quality": {3: Mark(41, 41, COUNTED_AT)}}

    async def cells(self, model: ModelName) -> InMemoryCells:
        return self._cells[model]

    async def rows(
        self, model: ModelName, query: Mapping[str, Any], after: str = "", limit: int | None = None
    ) -> list[Row]:
        found = [row for row in self._rows[model] if row["_id"] > after and matches(row, query)]
        return sorted(found, key=lambda row: row["_id"])[:limit]

    async def as_at(self, marks: MarksOf | None = None) -> AsAt:
        return as_at(marks or await self.marks(), behind=0)

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        return seq <= 41
