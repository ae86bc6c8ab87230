"""From what was asked of a remedial action to what was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.audit.barring import graded_unseen
from services.audit.domain.audit.state import Stage as AuditStage
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.remedial_action import codes, commands, decisions
from services.audit.domain.remedial_action.events import RemedialActionAgreed, RemedialActionEvent
from services.audit.domain.remedial_action.state import DECIDER, RemedialAction
from services.audit.following_up import requests as bodies
from services.audit.people import acting_role
from services.audit.work import Found, Right, Work, person
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.published.place import Place
from shared.web.policy import ACTIONS, AUDIT, Action, Resource
from shared.web.principal import Principal

TEXT, PROGRESS_NOTE, EVIDENCE, FAILURE = "action.text", "action.note", "action.evidence_ref", "action.failure"

READ_ACTIONS: tuple[Right, ...] = ((ACTIONS, Action.R),)
AGREE: tuple[Right, ...] = ((AUDIT, Action.U), (ACTIONS, Action.A))
DO: tuple[Right, ...] = ((ACTIONS, Action.U), (ACTIONS, Action.A))
APPROVE_ACTIONS: tuple[Right, ...] = ((ACTIONS, Action.A),)

NOT_BEGUN = frozenset({AuditStage.UNKNOWN, AuditStage.PLANNED, AuditStage.ALLOCATED, AuditStage.WITHDRAWN})
SAME_WORDS = UUID("5f1a0c1e-55f5-5d0b-9d8e-2a3f0f6f9c11")
Decide = Callable[[RemedialAction], list[RemedialActionEvent]]


@dataclass(frozen=True, slots=True)
class FoundAction:
    """An action within the principal's reach; `place` is where its team is today."""

    action_id: str
    action: RemedialAction
    agreed: RemedialActionAgreed
    version: int
    place: Place

    @property
    def subject(self) -> str:
        """Under whose key its words are sealed: the audit's part of the child's."""
        return self.agreed.text.key


