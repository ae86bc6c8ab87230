"""The days of the year: what is to be done on each, who is where, and what the services do of their own accord."""

from __future__ import annotations

import calendar
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import holidays

from deploy.loading import people
from tests.year.facts import Facts
from tests.year.town import BEGAN, CODE, Town

HEAD = people.wide(CODE, "HEAD_OF_SAFEGUARDING_QA")
ROUNDS = (1, 2)
ENGLAND = holidays.country_holidays("GB", subdiv="ENG")
Do = Callable[[], Awaitable[Any]]


def last_of(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def first_of_months() -> list[date]:
    """The first days of the year's twelve months."""
    return [date(BEGAN.year + (3 + at) // 12, (3 + at) % 12 + 1, 1) for at in range(12)]


def working_days_after(day: date, days: int) -> date:
    """The day after is day 1; Saturdays, Sundays and the bank holidays of England do not count."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in ENGLAND
    return day


def _closes() -> dict[str, date]:
    """The fifth working day after each month, the tenth after each quarter."""
    found: dict[str, date] = {}
    for at, first in enumerate(first_of_months()):
        last = last_of(first)
        found[f"{last:%Y-%m}"] = working_days_after(last, 5)
        if at % 3 == 2:
            found[f"{BEGAN.year}-Q{at // 3 + 1}"] = working_days_after(last, 10)
    return found


CLOSES = _closes()


class Days:
    """`evening` is done at the end of a day on which something was done; `known` what people knew of closed periods."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.facts = Facts()
        self.chance = random.Random(seed)
        self.teams = {team.id: team for team in people.teams(CODE)}
        self.known: dict[str, Facts] = {}
        self.evening: Do | None = None
        self._queue: list[tuple[date, int, Do]] = []
        self._order = itertools.count()

    @property
    def today(self) -> date:
        return self.town.today

    def at(self, day: date, do: Do) -> None:
        heapq.heappush(self._queue, (max(day, self.today), next(self._order), do))

    async def ask(self, who: str, path: str, body: dict[str, Any]) -> Any:
        return await self.town.post(who, "audit", path, body)

    async def live(self, until: date) -> None:
        """Day by day; on some evenings the services do what nobody asked for."""
        closing = {day: [key for key, closes in CLOSES.items() if closes == day] for day in CLOSES.values()}
        day = self.today
        while day <= until:
            self.town.go_to(day)
            if day in closing:
                await self.town.close()
            await self._live_today()
            tomorrow = day + timedelta(days=1)
            if day.day in ROUNDS or tomorrow in closing:
                await self.town.round()
            if tomorrow in closing:
                await self.town.level()
                self.known |= dict.fromkeys(closing[tomorrow], self.facts.so_far())
            day = tomorrow

    async def _live_today(self) -> None:
        while self._is_due():
            while self._is_due():
                await heapq.heappop(self._queue)[2]()
            if self.evening is not None:
                await self.evening()

    def _is_due(self) -> bool:
        return bool(self._queue) and self._queue[0][0] <= self.today

    def area_of(self, team: str, day: date) -> str:
        if team == f"{CODE}-{people.MOVED_TEAM}" and day >= people.MOVED_ON:
            return f"{CODE}-{people.MOVED_TO}"
        return self.teams[team].area

    def officer_of(self, team: str, day: date) -> str:
        if team == f"{CODE}-{people.RELINKED_TEAM}" and day < people.MOVED_ON:
            return f"{CODE}-qa-1"
        return self.teams[team].links["QA_OFFICER"]
