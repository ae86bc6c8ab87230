"""Months and quarters by local date. A month is "YYYY-MM"; such strings sort by time.

Quarters are those of the financial year that begins in April: April to June 2026 is 2026-Q1, January to March 2027
is 2026-Q4. They have the same months as calendar quarters, and another name: so the months always stand beside it.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

FIRST_MONTH = "2000-01"  # nothing electronic is older; stocks are carried forward from here


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a quarter, or the part of it that was asked for."""

    key: str
    kind: Literal["month", "quarter"]
    label: str
    months: tuple[str, ...]


def month_of(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def following(month: str, by: int = 1) -> str:
    """The month `by` months later, or earlier when negative."""
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04}-{index % 12 + 1:02}"


def months(first: str, last: str) -> tuple[str, ...]:
    """Every month from first to last, both included; empty when last is earlier."""
    found: list[str] = []
    while first <= last:
        found.append(first)
        first = following(first)
    return tuple(found)


def quarter(month: str) -> str:
    """The key of the financial quarter: 2026-04 lies in 2026-Q1 and 2027-03 in 2026-Q4."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year if number > 3 else year - 1:04}-Q{(number - 4) % 12 // 3 + 1}"


def spans(asked: Iterable[str], kind: Literal["month", "quarter"]) -> tuple[Span, ...]:
    """The months asked for, one by one or gathered into quarters; a quarter asked in part says which part."""
    if kind == "month":
        return tuple(Span(month, "month", _name(month), (month,)) for month in asked)
    gathered: dict[str, list[str]] = {}
    for month in asked:
        gathered.setdefault(quarter(month), []).append(month)
    return tuple(Span(key, "quarter", _label(key, parts), tuple(parts)) for key, parts in gathered.items())


def named(key: str) -> Span:
    """The whole month or financial quarter of this key: "2026-05", or "2026-Q4" (January to March 2027)."""
    year, part = int(key[:4]), key[5:]
    if not part.startswith("Q"):
        return spans([key], "month")[0]
    first = following(f"{year:04}-04", 3 * (int(part[1:]) - 1))
    return spans(months(first, following(first, 2)), "quarter")[0]


def _name(month: str) -> str:
    return f"{calendar.month_name[int(month[5:])]} {month[:4]}"


def _label(key: str, parts: list[str]) -> str:
    first, last = (calendar.month_abbr[int(month[5:])] for month in (parts[0], parts[-1]))
    return f"{key} ({first if first == last else f'{first}-{last}'} {parts[0][:4]})"
