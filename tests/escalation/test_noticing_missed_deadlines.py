"""The timer notices each missed deadline once: with two of them, after a crash, after three weeks away."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from services.escalation.domain.practice_alert.events import (
    AlertDeadlineRecalculated,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
)
from services.escalation.domain.practice_alert.state import DECIDER
from services.escalation.reactions import Deadlines, DeadlineTimer, Due, follower
from shared.calendar.working_days import WorkingDays, england
from shared.event_store.following import Follower
from shared.event_store.handling import Asked, Recorded, handle, load, recorded
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import Actor, Commit, Meta, StoreBusy
from shared.rounds import Rounds
from tests.escalation.asking import decide
from tests.examples.an_alert import (
    ENGLAND,
    POLICY,
    STAGE_1_DUE,
    TOTAL_DUE,
    answering,
    escalating,
    praise,
    raising,
    reopening,
    resolving,
)

STREAM = DECIDER.stream("7")


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@dataclass
class Service:
    """A running escalation service with a clock that a test moves."""

    store: Any
    database: Any
    now: datetime
    calendar: WorkingDays = ENGLAND

    def timer(self) -> DeadlineTimer:
        deadlines = Deadlines(self.store, self.database["deadlines"])
        return DeadlineTimer(self.store, deadlines, self.calendar, POLICY, lambda: self.now)

    async def catch_up(self) -> None:
        deadlines = Deadlines(self.store, self.database["deadlines"])
        await deadlines.prepare()
        await follower(self.store, self.database["cursors"], deadlines).catch_up()

    async def tick(self, day: date, hour: int = 9, minute: int = 0) -> None:
        """The service catches up and looks at its deadlines at that time."""
        self.now = at(day, hour, minute)
        await self.catch_up()
        await self.timer().look()
        await self.catch_up()

    async def ask(self, *asked: Any, id_: str = "7") -> None:
        for n, command in enumerate(asked):
            stream = DECIDER.stream(id_)
            version = (await load(self.store, DECIDER, stream)).version
            meta = Meta(
                actor=Actor(staff_ref="staff-iro-1", role="IRO"),
                la_code="901",
                occurred_at=self.now,
                effective_date=self.now.date(),
                correlation="c",
            )
            asking = Asked(f"{id_}-{version}-{n}", f"{command}", meta)
            await handle(self.store, DECIDER, stream, lambda alert, command=command: decide(command, alert), asking)

    async def history(self, id_: str = "7") -> list[Recorded[Any]]:
        return [told for commit in await self.store.read(DECIDER.stream(id_)) for told in recorded(DECIDER, commit)]

    async def missed(self, id_: str = "7") -> list[tuple[str, int, date]]:
        noted = [told.event for told in await self.history(id_)]
        kinds = {AlertStageDeadlineMissed: "STAGE", AlertTotalDeadlineMissed: "TOTAL"}
        return [(kinds[type(event)], event.stage, event.due_on) for event in noted if type(event) in kinds]


@pytest.fixture
async def service(mongo_database):
    store = MongoEventStore(mongo_database)
    await store.prepare()
    yield Service(store, mongo_database, at(date(2026, 3, 3)))
    await store.close()


async def test_nothing_is_missed_on_the_due_day_and_the_deadline_is_missed_the_day_after(service):
    await service.ask(raising())
    await service.tick(STAGE_1_DUE, 23, 59)
    assert await service.missed() == []
    await service.tick(date(2026, 3, 11), 0, 0)
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE)]


async def test_midnight_is_londons(service):
    await service.ask(raising(on=date(2026, 4, 20)))  # due on 27 April, in summer time
    await service.tick(date(2026, 4, 27), 22, 59)
    assert await service.missed() == []
    await service.tick(date(2026, 4, 27), 23, 0)
    assert await service.missed() == [("STAGE", 1, date(2026, 4, 27))]


async def test_looking_again_notices_nothing_new(service):
    await service.ask(raising())
    for day in (11, 11, 12, 13):
        await service.tick(date(2026, 3, day))
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE)]


async def test_an_answered_stage_is_not_missed_but_the_total_still_is(service):
    await service.ask(raising(), answering(date(2026, 3, 6)))
    await service.tick(date(2026, 3, 20))
    assert await service.missed() == []
    await service.tick(date(2026, 4, 1))
    assert await service.missed() == [("TOTAL", 1, TOTAL_DUE)]


async def test_a_closed_alert_misses_nothing_and_good_practice_has_nothing_to_miss(service):
    await service.ask(raising(), resolving(date(2026, 3, 6)))
    await service.ask(praise, id_="8")
    await service.tick(date(2026, 5, 1))
    assert (await service.missed(), await service.missed("8")) == ([], [])


async def test_after_three_weeks_of_standstill_each_deadline_is_noticed_once_on_the_day_it_ended(service):
    await service.ask(raising())
    await service.tick(date(2026, 3, 9))
    await service.tick(date(2026, 4, 2))
    await service.tick(date(2026, 4, 2), 10)
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE), ("TOTAL", 1, TOTAL_DUE)]
    days = [told.meta.effective_date for told in await service.history()][1:]
    assert days == [date(2026, 3, 11), date(2026, 4, 1)]


async def test_a_stage_left_during_the_standstill_is_still_on_record_as_missed(service):
    await service.ask(raising())
    service.now = at(date(2026, 3, 13))
    await service.ask(escalating(2, date(2026, 3, 13)))
    await service.tick(date(2026, 4, 2))
    assert await service.missed() == [
        ("STAGE", 1, STAGE_1_DUE),
        ("STAGE", 2, date(2026, 3, 20)),
        ("TOTAL", 2, TOTAL_DUE),
    ]


async def test_an_alert_that_the_case_system_tells_of_late_is_overdue_at_once(service):
    service.now = at(date(2026, 3, 16))
    await service.ask(raising(on=date(2026, 3, 3)))
    await service.tick(date(2026, 3, 16))
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE)]


async def test_two_timers_at_once_notice_each_deadline_once(service):
    alerts = [str(n) for n in range(20)]
    for id_ in alerts:
        await service.ask(raising(alert_id=id_), id_=id_)
    await service.catch_up()
    other = MongoEventStore(service.database)
    await other.prepare()
    service.now = at(date(2026, 4, 2))
    twin = replace(service, store=other)
    await asyncio.gather(*(one.timer().look() for one in (service, twin, service, twin)))
    await other.close()
    for id_ in alerts:
        assert Counter(clock for clock, *_ in await service.missed(id_)) == {"STAGE": 1, "TOTAL": 1}


async def test_two_followers_at_once_keep_the_newest(service):
    await service.ask(raising(), answering(date(2026, 3, 6)))
    await asyncio.gather(service.catch_up(), service.catch_up(), service.catch_up())
    kept = await service.database["deadlines"].find_one({"_id": STREAM})
    assert [due["clock"] for due in kept["due"]] == ["TOTAL"]


async def test_a_replay_from_the_beginning_changes_nothing(service):
    await service.ask(raising())
    await service.tick(date(2026, 4, 2))
    before = await service.history()
    await service.database["cursors"].delete_many({})
    await service.database["deadlines"].delete_many({})
    await service.tick(date(2026, 4, 2))
    assert await service.history() == before


async def test_what_was_answered_since_the_timer_looked_is_not_missed(service):
    await service.ask(raising())
    await service.catch_up()
    service.now = at(date(2026, 3, 11))
    await service.ask(answering(date(2026, 3, 9)))
    await service.timer().look()
    assert await service.missed() == []


async def test_a_stage_entered_again_with_the_same_due_day_is_missed_again(service):
    await service.ask(raising())
    await service.tick(date(2026, 3, 11))
    await service.ask(escalating(4, date(2026, 3, 27)))  # its five days would go past the total
    await service.tick(date(2026, 4, 1))
    await service.ask(resolving(date(2026, 4, 2)), reopening(date(2026, 4, 7)))
    await service.tick(date(2026, 4, 7))
    await service.tick(date(2026, 4, 8))
    assert await service.missed() == [
        ("STAGE", 1, STAGE_1_DUE),
        ("STAGE", 4, TOTAL_DUE),
        ("TOTAL", 4, TOTAL_DUE),
        ("STAGE", 4, TOTAL_DUE),
    ]


async def test_a_bank_holiday_announced_later_moves_the_open_deadlines_once(service):
    await service.ask(raising())
    await service.ask(raising(alert_id="9"), resolving(date(2026, 3, 4)), id_="9")
    later = replace(service, calendar=england(frozenset({date(2026, 3, 9)})))
    await later.tick(date(2026, 3, 5))
    await later.tick(date(2026, 3, 11))
    await later.tick(date(2026, 3, 11), 10)
    moved = [told.event for told in await service.history() if isinstance(told.event, AlertDeadlineRecalculated)]
    assert [(event.old_stage_deadline, event.new_stage_deadline) for event in moved] == [
        (STAGE_1_DUE, date(2026, 3, 11))
    ]
    assert await service.missed() == []
    assert len(await service.history("9")) == 2


async def test_a_calendar_that_moves_nothing_is_asked_about_once(service):
    await service.ask(raising())
    later = replace(service, calendar=england(frozenset({date(2026, 8, 3)})))
    await later.tick(date(2026, 3, 5))
    kept = await service.database["deadlines"].find_one({"_id": STREAM})
    assert kept["calendar"] == later.calendar.version
    assert len(await service.history()) == 1


class BusyOnce:
    """The store, with a full queue at the first append."""

    def __init__(self, store: MongoEventStore) -> None:
        self._store = store
        self._refusals = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, commit: Any) -> Commit:
        if self._refusals:
            self._refusals -= 1
            raise StoreBusy
        return await self._store.append(commit)


async def test_a_busy_store_is_asked_again_at_the_next_look(service):
    await service.ask(raising())
    busy = replace(service, store=BusyOnce(service.store))
    await busy.tick(date(2026, 3, 11))
    assert await service.missed() == []
    await busy.tick(date(2026, 3, 11))
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE)]


class AwayAtFirst:
    """A follower whose database is away in the first round."""

    def __init__(self, following: Follower) -> None:
        self._following = following
        self.rounds = 0

    async def catch_up(self) -> None:
        self.rounds += 1
        if self.rounds == 1:
            raise ServerSelectionTimeoutError
        await self._following.catch_up()


async def test_the_running_service_follows_the_log_and_the_clock_and_outlives_a_failed_round(service):
    deadlines = Deadlines(service.store, service.database["deadlines"])
    following = AwayAtFirst(follower(service.store, service.database["cursors"], deadlines))
    keeping = Rounds("deadlines", (following.catch_up, service.timer().look), 0.02)
    await keeping.start()
    try:
        await service.ask(raising())
        service.now = at(date(2026, 3, 11))
        async with asyncio.timeout(10):
            while not await service.missed():
                await asyncio.sleep(0.02)
        assert keeping.alive()
    finally:
        await keeping.stop()
    assert following.rounds > 1
    assert await service.missed() == [("STAGE", 1, STAGE_1_DUE)]


def test_every_deadline_has_its_own_command_and_always_the_same():
    due = Due(STREAM, "901", "STAGE", 1, 1, STAGE_1_DUE)
    assert due.commit_id == replace(due).commit_id
    others = [replace(due, clock="TOTAL"), replace(due, stage=2), replace(due, entry=2), replace(due, due_on=TOTAL_DUE)]
    assert len({due.commit_id, *(other.commit_id for other in others)}) == 5
