"""R1: what Heads of Service read each month, by service area and team."""

from __future__ import annotations

from datetime import date

import pytest

from services.reporting.domain.policy import ReportingPolicy
from shared.published.audit import AuditWithdrawnV1
from tests.reporting.a_cycle import FERN_IN_DUTY
from tests.reporting.cycle_telling import agreed, completed, expected, met, overdue, verified
from tests.reporting.reporting import made, rows, table
from tests.reporting.telling import BIRCH, ELM, FERN, a_graded_audit

APRIL, MAY = date(2026, 4, 20), date(2026, 5, 20)
AREA = ("service_area", "area-planning")


def audits(grades: str, on: date = MAY, **given):
    """One audit for each letter: O, G, R or I."""
    words = {"O": "OUTSTANDING", "G": "GOOD", "R": "REQUIRES_IMPROVEMENT", "I": "INADEQUATE"}
    return {
        f"audit-{on}-{given.get('place', ELM).team}-{n}": [a_graded_audit(words[letter], effective_date=on, **given)]
        for n, letter in enumerate(grades)
    }


async def grades(histories, unit=AREA, period="2026-05", scale="OFSTED4", **asked):
    found = rows(await made("R1", unit, period, histories=histories, **asked), "grades")
    return found[f"{unit[0]}:{unit[1]}|{scale}"]


async def test_grades_are_counted_and_ten_of_them_have_a_percentage_with_its_interval():
    ten = await grades(audits("OGGGGGGGRI"))
    assert (ten["outstanding"], ten["good"], ten["requires_improvement"], ten["inadequate"]) == (1, 7, 1, 1)
    assert (ten["graded"], ten["good_or_better"], ten["good_or_better_percent"]) == (10, 8, 80.0)
    assert (ten["low"], ten["high"]) == (49.0, 94.3)


async def test_nine_audits_have_counts_and_no_percentage():
    nine = await grades(audits("GGGGGGGGG"))
    assert (nine["graded"], nine["good_or_better"], nine["good_or_better_percent"], nine["low"]) == (9, 9, None, None)
    lenient = await grades(audits("GGG"), policy=ReportingPolicy(least_for_percent=3))
    assert lenient["good_or_better_percent"] == 100.0


async def test_a_team_with_no_audit_prints_z_and_divides_nothing_by_zero():
    """Edge case 17: a team with 0 audits."""
    report = await made("R1", AREA, "2026-05", histories=audits("GG"))
    hazel = rows(report, "grades")["team:team-hazel|OFSTED4"]
    assert (hazel["graded"], hazel["good_or_better_percent"], hazel["median_days"]) == (0, "z", "z")
    assert rows(report, "summary")["team:team-hazel"]["completion_percent"] == "z"


async def test_all_grades_identical_is_a_percentage_like_any_other():
    """Edge case 17: all grades identical."""
    worst = await grades(audits("I" * 12))
    assert (worst["good_or_better_percent"], worst["inadequate"]) == (0.0, 12)


async def test_the_change_on_last_month_is_in_counts():
    found = await grades({**audits("GGI", APRIL), **audits("GGGO")})
    assert (found["good_change"], found["outstanding_change"], found["inadequate_change"]) == (1, 1, -1)
    assert (found["graded_change"], found["good_or_better_change"]) == (1, 2)
    quarter = await grades({**audits("GGI", APRIL), **audits("GGGO")}, period="2026-Q1")
    assert (quarter["graded"], quarter["graded_change"]) == (7, 7)


async def test_what_moderation_changed_and_how_long_it_took():
    histories = {
        "audit-1": [a_graded_audit("GOOD", raw_overall="OUTSTANDING", grade_source="MODERATED", effective_date=MAY)],
        "audit-2": [a_graded_audit("GOOD", raw_overall="INADEQUATE", grade_source="MODERATED", effective_date=MAY)],
        "audit-3": [a_graded_audit("GOOD", days_to_finalise=400, effective_date=MAY)],
    }
    found = await grades(histories)
    assert (found["raised"], found["lowered"], found["median_days"]) == (1, 1, 9.0)
    alone = await grades({"audit-3": histories["audit-3"]})
    assert alone["median_days"] == ">180"


async def test_withdrawn_audits_are_in_no_figure_and_inspections_in_none_of_ours():
    inspection = a_graded_audit(
        "GOOD",
        scale="OFSTED4E",
        external=True,
        effective_date=MAY,
        place=ELM.model_copy(update={"team": None, "service_area": None}),
    )
    histories = {
        "audit-1": [a_graded_audit(effective_date=MAY), AuditWithdrawnV1(audit_id="1", reason="WRONG_CHILD")],
        "audit-2": [inspection],
    }
    report = await made("R1", ("authority", "901"), "2026-05", histories=histories)
    assert [row.cells[6] for row in table(report, "grades").rows if row.kind == "TOTAL"] == [0]


