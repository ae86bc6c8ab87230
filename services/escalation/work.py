"""From what was asked to what was kept: finds the place, checks the reach, seals the words, asks the domain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from services.escalation import requests as bodies
from services.escalation.acting import acting_role
from services.escalation.domain.codes import AlertType
from services.escalation.domain.informal_resolution import decisions as informal
from services.escalation.domain.informal_resolution.events import InformalResolutionEvent
from services.escalation.domain.informal_resolution.state import DECIDER as INFORMAL
from services.escalation.domain.informal_resolution.state import InformalResolution
from services.escalation.domain.policy import HEAD_OF_QUALITY, REVIEWING_OFFICERS, EscalationPolicy
from services.escalation.domain.practice_alert import commands, decisions
from services.escalation.domain.practice_alert.deadlines import Calendar
from services.escalation.domain.practice_alert.events import PracticeAlertEvent
from services.escalation.domain.practice_alert.state import DECIDER, PracticeAlert
from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, unborn
from shared.event_store.store import EventStore
from shared.privacy.keys import Keyring
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.policy import ALERT, Action, Policy
from shared.web.principal import Principal

CHILD_REF, NARRATIVE, DESIRED, CHILD_VIEW = (
    "alert.child_ref",
    "alert.narrative",
    "alert.desired_outcome",
    "alert.child_view",
)
RESPONSE, ACTION, REASON, EVIDENCE = "alert.response", "alert.action", "alert.reason", "alert.evidence"
CONCERN, AGREED = "informal.concern", "informal.agreed"
OFFICERS = (*sorted(REVIEWING_OFFICERS), HEAD_OF_QUALITY)

AlertOutcome = Outcome[PracticeAlertEvent]
Decide = Callable[[PracticeAlert], Sequence[PracticeAlertEvent]]
RaiseFields = bodies.RaiseAlertBody | bodies.AlertRaisedData


class KnowsPlaces(Protocol):
    """The part of the directory that escalation asks."""

    def place(self, team_id: str, on: date) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step on an alert that exists, as it was seen: who takes it, in which role, on which day, on whose child."""

    alert_id: str
    role: str
    on: date
    child: str
    asked: Asked
    seen: Loaded[PracticeAlert]


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a command needs, the same for routes and for the intake.

    Its methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises.
    """

    store: EventStore
    keyring: Keyring
    directory: KnowsPlaces
    policy: Policy
    calendar: Calendar
    limits: EscalationPolicy = field(default_factory=EscalationPolicy)
    clock: Clock = now

    # ---- alerts --------------------------------------------------------------------------------------------------

    async def alert(self, alert_id: str, principal: Principal, action: Action) -> Loaded[PracticeAlert]:
        """The alert as it stands, when the principal may do this to it."""
        loaded = await load(self.store, DECIDER, DECIDER.stream(alert_id))
        raised = loaded.state.raised
        if raised is None:
            raise NotFound
        worker = getattr(raised, "allocated_worker", None)
        own = principal.subject in {loaded.state.held_by, worker}
        if not self.policy.decide(principal, ALERT, action, raised.place, own=own):
            raise NotFound
        return loaded

    async def raise_(self, alert_id: str, body: RaiseFields, asked: Asked, principal: Principal) -> AlertOutcome:
        """A concern, or good practice when its type says so."""
        place = self._place(body.team_id, asked.meta.effective_date)
        self._may_create(principal, place)
        if isinstance(body, bodies.AlertRaisedData) and body.la_code != place.authority:
            raise Refused("the team is not in that authority", field="la_code")
        role = acting_role(principal, place, OFFICERS, body.by_role)
        placed = self._placed(asked, place, role)
        if body.alert_type is AlertType.GOOD_PRACTICE:
            praise = await self._praising(alert_id, body, place, role, placed, principal)
            return await self._keep(
                alert_id, lambda alert: decisions.raise_good_practice(praise, alert), placed, unborn(DECIDER)
            )
        command = await self._raising(alert_id, body, place, role, placed, principal)
        return await self._keep(
            alert_id,
            lambda alert: decisions.raise_alert(command, alert, self.calendar, self.limits),
            placed,
            unborn(DECIDER),
        )

    async def acknowledge(
        self, alert_id: str, body: bodies.AcknowledgeBody, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._answering(alert_id, body.by_role, asked, principal)
        command = commands.Acknowledge(step.role, step.on)
        return await self._take(step, lambda alert: decisions.acknowledge(command, alert, self.limits))

    async def respond(
        self, alert_id: str, body: bodies.RespondBody | bodies.AlertAnsweredData, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._answering(alert_id, body.by_role, asked, principal)
        text = await self._sealed(step.child, body.text, RESPONSE)
        actions = tuple([await self.keyring.seal(step.child, one, field=ACTION) for one in body.actions])
        command = commands.SubmitResponse(step.role, step.on, text, actions)
        return await self._take(
            step, lambda alert: decisions.submit_response(command, alert, self.calendar, self.limits)
        )

    async def accept(self, alert_id: str, body: bodies.AcceptBody, asked: Asked, principal: Principal) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.AcceptResponse(step.role, step.on)
        return await self._take(step, lambda alert: decisions.accept_response(command, alert))

    async def reject(self, alert_id: str, body: bodies.RejectBody, asked: Asked, principal: Principal) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        reason = await self._sealed(step.child, body.reason, REASON)
        command = commands.RejectResponse(step.role, step.on, reason)
        return await self._take(step, lambda alert: decisions.reject_response(command, alert))

    async def escalate(
        self, alert_id: str, body: bodies.EscalateBody | bodies.AlertEscalatedData, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.Escalate(body.to_stage, body.reason, step.role, step.on)
        return await self._take(step, lambda alert: decisions.escalate(command, alert, self.calendar, self.limits))

    async def recategorise(
        self, alert_id: str, body: bodies.RecategoriseBody, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        reason = await self._sealed(step.child, body.reason, REASON)
        command = commands.Recategorise(body.categories, step.role, reason)
        return await self._take(step, lambda alert: decisions.recategorise(command, alert))

    async def reassign(
        self, alert_id: str, body: bodies.ReassignBody, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        reason = await self._sealed(step.child, body.reason, REASON)
        command = commands.Reassign(body.to_holder, step.role, reason)
        return await self._take(step, lambda alert: decisions.reassign(command, alert))

    async def backdate(
        self, alert_id: str, body: bodies.BackdateBody, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.BackdateRaise(body.raised_on, step.role)
        return await self._take(
            step, lambda alert: decisions.backdate_raise(command, alert, self.calendar, self.limits)
        )

    async def resolve(
        self, alert_id: str, body: bodies.ResolveBody | bodies.AlertResolvedData, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.Resolve(body.outcome, step.role, step.on, body.plan_type)
        return await self._take(step, lambda alert: decisions.resolve(command, alert, self.calendar))

    async def reopen(self, alert_id: str, body: bodies.ReopenBody, asked: Asked, principal: Principal) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        reason = await self._sealed(step.child, body.reason, REASON)
        command = commands.Reopen(step.role, step.on, body.stage, reason)
        return await self._take(step, lambda alert: decisions.reopen(command, alert, self.calendar, self.limits))

    async def verify_impact(
        self, alert_id: str, body: bodies.VerifyImpactBody, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        evidence = await self._sealed(step.child, body.evidence, EVIDENCE)
        command = commands.VerifyImpact(body.impact, step.role, step.on, evidence)
        return await self._take(step, lambda alert: decisions.verify_impact(command, alert))

    async def withdraw(
        self, alert_id: str, body: bodies.WithdrawBody | bodies.AlertWithdrawnData, asked: Asked, principal: Principal
    ) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.Withdraw(body.reason, step.role, step.on)
        return await self._take(step, lambda alert: decisions.withdraw(command, alert, self.calendar))

    async def share(self, alert_id: str, body: bodies.ShareBody, asked: Asked, principal: Principal) -> AlertOutcome:
        step = await self._step(alert_id, body.by_role, asked, principal)
        command = commands.ShareGoodPractice(body.audience, step.role, step.on)
        return await self._take(step, lambda alert: decisions.share_good_practice(command, alert))

    # ---- informal attempts ---------------------------------------------------------------------------------------

    async def informal(self, concern_id: str, principal: Principal, action: Action) -> Loaded[InformalResolution]:
        """The informal attempt as it stands, when the principal may do this to it."""
        loaded = await load(self.store, INFORMAL, INFORMAL.stream(concern_id))
        recorded = loaded.state.recorded
        if recorded is None:
            raise NotFound
        if not self.policy.decide(principal, ALERT, action, recorded.place, own=recorded.held_by == principal.subject):
            raise NotFound
        return loaded

    async def record_informal(
        self, concern_id: str, body: bodies.RecordInformalBody, asked: Asked, principal: Principal
    ) -> Outcome[InformalResolutionEvent]:
        place = self._place(body.team_id, asked.meta.effective_date)
        self._may_create(principal, place)
        role = acting_role(principal, place, OFFICERS, body.by_role)
        placed = self._placed(asked, place, role)
        child = await self.keyring.pseudonym(place.authority, body.child_ref)
        command = informal.RecordInformalResolution(
            concern_id=concern_id,
            categories=body.categories,
            child=child,
            child_ref=await self.keyring.seal(child, body.child_ref, field=CHILD_REF),
            plan_type=body.plan_type,
            place=place,
            by_role=role,
            held_by=_holder(body.held_by, principal),
            with_role=body.with_role,
            on=placed.meta.effective_date,
            settled=body.settled,
            review_on=body.review_on,
            concern=await self._sealed(child, body.concern, CONCERN),
            agreed=await self._sealed(child, body.agreed, AGREED),
        )
        return await handle(
            self.store,
            INFORMAL,
            INFORMAL.stream(concern_id),
            lambda state: informal.record_informal_resolution(command, state, self.calendar, self.limits),
            placed,
            unborn(INFORMAL),
        )

    async def review_informal(
        self, concern_id: str, body: bodies.ReviewInformalBody, asked: Asked, principal: Principal
    ) -> Outcome[InformalResolutionEvent]:
        seen = await self.informal(concern_id, principal, Action.U)
        recorded = seen.state.recorded
        if recorded is None:
            raise NotFound
        role = acting_role(principal, recorded.place, OFFICERS, body.by_role)
        on = asked.meta.effective_date
        command = informal.ReviewInformalResolution(body.settled, role, on, body.review_on)
        return await handle(
            self.store,
            INFORMAL,
            INFORMAL.stream(concern_id),
            lambda state: informal.review_informal_resolution(command, state, self.calendar, self.limits),
            self._placed(asked, recorded.place, role),
            seen,
        )

    # ---- what they share -----------------------------------------------------------------------------------------

    async def _raising(
        self, alert_id: str, body: RaiseFields, place: Place, role: str, asked: Asked, principal: Principal
    ) -> commands.RaiseAlert:
        child = await self.keyring.pseudonym(place.authority, body.child_ref)
        return commands.RaiseAlert(
            alert_id=alert_id,
            alert_type=body.alert_type,
            categories=body.categories,
            child=child,
            child_ref=await self.keyring.seal(child, body.child_ref, field=CHILD_REF),
            plan_type=body.plan_type,
            place=place,
            risk=body.risk,
            by_role=role,
            held_by=_holder(body.held_by, principal),
            on=asked.meta.effective_date,
            start_stage=body.start_stage,
            narrative=await self._sealed(child, body.narrative, NARRATIVE),
            desired_outcome=await self._sealed(child, body.desired_outcome, DESIRED),
            child_view=await self._sealed(child, body.child_view, CHILD_VIEW),
            from_informal_id=body.from_informal_id,
            reviews=body.reviews,
            linked_audit=body.linked_audit,
            allocated_worker=body.allocated_worker,
            allocated_manager=body.allocated_manager,
            form_link=body.form_link,
        )

    async def _praising(
        self, alert_id: str, body: RaiseFields, place: Place, role: str, asked: Asked, principal: Principal
    ) -> commands.RaiseGoodPractice:
        child = await self.keyring.pseudonym(place.authority, body.child_ref)
        return commands.RaiseGoodPractice(
            alert_id=alert_id,
            categories=body.categories,
            child=child,
            child_ref=await self.keyring.seal(child, body.child_ref, field=CHILD_REF),
            plan_type=body.plan_type,
            place=place,
            by_role=role,
            held_by=_holder(body.held_by, principal),
            on=asked.meta.effective_date,
            narrative=await self._sealed(child, body.narrative, NARRATIVE),
        )

    async def _answering(self, alert_id: str, named: str | None, asked: Asked, principal: Principal) -> Step:
        """A step of the stage's manager."""
        stage = (await self.alert(alert_id, principal, Action.U)).state.stage
        wanted = [self.limits.responsible[stage]] if stage else []
        return await self._step(alert_id, named, asked, principal, wanted)

    async def _step(
        self, alert_id: str, named: str | None, asked: Asked, principal: Principal, wanted: Collection[str] = OFFICERS
    ) -> Step:
        seen = await self.alert(alert_id, principal, Action.U)
        raised = seen.state.raised
        if raised is None:
            raise NotFound
        role = acting_role(principal, raised.place, wanted, named)
        placed = self._placed(asked, raised.place, role)
        return Step(alert_id, role, placed.meta.effective_date, raised.child, placed, seen)

    async def _take(self, step: Step, decide: Decide) -> AlertOutcome:
        return await self._keep(step.alert_id, decide, step.asked, step.seen)

    async def _keep(self, alert_id: str, decide: Decide, asked: Asked, seen: Loaded[PracticeAlert]) -> AlertOutcome:
        return await handle(self.store, DECIDER, DECIDER.stream(alert_id), decide, asked, seen)

    async def _sealed(self, child: str, text: str | None, what: str) -> SealedText | None:
        return None if text is None else await self.keyring.seal(child, text, field=what)

    def _place(self, team_id: str, on: date) -> Place:
        """Where it counts, as the structure was on that day."""
        if on > local_date(self.clock()):
            raise Refused("nothing can have happened in the future", field="effective_date")
        place = self.directory.place(team_id, on)
        if place is None:
            raise Refused("the team was not known, or not open, on that date", field="team_id")
        return place

    def _may_create(self, principal: Principal, place: Place) -> None:
        if not self.policy.decide(principal, ALERT, Action.C, place):
            raise NotFound

    def _placed(self, asked: Asked, place: Place, role: str) -> Asked:
        if asked.meta.effective_date > local_date(self.clock()):
            raise Refused("nothing can have happened in the future", field="effective_date")
        actor = asked.meta.actor.model_copy(update={"role": role})
        known = {"la_code": place.authority, "policy_version": self.limits.version, "actor": actor}
        return replace(asked, meta=asked.meta.model_copy(update=known))


def _holder(named: str | None, principal: Principal) -> str:
    if named is not None:
        return named
    if principal.is_machine:
        raise Refused("a machine client names the reviewing officer", field="held_by")
    return principal.subject
