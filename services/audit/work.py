"""From what was asked to what was kept: finds the place, checks the reach, seals the words, asks the domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from services.audit import requests as bodies
from services.audit.barring import barred
from services.audit.catalogue import Catalogue
from services.audit.domain.audit import commands, decisions
from services.audit.domain.audit.events import AuditEvent, AuditPlanned
from services.audit.domain.audit.independence import Auditor, Barred
from services.audit.domain.audit.state import DECIDER, Audit
from services.audit.domain.closed_periods import Closing
from services.audit.domain.template.version import TemplateVersion
from services.audit.people import acting_role, auditor, not_reviewing
from services.audit.policies import Policies
from services.audit.register import Register
from services.audit.sampling.themes import add_to_theme
from shared.calendar.clock import Clock, local_date, now
from shared.calendar.working_days import WorkingDays, england
from shared.deciding.refusal import NotFound, Refused
from shared.directory import Directory
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, unborn
from shared.event_store.store import EventStore
from shared.privacy.keys import Keyring
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.policy import AUDIT, MODERATION, Action, Policy, Resource
from shared.web.principal import Principal

CHILD_REF, CASE_REF = "audit.child_ref", "audit.case_ref"
RATIONALE, STRENGTH, LEARNING = "audit.rationale", "audit.strength", "audit.learning"
OVERRIDE, CONCERN, REFLECTION = "audit.override_reason", "audit.concern", "audit.reflection"
RETURN, DISCUSSION, NOTE = "audit.return_reason", "audit.discussion", "audit.regrade_note"

Right = tuple[Resource, Action]
READ: tuple[Right, ...] = ((AUDIT, Action.R),)
PROGRESS: tuple[Right, ...] = ((AUDIT, Action.U),)
ARRANGE: tuple[Right, ...] = ((AUDIT, Action.U), (AUDIT, Action.A))
MODERATE: tuple[Right, ...] = ((MODERATION, Action.C), (MODERATION, Action.A))
APPROVE: tuple[Right, ...] = ((AUDIT, Action.A),)


@dataclass(frozen=True, slots=True)
class Found:
    """An audit within the principal's reach; `place` is where its team is today."""

    audit_id: str
    audit: Audit
    planned: AuditPlanned
    version: int
    place: Place

    @property
    def subject(self) -> str:
        """Under whose key its words are sealed."""
        return subject_of(self.planned.child, self.audit_id)

    @property
    def moderator(self) -> str | None:
        return self.audit.moderation.moderator_ref if self.audit.moderation else None


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a command needs, the same for routes and for the intake.

    `register` is there when the service has a database. The methods raise NotFound outside the principal's reach,
    Refused when a rule says no, and what the store raises.
    """

    store: EventStore
    keyring: Keyring
    directory: Directory
    policy: Policy
    catalogue: Catalogue
    policies: Policies
    working_days: WorkingDays = field(default_factory=england)
    clock: Clock = now
    register: Register | None = None

    async def find(self, audit_id: str, principal: Principal, rights: tuple[Right, ...] = READ) -> Found:
        """The audit, when the principal has one of these rights over it."""
        found = await self.known(audit_id)
        if not any(self.may(principal, resource, action, found) for resource, action in rights):
            raise NotFound
        return found

    async def known(self, audit_id: str) -> Found:
        """The audit, whoever asks: they are to be asked for their rights. Raises NotFound when there is none."""
        loaded = await load(self.store, DECIDER, DECIDER.stream(audit_id))
        planned = loaded.state.planned
        if planned is None:
            raise NotFound
        place = self.place_of(planned.place.team, planned.place.authority, self.today) or planned.place
        return Found(audit_id, loaded.state, planned, loaded.version, place)

    def may(
        self, principal: Principal, resource: Resource, action: Action, found: Found, purpose: str | None = None
    ) -> bool:
        """The role table's answer for this audit: their own case, or one that they audit or moderate."""
        return self.policy.decide(
            principal,
            resource,
            action,
            found.place,
            own=principal.subject in {found.planned.worker, found.audit.auditor},
            allocated=principal.subject in {found.audit.auditor, found.moderator},
            on_need=purpose is not None,
        )

    @property
    def today(self) -> date:
        return local_date(self.clock())

    async def plan(
        self, audit_id: str, body: bodies.PlanAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        if body.audit_type == "RE_AUDIT":
            raise Refused("a re-audit is planned from what requires it", field="audit_type")
        place = self.place_within_reach(body.team_id, body.la_code, asked.meta.effective_date, principal)
        self.check_may_plan(principal, place, body.theme_id)
        template = await self.catalogue.version(body.template_id, body.template_version)
        child, child_ref = await self.child(place, body.child_ref, audit_id)
        case_ref = await self.seal(subject_of(child, audit_id), body.case_ref, CASE_REF)
        command = commands.PlanAudit(
            audit_id=audit_id,
            audit_type=body.audit_type,
            plan_type=body.plan_type,
            place=place,
            period=body.period,
            child=child,
            child_ref=child_ref,
            case_ref=case_ref,
            worker=body.worker,
            supervisor=body.supervisor,
            theme_id=body.theme_id,
            family_group=await self.family(place, body.family_ref),
        )
        asked = await self.attributed(asked, place, principal)
        if body.theme_id is not None:
            decisions.plan_audit(command, Audit(), template)  # asked first, so that no theme takes what is refused
            policy = await self.policies.on(place.authority, asked.meta.effective_date)
            await add_to_theme(self.store, body.theme_id, command, policy.sample_random_share_percent, asked)
        return await self.decide(
            audit_id, asked, lambda audit: decisions.plan_audit(command, audit, template), unborn(DECIDER)
        )

    async def allocate(
        self, audit_id: str, body: bodies.AllocateAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, ARRANGE)
        on = asked.meta.effective_date
        command = commands.AllocateAudit(self._auditor(found, body, on), on)
        policy = await self.policies.on(found.place.authority, on)
        barred = await self.barred(found)
        return await self.ask(
            found,
            asked,
            principal,
            lambda audit: decisions.allocate_audit(command, audit, policy, self.working_days, barred),
        )

    async def reallocate(
        self, audit_id: str, body: bodies.ReallocateAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, ARRANGE)
        on = asked.meta.effective_date
        command = commands.ReallocateAudit(self._auditor(found, body, on), body.reason, on)
        policy = await self.policies.on(found.place.authority, on)
        barred = await self.barred(found)
        return await self.ask(
            found,
            asked,
            principal,
            lambda audit: decisions.reallocate_audit(command, audit, policy, self.working_days, barred),
        )

    async def decline(
        self, audit_id: str, body: bodies.DeclineAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        command = commands.DeclineAudit(person(principal, body), body.conflict_reason)
        return await self.ask(found, asked, principal, lambda audit: decisions.decline_audit(command, audit))

    async def start(
        self, audit_id: str, body: bodies.StartAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        command = commands.StartAudit(person(principal, body), asked.meta.effective_date)
        policy = await self.policies.on(found.place.authority, asked.meta.effective_date)
        barred = await self.barred(found)
        return await self.ask(
            found, asked, principal, lambda audit: decisions.start_audit(command, audit, policy, barred)
        )

    async def seek_family_feedback(
        self, audit_id: str, body: bodies.SeekFamilyFeedbackBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        command = commands.SeekFamilyFeedback(body.obtained, person(principal, body), body.reason_code)
        return await self.ask(found, asked, principal, lambda audit: decisions.seek_family_feedback(command, audit))

    async def add_reflection(
        self, audit_id: str, body: bodies.AddReflectionBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        text = await self.keyring.seal(found.subject, body.text, field=REFLECTION)
        command = commands.AddPractitionerReflection(person(principal, body), text)
        return await self.ask(
            found, asked, principal, lambda audit: decisions.add_practitioner_reflection(command, audit)
        )

    async def grade_domain(
        self, audit_id: str, body: bodies.GradeDomainBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        template = await self.template_of(found)
        command = commands.GradeDomain(
            domain=body.domain,
            grade=body.grade,
            by=person(principal, body),
            rationale=await self.seal(found.subject, body.rationale, RATIONALE),
            strengths=await self._seal_all(found.subject, body.strengths, STRENGTH),
            learning=await self._seal_all(found.subject, body.learning, LEARNING),
        )
        barred = await self.barred(found)
        return await self.ask(
            found, asked, principal, lambda audit: decisions.grade_domain(command, audit, template, barred)
        )

    async def give_overall_grade(
        self, audit_id: str, body: bodies.GiveOverallGradeBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        template = await self.template_of(found)
        reason = await self.seal(found.subject, body.override_reason, OVERRIDE)
        command = commands.GiveOverallGrade(body.grade, person(principal, body), reason)
        barred = await self.barred(found)
        return await self.ask(
            found, asked, principal, lambda audit: decisions.give_overall_grade(command, audit, template, barred)
        )

    async def submit(
        self, audit_id: str, body: bodies.SubmitAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, PROGRESS)
        template = await self.template_of(found)
        command = commands.SubmitAudit(person(principal, body), asked.meta.effective_date)
        policy = await self.policies.on(found.place.authority, asked.meta.effective_date)
        barred = await self.barred(found)
        return await self.ask(
            found,
            asked,
            principal,
            lambda audit: decisions.submit_audit(command, audit, template, policy, self.working_days, barred),
        )

    async def give_back(
        self, audit_id: str, body: bodies.ReturnAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, MODERATE)
        reason = await self.keyring.seal(found.subject, body.reason, field=RETURN)
        command = commands.ReturnAudit(reason, person(principal, body))
        return await self.ask(found, asked, principal, lambda audit: decisions.return_audit(command, audit))

    async def moderate(
        self, audit_id: str, body: bodies.ModerateAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, MODERATE)
        template = await self.template_of(found)
        by = person(principal, body)
        command = commands.ModerateAudit(
            by=by,
            role=acting_role(held.role for held in self.directory.roles(by, asked.meta.effective_date)),
            audit_quality=body.audit_quality,
            overall=body.overall,
            domains=body.domains,
            discussion=await self.seal(found.subject, body.discussion, DISCUSSION),
        )
        barred = await self.barred(found)
        return await self.ask(
            found, asked, principal, lambda audit: decisions.moderate_audit(command, audit, template, barred)
        )

    async def finalise(
        self, audit_id: str, body: bodies.FinaliseAuditBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditEvent]:
        found = await self.find(audit_id, principal, (*ARRANGE, *MODERATE))
        template = await self.template_of(found)
        on = asked.meta.effective_date
        place = self.place_of(found.planned.place.team, found.planned.place.authority, on)
        if place is None:
            raise Refused("the team was not open on that day", field="effective_date")
        agreed = commands.Consensus(body.consensus.overall, body.consensus.domains) if body.consensus else None
        closed = (await self.closing(place)).closed(on)
        previous = await self.previous(found.planned.child, on, audit_id)
        command = commands.FinaliseAudit(on, self.today, place, agreed, closed, previous)
        return await self.ask(found, asked, principal, lambda audit: decisions.finalise_audit(command, audit, template))

    async def decide(
        self,
        audit_id: str,
        asked: Asked,
        decide: Callable[[Audit], list[AuditEvent]],
        seen: Loaded[Audit] | None = None,
    ) -> Outcome[AuditEvent]:
        return await handle(self.store, DECIDER, DECIDER.stream(audit_id), decide, asked, seen)

    def place_within_reach(self, team_id: str | None, la_code: str | None, on: date, principal: Principal) -> Place:
        """Where a new audit counts. Refused for an unknown place, NotFound for one out of reach."""
        place = self.place_of(team_id, la_code, on)
        if place is None or la_code not in (None, place.authority):
            raise Refused("nothing of that name was open on that day", field="team_id" if team_id else "la_code")
        if not self.policy.decide(principal, AUDIT, Action.C, place):
            raise NotFound
        return place

    async def child(
        self, place: Place, child_ref: str | None, audit_id: str | None = None
    ) -> tuple[str | None, SealedText | None]:
        """The child's pseudonym in the authority, and their number sealed: under this audit's part of their key."""
        if child_ref is None:
            return None, None
        pseudonym = await self.keyring.pseudonym(place.authority, child_ref)
        subject = subject_of(pseudonym, audit_id) if audit_id else pseudonym
        return pseudonym, await self.keyring.seal(subject, child_ref, field=CHILD_REF)

    async def closing(self, place: Place) -> Closing:
        """What is closed today, for a change that is made today."""
        return Closing(await self.policies.on(place.authority, self.today), self.working_days, self.today)

    async def previous(self, child: str | None, on: date, audit_id: str) -> date | None:
        """The day on which the audit of this child counted that came last before this one; None without a register."""
        if child is None or self.register is None:
            return None
        await self.register.catch_up()
        found = await self.register.last_counted(child, on.isoformat(), DECIDER.stream(audit_id))
        return date.fromisoformat(found) if found else None

    async def family(self, place: Place, family_ref: str | None) -> str | None:
        """The pseudonym of a family in the authority: another one than a child of the same number would have."""
        return await self.keyring.pseudonym(place.authority, f"family {family_ref}") if family_ref else None

    def check_may_plan(self, principal: Principal, place: Place, theme_id: str | None) -> None:
        """A reviewing officer plans audits for a theme. Refused when they plan another as that and nothing else."""
        if theme_id is None and not self.policy.decide(not_reviewing(principal), AUDIT, Action.C, place):
            raise Refused("a reviewing officer plans audits for a theme only", field="theme_id")

    async def barred(self, found: Found) -> Barred:
        return await barred(self.store, found.audit, self.today)

    async def attributed(self, asked: Asked, place: Place, principal: Principal) -> Asked:
        """The same request with whose it is, in which role it was made and under which policy."""
        role = "SYSTEM" if principal.is_machine else acting_role(principal.roles)
        actor = asked.meta.actor.model_copy(update={"role": role})
        policy = await self.policies.on(place.authority, asked.meta.effective_date)
        known = {"actor": actor, "la_code": place.authority, "policy_version": policy.version}
        return replace(asked, meta=asked.meta.model_copy(update=known))

    async def ask(
        self, found: Found, asked: Asked, principal: Principal, decide: Callable[[Audit], list[AuditEvent]]
    ) -> Outcome[AuditEvent]:
        seen = Loaded(found.audit, found.version)
        asked = await self.attributed(asked, found.place, principal)
        return await self.decide(found.audit_id, asked, decide, seen)

    def _auditor(self, found: Found, body: bodies.AllocateAuditBody, on: date) -> Auditor:
        role = body.auditor_role or ("TEAM_MANAGER" if found.planned.audit_type == "TM_ROUTINE" else None)
        return auditor(self.directory, body.auditor_ref, found.place, on, role)

    def place_of(self, team_id: str | None, la_code: str | None, on: date) -> Place | None:
        if team_id is not None:
            return self.directory.place(team_id, on)
        return self.directory.authority_place(la_code, on) if la_code is not None else None

    async def template_of(self, found: Found) -> TemplateVersion:
        return await self.catalogue.version(found.planned.template_id, found.planned.template_version)

    async def seal(self, subject: str, text: str | None, what: str) -> SealedText | None:
        return None if text is None else await self.keyring.seal(subject, text, field=what)

    async def _seal_all(self, subject: str, texts: tuple[str, ...], what: str) -> tuple[SealedText, ...]:
        return tuple([await self.keyring.seal(subject, text, field=what) for text in texts])


def subject_of(child: str | None, audit_id: str) -> str:
    """The audit's part of the child's key: its words can be destroyed on their own, and with the child's."""
    return f"{child}/{audit_id}" if child else audit_id


def person(principal: Principal, body: bodies.PersonalBody) -> str:
    """Whose deed it is: a machine client says for whom it speaks, a person speaks for themselves."""
    if not principal.is_machine:
        if body.on_behalf_of not in (None, principal.subject):
            raise Refused("nobody acts in another person's name", field="on_behalf_of")
        return principal.subject
    if body.on_behalf_of is None:
        raise Refused("a system says for whom it acts", field="on_behalf_of")
    return body.on_behalf_of
