"""Expected audits are opened by the calendar, met by finalised audits and opened again by withdrawn ones."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest

from services.audit.app import create_app
from services.audit.settings import Settings
from shared.published.audit_cycle import AuditExpectationMetV1, AuditExpectationReopenedV1, AuditExpectedV1
from shared.published.organisation import Dated, PersonDescribedV1, TeamDescribedV1
from tests import http
from tests.audit.a_year_of_audits import Year, a_year
from tests.audit.service import LONG_AGO, named, person

OPEN, MET = ("OPEN", None), "MET"


@pytest.fixture
async def year(mongo_database):
    async with a_year(mongo_database) as running:
        yield running


async def test_the_calendar_opens_the_windows_of_every_authority(year: Year):
    await year.settle()
    assert Counter((one["la_code"], one["cadence"]) for one in await register(year)) == {
        ("902", "QA_OFFICER"): 3,  # Alder has two officers, Birch one of them
        ("902", "TEAM_MANAGER"): 2,
        ("903", "TEAM_MANAGER"): 1,
    }
    (manager,) = await year.expectations(team_id="birch", month="2026-05")
    assert (manager["window_first"], manager["window_last"]) == ("2026-04-01", "2026-05-31")
    told = [one for one in await year.everything_told() if isinstance(one, AuditExpectedV1)]
    assert len(told) == len({one.expectation_id for one in told}) == 6


async def test_after_a_standstill_every_month_is_opened(year: Year):
    await year.settle()
    year.clock.on(date(2026, 7, 2))
    await year.settle()
    found = Counter(one["month"] for one in await year.expectations(la_code="902"))
    assert found == {"2026-04": 3, "2026-05": 5, "2026-06": 3, "2026-07": 5}, (
        "windows of two months end in May and July"
    )


async def test_a_window_goes_by_who_was_linked_on_its_first_day(year: Year):
    year.clock.on(date(2026, 5, 3))
    new = person("qa-3", "QA_OFFICER", "authority", "902", "birch")
    links = tuple(link.model_copy(update={"since": date(2026, 5, 2)}) for link in new.links)
    year.foundations.directory.learn(PersonDescribedV1(staff_ref="qa-3", holdings=new.holdings, links=links))
    await year.opened("2026-05")
    await year.opened("2026-04")
    await year.settle()
    assert {one["auditor"] for one in await year.expectations(team_id="birch")} == {"qa-2", None}
    year.clock.on(date(2026, 6, 1))
    await year.settle()
    june = await year.expectations(team_id="birch", month="2026-06")
    assert {one["auditor"] for one in june} == {"qa-2", "qa-3"}


async def test_what_becomes_known_after_the_month_began_is_opened_a_little_later(year: Year):
    await year.settle()
    areas = (Dated(since=LONG_AGO, value="duty"),)
    year.foundations.directory.learn(TeamDescribedV1(team_id="cedar", names=named("cedar"), service_areas=areas))
    year.clock.now += timedelta(minutes=9)
    await year.settle()
    assert await year.expectations(team_id="cedar") == []
    year.clock.now += timedelta(minutes=1)
    await year.settle()
    assert len(await year.expectations(team_id="cedar")) == 1


async def test_windows_that_change_their_length_neither_overlap_nor_leave_a_gap(year: Year):
    limits = {"team_manager_window_months": 1, "qa_officer_audits_per_month": 2}
    body = {"policy_version": "v1", "from_date": "2026-06-01", "limits": limits}
    assert (await year.post("head-1", "/v1/audit-policies/902", body, 0)).status_code == 200
    year.clock.on(date(2026, 7, 1))
    for month in ("2026-04", "2026-05", "2026-06", "2026-07"):
        await year.opened(month)
    await year.settle()
    found = await year.expectations(team_id="birch")
    managers = [(one["window_first"], one["window_last"]) for one in found if one["cadence"] == "TEAM_MANAGER"]
    assert managers == [("2026-04-01", "2026-05-31"), ("2026-06-01", "2026-06-30"), ("2026-07-01", "2026-07-31")]
    officers = Counter(one["month"] for one in found if one["cadence"] == "QA_OFFICER")
    assert officers == {"2026-04": 1, "2026-05": 1, "2026-06": 2, "2026-07": 2}


async def test_a_finalised_audit_meets_the_expectation_of_its_window(year: Year):
    await year.settle()
    audit = await year.graded("2026-04-14")
    await year.settle()
    (met,) = await year.expectations(state="MET")
    assert (met["met_by"], met["met_on"], met["auditor"], met["late"]) == (audit, "2026-04-14", "qa-1", False)
    assert Counter(one["standing"] for one in await year.expectations(la_code="902")) == {"OPEN": 4, "MET": 1}
    told = [one for one in await year.everything_told() if isinstance(one, AuditExpectationMetV1)]
    assert told == [AuditExpectationMetV1(expectation_id=met["id"], audit_id=audit, met_on=date(2026, 4, 14))]


async def test_type_and_role_must_fit(year: Year):
    await year.settle()
    await year.graded("2026-04-14", audit_type="THEMED")
    await year.graded("2026-04-14", auditor_role="HEAD_OF_SAFEGUARDING_QA", auditor_ref="head-1")
    await year.settle()
    assert await year.expectations(state="MET") == []
    await year.graded("2026-04-14", audit_type="TM_ROUTINE", auditor_ref="tm-1", auditor_role="TEAM_MANAGER")
    await year.settle()
    (met,) = await year.expectations(state="MET")
    assert met["cadence"] == "TEAM_MANAGER"


async def test_a_late_audit_meets_the_month_that_it_was_for(year: Year):
    year.clock.on(date(2026, 6, 8))
    for month in ("2026-04", "2026-05", "2026-06"):
        await year.opened(month)
    await year.graded("2026-06-08", "birch", auditor_ref="qa-2", period="2026-04")
    await year.settle()
    found = await year.standing(team_id="birch")
    assert found["2026-04", "QA_OFFICER", "birch"] == (MET, "2026-06-08")
    assert found["2026-06", "QA_OFFICER", "birch"] == OPEN
    (late,) = await year.expectations(team_id="birch", month="2026-04")
    assert late["late"]


async def test_one_audit_too_many_makes_up_for_the_oldest_month(year: Year):
    year.clock.on(date(2026, 6, 20))
    for month in ("2026-04", "2026-05", "2026-06"):
        await year.opened(month)
    await year.settle()
    for day in ("2026-06-10", "2026-06-20"):
        await year.graded(day, "birch", auditor_ref="qa-2")
        await year.settle()
    found = await year.standing(team_id="birch")
    assert found["2026-06", "QA_OFFICER", "birch"] == (MET, "2026-06-10")
    assert found["2026-04", "QA_OFFICER", "birch"] == (MET, "2026-06-20")
    assert found["2026-05", "QA_OFFICER", "birch"] == OPEN


@pytest.mark.parametrize("order", [("2026-04", "2026-05", "2026-06"), ("2026-06", "2026-05", "2026-04")])
async def test_months_opened_after_their_audits_were_done_find_them_in_any_order(year: Year, order: tuple[str, ...]):
    """A year can be made up: nobody's later audit is taken for an earlier month that had none."""
    year.clock.on(date(2026, 6, 30))
    for day in ("2026-05-12", "2026-06-12", "2026-06-14"):
        await year.graded(day, "birch", auditor_ref="qa-2")
    for month in order:
        await year.opened(month)
        await year.settle()
    found = await year.standing(team_id="birch")
    assert found["2026-05", "QA_OFFICER", "birch"] == (MET, "2026-05-12")
    june = {found[month, "QA_OFFICER", "birch"] for month in ("2026-04", "2026-06")}
    assert june == {(MET, "2026-06-12"), (MET, "2026-06-14")}, "one of June is one too many, and April had none"


