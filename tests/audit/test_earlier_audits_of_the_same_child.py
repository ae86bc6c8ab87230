"""Coverage: each graded audit tells when the same child was audited last, and nothing of who that is."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from shared.published.audit import AuditGradedV1, AuditPrecededV1
from tests.audit.a_year_of_audits import Year, a_year


@pytest.fixture
async def year(mongo_database):
    async with a_year(mongo_database) as running:
        yield running


async def previous(year: Year) -> dict[str, str | None]:
    """By audit: the day of the audit before, as told last."""
    told = [one for one in await year.everything_told() if isinstance(one, AuditGradedV1 | AuditPrecededV1)]
    return {one.audit_id: one.previous_on.isoformat() if one.previous_on else None for one in told}


async def test_an_audit_tells_when_the_child_was_audited_last(year: Year):
    first = await year.graded("2026-01-14", child_ref="case-1")
    other = await year.graded("2026-02-14", child_ref="case-2")
    second = await year.graded("2026-03-14", "birch", auditor_ref="qa-2", child_ref="case-1")
    without = await year.graded("2026-03-15")
    assert await previous(year) == {first: None, other: None, second: "2026-01-14", without: None}


async def test_only_what_counted_by_then_is_earlier(year: Year):
    later = await year.graded("2026-04-14", child_ref="case-1")
    earlier = await year.graded("2026-01-14", child_ref="case-1")
    assert await previous(year) == {later: None, earlier: None}
    wrong = await year.graded("2026-04-15", child_ref="case-1")
    await year.withdrawn(wrong)
    last = await year.graded("2026-04-16", child_ref="case-1")
    assert (await previous(year))[last] == "2026-04-14", "an audit that was withdrawn does not count"


async def test_an_audit_after_one_that_was_withdrawn_has_another_before_it(year: Year):
    await year.graded("2026-01-14", child_ref="case-1")
    wrong = await year.graded("2026-03-14", child_ref="case-1")
    last = await year.graded("2026-04-14", child_ref="case-1")
    assert (await previous(year))[last] == "2026-03-14"
    await year.withdrawn(wrong)
    await year.round()
    corrected = [one for one in await year.everything_told() if isinstance(one, AuditPrecededV1)]
    assert [(one.audit_id, one.previous_on) for one in corrected] == [(last, date(2026, 1, 14))]


async def test_the_same_audit_told_again_is_the_same_although_others_came_between(year: Year):
    data = {
        "external_ref": "form-1",
        "audit_type": "QA_ROUTINE",
        "template_id": "front-door",
        "plan_type": "CONTACT",
        "team_id": "alder",
        "effective_date": "2026-04-14",
        "overall": "GOOD",
        "domains": {},
        "auditor_ref": "qa-1",
        "auditor_role": "QA_OFFICER",
        "child_ref": "case-1",
        "period": "2026-03",
    }
    assert (await year.told("audit_graded", data)).status_code == 201
    await year.graded("2026-04-13", child_ref="case-1")
    assert (await year.told("audit_graded", data)).status_code == 200
    assert {one.period for one in await year.everything_told() if isinstance(one, AuditGradedV1)} == {"2026-03", None}


async def test_an_audit_done_here_tells_it_as_well(year: Year):
    await year.graded("2026-04-01", child_ref="case-4711")
    audit = await year.submitted("GOOD")
    steps = [("qa-2", "moderation", {"audit_quality": "ADEQUATE", "overall": "GOOD"}), ("head-1", "finalisation", {})]
    await year.steps(audit, *steps)
    told = await previous(year)
    assert told[audit.rpartition("/")[2]] == "2026-04-01"


async def test_an_audit_that_is_entered_late_is_the_one_before_those_that_came_after_it(year: Year):
    first = await year.graded("2026-01-14", child_ref="case-1")
    last = await year.graded("2026-04-14", child_ref="case-1")
    other = await year.graded("2026-04-14", child_ref="case-2")
    late = await year.graded("2026-03-14", child_ref="case-1")
    assert await previous(year) == {first: None, late: "2026-01-14", last: "2026-01-14", other: None}
    await year.round()
    assert await previous(year) == {first: None, late: "2026-01-14", last: "2026-03-14", other: None}


async def test_of_audits_that_are_told_at_the_same_time_one_comes_first(year: Year):
    told = [year.graded("2026-04-14", child_ref="case-1") for _ in range(4)]
    found = sorted(await asyncio.gather(*told))
    await year.round()
    days = await previous(year)
    assert [days[audit] for audit in found] == [None, *["2026-04-14"] * 3]


async def test_of_audits_on_one_day_one_is_still_first_when_another_of_them_is_withdrawn(year: Year):
    found = sorted([await year.graded("2026-04-14", child_ref="case-1") for _ in range(3)])
    await year.withdrawn(found[0])
    await year.round()
    days = await previous(year)
    assert [days[audit] for audit in found[1:]] == [None, "2026-04-14"]


async def test_what_an_outside_body_judged_comes_before_no_audit(year: Year):
    own = await year.graded("2026-01-14", child_ref="case-1")
    outside = {"audit_type": "EXTERNAL", "template_id": "ofsted-ilacs", "plan_type": "ALL"}
    grades = dict.fromkeys(("IMPACT_OF_LEADERS", "HELP_AND_PROTECTION", "CHILDREN_IN_CARE"), "GOOD")
    await year.graded("2026-02-14", child_ref="case-1", domains=grades, **outside)
    last = await year.graded("2026-03-14", child_ref="case-1")
    await year.round()
    days = await previous(year)
    assert days[own] is None
    assert days[last] == "2026-01-14"


async def test_nothing_more_is_told_when_all_is_as_it_was_said(year: Year):
    for day in ("2026-01-14", "2026-02-14", "2026-03-14"):
        await year.graded(day, child_ref="case-1")
    await year.settle()
    assert not [one for one in await year.everything_told() if isinstance(one, AuditPrecededV1)]
