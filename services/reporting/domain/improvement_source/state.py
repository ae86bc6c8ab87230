"""A source as it was admitted last, or removed since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.reporting.domain.improvement_source.events import (
    ImprovementSourceAdmitted,
    ImprovementSourceEvent,
    ImprovementSourceRemoved,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class ImprovementSource:
    admitted: ImprovementSourceAdmitted | None = None
    removed: bool = False

    @property
    def stands(self) -> ImprovementSourceAdmitted | None:
        return None if self.removed else self.admitted


def evolve(source: ImprovementSource, event: ImprovementSourceEvent) -> ImprovementSource:
    match event:
        case ImprovementSourceAdmitted():
            return ImprovementSource(event)
        case ImprovementSourceRemoved():
            return replace(source, removed=True)
        case _:
            assert_never(event)


DECIDER: Decider[ImprovementSource, ImprovementSourceEvent] = Decider(
    "improvement_source", ImprovementSource(), evolve, TypeAdapter(ImprovementSourceEvent)
)