async def test_the_programme_is_met_audit_by_audit(year: Year):
    body = {"first": "2026-04-01"}
    answered = await year.post("head-1", "/v1/audit-programmes/902/regular", body, 0)
    assert answered.status_code == 200
    await year.opened("2026-04")
    for number in range(3):
        await year.graded(f"2026-04-1{number}", audit_type="REGULAR_MARAC", auditor_ref="qa-2")
        await year.graded(f"2026-04-1{number}", audit_type="REGULAR_CONTACTS", auditor_ref="qa-2")
    await year.settle()
    found = Counter((one["audit_type"], one["standing"]) for one in await year.expectations() if one["programme_id"])
    assert found["REGULAR_CONTACTS", "MET"] == 3
    assert found["REGULAR_CONTACTS", "OPEN"] == 7
    assert found["REGULAR_MARAC", "MET"] == 1
    assert sum(found.values()) == 30


async def test_an_audit_withdrawn_as_wrong_child_is_expected_again_in_cadence(year: Year):
    """Edge case 10, the cadence half: Audit withdrawn as wrong child after actions completed: a replacement is expected
    again in cadence."""
    await year.opened("2026-04")
    wrong = await year.graded("2026-04-14", "birch", auditor_ref="qa-2")
    await year.settle()
    await year.withdrawn(wrong)
    await year.settle()
    found = await year.standing(team_id="birch", month="2026-04")
    assert found == {("2026-04", "QA_OFFICER", "birch"): OPEN}
    told = [one for one in await year.everything_told() if isinstance(one, AuditExpectationReopenedV1)]
    assert [one.reason for one in told] == ["WRONG_CHILD"]
    replacement = await year.graded("2026-04-20", "birch", auditor_ref="qa-2")
    await year.settle()
    (met,) = await year.expectations(team_id="birch", month="2026-04")
    assert (met["met_by"], met["standing"]) == (replacement, MET)


