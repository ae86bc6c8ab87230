"""A quarter as it happens, month by month: what is recorded when it happens touches no month that is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from services.reporting.domain import periods
from shared.messaging.topics import AUDIT, ESCALATION, FEEDBACK, Topic
from shared.published.audit_cycle import AuditExpectedV1
from shared.published.envelope import Published
from tests.closing.a_town import Town, cells
from tests.closing.test_what_happens_after_a_month_was_closed import report
from tests.reporting.a_cycle import a_cycle
from tests.reporting.a_quarter import alerts, audits, feedback
from tests.reporting.telling import ELM, a_graded_audit

BEGAN = date(2026, 3, 1)
CLOSE_DAYS = {
    date(2026, 4, 9): "2026-03",
    date(2026, 5, 8): "2026-04",
    date(2026, 6, 5): "2026-05",
    date(2026, 7, 7): "2026-06",
    date(2026, 7, 14): "2026-Q1",
}
KNOWN_LATER = {"caseload-fern"}  # told after another of its dates, as a case system may


def told_on(event: Published, after: date) -> date:
    """The day of what happened, not before what it follows; a window that is expected is told when it begins."""
    if isinstance(event, AuditExpectedV1):
        return max(after, event.window_first)
    on = [value for name, value in event if name.endswith(("_on", "_date", "as_at")) and isinstance(value, date)]
    happened = [day for name, day in event if name == "effective_date"] or [d for d in on if d not in _due(event)]
    return max([after, *happened[:1]])


def _due(event: Published) -> set[date]:
    names = ("due_on", "previous_on", "planned_on", "next_on", "experienced_on", "review_on")
    return {value for name, value in event if name in names and isinstance(value, date)}


def in_order() -> Iterator[tuple[date, str, Published, Topic]]:
    each: list[tuple[date, str, int, Published, Topic]] = []
    for topic, histories in ((AUDIT, {**audits(), **a_cycle()}), (ESCALATION, alerts()), (FEEDBACK, feedback())):
        for stream, events in histories.items():
            day = BEGAN
            for n, event in enumerate(events):
                day = told_on(event, day)
                each.append((day, stream, n, event, topic))
    for day, stream, _, event, topic in sorted(each, key=lambda one: one[:3]):
        yield day, stream, event, topic


@pytest.fixture
async def a_quarter_later(town: Town) -> Town:
    coming = list(in_order())
    for day in (BEGAN + timedelta(days=n) for n in range(150)):
        if day in CLOSE_DAYS:
            town.now(day, 6)
            await town.project()
            await town.close(CLOSE_DAYS[day])
        town.now(day, 12)
        while coming and coming[0][0] <= day:
            _, stream, event, topic = coming.pop(0)
            town.tell(stream, event, topic=topic)
    await town.project()
    return town


async def test_what_is_recorded_when_it_happens_is_no_restatement_of_an_earlier_month(a_quarter_later: Town):
    for key in CLOSE_DAYS.values():
        period = (await a_quarter_later.closing.period("901", key)).state
        pending = await a_quarter_later.closing.pending("901", periods.named(key), period)
        named = {(one.report, one.unit.name, one.table, one.row, one.column) for one in pending.differences}
        assert {reason.stream for reason in pending.reasons} <= KNOWN_LATER, (key, named)


async def test_months_sum_to_their_quarter(a_quarter_later: Town):
    """The published months and the published quarter hold the same audits, unit by unit."""
    months = [cells(await report(a_quarter_later, key=key)) for key in ("2026-04", "2026-05", "2026-06")]
    quarter = cells(await report(a_quarter_later, key="2026-Q1"))
    for key, row in quarter.items():
        for column in ("outstanding", "good", "requires_improvement", "inadequate", "graded", "raised", "lowered"):
            parts = [month[key][column] for month in months if key in month]
            if all(isinstance(part, int) for part in (row[column], *parts)):
                assert sum(parts) == row[column], (key, column)


async def test_template_changes_scale_mid_year(town: Town):
    """Edge case 19: a closed quarter keeps two series apart, and no percentage mixes them."""
    for n in range(12):
        town.now(date(2026, 4, 10))
        town.tell(f"audit-old-{n}", a_graded_audit("GOOD", effective_date=date(2026, 4, 10)))
        town.now(date(2026, 6, 10))
        new = {"scale": "SOS10", "template_version": 2, "raw_overall": "7", "domains": {}}
        town.tell(f"audit-new-{n}", a_graded_audit("7", place=ELM, effective_date=date(2026, 6, 10), **new))
    await town.project()
    for day, key in list(CLOSE_DAYS.items())[1:]:
        town.now(day)
        await town.close(key)
    closed = await report(town, key="2026-Q1")
    assert closed.closing is not None
    of_authority = {row["scale"]: row for key, row in cells(closed).items() if key.startswith("authority:901|")}
    assert {scale: row["graded"] for scale, row in of_authority.items()} == {"OFSTED4": 12, "SOS10": 12}
    assert (of_authority["OFSTED4"]["good_or_better_percent"], of_authority["SOS10"]["good_or_better_percent"]) == (
        100.0,
        "z",
    )
    april = {row["scale"] for row in cells(await report(town, key="2026-04")).values()}
    assert april == {"OFSTED4"}, "the break lies between the months"
