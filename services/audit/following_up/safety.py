"""From a concern about a child's safety to what was kept: who must know is found in the directory."""

from __future__ import annotations

from dataclasses import dataclass

from services.audit.domain.audit import commands, safety_concern
from services.audit.domain.audit.events import AuditEvent
from services.audit.following_up import requests as bodies
from services.audit.people import managers, told_of_danger
from services.audit.work import CONCERN, PROGRESS, Work, person
from shared.event_store.handling import Asked, Outcome
from shared.web.principal import Principal


@dataclass(frozen=True, slots=True)
class SafetyConcerns:
    work: Work

    async def raise_(
        self, audit_id: str, body: bodies.RaiseSafetyConcernBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        """Those who must know are found here; that nobody was found keeps no concern from being raised."""
        found = await self.work.find(audit_id, principal, PROGRESS)
        on = asked.meta.effective_date
        place = self.work.place_of(found.planned.place.team, found.planned.place.authority, on) or found.place
        command = commands.RaiseImmediateSafetyConcern(
            concern=await self.work.keyring.seal(found.subject, body.concern, field=CONCERN),
            by=person(principal, body),
            on=on,
            place=place,
            notified=told_of_danger(self.work.directory, place, on),
        )
        policy = await self.work.policies.on(place.authority, on)
        return await self.work.ask(
            found,
            asked,
            principal,
            lambda audit: safety_concern.raise_immediate_safety_concern(command, audit, policy, self.work.working_days),
        )

    async def confirm(
        self, audit_id: str, body: bodies.ConfirmSafetyBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.work.find(audit_id, principal)
        by, on = person(principal, body), asked.meta.effective_date
        command = commands.AcknowledgeImmediateSafetyConcern(by, managers(self.work.directory, found.place, on), on)
        return await self.work.ask(
            found,
            asked,
            principal,
            lambda audit: safety_concern.acknowledge_immediate_safety_concern(command, audit),
        )

    async def clear(
        self, audit_id: str, body: bodies.ClearSafetyConcernBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.work.find(audit_id, principal, PROGRESS)
        command = commands.ClearImmediateSafetyConcern(person(principal, body), asked.meta.effective_date)
        return await self.work.ask(
            found, asked, principal, lambda audit: safety_concern.clear_immediate_safety_concern(command, audit)
        )
