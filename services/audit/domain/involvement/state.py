"""Everybody who worked with one child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.involvement.events import InvolvementEvent, InvolvementRecorded, InvolvementRetracted
from shared.deciding.decider import Decider

Key = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class Involvement:
    """By person, role and first day."""

    known: Mapping[Key, InvolvementRecorded] = field(default_factory=dict)


def evolve(involvement: Involvement, event: InvolvementEvent) -> Involvement:
    key = event.staff_ref, event.role, event.since
    match event:
        case InvolvementRecorded():
            return replace(involvement, known={**involvement.known, key: event})
        case InvolvementRetracted():
            return replace(involvement, known={k: v for k, v in involvement.known.items() if k != key})
        case _:
            assert_never(event)


DECIDER: Decider[Involvement, InvolvementEvent] = Decider(
    "involvement", Involvement(), evolve, TypeAdapter(InvolvementEvent)
)
