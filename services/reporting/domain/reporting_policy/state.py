"""An authority's reporting policy with all its versions, the first being the one that comes with the service."""

from __future__ import annotations

from typing import assert_never

from pydantic import TypeAdapter

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_policy.events import ReportingPolicyEvent, ReportingPolicySet
from shared.deciding.dated_policy import DatedPolicy, PolicyVersion
from shared.deciding.decider import Decider

ReportingPolicies = DatedPolicy[ReportingPolicy]
DEFAULT = ReportingPolicy()


def evolve(policies: ReportingPolicies, event: ReportingPolicyEvent) -> ReportingPolicies:
    match event:
        case ReportingPolicySet():
            return policies.with_version(
                PolicyVersion(
                    event.policy_version,
                    event.from_date,
                    event.limits.under(event.policy_version),
                    event.retroactive_reason,
                )
            )
        case _:
            assert_never(event)


DECIDER: Decider[ReportingPolicies, ReportingPolicyEvent] = Decider(
    "reporting_policy",
    DatedPolicy.beginning_with(DEFAULT.version, DEFAULT),
    evolve,
    TypeAdapter(ReportingPolicyEvent),
)
