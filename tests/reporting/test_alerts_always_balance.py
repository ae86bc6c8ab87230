"""Practice alerts: opening + raised + reopened - resolved - withdrawn = closing, each thing in its own month."""

from __future__ import annotations

from datetime import date

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.practice_alerts.query import alerts, stock
from shared.projecting.totals import nested
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertDeadlineRecalculatedV1,
    AlertEscalatedV1,
    AlertImpactVerifiedV1,
    AlertRecategorisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
    GoodPracticeSharedV1,
    InformalResolutionReviewedV1,
)
from tests.reporting.telling import ALERTS, a_raised_alert, an_informal_attempt, counted, fold

MONTHS = ("2026-03", "2026-04", "2026-05")


def resolved(on: date, elapsed: int = 4, stage: int = 1, within_total: bool = True) -> AlertResolvedV1:
    return AlertResolvedV1(
        alert_id="1",
        outcome="ACTION_AGREED_AND_DONE",
        stage=stage,
        resolved_on=on,
        elapsed_working_days=elapsed,
        within_total=within_total,
    )


def reopened(on: date, clock: str, total: date) -> AlertReopenedV1:
    return AlertReopenedV1(alert_id="1", clock=clock, reopened_on=on, stage=1, total_deadline=total)


def answered(on: date, in_time: bool, stage: int = 1) -> AlertAnsweredV1:
    return AlertAnsweredV1(alert_id="1", stage=stage, answered_on=on, in_time=in_time, elapsed_working_days=5)


def missed(on: date, stage: int | None = 1) -> AlertDeadlineMissedV1:
    return AlertDeadlineMissedV1(alert_id="1", clock="STAGE" if stage else "TOTAL", stage=stage, due_on=on)


def verified(impact: str, on: date) -> AlertImpactVerifiedV1:
    return AlertImpactVerifiedV1(alert_id="1", impact=impact, verified_on=on)


def recalculated(total: date, raised_on: date | None = None) -> AlertDeadlineRecalculatedV1:
    return AlertDeadlineRecalculatedV1(
        alert_id="1",
        cause="BACKDATED_RAISE" if raised_on else "CALENDAR_CHANGE",
        stage_deadline=total,
        total_deadline=total,
        raised_on=raised_on,
    )


def reviewed(on: date, settled: bool) -> InformalResolutionReviewedV1:
    return InformalResolutionReviewedV1(concern_id="1", reviewed_on=on, settled=settled, review_on=None)


def by_code(counts) -> dict[str, int]:
    return {count.code: count.count for count in counts if count.count}


recognition = a_raised_alert(alert_type="GOOD_PRACTICE", stage=None, stage_deadline=None, total_deadline=None)
withdrawn = AlertWithdrawnV1(alert_id="1", withdrawn_on=date(2026, 5, 6))


def month(cells, which: str):
    """The alerts of one month, with what the months before left open."""
    before = {}
    during = {}
    for cell, n in cells.items():
        at, measure = cell.split("|")
        if at < which:
            before[measure] = before.get(measure, 0) + n
        elif at == which:
            during[measure] = n
    return alerts(nested(during), stock(nested(before)), ReportingPolicy())


def test_each_thing_counts_in_its_own_month():
    cells = counted(ALERTS, [a_raised_alert(), resolved(date(2026, 5, 5))])
    april, may = month(cells, "2026-04"), month(cells, "2026-05")
    assert (april.opening, april.raised.count, april.resolved.count, april.closing) == (0, 1, 0, 1)
    assert (may.opening, may.raised.count, may.resolved.count, may.closing) == (1, 0, 1, 0)


def test_an_alert_reopened_soon_keeps_its_clock_and_goes_past_it_once():
    history = [
        a_raised_alert(),
        resolved(date(2026, 4, 28)),
        reopened(date(2026, 5, 7), "CONTINUE", date(2026, 5, 1)),
        missed(date(2026, 5, 1), stage=None),
        resolved(date(2026, 5, 20), elapsed=32, within_total=False),
    ]
    cells = counted(ALERTS, history)
    may = month(cells, "2026-05")
    assert (may.opening, may.reopened.count, may.resolved.count, may.closing) == (0, 1, 1, 0)
    assert (may.over_total.count, may.missed_total.count) == (1, 1)
    assert sum(n for cell, n in cells.items() if cell.endswith("|raised.count")) == 1


