"""An authority's programme: its rows, each with what was set for it, in the order in which it was set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.programme.events import AuditProgrammeSet, ProgrammeEvent
from services.audit.domain.windows import MONTHS, QUARTERS, Windows
from shared.deciding.decider import Decider


class PeriodUnit(StrEnum):
    MONTH = "MONTH"
    QUARTER = "QUARTER"

    @property
    def windows(self) -> Windows:
        return MONTHS if self is PeriodUnit.MONTH else QUARTERS


@dataclass(frozen=True, slots=True)
class Programme:
    """By programme id: there is one row for each type of audit in a scope."""

    rows: Mapping[str, tuple[AuditProgrammeSet, ...]] = field(default_factory=dict)

    def newest(self, programme_id: str) -> AuditProgrammeSet | None:
        terms = self.rows.get(programme_id, ())
        return terms[-1] if terms else None

    def on(self, day: date) -> list[AuditProgrammeSet]:
        """What holds on that day: of each row what was set last of all that had begun, unless it ended before."""
        begun = (
            next((term for term in reversed(terms) if term.first <= day), None)
            for _, terms in sorted(self.rows.items())
        )
        return [term for term in begun if term is not None and (term.last is None or day <= term.last)]


def evolve(programme: Programme, event: ProgrammeEvent) -> Programme:
    match event:
        case AuditProgrammeSet():
            terms = (*programme.rows.get(event.programme_id, ()), event)
            return Programme({**programme.rows, event.programme_id: terms})
        case _:
            assert_never(event)


DECIDER: Decider[Programme, ProgrammeEvent] = Decider("programme", Programme(), evolve, TypeAdapter(ProgrammeEvent))
