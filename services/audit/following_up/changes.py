"""Changes of an audit whose grade counts: regrade, withdrawal, and words about the wrong child destroyed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from services.audit.domain.audit import commands, controlled_changes
from services.audit.domain.audit.events import AuditEvent
from services.audit.following_up import requests as bodies
from services.audit.people import acting_role
from services.audit.work import APPROVE, NOTE, Work
from shared.event_store.handling import Asked, Outcome
from shared.web.principal import Principal


@dataclass(frozen=True, slots=True)
class ControlledChanges:
    """Each is approved by whoever sends it."""

    work: Work

    async def regrade(
        self, audit_id: str, body: bodies.RegradeAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        """The change counts on the audit's own effective date, whenever it is made."""
        found = await self.work.find(audit_id, principal, APPROVE)
        template = await self.work.template_of(found)
        note = await self.work.seal(found.subject, body.note, NOTE)
        role, closing = acting_role(principal.roles), await self.work.closing(found.place)
        command = commands.RegradeAudit(body.overall, body.reason, principal.subject, body.domains, note, role)
        if found.audit.result is not None:
            asked = _counting_on(asked, found.audit.result.effective_date)
        return await self.work.ask(
            found,
            asked,
            principal,
            lambda audit: controlled_changes.regrade_audit(command, audit, template, closing),
        )

    async def withdraw(
        self, audit_id: str, body: bodies.WithdrawAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.work.find(audit_id, principal, APPROVE)
        role, closing = acting_role(principal.roles), await self.work.closing(found.place)
        command = commands.WithdrawAudit(audit_id, body.reason, principal.subject, body.replacement_id, role)
        return await self.work.ask(
            found, asked, principal, lambda audit: controlled_changes.withdraw_audit(command, audit, closing)
        )

    async def destroy_words(
        self, audit_id: str, body: bodies.DestroyAuditWordsBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        """The words' own key is destroyed first: what is on record as destroyed can be read no more."""
        found = await self.work.find(audit_id, principal, APPROVE)
        on = asked.meta.effective_date
        command = commands.DestroyAuditWords(principal.subject, acting_role(principal.roles), on)
        if asked.if_version not in (None, found.version):  # moved on, or sent again: nothing new is decided
            return await self.work.ask(found, asked, principal, lambda _: [])
        controlled_changes.destroy_audit_words(command, found.audit)  # refused before anything is destroyed
        await self.work.keyring.destroy(found.subject)
        return await self.work.ask(
            found, asked, principal, lambda audit: controlled_changes.destroy_audit_words(command, audit)
        )


def _counting_on(asked: Asked, day: date) -> Asked:
    return replace(asked, meta=asked.meta.model_copy(update={"effective_date": day}))
