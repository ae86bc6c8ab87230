"""The list of expected audits: who sees what, exemptions by approval, and opening a month by hand."""

from __future__ import annotations

import pytest

from tests import http
from tests.audit.a_year_of_audits import MACHINE, Year, a_year
from tests.audit.service import running


@pytest.fixture
async def year(mongo_database):
    async with a_year(mongo_database) as running_:
        await running_.opened("2026-04")
        await running_.opened("2026-04", "903")
        await running_.settle()
        yield running_


@pytest.mark.parametrize(
    ("who", "teams"),
    [
        ("head-1", {"alder", "birch"}),
        ("analyst-1", {"alder", "birch"}),
        ("tm-1", {"alder"}),
        ("qa-2", {"alder", "birch"}),
        ("qa-1", {"alder"}),
        ("far-1", {"far-team"}),
        ("sw-1", set()),
    ],
)
async def test_everybody_sees_what_is_in_their_reach(year: Year, who: str, teams: set[str]):
    assert {one["place"]["team"] for one in await year.expectations(who)} == teams
    assert {one["place"]["team"] for one in await year.expectations(who, la_code="903")} == teams & {"far-team"}


async def test_the_list_is_the_same_in_pages_of_any_size(year: Year):
    whole = (await year.get("head-1", "/v1/expectations?limit=200")).json()
    assert whole["next"] is None
    assert [one["id"] for one in whole["items"]] == [one["id"] for one in await year.expectations()]
    first = (await year.get("head-1", "/v1/expectations?limit=2")).json()
    assert len(first["items"]) == 2
    rest = (await year.get("head-1", f"/v1/expectations?limit=200&after={first['next']}")).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == [one["id"] for one in whole["items"]]
    ends = [one["window_last"] for one in whole["items"]]
    assert ends == sorted(ends)
    for wrong in ("x", "WyJhIl0", "bnVsbA"):
        assert (await year.get("head-1", f"/v1/expectations?after={wrong}")).status_code == 400


async def test_a_window_that_is_over_without_its_audit_is_late(year: Year):
    assert not any(one["late"] for one in await year.expectations())
    year.clock.on(year.clock.now.date().replace(month=5, day=1))
    late = {one["month"]: one["late"] for one in await year.expectations()}
    assert late == {"2026-04": True, "2026-05": False}


async def test_one_expectation_can_be_read_by_whoever_sees_it_in_the_list(year: Year):
    (birch,) = await year.expectations(team_id="birch", month="2026-04")
    shown = await year.get("qa-2", f"/v1/expectations/{birch['id']}")
    assert (shown.status_code, shown.headers["etag"], shown.json()["auditor"]) == (200, '"1"', "qa-2")
    for stranger in ("far-1", "tm-1"):
        assert (await year.get(stranger, f"/v1/expectations/{birch['id']}")).status_code == 404


async def test_only_whoever_approves_audits_exempts_from_one(year: Year):
    (birch,) = await year.expectations(team_id="birch", month="2026-04")
    address, reason = f"/v1/expectations/{birch['id']}/exemption", {"reason": "VACANCY"}
    for nobody in ("qa-2", "tm-1", "analyst-1"):
        assert (await year.post(nobody, address, reason, 1)).status_code == 403
    machine = await year.talking.post(address, json=reason, headers={**MACHINE, **http.seen(1)})
    assert machine.status_code == 403, "approving is for people"
    assert (await year.post("head-1", address, reason, 1)).status_code == 200
    assert (await year.post("head-1", address, reason, 1)).json()["version"] == 2, "sent again"
    await year.settle()
    (exempted,) = await year.expectations(state="EXEMPTED")
    assert (exempted["exempted_for"], exempted["version"]) == ("VACANCY", 2)


async def test_a_head_who_is_linked_with_the_team_or_manages_it_does_not_exempt_themselves(year: Year):
    from shared.published.organisation import Holding, Link, PersonDescribedV1
    from tests.audit.service import LONG_AGO

    head = Holding(since=LONG_AGO, role="HEAD_OF_SAFEGUARDING_QA", scope="authority", unit_id="902")
    manager = Holding(since=LONG_AGO, role="TEAM_MANAGER", scope="team", unit_id="alder")
    link = Link(since=LONG_AGO, team_id="birch", link_type="QA_OFFICER")
    year.foundations.directory.learn(PersonDescribedV1(staff_ref="head-1", holdings=(head, manager), links=(link,)))
    opened = await year.opened("2026-04")
    await year.settle()
    assert opened["opened"] == 1, "the new link with Birch"
    alder = await year.expectations(team_id="alder", month="2026-05")
    birch = [one for one in await year.expectations(team_id="birch", month="2026-04") if one["auditor"] == "head-1"]
    for one in (*alder, *birch):
        answered = await year.post("head-1", f"/v1/expectations/{one['id']}/exemption", {"reason": "ABSENCE"}, 1)
        assert (answered.status_code, "exempts themselves" in answered.text) == (409, True)


async def test_a_month_is_opened_once_it_has_begun_and_as_often_as_somebody_likes():
    async with running() as service:
        for who, status in (("head-1", 200), ("qa-1", 404), ("tm-1", 404), ("sw-1", 404), ("far-1", 404)):
            answered = await service.post(who, "/v1/expectations", {"la_code": "902", "month": "2026-04"})
            assert answered.status_code == status, who
            if status == 200:
                assert (answered.json()["opened"], len(answered.json()["expectations"])) == (5, 5)
        again = await service.post("head-1", "/v1/expectations", {"la_code": "902", "month": "2026-05"})
        assert (again.status_code, again.json()["errors"][0]["pointer"]) == (422, "#/month")
        again = await service.post("head-1", "/v1/expectations", {"la_code": "902", "month": "2026-04"})
        assert (again.json()["opened"], len(again.json()["expectations"])) == (0, 5)
        past = await service.post("head-1", "/v1/expectations", {"la_code": "902", "month": "2025-03"})
        assert past.json()["opened"] == 5


async def test_an_expectation_keeps_the_policy_of_its_windows_first_day():
    async with running() as service:
        limits = {"qa_officer_audits_per_month": 2, "team_manager_window_months": 1}
        body = {"policy_version": "v1", "from_date": "2026-06-01", "limits": limits}
        assert (await service.post("head-1", "/v1/audit-policies/902", body, 0)).status_code == 200
        answered = await service.post("head-1", "/v1/expectations", {"la_code": "902", "month": "2026-04"})
        store = service.foundations.store
        for id_ in answered.json()["expectations"]:
            (commit,) = await store.read(f"expectation-{id_}")
            assert (commit.meta.policy_version, commit.meta.effective_date.isoformat()) == ("2026-04", "2026-04-01")
