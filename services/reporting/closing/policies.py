"""The reporting policies: which one is in force for an authority on a day, and setting another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_policy.decisions import SetReportingPolicy, set_reporting_policy
from services.reporting.domain.reporting_policy.events import ReportingPolicyEvent
from services.reporting.domain.reporting_policy.state import DECIDER, ReportingPolicies
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.event_store.store import EventStore


@dataclass(frozen=True, slots=True)
class Policies:
    store: EventStore

    async def of(self, authority: str) -> Loaded[ReportingPolicies]:
        """The authority's policy with all its versions."""
        return await load(self.store, DECIDER, DECIDER.stream(authority))

    async def on(self, authority: str, day: date) -> ReportingPolicy:
        """The one in force on that day: that which comes with the service until the authority sets one."""
        return (await self.of(authority)).state.on(day).value

    async def set(self, command: SetReportingPolicy, asked: Asked, today: date) -> Outcome[ReportingPolicyEvent]:
        """Raises Refused, and what the store raises."""
        stream = DECIDER.stream(command.authority)
        return await handle(
            self.store, DECIDER, stream, lambda known: set_reporting_policy(command, known, today), asked
        )


def policies_body(authority: str, policies: ReportingPolicies) -> dict[str, Any]:
    """Every version, in the order in which they were set; the first came with the service."""
    versions = [
        {
            "policy_version": version.name,
            "from_date": version.from_date if version is not policies.versions[0] else None,
            "retroactive_reason": version.retroactive_reason,
            "limits": version.value.limits().model_dump(mode="json"),
        }
        for version in policies.versions
    ]
    return {"authority": authority, "versions": versions}