async def test_template_changes_scale_mid_year():
    """Edge case 19: two series, no mixed percentage, and the report says so."""
    signs = {
        f"audit-s{n}": [
            a_graded_audit("7", scale="SOS10", raw_overall="7", domains={"PLANNING": "6"}, effective_date=MAY)
        ]
        for n in range(12)
    }
    report = await made("R1", AREA, "2026-05", histories={**audits("GGGGGGGGGG"), **signs})
    found = rows(report, "grades")
    four, ten = found["service_area:area-planning|OFSTED4"], found["service_area:area-planning|SOS10"]
    assert (four["graded"], four["good_or_better_percent"]) == (10, 100.0)
    assert (ten["graded"], ten["good"], ten["good_or_better"], ten["good_or_better_percent"]) == (12, "z", "z", "z")
    assert any("scale" in note for note in report.notes)
    by_domain = rows(report, "domains")
    assert by_domain["service_area:area-planning|SOS10|PLANNING"]["good"] == "z"
    assert by_domain["service_area:area-planning|OFSTED4|CHILD_VOICE"]["good"] == 10


async def test_domains_stand_in_their_order_with_what_was_not_evidenced():
    one = a_graded_audit(
        effective_date=MAY, domains={"SUPERVISION": "NOT_EVIDENCED", "CHILD_VOICE": "GOOD", "OWN": "GOOD"}
    )
    report = await made("R1", AREA, "2026-05", histories={"audit-1": [one]})
    total = [row.cells[2:] for row in table(report, "domains").rows if row.kind == "TOTAL"]
    assert total == [("CHILD_VOICE", 0, 1, 0, 0, 0), ("SUPERVISION", 0, 0, 0, 0, 1), ("OWN", 0, 1, 0, 0, 0)]


async def test_completion_is_out_of_what_is_expected_less_what_is_exempted():
    report = await made("R1", AREA, "2026-05")
    planning = rows(report, "summary")["service_area:area-planning"]
    assert (planning["expected"], planning["exempted"], planning["completed"]) == (3, 0, 3)
    duty = rows(await made("R1", ("service_area", "area-duty"), "2026-05"), "summary")["service_area:area-duty"]
    assert (duty["expected"], duty["exempted"], duty["completion_percent"]) == (1, 1, "z")


async def test_open_and_overdue_actions_are_those_at_the_end_of_the_period():
    histories = {
        "remedial_action-1": [agreed(), overdue(), completed(date(2026, 6, 3)), verified(date(2026, 6, 12))],
        "remedial_action-2": [agreed(agreed_on=date(2026, 6, 20), due_on=date(2026, 7, 3))],
    }
    seen = {}
    for period in ("2026-04", "2026-05", "2026-06"):
        found = rows(await made("R1", ("team", "team-elm"), period, histories=histories), "summary")["team:team-elm"]
        seen[period] = tuple(
            found[name] for name in ("open_actions", "overdue_actions", "open_actions_change", "overdue_actions_change")
        )
    assert seen == {"2026-04": (1, 0, 1, 0), "2026-05": (1, 1, 0, 1), "2026-06": (1, 0, 0, -1)}


async def test_an_authority_shows_its_areas_with_their_teams():
    report = await made("R1", ("authority", "901"), "2026-Q1")
    seen = [(row.depth, row.cells[0]) for row in table(report, "summary").rows]
    assert seen[0] == (0, "Authority 901")
    assert seen[1:4] == [(1, "Duty"), (2, "Birch"), (2, "Fern")]
    assert [row.unit.level for row in table(report, "summary").rows[:3]] == ["authority", "service_area", "team"]
    assert seen[-1] == (1, "Authority 901 as a whole")


@pytest.mark.parametrize(("structure", "planning", "duty"), [("as-then", 3, 1), ("as-now", 2, 2)])
async def test_team_moves_service_area_mid_quarter(structure, planning, duty):
    """Edge case 2: as-then splits by effective date, as-now restates all; areas sum, and the view is named."""
    histories = {
        **audits("GG", APRIL),
        **audits("G", date(2026, 5, 14), place=FERN),
        **audits("I", date(2026, 5, 15), place=FERN_IN_DUTY),
    }
    report = await made("R1", ("authority", "901"), "2026-Q1", structure, histories)
    found = rows(report, "grades")
    assert found["service_area:area-planning|OFSTED4"]["graded"] == planning
    assert found["service_area:area-duty|OFSTED4"]["graded"] == duty
    assert found["authority:901|OFSTED4"]["graded"] == planning + duty
    assert report.structure == structure


async def test_expected_audits_of_a_team_that_moved_count_where_it_was_when_the_window_ended():
    histories = {"expectation-1": [expected(place=FERN), met()], "expectation-2": [expected(place=BIRCH)]}
    then = rows(await made("R1", ("authority", "901"), "2026-04", histories=histories), "summary")
    assert then["service_area:area-planning"]["completed"] == 1
    now = rows(await made("R1", ("authority", "901"), "2026-04", "as-now", histories), "summary")
    assert (now["service_area:area-planning"]["completed"], now["service_area:area-duty"]["completed"]) == (0, 1)
