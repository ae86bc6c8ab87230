"""Where an audit counts: with its final grade, on its own scale, in the month of its effective date."""

from __future__ import annotations

from datetime import date

import pytest

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.audit_quality.query import grades
from shared.projecting.totals import nested
from shared.published.audit import AuditWithdrawnV1
from tests.reporting.telling import AUDITS, ELM, a_graded_audit, counted, fold

POLICY = ReportingPolicy()
WHOLE = ELM.model_copy(update={"team": None, "service_area": None})
wrong_child = AuditWithdrawnV1(audit_id="1", reason="WRONG_CHILD")


def view_of(*histories):
    summed = {cell.split("|")[1]: n for cell, n in counted(AUDITS, *histories).items()}
    return grades(nested(summed), POLICY)


def test_a_graded_audit_counts_in_the_month_of_its_effective_date():
    late_entry = a_graded_audit(effective_date=date(2026, 4, 30))
    assert {cell[:7] for cell in counted(AUDITS, [late_entry])} == {"2026-04"}


def test_a_regrade_takes_the_place_of_the_grade():
    cells = counted(AUDITS, [a_graded_audit("GOOD"), a_graded_audit("INADEQUATE", raw_overall="GOOD", regrade=True)])
    assert cells["2026-04|OFSTED4.count"] == 1
    assert cells["2026-04|OFSTED4.overall.INADEQUATE"] == 1
    assert cells["2026-04|OFSTED4.overall.GOOD"] == 0
    assert cells["2026-04|OFSTED4.changed_down"] == 1


def test_a_regrade_into_another_month_moves_the_audit():
    cells = counted(AUDITS, [a_graded_audit(), a_graded_audit(effective_date=date(2026, 5, 2), regrade=True)])
    assert {cell[:7] for cell in cells} == {"2026-05"}


def test_a_withdrawn_audit_counts_nowhere_and_its_row_says_why():
    row = fold(AUDITS, [a_graded_audit(), wrong_child])
    assert row is not None
    assert row["withdrawn"] == "WRONG_CHILD"
    assert AUDITS.cells(row) == []


def test_an_audit_withdrawn_before_it_had_a_grade_was_never_here():
    assert fold(AUDITS, [wrong_child]) is None


def test_learning_never_changes_the_row_it_was_given():
    row = fold(AUDITS, [a_graded_audit()])
    kept = dict(row)
    fold(AUDITS, [a_graded_audit(), wrong_child])
    assert row == kept


def test_two_scales_are_two_rows_and_never_one_percentage():
    before = [a_graded_audit("GOOD") for _ in range(6)]
    after = [a_graded_audit("7", scale="SOS10", raw_overall="7", domains={}) for _ in range(6)]
    signs, four = sorted(view_of(*([one] for one in before + after)), key=lambda row: row.scale != "SOS10")
    assert (four.scale, four.count, signs.scale, signs.count) == ("OFSTED4", 6, "SOS10", 6)
    assert four.good_or_better.display == ""
    assert signs.good_or_better.percent is None


@pytest.mark.parametrize("given", [{"external": False, "place": WHOLE}, {"external": True}], ids=["own", "of a team"])
def test_only_the_inspection_of_a_whole_authority_counts_as_public(given):
    (inspection,) = view_of([a_graded_audit(scale="OFSTED4E", external=True, place=WHOLE)])
    (other,) = view_of([a_graded_audit(scale="OFSTED4E", **given)])
    assert (inspection.scale, other.scale) == ("OFSTED4E", "OFSTED4E_LOCAL")


def test_non_grades_are_shown_and_not_counted_as_graded():
    (row,) = view_of([a_graded_audit("UNGRADED", domains={"CHILD_VOICE": "NOT_EVIDENCED"})])
    assert (row.count, row.graded, row.good_or_better.display) == (1, 0, "z")
    assert row.domains[0].graded == 0
    assert [count.code for count in row.domains[0].grades if count.count] == ["NOT_EVIDENCED"]


def test_drift_is_raw_minus_moderated_over_moderated_audits_only():
    optimistic = a_graded_audit("REQUIRES_IMPROVEMENT", raw_overall="GOOD", grade_source="MODERATED")
    agreed = a_graded_audit("GOOD", grade_source="CONSENSUS")
    unmoderated = a_graded_audit("OUTSTANDING")
    (row,) = view_of([optimistic], [agreed], [unmoderated])
    assert (row.drift.moderated, row.drift.agreed, row.drift.mean) == (2, 1, 0.5)
    assert (row.changed_up.count, row.changed_down.count) == (0, 1)


def test_a_percentage_needs_ten_audits_and_comes_with_its_interval():
    nine = view_of(*([a_graded_audit()] for _ in range(9)))[0].good_or_better
    ten = view_of(*([a_graded_audit()] for _ in range(10)))[0].good_or_better
    assert (nine.part, nine.whole, nine.percent, nine.display) == (9, 9, None, "")
    assert (ten.percent, ten.low, ten.high, ten.display) == (100.0, 72.2, 100.0, "100.0%")


def test_all_grades_alike_divide_nothing_by_zero():
    (row,) = view_of(*([a_graded_audit("INADEQUATE", grade_source="MODERATED")] for _ in range(12)))
    assert (row.good_or_better.display, row.drift.mean) == ("0.0%", 0.0)


def test_the_median_days_to_finalise_know_the_long_ones_as_long():
    (row,) = view_of(*([a_graded_audit(days_to_finalise=days)] for days in (3, 8, 9, 400)))
    assert (row.days_to_finalise.value, row.days_to_finalise.of) == (8.5, 4)
    (row,) = view_of([a_graded_audit(days_to_finalise=400)])
    assert row.days_to_finalise.beyond


def test_a_code_that_no_path_could_hold_is_made_one_that_can():
    assert "2026-04|OFSTED4.type.A_B_" in counted(AUDITS, [a_graded_audit(audit_type="A.B$")])
