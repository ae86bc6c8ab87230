"""Asking for support, offering it, accepting one offer, meeting, and saying what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.reporting.domain.periods import month_of
from services.reporting.domain.support.events import (
    ImpactReported,
    PeerChallengeHeld,
    Result,
    SupportAccepted,
    SupportEvent,
    SupportOffered,
    SupportRequested,
)
from services.reporting.domain.support.state import Support
from shared.deciding.refusal import NotFound, Refused


@dataclass(frozen=True, slots=True)
class Released:
    """An improvement event as it stands: whose it is, of which kind, and about what. `answers` is the request."""

    event_id: str
    la_code: str
    kind: str
    theme_code: str | None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class RequestSupport:
    support_id: str
    la_code: str
    request: Released | None


@dataclass(frozen=True, slots=True)
class OfferSupport:
    """`alliance` are the authorities that share a region or alliance with the one that asks, today."""

    la_code: str
    alliance: frozenset[str]
    event_id: str | None = None
    offer: Released | None = None


@dataclass(frozen=True, slots=True)
class AcceptSupport:
    la_code: str
    offering_la_code: str


@dataclass(frozen=True, slots=True)
class HoldPeerChallenge:
    la_code: str
    held_in: str
    theme_codes: tuple[str, ...]
    today: date


@dataclass(frozen=True, slots=True)
class ReportImpact:
    la_code: str
    result: Result
    event_id: str | None = None
    account: Released | None = None


def request_support(command: RequestSupport, support: Support) -> list[SupportEvent]:
    """With a request that was released and stands; its theme is the request's."""
    if support.requested is not None:
        return []
    request = command.request
    if request is None or (request.la_code, request.kind) != (command.la_code, "REQUEST"):
        raise Refused("this must be a request that the authority released, and that stands", field="event_id")
    if request.theme_code is None:
        raise Refused("a request names its theme", field="event_id")
    return [
        SupportRequested(
            support_id=command.support_id,
            la_code=command.la_code,
            event_id=request.event_id,
            theme_code=request.theme_code,
        )
    ]


def offer_support(command: OfferSupport, support: Support) -> list[SupportEvent]:
    """By another authority of the alliance, once each, until an offer is accepted."""
    requested = _requested(support)
    if command.la_code == requested.la_code:
        raise Refused("an authority does not offer itself support", field="la_code")
    if command.la_code not in command.alliance:
        raise Refused("support is offered within the alliance", field="la_code")
    if command.la_code in support.offers:
        if support.offers[command.la_code] == command.event_id:
            return []
        raise Refused("this authority has offered already", field="la_code")
    if support.accepted is not None:
        raise Refused("an offer was accepted already")
    _check_released(command.event_id, command.offer, command.la_code, "OFFER")
    if command.offer is not None and command.offer.answers not in (None, requested.event_id):
        raise Refused("this offer answers another request", field="event_id")
    return [
        SupportOffered(support_id=requested.support_id, offering_la_code=command.la_code, event_id=command.event_id)
    ]


def accept_support(command: AcceptSupport, support: Support) -> list[SupportEvent]:
    """By the authority that asked, once."""
    requested = _by_who_asked(command.la_code, support)
    if support.accepted == command.offering_la_code:
        return []
    if support.accepted is not None:
        raise Refused("another offer was accepted already")
    if command.offering_la_code not in support.offers:
        raise Refused("this authority has offered nothing", field="offering_la_code")
    return [SupportAccepted(support_id=requested.support_id, offering_la_code=command.offering_la_code)]


def hold_peer_challenge(command: HoldPeerChallenge, support: Support) -> list[SupportEvent]:
    """Told by either of the two; one a month."""
    requested = _requested(support)
    if support.accepted is None:
        raise Refused("the two meet after an offer was accepted")
    if command.la_code not in (requested.la_code, support.accepted):
        raise Refused("a peer challenge is told by one of the two authorities that met", field="la_code")
    if command.held_in > month_of(command.today):
        raise Refused("nothing can have happened in the future", field="held_in")
    themes = tuple(sorted(set(command.theme_codes)))
    if not themes:
        raise Refused("a peer challenge is about at least one theme", field="theme_codes")
    if command.held_in in support.held:
        if support.held[command.held_in] == themes:
            return []
        raise Refused("another peer challenge was told for this month already", field="held_in")
    return [PeerChallengeHeld(support_id=requested.support_id, held_in=command.held_in, theme_codes=themes)]


def report_impact(command: ReportImpact, support: Support) -> list[SupportEvent]:
    """By the authority that asked. Only "too early" is followed by another word."""
    requested = _by_who_asked(command.la_code, support)
    if not support.held:
        raise Refused("what came of it is told after the two have met")
    before = support.impact
    if before is not None and (before.result, before.event_id) == (command.result, command.event_id):
        return []
    if before is not None and before.result != "TOO_EARLY":
        raise Refused("what came of it was told already", field="result")
    _check_released(command.event_id, command.account, command.la_code, "IMPACT")
    return [ImpactReported(support_id=requested.support_id, result=command.result, event_id=command.event_id)]


def _requested(support: Support) -> SupportRequested:
    if support.requested is None:
        raise NotFound
    return support.requested


def _by_who_asked(la_code: str, support: Support) -> SupportRequested:
    requested = _requested(support)
    if la_code != requested.la_code:
        raise Refused("only the authority that asked may say so", field="la_code")
    return requested


def _check_released(event_id: str | None, released: Released | None, la_code: str, kind: str) -> None:
    if event_id is not None and (released is None or (released.la_code, released.kind) != (la_code, kind)):
        raise Refused(f"this must be an event of kind {kind} that the authority released", field="event_id")
