"""Totals are sums of contributions: what a batch of changed rows does to the cells of every level."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.projecting.read_model import Row
from shared.projecting.state import Statement

Where = tuple[str | None, str | None, str, tuple[str, ...]]  # a place: team, service area, authority, regions
Changes = dict[str, int]  # by contribution or by path
ByUnit = dict[tuple["Unit", str], Changes]  # {(unit, year): {"04.OFSTED4.count": change}}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a level; `within` is the unit above it that it counted in at the time (as-then)."""

    level: str
    unit: str
    within: str | None


def where_of(row: Row) -> Where:
    place = row["place"]
    return place["team"], place["service_area"], place["authority"], tuple(place["regions"])


class Totals:
    """Collects the changes of many rows, then spreads them over the levels once."""

    def __init__(self) -> None:
        self._come: defaultdict[Where, list[str]] = defaultdict(list)
        self._gone: defaultdict[Where, list[str]] = defaultdict(list)

    def change(self, before: Row | None, after: Row | None) -> None:
        """Take away what the row contributed and add what it contributes now (`cells` of the stored rows)."""
        if before is not None:
            self._gone[where_of(before)] += before["cells"]
        if after is not None:
            self._come[where_of(after)] += after["cells"]

    def by_unit(self) -> ByUnit:
        """What changed, by unit and year, without what cancelled out."""
        changes: dict[Where, Changes] = {where: Counter(cells) for where, cells in self._come.items()}
        for where, cells in self._gone.items():
            _add(changes, where, {cell: -n for cell, n in Counter(cells).items()})
        found: ByUnit = {}
        for unit, some in _by_level(changes):
            for year, paths in _by_year(some).items():
                found[unit, year] = paths
        return found


def _by_year(changes: Changes) -> dict[str, Changes]:
    years: dict[str, Changes] = {}
    for cell, by in changes.items():
        if by:
            year, path = _located(cell)
            paths = years.get(year)
            if paths is None:
                paths = years[year] = {}
            paths[path] = by
    return years


def _by_level(changes: Mapping[Where, Changes]) -> Iterator[tuple[Unit, Changes]]:
    """Every unit that contributions count for, each once: a level is summed from the one below it."""
    areas: dict[tuple[str | None, str, tuple[str, ...]], Changes] = {}
    teams: dict[tuple[str, str | None], Changes] = {}
    for (team, area, authority, regions), some in changes.items():
        if team is not None:
            _add(teams, (team, area), some)
        _add(areas, (area, authority, regions), some)
    yield from ((Unit("team", team, area), all_) for (team, area), all_ in teams.items())
    whole: dict[tuple[str, tuple[str, ...]], Changes] = {}
    named: dict[tuple[str, str], Changes] = {}
    for (area, authority, regions), some in areas.items():
        if area is not None:
            _add(named, (area, authority), some)
        _add(whole, (authority, regions), some)
    yield from ((Unit("service_area", area, authority), all_) for (area, authority), all_ in named.items())
    yield from _upper_levels(whole)


def _upper_levels(whole: Mapping[tuple[str, tuple[str, ...]], Changes]) -> Iterator[tuple[Unit, Changes]]:
    authorities: dict[str, Changes] = {}
    inside: dict[tuple[str, str], Changes] = {}
    above: dict[str, Changes] = {}
    for (authority, regions), some in whole.items():
        _add(authorities, authority, some)
        for region in regions:
            _add(inside, (authority, region), some)
            _add(above, region, some)
    yield from ((Unit("authority", authority, None), all_) for authority, all_ in authorities.items())
    yield from ((Unit("authority_in_region", one, region), all_) for (one, region), all_ in inside.items())
    yield from ((Unit("region", region, None), all_) for region, all_ in above.items())


def _add(sums: dict[Any, Changes], key: Any, some: Changes) -> None:
    into = sums.get(key)
    if into is None:
        sums[key] = dict(some)  # a copy: the next level up may add to it
        return
    known = into.get
    for cell, by in some.items():
        into[cell] = known(cell, 0) + by


@lru_cache(maxsize=100_000)
def _located(cell: str) -> tuple[str, str]:
    """The year of a contribution and its path in that year's document: "2026-04|A.count" is at "04.A.count"."""
    return cell[:4], f"{cell[5:7]}.{cell[8:]}"


def head_of(unit: Unit, year: str, slot: str) -> dict[str, Any]:
    """A document of totals without its numbers."""
    id_ = cell_id(unit, year, slot)
    return {"_id": id_, "level": unit.level, "unit": unit.unit, "within": unit.within, "year": year}


def documents(totals: ByUnit, slot: str) -> Iterator[dict[str, Any]]:
    """The totals as whole documents, for a generation that has none yet."""
    return ({**head_of(unit, year, slot), "m": nested(paths)} for (unit, year), paths in totals.items() if paths)


def cell_id(unit: Unit, year: str, slot: str) -> str:
    return f"{unit.level}|{unit.unit}|{unit.within or ''}|{year}|{slot}"


def increment(unit: Unit, year: str, slot: str, paths: Changes) -> Statement:
    """The write that adds these changes to whatever one slot's document holds."""
    head = head_of(unit, year, slot)
    by = {f"m.{path}": n for path, n in paths.items()}
    return {"q": {"_id": head.pop("_id")}, "u": {"$inc": by, "$setOnInsert": head}, "upsert": True}


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


def recount(rows: Iterable[Row]) -> ByUnit:
    """What the cells must add up to, counted from the rows alone."""
    totals = Totals()
    for row in rows:
        totals.change(None, row)
    return totals.by_unit()
