"""R13: who has done the audits that were expected, and how many open cases were audited in twelve months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.published.audit import AuditWithdrawnV1
from shared.published.audit_cycle import AuditExemptedV1
from tests.reporting.a_cycle import FERN_IN_DUTY, WHOLE_901
from tests.reporting.cycle_telling import a_caseload, expected, met
from tests.reporting.reporting import made, rows, table
from tests.reporting.telling import BIRCH, ELM, FERN, a_graded_audit

MANAGER = {"cadence": "TEAM_MANAGER", "audit_type": "TM_ROUTINE", "auditor_role": "TEAM_MANAGER"}
ELM_TEAM = ("team", "team-elm")


async def of(histories, name, key, unit=ELM_TEAM, period="2026-06", **asked):
    return rows(await made("R13", unit, period, histories=histories, **asked), name)[key]


# -- cadence --------------------------------------------------------------------------------------------------------


def _last(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def a_year_of_24_teams():
    """Each team's QA Officer every month, its Team Manager every two from April."""
    histories = {}
    for team in range(24):
        for n in range(12):
            year, month = (2026, 4 + n) if n < 9 else (2027, n - 8)
            window = {"window_first": date(year, month, 1), "window_last": _last(year, month)}
            histories[f"expectation-{team}-qa-{n}"] = [expected(**window)]
            if n % 2:
                histories[f"expectation-{team}-tm-{n}"] = [expected(**{**window, **MANAGER})]
    return histories


