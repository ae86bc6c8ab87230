"""A sample as its decisions need it: the draw, and which of its cases stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.audit_sample.events import (
    AuditCaseEliminated,
    AuditSampleDrawn,
    AuditSampleEvent,
    SampleAuditsPlanned,
    SampledCase,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class AuditSample:
    """`standing` are the pseudonyms of the cases that are in the sample now; `eliminated` those that left it."""

    drawn: AuditSampleDrawn | None = None
    standing: tuple[str, ...] = ()
    eliminated: Mapping[str, AuditCaseEliminated] = field(default_factory=dict)
    planned: SampleAuditsPlanned | None = None

    def case(self, child: str) -> SampledCase | None:
        """A case of the draw, chosen or in reserve."""
        known = (*self.drawn.chosen, *self.drawn.reserve) if self.drawn else ()
        return next((case for case in known if case.child == child), None)

    @property
    def cases(self) -> tuple[SampledCase, ...]:
        """The cases that are in the sample now."""
        return tuple(case for child in self.standing if (case := self.case(child)))


def evolve(sample: AuditSample, event: AuditSampleEvent) -> AuditSample:
    match event:
        case AuditSampleDrawn():
            return replace(sample, drawn=event, standing=tuple(case.child for case in event.chosen))
        case AuditCaseEliminated():
            stays = tuple(child for child in sample.standing if child != event.child)
            comes = (event.replaced_by,) if event.replaced_by else ()
            return replace(sample, standing=(*stays, *comes), eliminated={**sample.eliminated, event.child: event})
        case SampleAuditsPlanned():
            return replace(sample, planned=event)
        case _:
            assert_never(event)


DECIDER: Decider[AuditSample, AuditSampleEvent] = Decider(
    "audit_sample", AuditSample(), evolve, TypeAdapter(AuditSampleEvent)
)
