"""A year of synthetic records for the demonstration's authorities, sent to the services like any other client's.

The newest month of the first authority comes first, so that its pages can be looked at while the rest is sent. The
same seed makes the same records for a month whenever it is run; steps that have not come yet, such as the answer to
an alert of last week, are sent by a later run. Nothing is ever sent in another version, so a second run changes
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from deploy.loading import actions, expected, learning, people, re_audits, units
from deploy.loading.alerts import alerts
from deploy.loading.audits import audits
from deploy.loading.chance import Month, last_full_month, months
from deploy.loading.closing import Ending, close, ending
from deploy.loading.feedback import feedback
from deploy.loading.pairs import pairs
from deploy.loading.posting import Command, Poster, Sent, Story
from deploy.loading.settling import Expected, settle
from deploy.loading.worked import in_hand

SEED = 2019
FOLLOW_UP = timedelta(days=31)  # how long after the last month its records go on


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make up: so many of the six authorities, a year of records to the end of the month of `until`."""

    until: date
    today: date
    authorities: int = len(people.AUTHORITIES)
    scale: float = 1.0
    seed: int = SEED

    @property
    def codes(self) -> list[str]:
        return list(people.AUTHORITIES)[: self.authorities]

    def of(self, code: str) -> list[Month]:
        """The authority's months, the newest first."""
        last = min(self.today - timedelta(days=1), self.until + FOLLOW_UP)
        whole = code == next(iter(people.AUTHORITIES))
        firsts = enumerate(months(self.until))
        return [Month(self.seed, self.scale, code, first, last, age, whole) for age, first in firsts]


@dataclass(frozen=True, slots=True)
class Work:
    """One service's records of one month in waves: a wave's stories are sent at once, and build on those before."""

    waves: Sequence[Sequence[Story]]

    @property
    def steps(self) -> int:
        return sum(len(story) for wave in self.waves for story in wave)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be sent: the structure of each authority, each service's records in order, and the end."""

    structure: dict[str, list[list[list[Command]]]]
    records: dict[str, dict[str, list[Work]]]
    ending: Ending

    @property
    def steps(self) -> int:
        commands = sum(len(story) for one in self.structure.values() for stories in one for story in stories)
        works = (work for one in self.records.values() for several in one.values() for work in several)
        return len(people.region_commands()) + commands + sum(work.steps for work in works) + self.ending.steps


def plan(wanted: Wanted) -> Plan:
    """All of it, made up: pure, and the same every time."""
    return Plan(
        {code: people.structure(code) for code in wanted.codes},
        {code: _records(wanted.of(code)) for code in wanted.codes},
        ending([wanted.of(code) for code in wanted.codes]),
    )


def until_of(text: str | None, today: date) -> date:
    """The last day of a month such as 2026-10, which must be over; of the last full month when none is given.

    Raises ValueError for anything else.
    """
    newest = last_full_month(today)
    if text is None:
        return newest
    first = date.fromisoformat(f"{text}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if last > newest:
        raise ValueError("that month is not over")
    return last


async def sow(plan: Plan, poster: Poster) -> Sent:
    """Send it all. Raises Unreachable; what a service refused is in the answer."""
    sent = await fill(plan, poster)
    sent.add(await close(plan.ending, poster))
    return sent


async def fill(plan: Plan, poster: Poster) -> Sent:
    """Send everything but the end, which needs all services."""
    sent = Sent()
    ready = {code: asyncio.Event() for code in plan.structure}
    sent.add(await poster.stories([[one] for one in people.region_commands()]))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_build(plan, poster, ready, sent))
        for service in ("audit", "escalation", "feedback"):
            tasks.create_task(_fill(plan, poster, ready, sent, service))
    return sent


async def _build(plan: Plan, poster: Poster, ready: dict[str, asyncio.Event], sent: Sent) -> None:
    """One authority after the other, so that the first can be filled while the rest is built."""
    for code, levels in plan.structure.items():
        for stories in levels:
            sent.add(await poster.stories(stories))
        await settle(poster, _expected(code))
        ready[code].set()


async def _fill(plan: Plan, poster: Poster, ready: dict[str, asyncio.Event], sent: Sent, service: str) -> None:
    for code, records in plan.records.items():
        await ready[code].wait()
        for work in records[service]:
            for wave in work.waves:
                sent.add(await poster.stories(wave))


def _records(of_months: list[Month]) -> dict[str, list[Work]]:
    programme = expected.programme(of_months[-1].authority, of_months[-1].first)
    return {
        "audit": [Work([[programme]]), *map(_audited, of_months)],
        "escalation": [Work([alerts(month)]) for month in of_months],
        "feedback": [Work(feedback(month)) for month in of_months],
    }


def _audited(month: Month) -> Work:
    """A month's audits: what was expected of them, the re-audits of each generation, and what came of them."""
    done = audits(month)
    again = [re_audits.again(month, one) for one in done]
    generations = [[[line[n].event] for line in again if len(line) > n] for n in range(re_audits.AGAIN)]
    return Work(
        [
            [expected.expectations(month)] if month.detailed else [],
            [
                *expected.caseloads(month),
                *([one.event, *one.since, *actions.after(month, one)] for one in done),
                *pairs(month),
                *([] if month.age else in_hand(month)),
            ],
            *generations,
            [
                *(expected.exemptions(month, done) if month.detailed else []),
                *learning.meetings(month, done),
                *learning.points(month, done),
                *learning.themes(month),
            ],
        ]
    )


def _expected(code: str) -> Expected:
    return Expected({code: {people.REGION, units.NCL}}, {team.id for team in people.teams(code)})


def summary(plan: Plan, sent: Sent) -> dict[str, Any]:
    """What came of it, for people and programs."""
    return {
        "authorities": len(plan.structure),
        "events_new": sent.new,
        "events_already_there": sent.known,
        "commands": sent.commands,
        "refused": len(sent.refused),
    }
