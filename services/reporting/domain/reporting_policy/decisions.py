"""Setting an authority's reporting policy from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.reporting.domain.policy import ReportingLimits
from services.reporting.domain.reporting_policy.events import ReportingPolicyEvent, ReportingPolicySet
from services.reporting.domain.reporting_policy.state import ReportingPolicies
from shared.deciding.dated_policy import PolicyVersion, is_new
from shared.deciding.refusal import Refused

RETROACTIVE_REASONS = frozenset({"AGREED_EARLIER", "CORRECTION"})


@dataclass(frozen=True, slots=True)
class SetReportingPolicy:
    """`limits` are those that change; the others stay as they are on `from_date`."""

    authority: str
    policy_version: str
    from_date: date
    limits: Mapping[str, Any]
    retroactive_reason: str | None = None


def set_reporting_policy(
    command: SetReportingPolicy, policies: ReportingPolicies, today: date
) -> list[ReportingPolicyEvent]:
    if command.retroactive_reason not in (None, *RETROACTIVE_REASONS):
        raise Refused("this code is not one of those that may stand here", field="retroactive_reason")
    limits = _changed(policies.on(command.from_date).value, command.limits)
    policy = limits.under(command.policy_version)
    version = PolicyVersion(command.policy_version, command.from_date, policy, command.retroactive_reason)
    if not is_new(version, policies, today):
        return []
    return [
        ReportingPolicySet(
            authority=command.authority,
            policy_version=command.policy_version,
            from_date=command.from_date,
            limits=limits,
            retroactive_reason=command.retroactive_reason,
        )
    ]


def _changed(before: ReportingLimits, changes: Mapping[str, Any]) -> ReportingLimits:
    limits = ReportingLimits.model_validate({**before.limits().model_dump(), **changes})
    if limits.quarter_close_working_day < limits.month_close_working_day:
        raise Refused("a quarter is not closed before its months", field="limits")
    return limits
