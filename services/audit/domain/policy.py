"""The dated policy that audit decisions use: configuration of the authority, never law."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """Limits in working days, windows in months, shares in percent."""

    version: str = "2026-04"
    submit_within_working_days: int = 10
    moderate_within_working_days: int = 5
    moderate_always: frozenset[str] = frozenset({"INADEQUATE", "OUTSTANDING"})
    moderate_sample_percent: int = 20
    look_back_months: int = 12
    judgement_months: int = 6

    def look_back_from(self, started_on: date) -> date:
        return months_before(started_on, self.look_back_months)

    def judgement_from(self, started_on: date) -> date:
        return months_before(started_on, self.judgement_months)

    def requires_moderation(self, audit_id: str, overall: str) -> bool:
        """Always for the ends of the scale; of the others a sample that nobody can choose and anybody can recompute."""
        return overall in self.moderate_always or sampled(audit_id, self.moderate_sample_percent)


def sampled(audit_id: str, percent: int) -> bool:
    """Whether the audit is in a sample of this size: decided by its id alone."""
    return int.from_bytes(sha256(audit_id.encode()).digest()[:8], "big") % 100 < percent


def months_before(day: date, months: int) -> date:
    """The same day of the month, or the month's last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
