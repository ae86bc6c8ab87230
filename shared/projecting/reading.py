"""Reading totals: a handful of small documents for any unit, never a scan."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.projecting.state import Generation
from shared.projecting.totals import Unit, flat

Sums = dict[tuple[str, str | None], dict[str, dict[str, int]]]
Tree = Mapping[str, Any]  # {"OFSTED4": {"count": 3, "overall": {"GOOD": 3}}}
ByMonth = Mapping[str, Tree]  # {"2026-04": tree}
POLL = 0.01
BATCH = 2_000  # documents in one answer of the server: more than a unit and its children have
EVERY_MONTH = tuple(f"{number:02}" for number in range(1, 13))


@dataclass(frozen=True, slots=True)
class Which:
    """Units of one level: these, or all that counted within others."""

    level: str
    units: Collection[str] | None = None
    within: Collection[str] | None = None

    @property
    def filter(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {"level": self.level}
        if self.units is not None:
            wanted["unit"] = {"$in": sorted(self.units)}
        if self.within is not None:
            wanted["within"] = {"$in": sorted(self.within)}
        return wanted


@dataclass(frozen=True, slots=True)
class Stock:
    """What is kept of a thing: the measures that make it more, and those that make it less."""

    come: tuple[str, ...]
    gone: tuple[str, ...]


class Cells:
    """The totals of one generation. Nothing is there for units and months without any contribution."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation

    async def by_month(
        self, which: Sequence[Which], months: Collection[str], branch: str | None = None
    ) -> Mapping[Unit, ByMonth]:
        """The measures of these units as trees, for each of the months ("YYYY-MM"). Zeros may be among them.

        With `branch`, of each tree only what lies under that name.
        """
        found: defaultdict[Unit, dict[str, Tree]] = defaultdict(dict)
        query = _any(which, {"year": {"$in": sorted({month[:4] for month in months})}})
        projection = {**dict.fromkeys(("level", "unit", "within", "year"), 1), "m": _only(months, branch)}
        for document in await self.generation.cells.find(query, projection, batch_size=BATCH).to_list():
            by_month = found[Unit(document["level"], document["unit"], document["within"])]
            for number, tree in document.get("m", {}).items():
                month = f"{document['year']}-{number}"
                by_month[month] = add((by_month[month], tree)) if month in by_month else tree
        return found

    async def balances(
        self, which: Sequence[Which], since: str, before: str, stocks: Mapping[str, Stock]
    ) -> dict[Unit, Mapping[str, int]]:
        """What came less what went of each stock, in the months from `since` to the one before `before`.

        The server adds it up: years of months go into one number a unit.
        """
        year = before[:4]
        earlier = [number for number in EVERY_MONTH if number < before[5:]]
        left = {
            name: {"$sum": {"$cond": [{"$lt": ["$year", year]}, _less(EVERY_MONTH, stock), _less(earlier, stock)]}}
            for name, stock in stocks.items()
        }
        of_unit = {"level": "$level", "unit": "$unit", "within": "$within"}
        years = {"year": {"$gte": since[:4], "$lte": year}}
        pipeline = [{"$match": _any(which, years)}, {"$group": {"_id": of_unit, **left}}]
        found = await (await self.generation.cells.aggregate(pipeline, batchSize=BATCH)).to_list()
        return {
            Unit(one["_id"]["level"], one["_id"]["unit"], one["_id"]["within"]): {name: one[name] for name in stocks}
            for one in found
        }

    async def sum(
        self,
        level: str,
        units: Collection[str] | None,
        months: Collection[str],
        within: Collection[str] | None = None,
    ) -> Sums:
        """{(unit, within): {"2026-04": {"OFSTED4.count": 3}}} for these units, or all that counted within others."""
        found = await self.by_month([Which(level, units, within)], months)
        return {
            (unit.unit, unit.within): {month: _without_zeros(Counter(dict(flat(tree)))) for month, tree in each.items()}
            for unit, each in found.items()
        }


def _only(months: Collection[str], branch: str | None) -> dict[str, Any]:
    """What of a year's months to answer: no month is read that nobody wants."""
    of_year: defaultdict[str, list[str]] = defaultdict(list)
    for month in months:
        of_year[month[:4]].append(month[5:])
    years: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for year, numbers in of_year.items():
        years[tuple(sorted(numbers))].append(year)
    each = [
        {"case": {"$in": ["$year", some]}, "then": {n: _branch(n, branch) for n in numbers}}
        for numbers, some in years.items()
    ]
    return {"$switch": {"branches": each, "default": {}}}


def _branch(month: str, branch: str | None) -> Any:
    return f"$m.{month}" if branch is None else {branch: f"$m.{month}.{branch}"}


def _any(which: Sequence[Which], years: dict[str, Any]) -> dict[str, Any]:
    each = [{**one.filter, **years} for one in which]
    return each[0] if len(each) == 1 else {"$or": each}


def _less(months: Sequence[str], of: Stock) -> dict[str, Any]:
    sums = [
        {"$sum": [f"$m.{number}.{measure}" for number in months for measure in some]} for some in (of.come, of.gone)
    ]
    return {"$subtract": sums}


def add(parts: Iterable[Tree]) -> dict[str, Any]:
    """The sum of measures, measure by measure, in a tree of its own."""
    total: dict[str, Any] = {}
    for part in parts:
        _include(total, part)
    return total


def _include(total: dict[str, Any], part: Tree) -> None:
    for name, n in part.items():
        if type(n) is dict:  # decoded documents hold nothing else, and this is asked for every number of a view
            inner = total.get(name)
            if inner is None:
                inner = total[name] = {}
            _include(inner, n)
        else:
            total[name] = total.get(name, 0) + n


def less(whole: Tree, parts: Iterable[Tree]) -> dict[str, Any]:
    """What is left of the whole, measure by measure."""
    return add((whole, _negative(add(parts))))


def _negative(tree: Tree) -> dict[str, Any]:
    return {name: _negative(n) if type(n) is dict else -n for name, n in tree.items()}


def _without_zeros(counter: Counter[str]) -> dict[str, int]:
    return {measure: n for measure, n in counter.items() if n}


async def reached(generation: Generation, partition: int, seq: int, timeout: float) -> bool:
    """Wait until the event at this position is in the totals; False when it is not within `timeout` seconds."""
    deadline = asyncio.get_running_loop().time() + timeout
    while (await generation.read_marks([partition]))[partition].seq < seq:
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(POLL)
    return True
