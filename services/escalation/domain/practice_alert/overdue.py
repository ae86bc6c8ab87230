"""Which deadlines of an alert were missed by a day and not yet noticed."""

from __future__ import annotations

from datetime import date

from services.escalation.domain.practice_alert.deadlines import Calendar, is_missed
from services.escalation.domain.practice_alert.events import (
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
    DeadlineMissed,
)
from services.escalation.domain.practice_alert.state import PracticeAlert, Status


def unnoticed(alert: PracticeAlert, by: date, calendar: Calendar) -> list[DeadlineMissed]:
    """At most one for the stage and one for the total.

    Every step that ends a deadline notes it first when it was missed, so that the record does not depend on whether
    the timer was running: a stage that was left late stays late.
    """
    missed: list[DeadlineMissed] = []
    if _stage_is_running(alert) and is_missed(alert.stage_deadline, by):
        missed.append(_stage_missed(alert, by, calendar))
    if _total_is_running(alert) and is_missed(alert.total_deadline, by):
        missed.append(_total_missed(alert, by, calendar))
    return missed


def running(alert: PracticeAlert) -> tuple[date | None, date | None]:
    """The stage's and the total deadline, each None when it cannot be missed any more."""
    stage = alert.stage_deadline if _stage_is_running(alert) else None
    return stage, alert.total_deadline if _total_is_running(alert) else None


def _stage_is_running(alert: PracticeAlert) -> bool:
    return alert.status is Status.AWAITING and not alert.stage_missed


def _total_is_running(alert: PracticeAlert) -> bool:
    return alert.is_open and not alert.total_missed


def _stage_missed(alert: PracticeAlert, by: date, calendar: Calendar) -> AlertStageDeadlineMissed:
    return AlertStageDeadlineMissed(
        alert_id=alert.id,
        stage=alert.stage,
        entry=alert.entry,
        due_on=alert.stage_deadline,
        late_working_days=calendar.between(alert.stage_deadline, by),
    )


def _total_missed(alert: PracticeAlert, by: date, calendar: Calendar) -> AlertTotalDeadlineMissed:
    return AlertTotalDeadlineMissed(
        alert_id=alert.id,
        stage=alert.stage,
        due_on=alert.total_deadline,
        late_working_days=calendar.between(alert.total_deadline, by),
    )
