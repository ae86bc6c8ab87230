"""A request for support: who offered, whose offer was accepted, when the two met, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.reporting.domain.support.events import (
    ImpactReported,
    PeerChallengeHeld,
    SupportAccepted,
    SupportEvent,
    SupportOffered,
    SupportRequested,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Support:
    """`offers` are by authority, with the released offer; `held` are the themes by month of each peer challenge."""

    requested: SupportRequested | None = None
    offers: Mapping[str, str | None] = field(default_factory=dict)
    accepted: str | None = None
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    impact: ImpactReported | None = None


def evolve(support: Support, event: SupportEvent) -> Support:
    match event:
        case SupportRequested():
            return replace(support, requested=event)
        case SupportOffered():
            return replace(support, offers={**support.offers, event.offering_la_code: event.event_id})
        case SupportAccepted():
            return replace(support, accepted=event.offering_la_code)
        case PeerChallengeHeld():
            return replace(support, held={**support.held, event.held_in: event.theme_codes})
        case ImpactReported():
            return replace(support, impact=event)
        case _:
            assert_never(event)


DECIDER: Decider[Support, SupportEvent] = Decider("support", Support(), evolve, TypeAdapter(SupportEvent))
