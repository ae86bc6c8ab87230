"""The clocks of an alert count working days in England, by the date in London."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.escalation.domain.codes import EscalationReason
from services.escalation.domain.practice_alert.commands import BackdateRaise, RecalculateDeadlines
from services.escalation.domain.practice_alert.deadlines import stage_deadline, total_deadline
from services.escalation.domain.practice_alert.decisions import (
    backdate_raise,
    escalate,
    note_missed_deadline,
    raise_alert,
    recalculate_deadlines,
)
from services.escalation.domain.practice_alert.events import AlertDeadlineRecalculated, AlertEscalated
from services.escalation.domain.practice_alert.state import DECIDER
from shared.calendar.clock import local_date
from shared.calendar.working_days import england
from tests.escalation.asking import missed
from tests.examples.an_alert import (
    ENGLAND,
    POLICY,
    RAISED_ON,
    STAGE_1_DUE,
    TOTAL_DUE,
    answering,
    escalating,
    raised,
    raising,
)
from tests.specification import specification

alert = specification(DECIDER)


@pytest.mark.parametrize(
    ("raised_on", "stage_1", "total"),
    [
        (date(2025, 12, 19), date(2025, 12, 30), date(2026, 1, 21)),
        (date(2026, 12, 24), date(2027, 1, 5), date(2027, 1, 26)),
        (date(2022, 5, 30), date(2022, 6, 8), date(2022, 6, 29)),
    ],
)
def test_the_day_after_the_raise_is_day_one_and_bank_holidays_do_not_count(raised_on, stage_1, total):
    event = raised(on=raised_on)
    assert (event.stage_deadline, event.total_deadline) == (stage_1, total)


def test_a_deadline_that_would_fall_on_good_friday_moves_past_easter_monday():
    assert raised(on=date(2026, 3, 27)).stage_deadline == date(2026, 4, 7)


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_every_stage_has_five_working_days_and_all_of_them_together_twenty(stage):
    event = raised(start_stage=stage)
    assert (event.stage_deadline, event.total_deadline) == (STAGE_1_DUE, TOTAL_DUE)


def test_a_stage_never_lasts_longer_than_the_total():
    late = date(2026, 3, 27)
    assert ENGLAND.add(late, 5) > TOTAL_DUE
    assert stage_deadline(4, late, TOTAL_DUE, ENGLAND, POLICY) == TOTAL_DUE


def test_straight_to_stage_four_leaves_five_days_of_the_same_twenty_and_misses_no_stage():
    up = escalating(4, date(2026, 3, 5))
    after = (
        alert.given([raised()])
        .when(escalate, up, ENGLAND, POLICY)
        .then(
            [
                AlertEscalated(
                    alert_id="7",
                    from_stage=1,
                    to_stage=4,
                    skipped_stages=2,
                    reason=EscalationReason.BYPASS_URGENT,
                    by_role="IRO",
                    escalated_on=date(2026, 3, 5),
                    stage_deadline=date(2026, 3, 12),
                    calendar_version=ENGLAND.version,
                )
            ]
        )
    )
    assert (after.stage, after.total_deadline, after.stage_missed) == (4, TOTAL_DUE, False)


def test_an_alert_raised_at_stage_four_has_the_whole_total():
    assert raised(start_stage=4).total_deadline == TOTAL_DUE == total_deadline(RAISED_ON, ENGLAND, POLICY)


def test_a_minute_to_midnight_on_the_last_of_march_is_still_march():
    moment = datetime(2026, 3, 31, 22, 59, tzinfo=UTC)  # 23:59 in London, two days into summer time
    event = raised(on=local_date(moment))
    assert (event.raised_on, event.stage_deadline) == (date(2026, 3, 31), date(2026, 4, 9))


def test_the_weekend_when_the_clocks_change_is_two_days_like_any_other():
    assert raised(on=date(2026, 10, 23)).stage_deadline == date(2026, 10, 30)
    assert raised(on=date(2022, 3, 25)).stage_deadline == date(2022, 4, 1)


def test_the_due_day_itself_is_in_time_and_the_day_after_is_not():
    given = alert.given([raised()])
    given.when(note_missed_deadline, missed(given.state, "STAGE", on=STAGE_1_DUE), ENGLAND).then_nothing()
    noted = given.when(note_missed_deadline, missed(given.state, "STAGE", on=date(2026, 3, 11)), ENGLAND)
    assert noted.decide(given.state)[0].late_working_days == 1


def test_a_bank_holiday_announced_later_moves_the_deadlines_and_keeps_the_old_ones():
    later = england(frozenset({date(2026, 3, 9)}))
    after = (
        alert.given([raised()])
        .when(recalculate_deadlines, RecalculateDeadlines(), later, POLICY)
        .then(
            [
                AlertDeadlineRecalculated(
                    alert_id="7",
                    cause="CALENDAR_CHANGE",
                    old_stage_deadline=STAGE_1_DUE,
                    new_stage_deadline=date(2026, 3, 11),
                    old_total_deadline=TOTAL_DUE,
                    new_total_deadline=date(2026, 4, 1),
                    calendar_version=later.version,
                )
            ]
        )
    )
    assert after.raised.stage_deadline == STAGE_1_DUE


def test_a_calendar_that_moves_nothing_changes_nothing():
    later = england(frozenset({date(2026, 8, 3)}))
    alert.given([raised()]).when(recalculate_deadlines, RecalculateDeadlines(), later, POLICY).then_nothing()


def test_an_alert_that_had_been_raised_earlier_has_its_deadlines_counted_from_then():
    earlier = BackdateRaise(raised_on=date(2026, 2, 26), by_role="IRO")
    after = alert.given([raised()]).when(backdate_raise, earlier, ENGLAND, POLICY).then_some(AlertDeadlineRecalculated)
    assert (after.raised_on, after.stage_deadline) == (date(2026, 2, 26), date(2026, 3, 5))
    assert after.total_deadline == date(2026, 3, 26)


def test_backdating_does_not_move_a_stage_that_was_entered_later():
    history = [raised(), *escalate(escalating(2, date(2026, 3, 9)), alert.given([raised()]).state, ENGLAND, POLICY)]
    earlier = BackdateRaise(raised_on=date(2026, 2, 26), by_role="IRO")
    after = alert.given(history).when(backdate_raise, earlier, ENGLAND, POLICY).then_some(AlertDeadlineRecalculated)
    assert (after.stage_deadline, after.total_deadline) == (date(2026, 3, 16), date(2026, 3, 26))


def test_the_day_of_raising_is_never_corrected_to_a_later_one():
    later = BackdateRaise(raised_on=date(2026, 3, 4), by_role="IRO")
    alert.given([raised()]).when(backdate_raise, later, ENGLAND, POLICY).then_refused("earlier", field="raised_on")


def test_an_alert_that_came_late_from_the_case_system_counts_from_its_raise_date():
    long_ago = raising(on=date(2026, 1, 5))
    state = alert.given([]).when(raise_alert, long_ago, ENGLAND, POLICY).then([raised(on=date(2026, 1, 5))])
    assert state.stage_deadline == date(2026, 1, 12)
    assert answering(date(2026, 1, 8)).on <= state.stage_deadline
