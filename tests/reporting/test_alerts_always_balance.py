"""Practice alerts: opening + raised + reopened - resolved - withdrawn = closing, each thing in its own month."""

from __future__ import annotations

from datetime import date

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.practice_alerts.query import alerts, stock
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertEscalatedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
)
from tests.reporting.telling import ALERTS, a_raised_alert, counted, fold


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
    return alerts(during, stock(before), ReportingPolicy())


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
    recognition = a_raised_alert(alert_type="GOOD_PRACTICE", stage=None, stage_deadline=None, total_deadline=None)
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
