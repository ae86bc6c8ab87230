"""Working days in England: neither a weekend nor a bank holiday. Deadlines count in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from hashlib import sha256

import holidays

KNOWN_YEARS = range(1990, 2100)
DAY = timedelta(days=1)
SATURDAY = 5


class WorkingDays:
    """A calendar of bank holidays, and counting by it.

    `version` is derived from the days themselves: it changes when a bank holiday is added or moved, and only then,
    so a deadline kept with its version tells whether it has to be worked out again.
    """

    def __init__(self, place: str, bank_holidays: Iterable[date]) -> None:
        # A bank holiday on a Saturday takes no working day away; counting it would take the same day twice.
        self._bank_holidays = tuple(sorted({day for day in bank_holidays if day.weekday() < SATURDAY}))
        self._lookup = frozenset(self._bank_holidays)
        listed = ",".join(day.isoformat() for day in self._bank_holidays)
        self.version = f"{place}-{sha256(listed.encode()).hexdigest()[:8]}"

    def is_working(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._lookup

    def add(self, start: date, n: int) -> date:
        """The nth working day after `start`; the day after the start is the first that can be day 1.

        With n=0 the start itself, working or not. Raises ValueError when n is negative.
        """
        if n < 0:
            raise ValueError("working days are counted forwards")
        day = start
        while n:
            day += DAY
            n -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and including `end`; 0 when the end is not later."""
        return max(0, self._up_to(end) - self._up_to(start))

    def _up_to(self, day: date) -> int:
        """Working days from the beginning of the calendar (a Monday, 0001-01-01) up to and including `day`."""
        weeks, rest = divmod(day.toordinal(), 7)
        return weeks * 5 + min(rest, 5) - bisect_right(self._bank_holidays, day)


@cache
def england(added: frozenset[date] = frozenset()) -> WorkingDays:
    """England's calendar for 1990 to 2099, with bank holidays proclaimed since the package was released.

    Outside those years only weekends are known.
    """
    # Without the subdivision Easter Monday and the August bank holiday are missing.
    days = holidays.country_holidays("GB", subdiv="ENG", years=KNOWN_YEARS)
    return WorkingDays("england", {*days, *added})
