"""Chance that comes out the same every time: each kind of record in each month has dice of its own."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import TypeVar

from shared.calendar.working_days import england

T = TypeVar("T")
MORNING = time(8)
CHILDREN = 1500  # of an authority's open cases, those that anybody audits or hears from in a year
# Months that are shown step by step: of the authority shown whole, so that a whole quarter is among them whatever
# month is the newest, and of the others.
NEWEST = {True: 5, False: 2}


@dataclass(frozen=True, slots=True)
class Month:
    """What is made up for one authority and one whole month; steps that would come after `last` have not happened.

    `age` is 0 for the newest month. The authority that is looked at most is shown `whole`: of the others the work that
    is sent command by command is less, and of fewer of the newest months, so that loading does not take long.
    """

    seed: int
    scale: float
    authority: str
    first: date
    last: date
    age: int = 0
    whole: bool = True

    @property
    def detailed(self) -> bool:
        """Whether this month is shown step by step."""
        return self.age < NEWEST[self.whole]

    @property
    def in_newest_quarter(self) -> bool:
        """Whether it is one of the three months of the newest quarter that is over."""
        number = self.first.year * 12 + self.first.month - 1
        newest = number + self.age
        return 0 <= newest - (newest + 1) % 3 - number < 3

    @property
    def source(self) -> str:
        """Another seed or scale makes other records, never other versions of the same."""
        return f"/goldenthread/demo/{self.seed}/{self.scale:g}"

    def dice(self, kind: str) -> Random:
        return Random(f"{self.seed}|{self.scale:g}|{self.authority}|{self.first}|{kind}")

    def ref(self, kind: str, number: int) -> str:
        return f"demo-{self.seed}-{self.scale:g}-{self.authority}-{self.first:%Y%m}-{kind}-{number}"

    def id(self, kind: str, number: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.source}/{self.ref(kind, number)}"))

    @property
    def days(self) -> tuple[date, ...]:
        """The working days of the month."""
        return _working_days(self.first)


@cache
def _working_days(first: date) -> tuple[date, ...]:
    length = calendar.monthrange(first.year, first.month)[1]
    every = (first + timedelta(days=n) for n in range(length))
    return tuple(day for day in every if england().is_working(day))


def months(until: date, many: int = 12) -> list[date]:
    """The first days of so many months, the newest (in which `until` lies) first."""
    last = until.year * 12 + until.month - 1
    return [date((last - n) // 12, (last - n) % 12 + 1, 1) for n in range(many)]


def last_full_month(today: date) -> date:
    """The last day of the month before today's."""
    return today.replace(day=1) - timedelta(days=1)


def times(dice: Random, expected: float) -> int:
    """A whole number that is `expected` on average."""
    return int(expected) + (dice.random() < expected % 1)


def pick(dice: Random, weights: Mapping[T, float]) -> T:
    return dice.choices(list(weights), list(weights.values()))[0]


def some(dice: Random, weights: Mapping[T, float], many: int) -> list[T]:
    """So many different ones, the likelier ones more often."""
    left = dict(weights)
    found = []
    for _ in range(min(many, len(left))):
        found.append(pick(dice, left))
        del left[found[-1]]
    return found


def child(dice: Random, authority: str) -> str:
    """A case number as a case system might have it; no such child exists."""
    return f"{authority}-C{dice.randrange(CHILDREN):05d}"


def nth_day(month: Month, n: int) -> date:
    """The nth working day after the month's first."""
    return england().add(month.first, n)


def at(day: date) -> datetime:
    return datetime.combine(day, MORNING, UTC)


def one(dice: Random, choices: Sequence[T]) -> T:
    return dice.choice(choices)
