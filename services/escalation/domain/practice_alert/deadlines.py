"""The two clocks of an alert, in working days: one for the stage, one for all formal stages together."""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol

from services.escalation.domain.policy import EscalationPolicy


class Calendar(Protocol):
    """What deadlines ask of the calendar; `shared.calendar.working_days.WorkingDays` answers it."""

    @property
    def version(self) -> str: ...

    def add(self, start: date, n: int) -> date: ...

    def between(self, start: date, end: date) -> int: ...


def total_deadline(started_on: date, calendar: Calendar, policy: EscalationPolicy) -> date:
    """The last day on which the alert can be resolved in time."""
    return calendar.add(started_on, policy.total_days)


def stage_deadline(stage: int, entered_on: date, total: date, calendar: Calendar, policy: EscalationPolicy) -> date:
    """The last day on which the stage's manager answers in time: never later than the total allows."""
    return min(calendar.add(entered_on, policy.stage_days[stage]), total)


def clock_after_reopening(
    resolved_on: date, reopened_on: date, calendar: Calendar, policy: EscalationPolicy
) -> Literal["CONTINUE", "RESTART"]:
    """Soon after, the first clock goes on as if it had never stopped: closing an alert must not buy time."""
    soon = calendar.between(resolved_on, reopened_on) <= policy.continue_days
    return "CONTINUE" if soon else "RESTART"


def is_missed(due_on: date, today: date) -> bool:
    """The due date itself is still in time, until it ends in London."""
    return today > due_on
