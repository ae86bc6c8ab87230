"""Where the things around a grade count: what was expected, compared, followed up and learned."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.read_models.audit_cycle.kinds import KINDS
from services.reporting.read_models.audit_cycle.query import STOCKS
from services.reporting.read_models.audit_cycle.row import NOT_COUNTED
from services.reporting.read_models.reading import left
from shared.published.audit import AuditPrecededV1, AuditWithdrawnV1
from shared.published.audit_cycle import (
    AuditExemptedV1,
    AuditExpectationReopenedV1,
    AuditsPairedV1,
    DirectorReviewRecordedV1,
    PairGivenUpV1,
    ReAuditCancelledV1,
    ReAuditNotPossibleV1,
    RemedialActionCancelledV1,
    RemedialActionFlaggedV1,
    RemedialActionRescheduledV1,
    RemedialActionVerificationFailedV1,
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
)
from tests.reporting.cycle_telling import (
    ELM,
    EVERY_TYPE,
    PLANNING,
    a_caseload,
    a_pair,
    agreed,
    any_event,
    cancelled,
    completed,
    concern,
    expected,
    held,
    histories,
    measured,
    met,
    overdue,
    re_audited,
    required,
    scheduled,
    verified,
)
from tests.reporting.telling import AUDITS, CYCLE, FERN, a_graded_audit, counted, fold, told

APRIL, MAY, JUNE = "2026-04", "2026-05", "2026-06"


def of(month: str, *history) -> dict[str, int]:
    """What one stream contributes to a month, by measure."""
    return {cell[8:]: n for cell, n in counted(CYCLE, history).items() if cell.startswith(month)}


# -- the model as a whole -------------------------------------------------------------------------------------------


def test_every_event_has_one_kind_or_is_said_not_to_count():
    heard = [event for kind in KINDS for event in kind.events]
    assert len(heard) == len(set(heard))
    assert {*heard, *NOT_COUNTED} == EVERY_TYPE
    assert set(CYCLE.decoders) == {event.TYPE for event in EVERY_TYPE}


@given(st.lists(any_event, max_size=12))
def test_any_events_in_any_order_make_a_new_row_or_none_and_move_totals_by_what_changed(events):
    moved: Counter[str] = Counter()
    row = None
    for version, event in enumerate(events):
        kept = None if row is None else {**row}
        after = CYCLE.learn(row, told(event, version))
        assert row == kept
        assert after is None or after is not row
        moved.update(CYCLE.cells(after) if after is not None else [])
        moved.subtract(CYCLE.cells(row) if row is not None else [])
        row = after
    assert +moved == Counter(CYCLE.cells(row) if row is not None else [])


@given(st.lists(histories, max_size=6))
def test_no_stock_is_ever_less_than_nothing(streams):
    summed = measured(*streams)
    assert all(left(summed, stock) >= 0 for stock in STOCKS.values())
    rows = [row for row in (fold(CYCLE, events) for events in streams) if row is not None]
    assert left(summed, STOCKS["open_actions"]) == sum(row.get("state") in ("OPEN", "COMPLETED") for row in rows)
    re_audits = [row for row in rows if row["kind"] == "RE_AUDIT"]
    assert left(summed, STOCKS["open_re_audits"]) == sum(
        all(row[end] is None for end in ("completed_on", "not_possible_on", "cancelled_on")) for row in re_audits
    )


def test_what_begins_in_the_middle_has_no_place_to_count_in():
    for event in (
        met(),
        verified(date(2026, 4, 1)),
        re_audited(),
        cancelled(),
        AuditWithdrawnV1(audit_id="1", reason="X"),
    ):
        assert fold(CYCLE, [event]) is None


def test_the_grades_of_audits_are_no_business_of_what_surrounds_them():
    assert AUDITS.cells(fold(AUDITS, [a_graded_audit(), concern()])) == AUDITS.cells(fold(AUDITS, [a_graded_audit()]))
    assert fold(AUDITS, [expected()]) is None


# -- expectations ---------------------------------------------------------------------------------------------------


def test_an_expected_audit_counts_in_the_month_in_which_its_window_ends():
    two_months = expected(window_first=date(2026, 4, 1), window_last=date(2026, 5, 31))
    assert of(APRIL, two_months) == {}
    assert of(MAY, two_months, met(date(2026, 4, 2)))["expectation.met"] == 1


def test_what_is_expected_is_outstanding_until_it_is_met_or_exempted():
    exempted = AuditExemptedV1(expectation_id="1", reason="NO_CASES")
    assert of(APRIL, expected())["expectation.outstanding"] == 1
    done = of(APRIL, expected(), met())
    assert (done["expectation.expected"], done["expectation.met"], done.get("expectation.outstanding")) == (1, 1, None)
    gone = of(APRIL, expected(), exempted)
    assert (gone["expectation.exempted"], gone["exemption.NO_CASES"]) == (1, 1)
    assert "expectation.outstanding" not in gone


def test_done_after_its_window_is_done_late_in_the_month_it_was_expected():
    late = of(APRIL, expected(), met(date(2026, 5, 3)))
    assert (late["expectation.met"], late["expectation.late"], late["expectation_of.QA_OFFICER.late"]) == (1, 1, 1)
    assert of(MAY, expected(), met(date(2026, 5, 3))) == {}


def test_audit_withdrawn_as_wrong_child_is_expected_again_in_the_cadence():
    """Edge case 10, its reporting side."""
    again = AuditExpectationReopenedV1(expectation_id="1", reason="WRONG_CHILD")
    assert of(APRIL, expected(), met(), again)["expectation.outstanding"] == 1


def test_what_any_auditor_may_do_is_expected_of_anybody():
    assert of(APRIL, expected(auditor_role=None))["expectation_of.ANY.expected"] == 1


# -- audits, cases and safety ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("previous", "bucket"),
    [
        (None, "12"),
        (date(2025, 4, 30), "12"),
        (date(2025, 5, 1), "11"),
        (date(2026, 4, 1), "0"),
        (date(2020, 1, 1), "12"),
    ],
)
def test_an_audit_says_how_many_months_ago_its_case_was_last_audited(previous, bucket):
    assert of(APRIL, a_graded_audit(previous_on=previous))[f"coverage.CIN.{bucket}"] == 1


def test_the_months_since_the_last_audit_are_counted_anew_when_that_one_was_withdrawn():
    told = a_graded_audit(previous_on=date(2026, 3, 20))
    assert list(of(APRIL, told)) == ["coverage.CIN.1"]
    assert list(of(APRIL, told, AuditPrecededV1(audit_id="1", previous_on=date(2026, 1, 20)))) == ["coverage.CIN.3"]
    assert list(of(APRIL, told, AuditPrecededV1(audit_id="1", previous_on=None))) == ["coverage.CIN.12"]


def test_withdrawn_audits_and_inspections_cover_no_case():
    assert of(APRIL, a_graded_audit(), AuditWithdrawnV1(audit_id="1", reason="DUPLICATE")) == {}
    assert of(APRIL, a_graded_audit(external=True)) == {}


def test_a_concern_for_safety_counts_before_the_audit_has_a_grade_and_stays_when_it_is_withdrawn():
    acknowledged = SafetyConcernAcknowledgedV1(audit_id="1", acknowledged_on=date(2026, 4, 15), in_time=True)
    cleared = SafetyConcernClearedV1(audit_id="1", cleared_on=date(2026, 5, 2))
    events = (concern(), acknowledged, cleared, a_graded_audit(), AuditWithdrawnV1(audit_id="1", reason="LEGAL"))
    assert of(APRIL, *events) == {"safety.raised": 1, "safety.acknowledged_in_time": 1}
    assert of(MAY, *events) == {"safety.cleared": 1}
    assert left(measured([concern(), acknowledged]), STOCKS["open_concerns"]) == 1


def test_of_each_month_the_caseload_of_the_latest_day_is_kept_with_the_place_of_its_time():
    elsewhere = ELM.model_copy(update={"service_area": "area-duty"})
    late = a_caseload(date(2026, 4, 30), open_cases={"CIN": 3})
    row = fold(CYCLE, [late, a_caseload(date(2026, 4, 10)), a_caseload(date(2026, 5, 31), place=elsewhere)])
    assert row["reports"][APRIL]["open_cases"] == {"CIN": 3}
    assert row["reports"][APRIL]["place"]["service_area"] == "area-planning"
    assert row["place"]["service_area"] == "area-duty"
    assert of(APRIL, late, a_caseload(date(2026, 4, 10))) == {"caseload.reported": 1}


# -- pairs ----------------------------------------------------------------------------------------------------------


def test_only_paired_grades_are_counted_as_agreement():
    two = AuditsPairedV1(pair_id="1", kind="PAIRED", audit_a="1", audit_b="2", place=ELM)
    assert of(APRIL, two, a_pair("GOOD", "INADEQUATE")) == {
        "pairing.PAIRED": 1,
        "comparison.PAIRED": 1,
        "pair.OFSTED4.TEAM_MANAGER.GOOD.INADEQUATE": 1,
    }
    assert of(APRIL, a_pair("GOOD", "GOOD", kind="COMPARED")) == {"comparison.COMPARED": 1}


def test_a_pair_of_which_an_audit_was_withdrawn_agrees_about_nothing():
    gone = PairGivenUpV1(pair_id="1", reason="AUDIT_WITHDRAWN")
    two = AuditsPairedV1(pair_id="1", kind="PAIRED", audit_a="1", audit_b="2", place=ELM)
    assert of(APRIL, two, a_pair("GOOD", "GOOD"), gone) == {"pairing.PAIRED": 1}
    assert of(APRIL, gone) == {}


# -- actions --------------------------------------------------------------------------------------------------------


def test_an_action_is_closed_when_it_is_verified_and_not_when_it_is_completed():
    done = [agreed(), completed(date(2026, 5, 4))]
    assert left(measured(done), STOCKS["open_actions"]) == 1
    assert left(measured([*done, verified(date(2026, 5, 11))]), STOCKS["open_actions"]) == 0
    assert of(MAY, *done, verified(date(2026, 5, 11)))["action.verified"] == 1


def test_an_action_is_overdue_from_the_day_after_its_due_date_until_it_was_completed():
    events = (agreed(due_on=date(2026, 4, 30)), overdue(date(2026, 4, 30)), completed(date(2026, 6, 2)))
    assert "action.fell_overdue" not in of(APRIL, *events)
    assert of(MAY, *events)["action.fell_overdue"] == 1
    assert of(JUNE, *events)["action.overdue_ended"] == 1
    assert left(measured(events[:2]), STOCKS["overdue_actions"]) == 1


def test_a_due_date_that_nobody_noticed_is_known_to_have_passed_once_the_action_was_completed_late():
    assert left(measured([agreed()]), STOCKS["overdue_actions"]) == 0
    assert of(MAY, agreed(), completed(date(2026, 5, 9)))["action.fell_overdue"] == 1


def test_an_action_done_in_time_and_told_late_was_never_overdue():
    assert "action.fell_overdue" not in of(MAY, agreed(), overdue(), completed(date(2026, 5, 5)))


def test_an_action_that_was_put_off_or_not_verified_has_a_new_due_date_and_may_fall_overdue_again():
    moved = RemedialActionRescheduledV1(action_id="1", due_on=date(2026, 5, 20), times_moved=1)
    assert of(APRIL, agreed(), moved)["action.rescheduled"] == 1
    again = [agreed(), moved, overdue(date(2026, 5, 20))]
    assert left(measured(again), STOCKS["overdue_actions"]) == 1
    failed = RemedialActionVerificationFailedV1(action_id="1", failed_on=date(2026, 5, 28), due_on=date(2026, 6, 9))
    back = [*again, completed(date(2026, 5, 25)), failed]
    assert left(measured(back), STOCKS["open_actions"]) == 1
    assert left(measured(back), STOCKS["overdue_actions"]) == 0
    assert left(measured([*back, overdue(date(2026, 6, 9))]), STOCKS["overdue_actions"]) == 1


def test_an_action_of_a_withdrawn_audit_is_kept_and_flagged():
    flagged = RemedialActionFlaggedV1(action_id="1", reason="WRONG_CHILD")
    assert of(APRIL, agreed(), flagged)["action.flagged"] == 1
    assert left(measured([agreed(), flagged]), STOCKS["open_actions"]) == 1


def test_a_cancelled_action_is_no_longer_open():
    gone = RemedialActionCancelledV1(action_id="1", reason="CASE_CLOSED", cancelled_on=date(2026, 5, 30))
    assert left(measured([agreed(), overdue(), gone]), STOCKS["open_actions"]) == 0
    assert left(measured([agreed(), overdue(), gone]), STOCKS["overdue_actions"]) == 0


# -- re-audits ------------------------------------------------------------------------------------------------------


def test_a_re_audit_counts_when_it_was_required_when_it_was_due_and_when_it_was_done():
    events = (required(), re_audited(date(2026, 5, 28)))
    assert of(APRIL, *events)["re_audit.required"] == 1
    assert of(MAY, *events)["re_audit.completed"] == 1
    assert of(JUNE, *events) == {"re_audit.due": 1, "re_audit.due_on_time": 1}


def test_a_re_audit_is_overdue_until_it_is_done_or_found_impossible():
    late = of(JUNE, required(), re_audited(date(2026, 6, 30)))
    assert (late["re_audit.due"], late["re_audit.fell_overdue"], late["re_audit.overdue_ended"]) == (1, 1, 1)
    assert "re_audit.due_on_time" not in late
    assert left(measured([required()]), STOCKS["overdue_re_audits"]) == 1
    closed = ReAuditNotPossibleV1(re_audit_id="1", reason="CLOSED", found_on=date(2026, 5, 4))
    assert left(measured([required(), closed]), STOCKS["overdue_re_audits"]) == 0
    assert of(JUNE, required(), closed) == {}, "what was found impossible in time does not fall due"


def test_a_re_audit_that_is_not_required_after_all_does_not_fall_due_and_may_be_required_again():
    gone = ReAuditCancelledV1(re_audit_id="1", reason="PARENT_REGRADED", cancelled_on=date(2026, 5, 4))
    assert of(MAY, required(), gone) == {"re_audit.cancelled": 1, "re_audit.ended": 1}
    assert of(JUNE, required(), gone) == {}
    again = [required(), gone, required(domains=("PLANNING",), scope="FAILED_DOMAINS")]
    assert of(JUNE, *again)["re_audit.due"] == 1
    assert left(measured(again), STOCKS["open_re_audits"]) == 1
    withdrawn = [required(), re_audited(), required()]
    assert "re_audit.completed" not in of(JUNE, *withdrawn), "the re-audit was withdrawn: its outcome no longer holds"


def test_re_audit_of_a_re_audit():
    """Edge case 5: generation 2, the root kept, a director's review, and compared with parent and root."""
    second = required(
        parent_audit_id="again",
        root_audit_id="parent",
        generation=2,
        overall="REQUIRES_IMPROVEMENT",
        director_review=True,
    )
    done = re_audited(overall="GOOD", delta=1, root_delta=2)
    row = fold(
        CYCLE,
        [second, done, DirectorReviewRecordedV1(re_audit_id="1", decision="SUPPORT", reviewed_on=date(2026, 5, 6))],
    )
    assert (row["parent_audit_id"], row["root_audit_id"], row["generation"]) == ("again", "parent", 2)
    assert (row["delta"], row["root_delta"], row["decision"]) == (1, 2, "SUPPORT")
    assert of(APRIL, second)["re_audit.director_review_due"] == 1
    assert of(APRIL, second)["re_audit_generation.2"] == 1


