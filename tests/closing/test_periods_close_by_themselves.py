"""The timer: on the close day, by London's clock and England's working days, once, also after a standstill."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.reporting.closing.timer import Beginnings, CloseTimer
from services.reporting.domain.reporting_policy.decisions import SetReportingPolicy
from services.reporting.library import MongoLibrary
from shared.messaging.topics import ESCALATION
from tests.closing.a_town import HQA, Town, total
from tests.closing.test_what_happens_after_a_month_was_closed import report
from tests.reporting.telling import ELM, a_graded_audit, a_raised_alert


@pytest.fixture
async def timer(town: Town) -> CloseTimer:
    """Installed at the beginning of March 2026."""
    town.now(date(2026, 3, 2))
    made = CloseTimer(town.closing, Beginnings(town.database))
    await made.prepare()
    return made


async def closed(town: Town, *keys: str, authority: str = "901") -> list[str]:
    found = {key: (await town.closing.period(authority, key)).state.closed for key in keys}
    return [key for key, event in found.items() if event is not None]


async def test_a_month_is_closed_on_its_close_day_and_not_before(town: Town, timer: CloseTimer):
    """Good Friday and Easter Monday lie between: the fifth working day after March 2026 is Thursday 9 April."""
    town.at = datetime(2026, 4, 8, 22, 59, tzinfo=UTC)  # 23:59 in London
    await timer.look()
    assert await closed(town, "2026-03") == []
    town.at = datetime(2026, 4, 8, 23, 0, tzinfo=UTC)  # the clocks went forward: midnight in London
    await timer.look()
    event = (await town.closing.period("901", "2026-03")).state.closed
    assert event.closed_on == date(2026, 4, 9)
    assert await closed(town, "2026-03", authority="902") == ["2026-03"], "every authority that there is"


async def test_looking_again_closes_nothing_twice(town: Town, timer: CloseTimer):
    town.now(date(2026, 4, 9))
    await timer.look()
    before = await town.closing.period("901", "2026-03")
    town.later(days=3)
    await timer.look()
    await CloseTimer(town.closing, Beginnings(town.database)).look()
    assert await town.closing.period("901", "2026-03") == before


async def test_what_was_missed_in_a_standstill_is_closed_when_it_is_over(town: Town, timer: CloseTimer):
    """The quarter after its months; the quarter that had begun before the installation is left to people."""
    town.now(date(2026, 7, 15))
    await timer.look()
    assert await closed(town, "2026-03", "2026-04", "2026-05", "2026-06", "2026-Q1", "2026-07", "2025-Q4") == [
        *("2026-03", "2026-04", "2026-05", "2026-06", "2026-Q1")
    ]


async def test_what_was_over_before_the_installation_is_left_to_people(town: Town, timer: CloseTimer):
    town.now(date(2026, 4, 10))
    await timer.look()
    assert await closed(town, "2026-01", "2026-02", "2026-03") == ["2026-03"]
    for key in ("2026-01", "2026-02"):
        await town.close(key)
    town.now(date(2026, 4, 20))
    await timer.look()
    assert await closed(town, "2025-Q4") == ["2025-Q4"], "its months are closed, by whomever"


async def test_another_timer_that_begins_later_changes_nothing_of_the_beginning(town: Town, timer: CloseTimer):
    town.now(date(2026, 6, 1))
    second = CloseTimer(town.closing, Beginnings(town.database))
    await second.prepare()
    assert await second.beginnings.first() == "2026-03"


async def test_the_authority_s_own_close_day_is_kept(town: Town, timer: CloseTimer):
    command = SetReportingPolicy("901", "local-1", date(2026, 3, 2), {"month_close_working_day": 2})
    await town.closing.policies.set(command, town.ask(HQA), date(2026, 3, 2))
    town.now(date(2026, 4, 2))
    await timer.look()
    assert await closed(town, "2026-03") == ["2026-03"]
    assert await closed(town, "2026-03", authority="902") == []
    found = await report(town, key="2026-03")
    assert (found.policy_version, found.closing.version) == ("local-1", 1)


async def test_while_events_are_not_counted_nothing_is_closed(town: Town, timer: CloseTimer):
    left = [3, 3]

    async def behind(_model: str, _marks: object) -> int:
        return left.pop() if left else 0

    town.closing = town.a_closing(MongoLibrary(town.database, behind))
    object.__setattr__(town.closing, "patience", 0.0)
    timer = CloseTimer(town.closing, timer.beginnings)
    town.now(date(2026, 4, 9))
    await timer.look()
    assert await closed(town, "2026-03") == []
    left.clear()
    await timer.look()
    assert await closed(town, "2026-03") == ["2026-03"]


async def test_while_an_event_is_set_aside_its_authority_is_not_closed(town: Town, timer: CloseTimer):
    parked = {"generation": "audit_quality.1", "seq": 7, "headers": [["ce_lacode", b"901"]], "stream": "audit-1"}
    stray = {"generation": "audit_quality.1", "seq": None, "headers": [["ce_lacode", b"902"]], "stream": "unknown"}
    await town.database["parked"].insert_many([parked, stray])
    town.now(date(2026, 4, 9))
    await timer.look()
    assert await closed(town, "2026-03") == []
    assert await closed(town, "2026-03", authority="902") == ["2026-03"], "what is none of ours is missing nowhere"
    await town.database["parked"].delete_many({})
    await timer.look()
    assert await closed(town, "2026-03") == ["2026-03"]


async def test_clock_change_weekend_and_a_raise_at_23_59_on_31_march(town: Town, timer: CloseTimer):
    """Edge case 26: dates are London's; what was raised at 23:59 on 31 March counts in March and its quarter."""
    town.at = datetime(2026, 3, 31, 22, 59, tzinfo=UTC)
    town.tell("alert-1", a_raised_alert(raised_on=date(2026, 3, 31)), topic=ESCALATION)
    town.tell("audit-1", a_graded_audit("GOOD", place=ELM, effective_date=date(2026, 3, 31)))
    await town.project()
    for key, day in (("2026-01", 5), ("2026-02", 5)):
        town.now(date(2026, 4, day))
        await town.close(key)
    town.now(date(2026, 4, 20))
    await timer.look()
    assert total(await report(town, key="2026-03"))["graded"] == 1
    quarter = await report(town, key="2025-Q4")
    assert (quarter.closing.version, total(quarter)["graded"]) == (1, 1)
    assert total(await report(town, key="2026-04"))["graded"] == 0
