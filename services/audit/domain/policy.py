"""The dated policy that audit decisions use: configuration of the authority, never law."""

from __future__ import annotations

import calendar
from datetime import date
from hashlib import sha256
from typing import Annotated, Literal, Self

from pydantic import Field, field_serializer, model_validator

from services.audit.domain.windows import Windows
from shared.deciding.events import Part

Count = Annotated[int, Field(ge=0, le=999)]
Some = Annotated[int, Field(ge=1, le=999)]
Percent = Annotated[int, Field(ge=0, le=100)]
Code = Annotated[str, Field(max_length=60, pattern=r"^[A-Z][A-Z0-9_]*$")]
Label = Annotated[str, Field(min_length=1, max_length=60)]


class AuditLimits(Part):
    """What an authority may set, each with its unit in its name. The defaults hold where it sets none."""

    # cadence: so many routine audits of each linked team a month, and of the own team in each window of months
    qa_officer_audits_per_month: Count = 1
    team_manager_audits_per_window: Count = 1
    team_manager_window_months: Literal[1, 2, 3, 4, 6, 12] = 2  # so that a year has whole windows
    team_manager_window_anchor_month: Annotated[int, Field(ge=1, le=12)] = 4

    # sampling
    sample_not_audited_within_months: Count = 12
    sample_random_share_percent: Percent = 70

    # the audit itself and its moderation
    submit_within_working_days: Some = 10
    moderate_within_working_days: Some = 5
    moderate_always: Annotated[frozenset[Code], Field(max_length=20)] = frozenset({"INADEQUATE", "OUTSTANDING"})
    moderate_sample_percent: Percent = 20
    look_back_months: Some = 12
    judgement_months: Some = 6

    # immediate safety concerns: the manager is told the same day
    safety_notify_working_days: Count = 0
    safety_confirm_working_days: Count = 1

    # re-audits
    reaudit_full_weeks: Some = 12
    reaudit_domain_weeks: Some = 12
    reaudit_discretion_weeks: Some = 26
    reaudit_by_another_auditor: bool = True
    reaudit_after_failed_action: bool = False
    director_review_generation: Some = 2

    # remedial actions
    action_high_working_days: Some = 5
    action_medium_working_days: Some = 10
    action_low_working_days: Some = 20
    action_moves_without_approval: Count = 1
    action_verify_within_working_days: Some = 10

    # 4R meetings: what the letters stand for is the authority's own
    four_r_prompts: tuple[Label, Label, Label, Label] = (
        "What we saw",
        "What it meant for the child",
        "What we will do",
        "How we will know",
    )

    # closing a period
    month_close_working_day: Some = 5
    quarter_close_working_day: Some = 10

    @field_serializer("moderate_always")
    def _in_order(self, codes: frozenset[str]) -> list[str]:
        return sorted(codes)

    @model_validator(mode="after")
    def _judged_is_looked_at(self) -> Self:
        if self.judgement_months > self.look_back_months:
            raise ValueError("an audit judges no more months than it looks back on")
        return self

    @property
    def team_manager_windows(self) -> Windows:
        return Windows(self.team_manager_window_months, self.team_manager_window_anchor_month)

    def limits(self) -> AuditLimits:
        """Without a name."""
        return AuditLimits.model_validate(self.model_dump(exclude={"version"}))

    def under(self, version: str) -> AuditPolicy:
        """The limits under the name of their version."""
        return AuditPolicy(version=version, **self.limits().model_dump())


class AuditPolicy(AuditLimits):
    """The limits in force under their version's name, which every decision records."""

    version: str = "2026-04"

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
