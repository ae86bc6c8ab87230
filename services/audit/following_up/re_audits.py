"""From what was asked about auditing a case again to what was kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from services.audit.domain.audit import commands as audits
from services.audit.domain.audit.decisions import plan_audit
from services.audit.domain.audit.events import AuditEvent
from services.audit.domain.audit.state import DECIDER as AUDIT_DECIDER
from services.audit.domain.audit.state import Audit
from services.audit.domain.re_audit import commands, decisions
from services.audit.domain.re_audit.events import ReAuditEvent, ReAuditRequired
from services.audit.domain.re_audit.state import DECIDER, ReAudit
from services.audit.following_up import requests as bodies
from services.audit.work import CASE_REF, CHILD_REF, READ, Found, Right, Work, person, subject_of
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, unborn
from shared.privacy.sealed_text import SealedText
from shared.web.policy import ACTIONS, AUDIT, Action
from shared.web.principal import Principal

REVIEW_NOTE = "re_audit.review_note"
OF_THE_PARENT = UUID("8d3b6f0a-1c7e-5f43-8a52-6be1d0c94e27")
FOLLOW_UP: tuple[Right, ...] = ((AUDIT, Action.U), (AUDIT, Action.A), (ACTIONS, Action.A))


def re_audit_id(parent_audit_id: str) -> str:
    """There is one requirement for an audit, whoever finds that it is needed."""
    return str(uuid5(OF_THE_PARENT, parent_audit_id))


@dataclass(frozen=True, slots=True)
class FoundReAudit:
    """A requirement whose parent is within the principal's reach."""

    re_audit: ReAudit
    required: ReAuditRequired
    version: int
    parent: Found


@dataclass(frozen=True, slots=True)
class ReAudits:
    """Raises what `Work` raises."""

    work: Work

    async def find(self, id_: str, principal: Principal, rights: tuple[Right, ...] = READ) -> FoundReAudit:
        """Whoever has a right over the parent has it over its re-audit."""
        loaded = await load(self.work.store, DECIDER, DECIDER.stream(id_))
        required = loaded.state.required
        if required is None:
            raise NotFound
        parent = await self.work.find(required.parent_audit_id, principal, rights)
        return FoundReAudit(loaded.state, required, loaded.version, parent)

    async def require(
        self, body: bodies.RequireReAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[ReAuditEvent]:
        found = await self.work.find(body.parent_audit_id, principal)
        parent = await self.parent(found.audit_id, found.audit)
        if parent is None:
            raise Refused("a case is audited again once the audit has its final grade", field="parent_audit_id")
        by, on = person(principal, body), asked.meta.effective_date
        command = commands.RequireReAudit(
            parent=parent,
            trigger=body.trigger,
            on=on,
            domains=body.domains,
            due_on=body.due_on,
            by=by,
            roles=frozenset(held.role for held in self.work.directory.roles(by, on)),
        )
        policy = await self.work.policies.on(found.place.authority, on)
        asked = await self.work.attributed(asked, found.place, principal)
        return await handle(
            self.work.store,
            DECIDER,
            DECIDER.stream(parent.re_audit_id),
            lambda re_audit: decisions.require_re_audit(command, re_audit, policy),
            asked,
        )

    async def plan(
        self, id_: str, audit_id: str, body: bodies.PlanReAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        """An audit of the same child, tied to what requires it."""
        found = await self.find(id_, principal)
        planned, on = found.parent.planned, asked.meta.effective_date
        team = body.team_id or found.parent.place.team
        place = self.work.place_within_reach(team, None if team else planned.place.authority, on, principal)
        self.work.check_may_plan(principal, place, None)
        if place.authority != planned.place.authority:
            raise Refused("a child has another pseudonym in another authority", field="team_id")
        template = await self.work.catalogue.version(body.template_id or planned.template_id, body.template_version)
        policy = await self.work.policies.on(place.authority, on)
        subject = subject_of(planned.child, audit_id)
        command = audits.PlanAudit(
            audit_id=audit_id,
            audit_type="RE_AUDIT",
            plan_type=body.plan_type or planned.plan_type,
            place=place,
            period=body.period,
            child=planned.child,
            child_ref=await self._child_ref(planned.child_ref, subject),
            case_ref=await self.work.seal(subject, body.case_ref, CASE_REF),
            worker=body.worker,
            supervisor=body.supervisor,
            family_group=planned.family_group,
        )

        def decide(audit: Audit) -> list[AuditEvent]:
            tied = decisions.lineage(found.re_audit, found.parent.audit.auditor, template, policy)
            return plan_audit(replace(command, re_audit_of=tied), audit, template)

        asked = await self.work.attributed(asked, place, principal)
        return await self.work.decide(audit_id, asked, decide, unborn(AUDIT_DECIDER))

    async def not_possible(
        self, id_: str, body: bodies.FindNotPossibleBody, asked: Asked, principal: Principal
    ) -> Outcome[ReAuditEvent]:
        found = await self.find(id_, principal, FOLLOW_UP)
        by, worker = person(principal, body), found.parent.planned.worker
        command = commands.FindNotPossible(body.reason, by, asked.meta.effective_date, worker)
        asked = await self.work.attributed(asked, found.parent.place, principal)
        seen = Loaded(found.re_audit, found.version)
        return await handle(
            self.work.store,
            DECIDER,
            DECIDER.stream(id_),
            lambda re_audit: decisions.find_not_possible(command, re_audit),
            asked,
            seen,
        )

    async def review(
        self, id_: str, body: bodies.RecordDirectorReviewBody, asked: Asked, principal: Principal
    ) -> Outcome[ReAuditEvent]:
        found = await self.find(id_, principal)
        command = commands.RecordDirectorReview(
            decision=body.decision,
            by=principal.subject,
            roles=principal.roles,
            on=asked.meta.effective_date,
            note=await self.work.seal(found.parent.subject, body.note, REVIEW_NOTE),
        )
        asked = await self.work.attributed(asked, found.parent.place, principal)
        seen = Loaded(found.re_audit, found.version)
        return await handle(
            self.work.store,
            DECIDER,
            DECIDER.stream(id_),
            lambda re_audit: decisions.record_director_review(command, re_audit),
            asked,
            seen,
        )

    async def parent(self, audit_id: str, audit: Audit) -> commands.Parent | None:
        """The audit as one that may be audited again; None without a final grade, or when it was withdrawn."""
        if audit.planned is None or audit.result is None or audit.withdrawn is not None:
            return None
        line = audit.planned.re_audit_of
        root = await self.audit(line.root_audit_id) if line is not None else audit
        return commands.Parent(
            re_audit_id=re_audit_id(audit_id),
            audit_id=audit_id,
            result=audit.result,
            root_audit_id=line.root_audit_id if line is not None else audit_id,
            root_overall=(root.result or audit.result).overall,
            generation=line.generation if line is not None else 0,
        )

    async def audit(self, audit_id: str) -> Audit:
        return (await load(self.work.store, AUDIT_DECIDER, AUDIT_DECIDER.stream(audit_id))).state

    async def _child_ref(self, sealed: SealedText | None, subject: str) -> SealedText | None:
        """The child's number under the new audit's part of their key; None when it cannot be read any more."""
        words = await self.work.keyring.open(sealed, field=CHILD_REF) if sealed is not None else None
        return await self.work.seal(subject, words, CHILD_REF)