def test_re_audit_improves_overall_but_one_domain_falls():
    """Edge case 6: the outcome is IMPROVED, and the decline is counted beside it."""
    both = of(JUNE, required(), re_audited(declined_domains=("REVIEW",)))
    assert (both["re_audit_outcome.IMPROVED"], both["re_audit_declined.REVIEW"], both["re_audit.with_a_decline"]) == (
        1,
        1,
        1,
    )


# -- meetings -------------------------------------------------------------------------------------------------------


def test_the_grades_of_parent_and_root_are_those_of_the_last_comparison():
    second = required(parent_audit_id="again", root_audit_id="parent", generation=2, overall="INADEQUATE")
    done = re_audited(overall="GOOD", parent_overall="GOOD", root_overall="REQUIRES_IMPROVEMENT", root_delta=1)
    row = fold(CYCLE, [second, re_audited(overall="GOOD"), done])
    assert (row["grade_from"], row["root_grade"]) == ("GOOD", "REQUIRES_IMPROVEMENT")
    assert fold(CYCLE, [second, re_audited(overall="GOOD")])["grade_from"] == "INADEQUATE"


def test_a_meeting_counts_once_for_whatever_number_of_teams():
    """Edge case 28, its counting: one meeting in the area that holds the teams, and none in any team."""
    about_two = (scheduled(place=PLANNING, teams=(ELM, FERN)), held(place=PLANNING, teams=(ELM, FERN)))
    assert of(APRIL, *about_two) == {"meeting.scheduled": 1, "meeting.held": 1}
    assert fold(CYCLE, about_two)["place"]["team"] is None


def test_a_meeting_planned_anew_counts_on_its_new_day_and_one_held_is_not_cancelled():
    assert of(APRIL, scheduled(), scheduled(planned_on=date(2026, 5, 6))) == {}
    assert of(APRIL, scheduled(), held(), cancelled()) == {"meeting.scheduled": 1, "meeting.held": 1}
    assert of(APRIL, scheduled(), cancelled()) == {"meeting.scheduled": 1, "meeting.cancelled": 1}
