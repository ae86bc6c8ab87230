"""An audit counts on the date on the wall in London, whatever the clock of a server says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.audit.app import create_app
from services.audit.settings import Settings
from services.reporting.domain.periods import month_of, quarter
from shared.calendar.working_days import england
from shared.foundations import InMemoryFoundations
from shared.published.audit import AuditGradedV1
from tests import http
from tests.audit.a_larger_town import learn_more, told
from tests.audit.service import Service

AT_THE_DOOR = {"template_id": "front-door", "plan_type": "CONTACT"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self, moment: str) -> None:
        self.moment = at(moment)

    def __call__(self) -> datetime:
        return self.moment


async def finalised_at(moment: str, **body: Any) -> tuple[AuditGradedV1, dict[str, Any]]:
    """The published grade of an audit that is finalised at this moment, and what a reader sees of the audit."""
    clock = Clock("2026-03-02T09:00+00:00")
    foundations = InMemoryFoundations(clock)
    learn_more(foundations)
    app = create_app(http.settings(Settings), foundations, clock)
    async with http.client(app) as talking:
        service = Service(app, foundations, talking)
        audit = await service.submitted("GOOD")
        version = int((await service.get("head-1", audit)).headers["etag"].strip('"'))
        await service.post("qa-2", f"{audit}/moderation", {"audit_quality": "THOROUGH", "overall": "GOOD"}, version)
        clock.moment = at(moment)
        answered = await service.post("qa-2", f"{audit}/finalisation", body, version + 1)
        assert answered.status_code == 200, answered.text
        shown = (await service.get("head-1", audit)).json()
        (graded,) = [one for one in await told(service) if isinstance(one, AuditGradedV1)]
        return graded, shown


@pytest.mark.parametrize(
    ("moment", "day", "in_quarter"),
    [
        ("2026-03-31T23:59:00+01:00", date(2026, 3, 31), "2025-Q4"),  # 22:59 in UTC: summer time has begun
        ("2026-04-01T00:01:00+01:00", date(2026, 4, 1), "2026-Q1"),  # 23:01 in UTC, on 31 March there
        ("2026-03-31T23:30:00+00:00", date(2026, 4, 1), "2026-Q1"),
        ("2026-03-29T00:59:59+00:00", date(2026, 3, 29), "2025-Q4"),  # the hour from 1 to 2 is missing in London
        ("2026-03-29T01:00:00+00:00", date(2026, 3, 29), "2025-Q4"),
        ("2026-10-24T23:30:00+00:00", date(2026, 10, 25), "2026-Q3"),  # 0:30 on the day with 25 hours
        ("2026-10-25T00:30:00+00:00", date(2026, 10, 25), "2026-Q3"),  # half past one, for the first time
        ("2026-10-25T01:30:00+00:00", date(2026, 10, 25), "2026-Q3"),  # half past one, for the second time
        ("2026-10-25T23:59:59+00:00", date(2026, 10, 25), "2026-Q3"),
    ],
)
async def test_clock_change_weekend_and_2359_raise_on_31_march(moment: str, day: date, in_quarter: str):
    """Edge case 26: dates in Europe/London; quarter is by local date; no hour arithmetic on working days."""
    graded, shown = await finalised_at(moment)
    assert graded.effective_date == day
    assert shown["result"]["effective_date"] == day.isoformat()
    assert quarter(month_of(graded.effective_date)) == in_quarter


async def test_when_it_happened_decides_the_date_and_not_when_it_was_sent():
    graded, _ = await finalised_at("2026-04-01T08:00:00+01:00", occurred_at="2026-03-31T22:59:00Z")
    assert graded.effective_date == date(2026, 3, 31)
    graded, _ = await finalised_at("2026-04-01T08:00:00+01:00", occurred_at="2026-03-31T23:00:00Z")
    assert graded.effective_date == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        # The last Friday of winter time: ten working days on, past Good Friday and Easter Monday.
        ("2026-03-27T23:59:00+00:00", date(2026, 4, 14)),
        # A minute past midnight on the Sunday of the change, and at its end: the same Monday is the first day.
        ("2026-03-29T00:01:00+00:00", date(2026, 4, 14)),
        ("2026-03-29T23:59:00+01:00", date(2026, 4, 14)),
        # 23:30 on Sunday in UTC is Monday in London: Tuesday is the first day.
        ("2026-03-29T23:30:00+00:00", date(2026, 4, 15)),
        ("2026-10-25T23:59:00+00:00", date(2026, 11, 6)),
    ],
)
async def test_a_time_limit_is_counted_in_days_and_not_in_hours(moment: str, due: date):
    clock = Clock(moment)
    foundations = InMemoryFoundations(clock)
    learn_more(foundations)
    app = create_app(http.settings(Settings), foundations, clock)
    async with http.client(app) as talking:
        service = Service(app, foundations, talking)
        audit = await service.planned()
        await service.steps(audit, ("qa-1", "allocation", {"auditor_ref": "qa-1"}))
        shown = (await service.get("head-1", audit)).json()["allocation"]
    assert date.fromisoformat(shown["submit_by"]) == due
    assert england().is_working(due)
