"""A pair as its decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.pair.events import AuditsPaired, GradesCompared, PairEvent, PairGivenUp
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Pair:
    paired: AuditsPaired | None = None
    compared: GradesCompared | None = None
    given_up: PairGivenUp | None = None


def evolve(pair: Pair, event: PairEvent) -> Pair:
    match event:
        case AuditsPaired():
            return replace(pair, paired=event)
        case GradesCompared():
            return replace(pair, compared=event)
        case PairGivenUp():
            return replace(pair, given_up=event)
        case _:
            assert_never(event)


DECIDER: Decider[Pair, PairEvent] = Decider("pair", Pair(), evolve, TypeAdapter(PairEvent))
