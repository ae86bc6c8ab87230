"""An authority's audit policy with all its versions, the first being the one that comes with the service."""

from __future__ import annotations

from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.audit_policy.events import AuditPolicyEvent, AuditPolicySet
from services.audit.domain.policy import AuditPolicy
from shared.deciding.dated_policy import DatedPolicy, PolicyVersion
from shared.deciding.decider import Decider

AuditPolicies = DatedPolicy[AuditPolicy]
DEFAULT = AuditPolicy()


def evolve(policies: AuditPolicies, event: AuditPolicyEvent) -> AuditPolicies:
    match event:
        case AuditPolicySet():
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


DECIDER: Decider[AuditPolicies, AuditPolicyEvent] = Decider(
    "audit_policy",
    DatedPolicy.beginning_with(DEFAULT.version, DEFAULT),
    evolve,
    TypeAdapter(AuditPolicyEvent),
)