def test_an_alert_reopened_late_has_a_second_clock_that_can_be_passed_again():
    history = [
        a_raised_alert(),
        resolved(date(2026, 5, 6), elapsed=22, within_total=False),
        reopened(date(2026, 6, 1), "RESTART", date(2026, 6, 29)),
        missed(date(2026, 6, 29), stage=None),
        resolved(date(2026, 7, 2), elapsed=23, within_total=False),
    ]
    cells = counted(ALERTS, history)
    assert [month(cells, m).over_total.count for m in ("2026-05", "2026-06", "2026-07")] == [1, 1, 0]
    assert [month(cells, m).closing for m in ("2026-04", "2026-05", "2026-06", "2026-07")] == [1, 0, 1, 0]


def test_an_answer_that_never_came_is_due_and_unanswered_until_it_comes_late():
    waiting = [a_raised_alert(), missed(date(2026, 4, 10))]
    april = month(counted(ALERTS, waiting), "2026-04")
    assert (april.due_unanswered.count, april.answered_on_time.part, april.answered_on_time.whole) == (1, 0, 1)
    came = month(counted(ALERTS, [*waiting, answered(date(2026, 4, 15), in_time=False)]), "2026-04")
    assert (came.due_unanswered.count, came.answered_late.count, came.answered_on_time.whole) == (0, 1, 1)
    assert [count.count for count in came.missed_stages] == [1, 0, 0, 0]


def test_going_straight_to_stage_four_skips_stages_without_missing_them():
    bypass = AlertEscalatedV1(
        alert_id="1",
        from_stage=1,
        to_stage=4,
        skipped_stages=2,
        reason="BYPASS_URGENT",
        escalated_on=date(2026, 4, 2),
        stage_deadline=date(2026, 4, 13),
    )
    april = month(counted(ALERTS, [a_raised_alert(), bypass]), "2026-04")
    assert (april.skipped_stages.count, sum(count.count for count in april.missed_stages)) == (2, 0)
    assert {count.code: count.count for count in april.reached} == {"2": 0, "3": 0, "4": 1}


def test_recognition_is_no_open_alert():
    april = month(counted(ALERTS, [recognition]), "2026-04")
    assert (april.good_practice.count, april.raised.count, april.closing) == (1, 0, 0)
    assert counted(ALERTS, [recognition, withdrawn]) == {}


def test_a_withdrawn_alert_was_raised_and_leaves_the_balance():
    cells = counted(ALERTS, [a_raised_alert(), withdrawn])
    may = month(cells, "2026-05")
    assert (may.opening, may.withdrawn.count, may.closing) == (1, 1, 0)


def test_what_is_closed_cannot_leave_the_balance_twice():
    cells = counted(ALERTS, [a_raised_alert(), resolved(date(2026, 4, 9)), resolved(date(2026, 4, 10)), withdrawn])
    assert (month(cells, "2026-04").closing, month(cells, "2026-05").closing) == (0, 0)


def test_an_alert_at_one_minute_to_midnight_on_the_last_of_march_counts_in_march():
    march = a_raised_alert(raised_on=date(2026, 3, 31))  # 22:59 UTC; the escalation service tells the local date
    assert {cell[:7] for cell in counted(ALERTS, [march])} == {"2026-03"}


def test_an_alert_whose_raising_is_unknown_stays_unknown():
    assert fold(ALERTS, [withdrawn]) is None


def test_a_recategorised_alert_is_about_what_it_is_about_now():
    other = AlertRecategorisedV1(alert_id="1", categories=("PLACEMENT", "CORE_GROUP"))
    before, after = counted(ALERTS, [a_raised_alert()]), counted(ALERTS, [a_raised_alert(), other])
    assert by_code(month(before, "2026-04").categories) == {"DRIFT_DELAY": 1, "CORE_GROUP": 1}
    assert by_code(month(after, "2026-04").categories) == {"PLACEMENT": 1, "CORE_GROUP": 1}
    assert month(after, "2026-04").closing == month(before, "2026-04").closing == 1


