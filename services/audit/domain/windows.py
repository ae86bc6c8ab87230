"""The windows in which audits are expected: whole months, one after the other, counted from an anchor month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

FINANCIAL_YEAR = 4  # April


@dataclass(frozen=True, slots=True)
class Window:
    """Both days are part of it."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of `months` months; one of them begins with the anchor month (4 for April) of every year."""

    months: int
    anchor_month: int = FINANCIAL_YEAR

    def around(self, day: date) -> Window:
        """The window that holds this day."""
        ordinal = day.year * 12 + day.month - 1
        first = ordinal - (ordinal - (self.anchor_month - 1)) % self.months
        return Window(_first_of(first), last_of_month(_first_of(first + self.months - 1)))

    def begins_on(self, day: date) -> bool:
        return self.around(day).first == day


MONTHS = Windows(1)
QUARTERS = Windows(3)


def month_of(day: date) -> str:
    """2026-04"""
    return f"{day.year:04}-{day.month:02}"


def first_of_month(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_from(first: date, last: date) -> list[date]:
    """The first day of every month from that of `first` to that of `last`."""
    return [_first_of(n) for n in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)]


def _first_of(ordinal: int) -> date:
    return date(ordinal // 12, ordinal % 12 + 1, 1)