async def test_team_manager_windows_with_april_anchor_give_1_2_1_2_by_financial_quarter():
    """Golden vector: with 24 teams 96, 120, 96 and 120 routine audits are expected, 432 in the year."""
    histories = a_year_of_24_teams()
    seen = []
    for quarter in ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"):
        found = rows(await made("R13", ELM_TEAM, quarter, histories=histories), "cadence")
        seen.append((found["team:team-elm"]["expected"], found["team:team-elm|TEAM_MANAGER"]["expected"] // 24))
    assert seen == [(96, 1), (120, 2), (96, 1), (120, 2)]
    assert sum(expected_n for expected_n, _ in seen) == 432


async def test_done_late_exempt_and_not_done_of_each_auditor():
    histories = {
        "expectation-1": [expected(), met()],
        "expectation-2": [expected(), met(date(2026, 5, 3))],
        "expectation-3": [expected(), AuditExemptedV1(expectation_id="1", reason="NO_CASES")],
        "expectation-4": [expected()],
        "expectation-5": [expected(**MANAGER)],
    }
    found = rows(await made("R13", ELM_TEAM, "2026-04", histories=histories), "cadence")
    officer = found["team:team-elm|QA_OFFICER"]
    assert (officer["expected"], officer["exempted"], officer["done"], officer["late"], officer["outstanding"]) == (
        4,
        1,
        2,
        1,
        1,
    )
    assert officer["completion_percent"] == 66.7
    assert found["team:team-elm|TEAM_MANAGER"]["completion_percent"] == 0.0
    assert found["team:team-elm"]["outstanding"] == 2


async def test_who_has_not_done_theirs_is_listed_by_team_and_role():
    report = await made("R13", ("authority", "901"), "2026-06")
    missing = [(row.cells[0], row.cells[1], row.unit.level) for row in table(report, "outstanding").rows]
    assert missing == [
        ("Authority 901", "ANY", "authority"),
        ("Elm", "QA_OFFICER", "team"),
        ("Fern", "QA_OFFICER", "team"),
    ]
    assert len(missing) == rows(report, "cadence")["authority:901"]["outstanding"]
    assert all(row.kind == "ITEM" for row in table(report, "outstanding").rows)


# -- coverage -------------------------------------------------------------------------------------------------------


def audit(on: date, before: date | None = None, **given):
    return [a_graded_audit(effective_date=on, previous_on=before, **given)]


async def test_each_case_counts_once_however_often_it_was_audited():
    histories = {
        "caseload-elm": [a_caseload(date(2026, 6, 30), open_cases={"CIN": 8, "CP": 2})],
        "audit-1": audit(date(2025, 7, 1), date(2025, 6, 30)),
        "audit-2": audit(date(2025, 12, 1), date(2025, 7, 1)),
        "audit-3": audit(date(2026, 6, 3), date(2025, 12, 1)),
        "audit-4": audit(date(2026, 6, 30)),
    }
    found = await of(histories, "coverage", "team:team-elm")
    assert (found["cases_audited"], found["audits"], found["repeat_audits"]) == (2, 4, 2)
    assert (found["open_cases"], found["share_percent"]) == (10, 20.0)


@pytest.mark.parametrize(("period", "cases"), [("2026-05", 1), ("2026-06", 1), ("2026-07", 0)])
async def test_twelve_months_are_those_up_to_the_end_of_the_period(period, cases):
    histories = {"audit-1": audit(date(2025, 7, 1))}
    assert (await of(histories, "coverage", "team:team-elm", period=period))["cases_audited"] == cases


async def test_a_case_audited_long_before_and_again_counts_again():
    histories = {"audit-1": audit(date(2025, 3, 1)), "audit-2": audit(date(2026, 6, 1), date(2025, 3, 1))}
    found = await of(histories, "coverage", "team:team-elm")
    assert (found["cases_audited"], found["repeat_audits"]) == (1, 0)


async def test_withdrawn_audits_cover_nothing():
    histories = {"audit-1": [*audit(date(2026, 6, 1)), AuditWithdrawnV1(audit_id="1", reason="WRONG_CHILD")]}
    assert (await of(histories, "coverage", "team:team-elm"))["cases_audited"] == 0


async def test_without_a_caseload_the_share_is_not_available():
    found = await of({"audit-1": audit(date(2026, 6, 1))}, "coverage", "team:team-elm")
    assert (found["open_cases"], found["share_percent"], found["cases_audited"]) == ("x", "x", 1)
    empty = {"caseload-elm": [a_caseload(date(2026, 6, 30), open_cases={})]}
    assert (await of(empty, "coverage", "team:team-elm"))["share_percent"] == "z"


async def test_the_last_caseload_of_the_twelve_months_is_the_one_that_counts():
    histories = {
        "caseload-elm": [
            a_caseload(date(2025, 6, 30), open_cases={"CIN": 99}),
            a_caseload(date(2026, 3, 31)),
            a_caseload(date(2026, 7, 31), open_cases={"CIN": 1}),
        ]
    }
    assert (await of(histories, "coverage", "team:team-elm"))["open_cases"] == 40
    assert (await of(histories, "coverage", "team:team-elm", period="2025-06"))["open_cases"] == 99


async def test_each_month_of_a_team_is_a_stream_and_only_the_last_of_them_counts():
    """Edge case 2: also where the team lay in another area when it reported before."""
    histories = {
        "caseload-fern.2026-03": [a_caseload(date(2026, 3, 31), place=FERN, open_cases={"CIN": 20})],
        "caseload-fern.2026-06": [a_caseload(date(2026, 6, 30), place=FERN_IN_DUTY, open_cases={"CIN": 24})],
        "caseload-elm.2026-03": [a_caseload(date(2026, 3, 31))],
    }
    found = await of(histories, "coverage", "authority:901", ("authority", "901"))
    assert (found["open_cases"], found["teams_reporting"]) == (64, 2)
    assert (await of(histories, "plan_types", "plan:CIN", ("authority", "901")))["open_cases"] == 54


@pytest.mark.parametrize(
    ("structure", "period", "area"),
    [
        ("as-then", "2026-04", "area-planning"),
        ("as-then", "2026-06", "area-duty"),
        ("as-now", "2026-04", "area-duty"),
    ],
)
async def test_open_cases_of_a_team_that_moved_count_where_it_stood_or_where_it_stands(structure, period, area):
    histories = {
        "caseload-fern": [
            a_caseload(date(2026, 4, 30), place=FERN, open_cases={"CIN": 7}),
            a_caseload(date(2026, 6, 30), place=FERN_IN_DUTY, open_cases={"CIN": 7}),
        ]
    }
    found = rows(await made("R13", ("authority", "901"), period, structure, histories), "coverage")
    assert {key: row["open_cases"] for key, row in found.items() if row["open_cases"] != "x"} == {
        "authority:901": 7,
        f"service_area:{area}": 7,
        f"service_area:{area}/team:team-fern": 7,
    }


async def test_plan_types_are_held_against_the_open_mix():
    histories = {
        "caseload-elm": [a_caseload(date(2026, 6, 30), open_cases={"CIN": 75, "CLA": 25})],
        **{f"audit-{n}": audit(date(2026, 6, 1), plan_type="CIN") for n in range(3)},
        "audit-cp": audit(date(2026, 6, 1), plan_type="CP"),
    }
    found = rows(await made("R13", ELM_TEAM, "2026-06", histories=histories), "plan_types")
    assert (
        found["plan:CIN"]["open_percent"],
        found["plan:CIN"]["audited_percent"],
        found["plan:CIN"]["share_percent"],
    ) == (75.0, 75.0, 4.0)
    assert (found["plan:CLA"]["cases_audited"], found["plan:CLA"]["share_percent"]) == (0, 0.0)
    assert (found["plan:CP"]["open_cases"], found["plan:CP"]["share_percent"]) == (0, "z")


async def test_a_region_has_the_sums_of_its_authorities_and_no_list():
    report = await made("R13", ("region", "alliance-north"), "2026-06")
    assert "outstanding" not in [one.name for one in report.tables]
    found = rows(report, "coverage")
    assert found["region:alliance-north"]["open_cases"] == sum(
        found[f"authority:{la}"]["open_cases"] for la in ("901", "902")
    )


async def test_a_programme_of_the_whole_authority_is_nobodys_team():
    histories = {
        "expectation-1": [expected(place=WHOLE_901, auditor_role=None, cadence="PROGRAMME")],
        "expectation-2": [expected(place=BIRCH)],
        "expectation-3": [expected(place=ELM)],
    }
    found = rows(await made("R13", ("authority", "901"), "2026-04", histories=histories), "cadence")
    assert found["authority:901:whole"]["expected"] == 1
    assert found["authority:901|ANY"]["expected"] == 1
    assert found["authority:901"]["expected"] == 3