def test_an_alert_raised_earlier_than_recorded_moves_to_the_month_in_which_it_was_raised():
    history = [
        a_raised_alert(),
        recalculated(date(2026, 4, 24), raised_on=date(2026, 3, 25)),
        resolved(date(2026, 5, 5)),
    ]
    cells = counted(ALERTS, history)
    months = [month(cells, m) for m in ("2026-03", "2026-04", "2026-05")]
    assert [(m.opening, m.raised.count, m.resolved.count, m.closing) for m in months] == [
        (0, 1, 0, 1),
        (1, 0, 0, 1),
        (1, 0, 1, 0),
    ]


def test_an_alert_goes_past_the_total_deadline_that_stood_when_it_was_resolved():
    late = resolved(date(2026, 5, 6), elapsed=21, within_total=False)
    cells = counted(ALERTS, [a_raised_alert(total_deadline=date(2026, 4, 30)), recalculated(date(2026, 5, 5)), late])
    assert [month(cells, m).over_total.count for m in ("2026-04", "2026-05")] == [0, 1]


def test_whoever_looked_too_early_looks_again_and_each_resolution_has_one_impact():
    history = [a_raised_alert(), resolved(date(2026, 4, 9)), verified("TOO_EARLY", date(2026, 4, 20))]
    assert by_code(month(counted(ALERTS, history), "2026-04").impacts) == {"TOO_EARLY": 1}
    history += [verified("IMPROVED", date(2026, 5, 20))]
    again = [reopened(date(2026, 6, 1), "RESTART", date(2026, 6, 29)), resolved(date(2026, 6, 5))]
    cells = counted(ALERTS, [*history, *again, verified("WORSENED", date(2026, 6, 30))])
    found = [by_code(month(cells, m).impacts) for m in ("2026-04", "2026-05", "2026-06")]
    assert found == [{}, {"IMPROVED": 1}, {"WORSENED": 1}]


def test_recognition_counts_as_shared_once_in_the_month_in_which_it_first_was():
    shares = [GoodPracticeSharedV1(alert_id="1", shared_on=date(2026, m, 3)) for m in (5, 6)]
    cells = counted(ALERTS, [recognition, *shares])
    assert [month(cells, m).good_practice_shared.count for m in ("2026-04", "2026-05", "2026-06")] == [0, 1, 0]
    assert counted(ALERTS, [recognition, *shares, withdrawn]) == {}


def test_an_informal_attempt_is_counted_and_is_no_alert():
    cells = counted(ALERTS, [an_informal_attempt(), reviewed(date(2026, 4, 1), settled=True)])
    march, april = month(cells, "2026-03"), month(cells, "2026-04")
    assert (march.informal_attempts.count, march.informal_settled.count) == (1, 0)
    assert (april.informal_attempts.count, april.informal_settled.count) == (0, 1)
    assert (by_code(march.informal_with), by_code(march.informal_categories)) == (
        {"TEAM_MANAGER": 1},
        {"CORE_GROUP": 1},
    )
    assert (march.raised.count, march.after_informal.count, april.closing) == (0, 0, 0)
    assert by_code((*march.types, *march.categories, *march.plan_types)) == {}


def test_an_informal_attempt_is_settled_once():
    at_once = [an_informal_attempt(settled=True, review_on=None), reviewed(date(2026, 5, 1), settled=True)]
    looked_at_twice = [
        an_informal_attempt(),
        reviewed(date(2026, 3, 31), settled=False),
        reviewed(date(2026, 4, 8), settled=True),
    ]
    settled = [month(counted(ALERTS, h), m).informal_settled.count for h in (at_once, looked_at_twice) for m in MONTHS]
    assert settled == [1, 0, 0, 0, 1, 0]


def test_a_review_of_an_unknown_attempt_stays_unknown():
    assert fold(ALERTS, [reviewed(date(2026, 4, 1), settled=True)]) is None
