"""From what was asked about policies, programmes and expectations to what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.audit.domain.audit_policy import decisions as policies
from services.audit.domain.audit_policy import state as audit_policy
from services.audit.domain.audit_policy.events import AuditPolicyEvent
from services.audit.domain.audit_policy.state import AuditPolicies
from services.audit.programme import requests as bodies
from services.audit.work import Work
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked, Loaded, Outcome, handle
from shared.published.place import Place
from shared.web.policy import AUDIT, ORGANISATION, Action, Resource
from shared.web.principal import Principal


@dataclass(frozen=True, slots=True)
class Programme:
    """Methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises."""

    work: Work

    async def set_policy(
        self, la_code: str, body: bodies.SetAuditPolicyBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditPolicyEvent]:
        place = self._authority(la_code, AUDIT, Action.A, principal)
        command = policies.SetAuditPolicy(
            place=place,
            policy_version=body.policy_version,
            from_date=body.from_date,
            limits=body.limits.model_dump(include=body.limits.model_fields_set),
            retroactive_reason=body.retroactive_reason,
        )
        asked = await self.work.attributed(asked, place, principal)
        stream, today = audit_policy.DECIDER.stream(la_code), self.work.today
        outcome = await handle(
            self.work.store,
            audit_policy.DECIDER,
            stream,
            lambda known: policies.set_audit_policy(command, known, today),
            asked,
        )
        await self.work.policies.read(la_code)  # this process decides by it at once
        return outcome

    async def policies(self, la_code: str, principal: Principal) -> Loaded[AuditPolicies]:
        self._authority(la_code, ORGANISATION, Action.R, principal)
        return await self.work.policies.read(la_code)

    def _authority(self, la_code: str, resource: Resource, action: Action, principal: Principal) -> Place:
        place = self.work.directory.authority_place(la_code, self.work.today)
        if place is None or not self.work.policy.decide(principal, resource, action, place):
            raise NotFound
        return place


def policies_body(la_code: str, policies: AuditPolicies) -> dict[str, Any]:
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
    return {"la_code": la_code, "versions": versions}
