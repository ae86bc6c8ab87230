"""One moment's totals, held while all reports of a period are made: each asks for other months of the same units."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.reporting.domain import periods
from services.reporting.library import CellReader, MarksOf, Reading
from services.reporting.read_models.reading import left
from services.reporting.views import ModelName
from shared.projecting.read_model import Row
from shared.projecting.reading import ByMonth, Stock, Which
from shared.projecting.totals import Unit


class Held:
    """A reading whose totals are read once, for all months up to `last`. Everything else passes through."""

    def __init__(self, reading: Reading, last: str) -> None:
        self._reading = reading
        self._months = periods.months(periods.FIRST_MONTH, last)
        self._cells: dict[ModelName, HeldCells] = {}

    async def cells(self, model: ModelName) -> CellReader:
        if model not in self._cells:
            self._cells[model] = HeldCells(await self._reading.cells(model), self._months)
        return self._cells[model]

    async def rows(self, model: ModelName, query: Mapping[str, Any]) -> Sequence[Row]:
        return await self._reading.rows(model, query)

    async def marks(self) -> MarksOf:
        return await self._reading.marks()


class HeldCells:
    """The totals of one read model: what was asked of some units is not asked again, whatever the months."""

    def __init__(self, cells: CellReader, months: Collection[str]) -> None:
        self._cells = cells
        self._months = frozenset(months)
        self._held: dict[Any, Mapping[Unit, ByMonth]] = {}
        self._left: dict[tuple[Unit, str], Mapping[str, int]] = {}

    async def by_month(
        self, which: Sequence[Which], months: Collection[str], branch: str | None = None
    ) -> Mapping[Unit, ByMonth]:
        if branch is not None or not self._months.issuperset(months):
            return await self._cells.by_month(which, months, branch)
        held = await self._of(which)
        return {unit: {m: tree for m, tree in of.items() if m in months} for unit, of in held.items()}

    async def balances(
        self, which: Sequence[Which], since: str, before: str, stocks: Mapping[str, Stock]
    ) -> Mapping[Unit, Mapping[str, int]]:
        held = await self._of(which)
        return {
            unit: self._balance(unit, {m: tree for m, tree in of.items() if since <= m < before}, stocks)
            for unit, of in held.items()
        }

    async def _of(self, which: Sequence[Which]) -> Mapping[Unit, ByMonth]:
        key = tuple((one.level, *map(_hashable, (one.units, one.within))) for one in which)
        if key not in self._held:
            self._held[key] = await self._cells.by_month(which, self._months)
        return self._held[key]

    def _balance(self, unit: Unit, of: ByMonth, stocks: Mapping[str, Stock]) -> Mapping[str, int]:
        changes = []
        for month, tree in of.items():
            if (unit, month) not in self._left:
                self._left[unit, month] = {name: left(tree, stock) for name, stock in stocks.items()}
            changes.append(self._left[unit, month])
        return {name: sum(change[name] for change in changes) for name in stocks}


def _hashable(names: Collection[str] | None) -> Any:
    return None if names is None else frozenset(names)