@dataclass(frozen=True, slots=True)
class Actions:
    """Raises what `Work` raises."""

    work: Work

    async def find(self, action_id: str, principal: Principal, rights: tuple[Right, ...] = READ_ACTIONS) -> FoundAction:
        loaded = await load(self.work.store, DECIDER, DECIDER.stream(action_id))
        agreed = loaded.state.agreed
        if agreed is None:
            raise NotFound
        place = self.work.place_of(agreed.place.team, agreed.place.authority, self.work.today) or agreed.place
        found = FoundAction(action_id, loaded.state, agreed, loaded.version, place)
        if not any(self.may(principal, resource, action, found) for resource, action in rights):
            raise NotFound
        return found

    def may(
        self, principal: Principal, resource: Resource, action: Action, found: FoundAction, purpose: str | None = None
    ) -> bool:
        """The role table's answer: an action is somebody's own when they are to do it, or it is about their case."""
        agreed = found.agreed
        return self.work.policy.decide(
            principal,
            resource,
            action,
            found.place,
            own=principal.subject in {agreed.owner, agreed.worker},
            allocated=principal.subject in {agreed.owner, agreed.agreed_by},
            on_need=purpose is not None,
        )

    async def agree(
        self, body: bodies.AgreeActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        """The same words for the same domain of the same family's audits are one action, whoever asks for it."""
        found = await self.work.find(body.audit_id, principal, AGREE)
        if await graded_unseen(self.work.store, found.audit):
            raise Refused("actions for a paired audit are agreed once both audits were submitted", field="audit_id")
        on = asked.meta.effective_date
        action_id = await self._same_action(found, body)
        command = commands.AgreeAction(
            action_id=action_id,
            audit=await self._facts(found, on),
            text=await self.work.keyring.seal(found.subject, body.text, field=TEXT),
            owner=body.owner,
            owner_role=self._owner_role(body, on),
            priority=body.priority,
            by=person(principal, body),
            on=on,
            domain=body.domain,
            due_on=body.due_on,
        )
        policy = await self.work.policies.on(found.place.authority, on)
        asked = await self.work.attributed(asked, found.place, principal)
        return await self._decide(
            action_id, asked, lambda action: decisions.agree_action(command, action, policy, self.work.working_days)
        )

    async def accept(
        self, action_id: str, body: bodies.AcceptActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        command = commands.AcceptAction(person(principal, body), asked.meta.effective_date)
        return await self._on(found, asked, principal, lambda action: decisions.accept_action(command, action))

    async def progress(
        self, action_id: str, body: bodies.ProgressActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        note = await self.work.keyring.seal(found.subject, body.note, field=PROGRESS_NOTE)
        command = commands.ProgressAction(person(principal, body), note, asked.meta.effective_date)
        return await self._on(found, asked, principal, lambda action: decisions.progress_action(command, action))

    async def reschedule(
        self, action_id: str, body: bodies.RescheduleActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        by, on = person(principal, body), asked.meta.effective_date
        command = commands.RescheduleAction(
            by=by,
            roles=self._roles(by, on, found, principal),
            due_on=body.due_on,
            reason=body.reason,
            on=on,
            today=self.work.today,
        )
        policy = await self._policy(found, on)
        return await self._on(
            found, asked, principal, lambda action: decisions.reschedule_action(command, action, policy)
        )

    async def complete(
        self, action_id: str, body: bodies.CompleteActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        evidence = await self.work.keyring.seal(found.subject, body.evidence_ref, field=EVIDENCE)
        command = commands.CompleteAction(person(principal, body), evidence, asked.meta.effective_date)
        policy = await self._policy(found, asked.meta.effective_date)
        return await self._on(
            found,
            asked,
            principal,
            lambda action: decisions.complete_action(command, action, policy, self.work.working_days),
        )

    async def verify(
        self, action_id: str, body: bodies.VerifyActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        by, on = person(principal, body), asked.meta.effective_date
        command = commands.VerifyAction(by, self._roles(by, on, found, principal), on)
        return await self._on(found, asked, principal, lambda action: decisions.verify_action(command, action))

    async def fail(
        self, action_id: str, body: bodies.FailVerificationBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, DO)
        by, on = person(principal, body), asked.meta.effective_date
        command = commands.FailVerification(
            by=by,
            roles=self._roles(by, on, found, principal),
            reason=await self.work.keyring.seal(found.subject, body.reason, field=FAILURE),
            on=on,
            today=self.work.today,
            due_on=body.due_on,
            re_audit=body.re_audit,
        )
        policy = await self._policy(found, on)
        return await self._on(
            found,
            asked,
            principal,
            lambda action: decisions.fail_verification(command, action, policy, self.work.working_days),
        )

    async def cancel(
        self, action_id: str, body: bodies.CancelActionBody, asked: Asked, principal: Principal
    ) -> Outcome[RemedialActionEvent]:
        found = await self.find(action_id, principal, APPROVE_ACTIONS)
        command = commands.CancelAction(body.reason, principal.subject, asked.meta.effective_date)
        return await self._on(found, asked, principal, lambda action: decisions.cancel_action(command, action))

    async def _same_action(self, found: Found, body: bodies.AgreeActionBody) -> str:
        """The id of the first action with these words for this domain that is not closed, or of one yet to be agreed.

        It is derived from a keyed digest of the words, so that two who agree on the same at once meet in one stream.
        """
        household = found.planned.family_group or found.audit_id
        subject = f"family-{household}" if found.planned.family_group else found.subject
        words = " ".join(body.text.split()).casefold()
        mark = (await self.work.keyring.seal(subject, words, field=TEXT)).mark
        number = 0
        while True:
            action_id = str(uuid5(SAME_WORDS, f"{household}|{body.domain}|{mark}|{number}"))
            action = (await load(self.work.store, DECIDER, DECIDER.stream(action_id))).state
            if not action.is_closed:
                return action_id
            number += 1

    async def _facts(self, found: Found, on: date) -> commands.AuditFacts:
        template = await self.work.template_of(found)
        planned = found.planned
        return commands.AuditFacts(
            audit_id=found.audit_id,
            place=self.work.place_of(planned.place.team, planned.place.authority, on) or found.place,
            domains=frozenset(domain.code for domain in template.domains),
            standing=found.audit.stage not in NOT_BEGUN,
            worker=planned.worker,
            family_group=planned.family_group,
        )

    def _owner_role(self, body: bodies.AgreeActionBody, on: date) -> str:
        held = {one.role for one in self.work.directory.roles(body.owner, on)}
        if not held:
            raise Refused("this person holds no role on that day", field="owner")
        if body.owner_role is not None and body.owner_role not in held:
            raise Refused("this person does not hold that role on that day", field="owner_role")
        return body.owner_role or acting_role(held)

    def _roles(self, by: str, on: date, found: FoundAction, principal: Principal) -> frozenset[str]:
        """In which roles this person acts here: approving is for those who may approve at this very place."""
        held = frozenset(one.role for one in self.work.directory.roles(by, on))
        approves = self.may(principal, ACTIONS, Action.A, found)
        return held if approves else held - codes.APPROVERS

    async def _policy(self, found: FoundAction, on: date) -> AuditPolicy:
        return await self.work.policies.on(found.place.authority, on)

    async def _on(
        self, found: FoundAction, asked: Asked, principal: Principal, decide: Decide
    ) -> Outcome[RemedialActionEvent]:
        asked = await self.work.attributed(asked, found.place, principal)
        return await self._decide(found.action_id, asked, decide, Loaded(found.action, found.version))

    async def _decide(
        self, action_id: str, asked: Asked, decide: Decide, seen: Loaded[RemedialAction] | None = None
    ) -> Outcome[RemedialActionEvent]:
        return await handle(self.work.store, DECIDER, DECIDER.stream(action_id), decide, asked, seen)
