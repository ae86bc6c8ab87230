"""What every report is counted from: whole months, the units that it lists, and the formulas that several share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

from tests.year.facts import Action, Audit, Caseload, Expected, Pair, ReAudit

Row = dict[str, Any]
Table = dict[str, Row]
Where = tuple[str | None, str | None]  # service area and team: of neither is what concerns the whole authority
Inside = Callable[[Where], bool]
Told = Audit | Action | ReAudit | Pair | Caseload | Expected
AUTHORITY = "authority:901"
LEAST = 10
NORMAL = 1.959963984540054  # what 95% of a normal distribution lie within, either side of its middle


class Span:
    """Whole months, such as ("2025-04", "2025-05", "2025-06")."""

    def __init__(self, months: tuple[str, ...]) -> None:
        self.months = months
        self.first = _first_of(_number(months[0]))
        self.end = _first_of(_number(months[-1]) + 1) - timedelta(days=1)

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.end

    def is_over(self, day: date | None) -> bool:
        """Did it happen by the end of the last month?"""
        return day is not None and day <= self.end

    def before(self) -> Span:
        first = _number(self.months[0])
        return _months(first - len(self.months), first)

    def year(self) -> Span:
        """The twelve months up to the end."""
        last = _number(self.months[-1])
        return _months(last - 11, last + 1)


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _first_of(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _months(first: int, after: int) -> Span:
    return Span(tuple(f"{_first_of(number):%Y-%m}" for number in range(first, after)))


@dataclass(frozen=True)
class Unit:
    """An authority or one of its service areas; reports list what lies in it."""

    area: str | None = None

    @property
    def key(self) -> str:
        return f"service_area:{self.area}" if self.area else AUTHORITY

    def holds(self, where: Where) -> bool:
        return self.area in (None, where[0])

    def lines(self, places: Iterable[Where], *, deep: bool = False) -> list[tuple[str, int, Inside]]:
        """The key of each row with its depth, and what counts in it: the unit, its parts, and what is in no part."""
        mine = {where for where in places if self.holds(where)}
        whole: tuple[str, int, Inside] = (self.key, 0, self.holds)
        if self.area is not None:
            return [whole, *self._teams(mine, "", 1)]
        found = [whole]
        for area in sorted({area for area, _ in mine if area}):
            part = Unit(area)
            found.append((part.key, 1, part.holds))
            if deep:
                found += part._teams({where for where in mine if part.holds(where)}, f"{part.key}/", 2)
        return [*found, (f"{self.key}:whole", 1, lambda at: at[0] is None)]

    def _teams(self, mine: set[Where], before: str, depth: int) -> Iterator[tuple[str, int, Inside]]:
        for team in sorted({team for _, team in mine if team}):
            yield f"{before}team:{team}", depth, (self.area, team).__eq__
        yield f"{before}{self.key}:whole", depth, (self.area, None).__eq__


def at(one: Told) -> Where:
    return one.area, one.team


def places(*several: Iterable[Told]) -> set[Where]:
    """Wherever any of these count."""
    return {at(one) for each in several for one in each}


def percent(part: int, whole: int) -> Any:
    return round(100 * part / whole, 1) if whole else "z"


def of_enough(part: int, whole: int) -> Any:
    """A percentage of at least ten; of none z, of fewer nothing."""
    return percent(part, whole) if whole == 0 or whole >= LEAST else None


def wilson(part: int, whole: int) -> tuple[float, float]:
    z, p = NORMAL, part / whole
    middle = p + z * z / (2 * whole)
    spread = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    bottom = 1 + z * z / whole
    return round(100 * (middle - spread) / bottom, 1), round(100 * (middle + spread) / bottom, 1)
