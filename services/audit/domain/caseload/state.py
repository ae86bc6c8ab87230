"""A team's open cases in one month, day by day as last reported. A month is a stream, so that none grows for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.caseload.events import CaseloadEvent, CaseloadReported
from services.audit.domain.windows import month_of
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Caseload:
    days: Mapping[date, CaseloadReported] = field(default_factory=dict)


def evolve(caseload: Caseload, event: CaseloadEvent) -> Caseload:
    match event:
        case CaseloadReported():
            return Caseload({**caseload.days, event.as_at: event})
        case _:
            assert_never(event)


DECIDER: Decider[Caseload, CaseloadEvent] = Decider("caseload", Caseload(), evolve, TypeAdapter(CaseloadEvent))


def caseload_id(team_id: str, as_at: date) -> str:
    return f"{team_id}.{month_of(as_at)}"
