"""A theme as its decisions need it: what was commissioned, and how its cases came to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.theme.events import (
    ThemeCaseAdded,
    ThemedAuditClosed,
    ThemedAuditCommissioned,
    ThemeEvent,
    ThemeSampled,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Theme:
    """`samples` says how many cases each drew; `added` are the audits of cases that somebody chose."""

    commissioned: ThemedAuditCommissioned | None = None
    samples: Mapping[str, int] = field(default_factory=dict)
    added: frozenset[str] = frozenset()
    closed: ThemedAuditClosed | None = None

    @property
    def drawn(self) -> int:
        return sum(self.samples.values())


def evolve(theme: Theme, event: ThemeEvent) -> Theme:
    match event:
        case ThemedAuditCommissioned():
            return replace(theme, commissioned=event)
        case ThemeSampled():
            return replace(theme, samples={**theme.samples, event.sample_id: event.n})
        case ThemeCaseAdded():
            return replace(theme, added=theme.added | {event.audit_id})
        case ThemedAuditClosed():
            return replace(theme, closed=event)
        case _:
            assert_never(event)


DECIDER: Decider[Theme, ThemeEvent] = Decider("theme", Theme(), evolve, TypeAdapter(ThemeEvent))
