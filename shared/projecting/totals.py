"""Totals are sums of contributions: what a batch of changed rows does to the cells of every level."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne

from shared.projecting.read_model import Row

Where = tuple[str | None, str | None, str, tuple[str, ...]]  # a place: team, service area, authority, regions


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a level; `within` is the unit above it that it counted in at the time (as-then)."""

    level: str
    unit: str
    within: str | None


def units_of(where: Where) -> Iterator[Unit]:
    """Every unit that a contribution at this place counts for."""
    team, area, authority, regions = where
    if team is not None:
        yield Unit("team", team, area)
    if area is not None:
        yield Unit("service_area", area, authority)
    yield Unit("authority", authority, None)
    for region in regions:
        yield Unit("authority_in_region", authority, region)
        yield Unit("region", region, None)


def where_of(row: Row) -> Where:
    place = row["place"]
    return place["team"], place["service_area"], place["authority"], tuple(place["regions"])


class Totals:
    """Collects the changes of many rows, then spreads them over the levels once."""

    def __init__(self) -> None:
        self._changes: defaultdict[Where, Counter[str]] = defaultdict(Counter)

    def change(self, before: Row | None, after: Row | None) -> None:
        """Take away what the row contributed and add what it contributes now (`cells` of the stored rows)."""
        if before is not None:
            gone = self._changes[where_of(before)]
            for cell in before["cells"]:
                gone[cell] -= 1
        if after is not None:
            come = self._changes[where_of(after)]
            for cell in after["cells"]:
                come[cell] += 1

    def by_unit(self) -> dict[tuple[Unit, str], dict[str, int]]:
        """{(unit, year): {"04.OFSTED4.count": change}} without what cancelled out."""
        spread: defaultdict[tuple[Unit, str], Counter[str]] = defaultdict(Counter)
        for where, changes in self._changes.items():
            changed = [(cell[:4], f"{cell[5:7]}.{cell[8:]}", by) for cell, by in changes.items() if by]
            for unit in units_of(where):
                for year, path, by in changed:
                    spread[unit, year][path] += by
        return {key: {path: by for path, by in paths.items() if by} for key, paths in spread.items()}

    def updates(self, slot: str) -> list[UpdateOne]:
        """The writes that apply the changes to one slot's documents; readers add the slots up."""
        return [
            UpdateOne(
                {"_id": cell_id(unit, year, slot)},
                {
                    "$inc": {f"m.{path}": by for path, by in paths.items()},
                    "$setOnInsert": {"level": unit.level, "unit": unit.unit, "within": unit.within, "year": year},
                },
                upsert=True,
            )
            for (unit, year), paths in self.by_unit().items()
            if paths
        ]

    def documents(self, slot: str) -> Iterator[dict[str, Any]]:
        """The same as whole documents, for a generation that has none yet."""
        for (unit, year), paths in self.by_unit().items():
            if paths:
                yield {
                    "_id": cell_id(unit, year, slot),
                    "level": unit.level,
                    "unit": unit.unit,
                    "within": unit.within,
                    "year": year,
                    "m": nested(paths),
                }


def cell_id(unit: Unit, year: str, slot: str) -> str:
    return f"{unit.level}|{unit.unit}|{unit.within or ''}|{year}|{slot}"


def nested(paths: Mapping[str, int]) -> dict[str, Any]:
    """{"04.A.count": 2} as {"04": {"A": {"count": 2}}}."""
    whole: dict[str, Any] = {}
    for path, n in paths.items():
        inner = whole
        *above, last = path.split(".")
        for name in above:
            inner = inner.setdefault(name, {})
        inner[last] = n
    return whole


def flat(months: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, int]]:
    """The opposite of `nested`."""
    for name, inner in months.items():
        if isinstance(inner, Mapping):
            yield from flat(inner, f"{above}{name}.")
        else:
            yield f"{above}{name}", int(inner)


def recount(rows: Iterable[Row]) -> dict[tuple[Unit, str], dict[str, int]]:
    """What the cells must add up to, counted from the rows alone."""
    totals = Totals()
    for row in rows:
        totals.change(None, row)
    return {key: paths for key, paths in totals.by_unit().items() if paths}
