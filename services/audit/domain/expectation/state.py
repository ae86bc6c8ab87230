"""An expected audit as its decisions need it: what was expected, and whether it is still to be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.expectation.events import (
    AuditExempted,
    AuditExpectationMet,
    AuditExpectationReopened,
    AuditExpected,
    ExpectationEvent,
)
from shared.deciding.decider import Decider


class Standing(StrEnum):
    OPEN = "OPEN"
    MET = "MET"
    EXEMPTED = "EXEMPTED"


@dataclass(frozen=True, slots=True)
class Expectation:
    expected: AuditExpected | None = None
    exempted: AuditExempted | None = None
    met: AuditExpectationMet | None = None

    @property
    def standing(self) -> Standing:
        if self.met:
            return Standing.MET
        return Standing.EXEMPTED if self.exempted else Standing.OPEN


def evolve(expectation: Expectation, event: ExpectationEvent) -> Expectation:
    match event:
        case AuditExpected():
            return replace(expectation, expected=event)
        case AuditExempted():
            return replace(expectation, exempted=event)
        case AuditExpectationMet():
            return replace(expectation, met=event)
        case AuditExpectationReopened():
            return replace(expectation, met=None)
        case _:
            assert_never(event)


DECIDER: Decider[Expectation, ExpectationEvent] = Decider(
    "expectation", Expectation(), evolve, TypeAdapter(ExpectationEvent)
)
