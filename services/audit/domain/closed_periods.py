"""Which periods of reporting are closed on a day: months and quarters, each some working days after its end.

A month is "2026-04"; a quarter is one of the financial year, so that April to June 2026 is "2026-Q1".
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from services.audit.domain.policy import AuditPolicy
from shared.calendar.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Closing:
    """The rules of closing as they stand on the day of a change, `today`."""

    policy: AuditPolicy
    working_days: WorkingDays
    today: date

    def closed(self, effective_date: date) -> tuple[str, ...]:
        """The periods that this date lies in and that are closed today: they close when their closing day begins."""
        return tuple(key for key, closes_on in self._periods(effective_date) if closes_on <= self.today)

    def _periods(self, day: date) -> tuple[tuple[str, date], tuple[str, date]]:
        quarter, in_quarter = divmod(day.month - 1, 3)
        month_end = _last_day(day.year, day.month)
        quarter_end = _last_day(day.year, day.month + 2 - in_quarter)
        financial_year = day.year if quarter else day.year - 1
        return (
            (f"{day.year:04}-{day.month:02}", self.working_days.add(month_end, self.policy.month_close_working_day)),
            (
                f"{financial_year:04}-Q{(quarter - 1) % 4 + 1}",
                self.working_days.add(quarter_end, self.policy.quarter_close_working_day),
            ),
        )


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
