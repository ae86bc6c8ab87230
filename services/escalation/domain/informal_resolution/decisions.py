"""What is decided about an informal attempt: it must itself be recorded, or nobody can see that it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.escalation.domain.codes import Category, PlanType, SpokenWith
from services.escalation.domain.informal_resolution.events import (
    InformalResolutionEvent,
    InformalResolutionRecorded,
    InformalResolutionReviewed,
)
from services.escalation.domain.informal_resolution.state import InformalResolution
from services.escalation.domain.policy import REVIEWING_OFFICERS, EscalationPolicy
from services.escalation.domain.practice_alert.deadlines import Calendar
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

Events = list[InformalResolutionEvent]


@dataclass(frozen=True, slots=True)
class RecordInformalResolution:
    """`review_on` defaults to the policy's limit when the matter is not settled."""

    concern_id: str
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    by_role: str
    held_by: str
    with_role: SpokenWith
    on: date
    settled: bool
    review_on: date | None = None
    concern: SealedText | None = None
    agreed: SealedText | None = None


@dataclass(frozen=True, slots=True)
class ReviewInformalResolution:
    settled: bool
    by_role: str
    on: date
    review_on: date | None = None


def record_informal_resolution(
    command: RecordInformalResolution, informal: InformalResolution, calendar: Calendar, policy: EscalationPolicy
) -> Events:
    _by_a_reviewing_officer(command.by_role)
    if not command.categories:
        raise Refused("at least one category is needed", field="categories")
    review_on = _next_look(command.settled, command.review_on, command.on, calendar, policy)
    recorded = InformalResolutionRecorded(
        concern_id=command.concern_id,
        categories=tuple(dict.fromkeys(command.categories)),
        child=command.child,
        child_ref=command.child_ref,
        plan_type=command.plan_type,
        place=command.place,
        by_role=command.by_role,
        held_by=command.held_by,
        with_role=command.with_role,
        recorded_on=command.on,
        settled=command.settled,
        review_on=review_on,
        concern=command.concern,
        agreed=command.agreed,
    )
    return _first(recorded, informal)


def review_informal_resolution(
    command: ReviewInformalResolution, informal: InformalResolution, calendar: Calendar, policy: EscalationPolicy
) -> Events:
    _by_a_reviewing_officer(command.by_role)
    if informal.recorded is None:
        raise Refused("no informal resolution was recorded yet")
    review_on = _next_look(command.settled, command.review_on, command.on, calendar, policy)
    if (informal.settled, informal.review_on) == (command.settled, review_on):
        return []
    if informal.settled:
        raise Refused("the matter is settled: raise an alert if it comes back")
    if command.on < informal.last_step_on:
        raise Refused("a step cannot come before the one already recorded", field="effective_date")
    return [
        InformalResolutionReviewed(
            concern_id=informal.recorded.concern_id,
            reviewed_on=command.on,
            settled=command.settled,
            review_on=review_on,
            by_role=command.by_role,
        )
    ]


def _by_a_reviewing_officer(role: str) -> None:
    if role not in REVIEWING_OFFICERS:
        raise Refused("only a reviewing officer can record an informal resolution")


def _next_look(
    settled: bool, asked: date | None, on: date, calendar: Calendar, policy: EscalationPolicy
) -> date | None:
    if settled:
        return None
    if asked is not None and asked <= on:
        raise Refused("the review comes after the conversation", field="review_on")
    return asked or calendar.add(on, policy.informal_days)


def _first(recorded: InformalResolutionRecorded, informal: InformalResolution) -> Events:
    before = informal.recorded
    if before is None:
        return [recorded]
    if (before.child, before.categories, before.recorded_on) == (
        recorded.child,
        recorded.categories,
        recorded.recorded_on,
    ):
        return []
    raise Refused("this informal resolution was already recorded, and differently")
