"""How many cases are open in a team on a day: numbers that the team's case system reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.caseload.decisions import ReportCaseload, report_caseload
from services.audit.domain.caseload.events import CaseloadReported
from services.audit.domain.caseload.state import DECIDER
from shared.published.audit_cycle import CaseloadReportedV1
from tests import http
from tests.audit.service import running
from tests.audit.telling import told
from tests.examples.an_expectation import ALDER
from tests.specification import asked_in_turn, specification

caseload = specification(DECIDER)
TODAY = date(2026, 4, 20)
report = ReportCaseload(ALDER, date(2026, 4, 17), {"CP": 7, "CIN": 41, "CLA": 0})
reported = CaseloadReported(place=ALDER, as_at=date(2026, 4, 17), open_cases={"CIN": 41, "CP": 7})


def test_a_report_is_kept_once_for_its_day():
    caseload.given([]).when(report_caseload, report, TODAY).then([reported])
    later = replace(report, as_at=date(2026, 4, 18))
    caseload.given([reported]).when(report_caseload, later, TODAY).then_some(CaseloadReported)


def test_a_later_report_of_the_same_day_replaces_it():
    corrected = replace(report, open_cases={"CIN": 40, "CP": 7})
    after = caseload.given([reported]).when(report_caseload, corrected, TODAY).then_some(CaseloadReported)
    assert after.days[date(2026, 4, 17)].open_cases == {"CIN": 40, "CP": 7}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"as_at": date(2026, 4, 21)}, "as_at"),
        ({"open_cases": {"CINEMA": 1}}, "open_cases"),
        ({"open_cases": {"CIN": -1}}, "open_cases"),
        ({"open_cases": {"CIN": 100_001}}, "open_cases"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], field: str):
    caseload.given([]).when(report_caseload, replace(report, **change), TODAY).then_refused("", field=field)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            ReportCaseload,
            st.just(ALDER),
            st.dates(date(2026, 4, 15), date(2026, 4, 22)),
            st.dictionaries(st.sampled_from(["CIN", "CP", "XX"]), st.integers(-1, 3)),
        ),
        max_size=8,
    )
)
def test_any_order_of_reports_keeps_the_promises(asked: list[ReportCaseload]):
    asked_in_turn(DECIDER, [lambda state, c=command: report_caseload(c, state, TODAY) for command in asked])


def test_the_world_is_told_the_numbers():
    assert told(DECIDER, reported) == CaseloadReportedV1(
        place=ALDER, as_at=date(2026, 4, 17), open_cases={"CIN": 41, "CP": 7}
    )


async def test_a_case_system_tells_of_its_teams_and_of_no_others():
    data = {"team_id": "alder", "as_at": "2026-04-17", "open_cases": {"CIN": 41, "CP": 7}}

    def event(id_: str, **update: object) -> dict[str, object]:
        type_ = "goldenthread.intake.caseload_reported.v1"
        return {"specversion": "1.0", "type": type_, "source": "/cases", "id": id_, "data": {**data, **update}}

    async with running() as service:
        headers = {
            **http.bearer("902-cases", authorities=("902",)),
            "Content-Type": "application/cloudevents-batch+json",
        }
        batch = [
            event("1"),
            event("1"),
            event("2", open_cases={"CIN": 40}),
            event("3", team_id="far-team"),
            event("4", as_at="2026-04-21"),
            event("5", open_cases={"CIN": 1.5}),
        ]
        answered = await service.talking.post("/v1/events", json=batch, headers=headers)
        assert [one["status"] for one in answered.json()["items"]] == [201, 200, 201, 404, 422, 422]
        assert answered.json()["items"][4]["problem"]["errors"][0]["pointer"] == "#/data/as_at"
        shown = await service.get("tm-1", "/v1/caseloads/alder.2026-04")
        assert shown.json()["days"] == {"2026-04-17": {"CIN": 40}}
        (first, *_) = await service.foundations.store.read("caseload-alder.2026-04")
        assert (first.meta.la_code, first.meta.effective_date) == ("902", date(2026, 4, 17))


async def test_a_manager_reports_the_own_teams_cases():
    async with running() as service:
        body = {"team_id": "alder", "as_at": "2026-04-20", "open_cases": {"CIN": 4}}
        answered = await service.post("tm-1", "/v1/caseloads", body)
        assert (answered.status_code, answered.headers["location"]) == (201, "/v1/caseloads/alder.2026-04")
        for stranger in ("far-1", "qa-2"):
            elsewhere = await service.post(stranger, "/v1/caseloads", {**body, "team_id": "alder"})
            assert elsewhere.status_code == (201 if stranger == "qa-2" else 404)
        assert (await service.get("far-1", "/v1/caseloads/alder.2026-04")).status_code == 404