async def test_an_audit_that_was_one_too_many_takes_the_place_of_a_withdrawn_one(year: Year):
    await year.opened("2026-04")
    first = await year.graded("2026-04-14", "birch", auditor_ref="qa-2")
    await year.settle()
    second = await year.graded("2026-04-15", "birch", auditor_ref="qa-2")
    await year.settle()
    await year.withdrawn(first, "DUPLICATE")
    await year.settle()
    (met,) = await year.expectations(team_id="birch", month="2026-04")
    assert (met["met_by"], met["met_on"]) == (second, "2026-04-15")


async def test_an_audit_that_is_withdrawn_before_anybody_looked_meets_nothing(year: Year):
    audit = await year.graded("2026-04-14", "birch", auditor_ref="qa-2")
    await year.withdrawn(audit)
    await year.opened("2026-04")
    await year.settle()
    assert await year.expectations(state="MET") == []


async def test_what_is_exempted_is_not_met(year: Year):
    await year.opened("2026-04")
    await year.settle()
    (one,) = await year.expectations(team_id="birch", month="2026-04")
    answered = await year.post("head-1", f"/v1/expectations/{one['id']}/exemption", {"reason": "VACANCY"}, 1)
    assert answered.status_code == 200
    await year.graded("2026-04-14", "birch", auditor_ref="qa-2")
    await year.settle()
    (one,) = await year.expectations(team_id="birch", month="2026-04")
    assert (one["standing"], one["exempted_for"], one["met_by"], one["late"]) == ("EXEMPTED", "VACANCY", None, False)


async def test_duplicate_submit_after_lost_connection_events_delivered_twice_or_out_of_order(year: Year):
    """Edge case 13: Duplicate submit after lost connection, events delivered twice or out of order: totals same."""
    data = {
        "external_ref": "form-17",
        "audit_type": "QA_ROUTINE",
        "template_id": "front-door",
        "plan_type": "CONTACT",
        "team_id": "birch",
        "effective_date": "2026-04-14",
        "overall": "GOOD",
        "domains": {},
        "auditor_ref": "qa-2",
        "auditor_role": "QA_OFFICER",
    }
    sent = [await year.told("audit_graded", data, "event-1") for _ in range(2)]
    another = await year.told("audit_graded", data, "event-2")
    assert [one.status_code for one in (*sent, another)] == [201, 200, 200]
    body = {"policy_version": "v1", "from_date": "2026-04-20", "limits": {}}
    keys = [await year.post("head-1", "/v1/audit-policies/902", body, 0) for _ in range(2)]
    assert [(one.status_code, one.json()["version"]) for one in keys] == [(200, 1), (200, 1)]
    for _ in range(2):
        await asyncio.gather(year.opened("2026-04"), year.opened("2026-04"), year.round(), year.round())
    before = await totals(year)
    await year.database_forgets_where_it_was()  # every commit comes again, to the register and to the reactions
    await year.settle()
    assert await totals(year) == before
    assert before == {"AuditExpectedV1": 6, "AuditGradedV1": 1, "AuditExpectationMetV1": 1, "AuditPolicySetV1": 1}
    assert len(await year.expectations(state="MET")) == 1


async def totals(year: Year) -> dict[str, int]:
    return dict(Counter(type(one).__name__ for one in await year.everything_told()))


async def register(year: Year) -> list[dict[str, object]]:
    return await year.register.kept.find({"kind": "expectation"}).to_list()  # type: ignore[no-any-return]


async def test_two_processes_find_one_expectation_for_one_audit(year: Year):
    """Alder has two officers, and so two expectations that the audit could meet."""
    twin = create_app(http.settings(Settings), year.foundations, year.clock, year.database)
    await year.opened("2026-04")
    await year.settle()
    for _ in range(3):
        await year.graded("2026-04-14")
        await asyncio.gather(year.round(), twin.state.background.round())
    await year.settle()
    assert Counter(one["standing"] for one in await year.expectations(team_id="alder", month="2026-04")) == {MET: 2}
    assert len([one for one in await year.everything_told() if isinstance(one, AuditExpectationMetV1)]) == 2
