"""From what was asked to what was kept: finds the place, checks the reach, seals the words, asks the domain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from services.feedback import requests as bodies
from services.feedback.domain.change import decisions as changes
from services.feedback.domain.change import state as change_state
from services.feedback.domain.change.events import ChangeEvent
from services.feedback.domain.change.state import ChangeOfPractice
from services.feedback.domain.feedback import decisions as feedbacks
from services.feedback.domain.feedback import state as feedback_state
from services.feedback.domain.feedback.events import FeedbackEvent, FeedbackReceived
from services.feedback.domain.feedback.state import Feedback, own_subject
from services.feedback.domain.policy import FeedbackPolicy
from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, unborn
from shared.event_store.store import EventStore
from shared.privacy.keys import Keyring
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.policy import FEEDBACK, Action, Policy, Resource
from shared.web.principal import Principal

TEXT, CHILD_REF, PRAISED = "feedback.text", "feedback.child_ref", "feedback.praised"
RESPONSE, CHANGE_TEXT = "feedback.response", "change.text"


class KnowsPlaces(Protocol):
    """The part of the directory that feedback asks."""

    def place(self, team_id: str, on: date) -> Place | None: ...
    def authority_place(self, la_code: str, on: date) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a command needs, the same for routes and for the intake.

    Its methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises.
    """

    store: EventStore
    keyring: Keyring
    directory: KnowsPlaces
    policy: Policy
    limits: FeedbackPolicy = field(default_factory=FeedbackPolicy)
    clock: Clock = now

    # ---- feedback ------------------------------------------------------------------------------------------------

    async def feedback(self, feedback_id: str, principal: Principal, action: Action) -> Loaded[Feedback]:
        """The feedback as it stands, when the principal may do this to it."""
        loaded = await load(self.store, feedback_state.DECIDER, feedback_state.DECIDER.stream(feedback_id))
        received = loaded.state.received
        if received is None:
            raise NotFound
        own = received.entered_by == principal.subject
        if not self.policy.decide(principal, FEEDBACK, action, received.place, own=own):
            raise NotFound
        return loaded

    async def receive(
        self, feedback_id: str, body: bodies.ReceiveFeedbackBody, asked: Asked, principal: Principal
    ) -> Outcome[FeedbackEvent]:
        place = self._place(body, body.received_on)
        self._may(principal, Action.C, place)
        command = await self._receiving(feedback_id, body, place, principal)
        return await handle(
            self.store,
            feedback_state.DECIDER,
            feedback_state.DECIDER.stream(feedback_id),
            lambda feedback: feedbacks.receive_feedback(command, feedback),
            self._placed(asked, place, body.received_on),
            unborn(feedback_state.DECIDER),
        )

    async def classify(
        self, feedback_id: str, body: bodies.ClassifyFeedbackBody, asked: Asked, principal: Principal
    ) -> Outcome[FeedbackEvent]:
        command = feedbacks.ClassifyFeedback(body.themes, body.sentiment, body.method, body.confidence)
        return await self._on_feedback(
            feedback_id, asked, principal, lambda feedback: feedbacks.classify_feedback(command, feedback)
        )

    async def route_concern(
        self, feedback_id: str, body: bodies.RouteSafeguardingConcernBody, asked: Asked, principal: Principal
    ) -> Outcome[FeedbackEvent]:
        command = feedbacks.RouteSafeguardingConcern(body.routed_to, body.found_at, body.routed_at)
        return await self._on_feedback(
            feedback_id,
            asked,
            principal,
            lambda feedback: feedbacks.route_safeguarding_concern(command, feedback, self.limits),
        )

    async def acknowledge(self, feedback_id: str, asked: Asked, principal: Principal) -> Outcome[FeedbackEvent]:
        command = feedbacks.AcknowledgeFeedback(asked.meta.effective_date)
        return await self._on_feedback(
            feedback_id, asked, principal, lambda feedback: feedbacks.acknowledge_feedback(command, feedback)
        )

    async def respond(
        self, feedback_id: str, body: bodies.RespondToFeedbackBody, asked: Asked, principal: Principal
    ) -> Outcome[FeedbackEvent]:
        feedback = (await self.feedback(feedback_id, principal, Action.U)).state
        text = await self._sealed(feedback.subject or own_subject(feedback_id), body.text, RESPONSE)
        command = feedbacks.RespondToFeedback(asked.meta.effective_date, text)
        return await self._on_feedback(
            feedback_id, asked, principal, lambda feedback: feedbacks.respond_to_feedback(command, feedback)
        )

    async def withdraw_consent(
        self, feedback_id: str, body: bodies.WithdrawConsentBody, asked: Asked, principal: Principal
    ) -> Outcome[FeedbackEvent]:
        command = feedbacks.WithdrawConsent(body.scope, asked.meta.effective_date)
        return await self._on_feedback(
            feedback_id, asked, principal, lambda feedback: feedbacks.withdraw_consent(command, feedback)
        )

    # ---- changes -------------------------------------------------------------------------------------------------

    async def change(
        self, change_id: str, principal: Principal, action: Action, resource: Resource = FEEDBACK
    ) -> Loaded[ChangeOfPractice]:
        """The change as it stands, when the principal may do this to it."""
        loaded = await load(self.store, change_state.DECIDER, change_state.DECIDER.stream(change_id))
        decided = loaded.state.decided
        if decided is None or not self.policy.decide(principal, resource, action, decided.change.place):
            raise NotFound
        return loaded

    async def decide_change(
        self, change_id: str, body: bodies.DecideChangeBody, asked: Asked, principal: Principal
    ) -> Outcome[ChangeEvent]:
        on = asked.meta.effective_date
        place, command, received = await self._deciding(change_id, body, on, principal)
        return await handle(
            self.store,
            change_state.DECIDER,
            change_state.DECIDER.stream(change_id),
            lambda change: changes.decide_change(command, change, received),
            self._placed(asked, place, on),
            unborn(change_state.DECIDER),
        )

    async def record_made_change(
        self, change_id: str, body: bodies.ChangeMadeData, asked: Asked, principal: Principal
    ) -> Outcome[ChangeEvent]:
        on = asked.meta.effective_date
        place, command, received = await self._deciding(change_id, body, body.decided_on or on, principal)
        return await handle(
            self.store,
            change_state.DECIDER,
            change_state.DECIDER.stream(change_id),
            lambda change: changes.record_made_change(command, changes.MakeChange(on), change, received),
            self._placed(asked, place, on),
            unborn(change_state.DECIDER),
        )

    async def make_change(self, change_id: str, asked: Asked, principal: Principal) -> Outcome[ChangeEvent]:
        command = changes.MakeChange(asked.meta.effective_date)
        loaded = await self.change(change_id, principal, Action.U)
        return await self._on_change(change_id, loaded, asked, lambda change: changes.make_change(command, change))

    async def draft(
        self, change_id: str, body: bodies.DraftYouSaidWeDidBody, asked: Asked, principal: Principal
    ) -> Outcome[ChangeEvent]:
        loaded = await self.change(change_id, principal, Action.U)
        command = changes.DraftYouSaidWeDid(body.you_said, body.we_did, body.audience, body.quoted, principal.subject)
        quotable = await self._quotable(body.quoted)
        return await self._on_change(
            change_id, loaded, asked, lambda change: changes.draft_you_said_we_did(command, change, quotable)
        )

    async def publish(
        self, change_id: str, asked: Asked, principal: Principal, resource: Resource
    ) -> Outcome[ChangeEvent]:
        loaded = await self.change(change_id, principal, Action.A, resource)
        command = changes.PublishYouSaidWeDid(principal.subject, asked.meta.effective_date)
        draft = loaded.state.draft
        quotable = await self._quotable(draft.words.quoted if draft else ())
        return await self._on_change(
            change_id, loaded, asked, lambda change: changes.publish_you_said_we_did(command, change, quotable)
        )

    async def check(
        self, change_id: str, body: bodies.CheckWithRespondentsBody, asked: Asked, principal: Principal
    ) -> Outcome[ChangeEvent]:
        loaded = await self.change(change_id, principal, Action.U)
        command = changes.CheckWithRespondents(asked.meta.effective_date, body.result, body.asked)
        return await self._on_change(
            change_id, loaded, asked, lambda change: changes.check_with_respondents(command, change)
        )

    # ---- what they share -----------------------------------------------------------------------------------------

    async def _on_feedback(
        self,
        feedback_id: str,
        asked: Asked,
        principal: Principal,
        decide: Callable[[Feedback], Sequence[FeedbackEvent]],
    ) -> Outcome[FeedbackEvent]:
        seen = await self.feedback(feedback_id, principal, Action.U)
        stream = feedback_state.DECIDER.stream(feedback_id)
        asked = self._placed(asked, _received(seen).place)
        return await handle(self.store, feedback_state.DECIDER, stream, decide, asked, seen)

    async def _on_change(
        self,
        change_id: str,
        loaded: Loaded[ChangeOfPractice],
        asked: Asked,
        decide: Callable[[ChangeOfPractice], Sequence[ChangeEvent]],
    ) -> Outcome[ChangeEvent]:
        decided = loaded.state.decided
        if decided is None:
            raise NotFound
        stream = change_state.DECIDER.stream(change_id)
        asked = self._placed(asked, decided.change.place)
        return await handle(self.store, change_state.DECIDER, stream, decide, asked, loaded)

    async def _receiving(
        self, feedback_id: str, body: bodies.ReceiveFeedbackBody, place: Place, principal: Principal
    ) -> feedbacks.ReceiveFeedback:
        child = await self.keyring.pseudonym(place.authority, body.child_ref) if body.child_ref else None
        subject = child or own_subject(feedback_id)
        return feedbacks.ReceiveFeedback(
            feedback_id=feedback_id,
            channel=body.channel,
            source_system=body.source_system,
            entered_by=principal.subject,
            entered_as=principal.roles,
            respondent_type=body.respondent_type,
            place=place,
            received_on=body.received_on,
            today=local_date(self.clock()),
            experienced_on=body.experienced_on,
            anonymous=body.anonymous,
            consent_publish=body.consent_publish,
            service=body.service,
            rating=body.rating,
            child=child,
            child_ref=await self._sealed(subject, body.child_ref, CHILD_REF),
            text=await self._sealed(subject, body.text, TEXT),
            praised=await self._sealed(subject, body.praised, PRAISED),
        )

    async def _deciding(
        self, change_id: str, body: bodies.DecideChangeBody, on: date, principal: Principal
    ) -> tuple[Place, changes.DecideChange, frozenset[str]]:
        place = self._place(body, on)
        self._may(principal, Action.C, place)
        text = await self.keyring.seal(f"change-{change_id}", body.text, field=CHANGE_TEXT)
        command = changes.DecideChange(change_id, body.themes, place, body.feedback, on, text)
        found = await self._found(body.feedback)
        here = frozenset(id_ for id_, one in found.items() if _is_in(one, place.authority))
        return place, command, here

    async def _quotable(self, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(id_ for id_, feedback in (await self._found(ids)).items() if feedback.quotable)

    async def _found(self, ids: Iterable[str]) -> dict[str, Feedback]:
        wanted = sorted(ids)
        decider = feedback_state.DECIDER
        loaded = await asyncio.gather(*(load(self.store, decider, decider.stream(one)) for one in wanted))
        return {id_: one.state for id_, one in zip(wanted, loaded, strict=True)}

    async def _sealed(self, subject: str, text: str | None, what: str) -> SealedText | None:
        return None if text is None else await self.keyring.seal(subject, text, field=what)

    def _place(self, body: bodies.SomewhereBody, on: date) -> Place:
        """Where it counts, as the structure was on that date."""
        if body.team_id is not None:
            place, named = self.directory.place(body.team_id, on), "team_id"
        else:
            place, named = self.directory.authority_place(body.la_code or "", on), "la_code"
        if place is None:
            raise Refused("it was not known, or not open, on that date", field=named)
        return place

    def _may(self, principal: Principal, action: Action, place: Place) -> None:
        if not self.policy.decide(principal, FEEDBACK, action, place):
            raise NotFound

    def _placed(self, asked: Asked, place: Place, on: date | None = None) -> Asked:
        known = {"la_code": place.authority, "policy_version": self.limits.version}
        counts = {"effective_date": on} if on is not None else {}
        return replace(asked, meta=asked.meta.model_copy(update={**known, **counts}))


def _received(loaded: Loaded[Feedback]) -> FeedbackReceived:
    if loaded.state.received is None:
        raise NotFound
    return loaded.state.received


def _is_in(feedback: Feedback, authority: str) -> bool:
    return feedback.received is not None and feedback.received.place.authority == authority
