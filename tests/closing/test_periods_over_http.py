"""Periods and reporting policies over HTTP: who may close and restate, and what they are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2
import pytest

from services.reporting.app import create_app
from services.reporting.domain.reporting_period.state import DECIDER
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from shared.event_store.handling import recorded
from shared.published.organisation import Holding, PersonDescribedV1
from tests import http
from tests.closing.a_town import Town, all_counted
from tests.reporting.an_organisation import BEGAN
from tests.reporting.telling import BIRCH, ELM, a_graded_audit

APRIL = "/v1/authorities/901/periods/2026-04"
POLICY = "/v1/reporting-policies/901"


@dataclass
class Service:
    town: Town
    app: Any
    talking: httpx2.AsyncClient

    async def get(self, path: str, who: str = "hqa", **asked: Any) -> httpx2.Response:
        return await self.talking.get(path, params=asked, headers=http.bearer(who))

    async def post(self, path: str, who: str = "hqa", *, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.talking.post(path, json=body or {}, headers={**http.bearer(who), **headers})

    async def close(self, who: str = "hqa", path: str = APRIL) -> httpx2.Response:
        return await self.post(f"{path}/closing", who, **http.new_key())


@pytest.fixture
async def service(mongo_client, mongo_database) -> AsyncIterator[Service]:
    settings = http.settings(Settings, mongo_prefix=mongo_database.name)
    database = mongo_client[settings.database("reporting")]
    town = Town(mongo_client, database)
    for name, scope, unit in (("hqa", "authority", "901"), ("hqa-of-902", "authority", "902")):
        held = Holding(since=BEGAN, role="HEAD_OF_SAFEGUARDING_QA", scope=scope, unit_id=unit)
        also = Holding(since=BEGAN, role="DCS", scope=scope, unit_id=unit)
        town.directory.learn(PersonDescribedV1(staff_ref=name, holdings=(also, held), links=()))
    for n, place in enumerate((ELM, ELM, BIRCH)):
        town.tell(f"audit-{n}", a_graded_audit("GOOD", place=place, effective_date=date(2026, 4, 10 + n)))
    await town.prepare()
    town.now(date(2026, 5, 8))
    app = create_app(settings, Borrowed(mongo_client, town.directory, town.store, all_counted), clock=town.clock)
    async with http.client(app) as talking:
        yield Service(town, app, talking)
    await mongo_client.drop_database(database.name)


async def test_an_open_period_says_from_when_it_can_be_closed(service: Service):
    body = (await service.get(APRIL)).json()
    assert (body["state"], body["may_be_closed_from"]) == ("OPEN", "2026-05-08")
    assert body["months"] == ["2026-04"]
    assert body["pending"] == {"cells": 0, "hash": None}


async def test_whoever_approves_reports_closes_a_period(service: Service):
    answer = await service.close()
    assert (answer.status_code, answer.headers["location"]) == (201, APRIL)
    body = (await service.get(APRIL)).json()
    assert (body["state"], body["closed_on"], body["policy_version"]) == ("CLOSED", "2026-05-08", "2026-04")
    assert [one["version"] for one in body["reports"]["R1"]] == [1]
    report = (await service.get("/v1/teams/team-elm/reports/R1", "manager-of-elm", period="2026-04")).json()
    assert report["closing"] == {
        "closed_on": "2026-05-08",
        "cutoff": "2026-05-08T09:00:00Z",
        "version": 1,
        "hash": body["reports"]["R1"][0]["hash"],
    }
    listed = (await service.get("/v1/teams/team-elm/reports", "manager-of-elm")).json()["items"]
    (r1,) = [item for item in listed if item["code"] == "R1"]
    assert [one["period"] for one in r1["closed"]] == ["2026-04"]
    assert r1["closed"][0]["versions"] == [report["closing"]]
    assert "R14" in {item["code"] for item in listed}


async def test_closing_twice_changes_nothing(service: Service):
    await service.close()
    first = await service.get(APRIL)
    again = await service.close()
    assert (again.status_code, again.headers["etag"]) == (200, first.headers["etag"])
    assert (await service.get(APRIL)).json() == first.json()


@pytest.mark.parametrize(
    "who", ["director", "analyst", "head-of-planning", "manager-of-elm", "officer", "lead-member", "administrator"]
)
async def test_nobody_else_closes_a_period_or_restates_it_or_sets_the_policy(service: Service, who: str):
    assert (await service.close(who)).status_code == 403
    await service.close()
    assert (await service.post(f"{APRIL}/restatement", who, **http.seen(2))).status_code == 403
    body = {"policy_version": "mine", "from_date": "2026-06-01", "limits": {"least_for_percent": 1}}
    assert (await service.post(POLICY, who, body=body, **http.seen(0))).status_code == 403
    assert (await service.get(POLICY)).json()["versions"][-1]["policy_version"] == "2026-04"


async def test_nor_does_a_machine_for_everybody_nor_the_same_role_of_another_authority(service: Service):
    machine = {**http.bearer("system", authorities=("*",)), **http.new_key()}
    assert (await service.talking.post(f"{APRIL}/closing", json={}, headers=machine)).status_code == 403
    assert (await service.close("hqa-of-902")).status_code == 404
    assert (await service.get(APRIL, "hqa-of-902")).status_code == 404
    assert (await service.close(path="/v1/authorities/904/periods/2026-04")).status_code == 404


async def test_it_is_refused_while_it_is_too_early_and_a_quarter_before_its_months(service: Service):
    service.town.now(date(2026, 5, 7))
    refused = await service.close()
    assert (refused.status_code, refused.json()["detail"]) == (409, "this month can be closed from 8 May 2026 on")
    service.town.now(date(2026, 7, 20))
    quarter = await service.close(path="/v1/authorities/901/periods/2026-Q1")
    assert (quarter.status_code, quarter.json()["detail"]) == (409, "a quarter is closed after each of its months")


async def test_a_restatement_is_approved_on_what_was_seen(service: Service):
    await service.close()
    service.town.now(date(2026, 5, 18))
    again = {"regrade": True, "regrade_reason": "CALIBRATION", "approver_role": "HEAD_OF_SAFEGUARDING_QA"}
    service.town.tell("audit-0", a_graded_audit("INADEQUATE", effective_date=date(2026, 4, 10), **again))
    await service.town.project()
    shown = await service.get(APRIL)
    pending = shown.json()["pending"]
    assert pending["cells"] > 3
    version = int(shown.headers["etag"].strip('"'))
    path = f"{APRIL}/restatement"
    assert (await service.post(path)).status_code == 428
    assert (await service.post(path, **http.seen(version - 1))).status_code == 412
    other = await service.post(path, body={"pending": "0" * 64}, **http.seen(version))
    assert other.status_code == 422
    done = await service.post(path, body={"pending": pending["hash"]}, **http.seen(version))
    assert done.status_code == 200
    assert done.json()["version"] > version
    repeated = await service.post(path, body={"pending": pending["hash"]}, **http.seen(version))
    assert repeated.json() == done.json(), "sent again after a lost answer"
    events = [told.event for told in await _events(service)]
    assert {event.approver_role for event in events} == {"HEAD_OF_SAFEGUARDING_QA"}, "in the role that may approve"
    assert {event.approver for event in events} == {"hqa"}
    after = (await service.get(APRIL)).json()
    assert [one["version"] for one in after["reports"]["R1"]] == [1, 2]
    assert after["pending"]["cells"] == 0
    for version, good in ((1, 2), (2, 1)):
        asked = {"period": "2026-04", "version": version}
        report = (await service.get("/v1/teams/team-elm/reports/R1", "manager-of-elm", **asked)).json()
        (grades,) = [table for table in report["tables"] if table["name"] == "grades"]
        column = [one["code"] for one in grades["columns"]].index("good")
        assert grades["rows"][0]["cells"][column] == good


async def _events(service: Service) -> list[Any]:
    commits = await service.town.store.read("reporting_period-901.2026-04")
    return list(recorded(DECIDER, commits[-1]))


async def test_an_open_period_is_not_restated(service: Service):
    answer = await service.post(f"{APRIL}/restatement", **http.seen(0))
    assert answer.status_code == 409


async def test_restatements_are_a_report_within_the_reader_s_reach(service: Service):
    await service.close()
    service.town.now(date(2026, 5, 18))
    service.town.tell("audit-late", a_graded_audit("GOOD", place=BIRCH, effective_date=date(2026, 4, 30)))
    await service.town.project()

    async def rows(path: str, who: str) -> int:
        body = (await service.get(f"{path}/reports/R14", who, period="2026-04")).json()
        return len(body["tables"][0]["rows"])

    assert await rows("/v1/authorities/901", "hqa") > await rows("/v1/teams/team-birch", "hqa") > 0
    assert await rows("/v1/teams/team-elm", "manager-of-elm") == 0
    csv = await service.get("/v1/teams/team-birch/reports/R14", "officer", period="2026-04", format="csv")
    header = csv.text.splitlines()[0].split(",")
    assert len(set(header)) == len(header)
    assert {"state", "report", "version", "unit", "table", "line", "column", "old", "new", "reasons"} <= set(header)
    assert "LATE_ENTRY,audit-late" in csv.text


async def test_the_policy_holds_from_a_day_on_and_reports_name_it(service: Service):
    body = {"policy_version": "local-1", "from_date": "2026-06-01", "limits": {"least_for_percent": 3}}
    assert (await service.post(POLICY, body=body)).status_code == 428
    assert (await service.post(POLICY, body=body, **http.seen(0))).status_code == 200
    known = (await service.get(POLICY, on="2026-06-02")).json()
    assert known["in_force"] == "local-1"
    assert known["versions"][-1]["limits"]["least_for_percent"] == 3
    assert known["versions"][-1]["limits"]["month_close_working_day"] == 5
    service.town.now(date(2026, 6, 30))
    for period, policy in (("2026-05", "2026-04"), ("2026-06", "local-1")):
        report = (await service.get("/v1/authorities/901/reports/R1", period=period)).json()
        assert report["policy_version"] == policy


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"policy_version": "x", "from_date": "2026-05-01", "limits": {}}, "retroactive_reason"),
        ({"policy_version": "x", "from_date": "2026-06-01", "limits": {"month_close_working_day": 20}}, "limits"),
        ({"policy_version": "2026-04", "from_date": "2026-06-01", "limits": {"least_pairs": 5}}, "policy_version"),
        (
            {"policy_version": "x", "from_date": "2026-05-01", "limits": {}, "retroactive_reason": "BECAUSE"},
            "retroactive_reason",
        ),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(service: Service, body: dict, field: str):
    answer = await service.post(POLICY, body=body, **http.seen(0))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].endswith(field)


@pytest.mark.parametrize("key", ["2026-13", "2026-Q5", "april", "1999-01"])
async def test_a_period_is_a_month_or_a_quarter(service: Service, key: str):
    assert (await service.close(path=f"/v1/authorities/901/periods/{key}")).status_code == 422
