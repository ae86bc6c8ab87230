"""What reporting tells the world: nothing yet. Improvement events will come with controlled release."""

from __future__ import annotations

from typing import Any, assert_never

from services.reporting.domain.reporting_period import state as reporting_period
from services.reporting.domain.reporting_period.events import (
    PeriodClosed,
    ReportingPeriodEvent,
    ReportPublished,
    ReportRestated,
)
from services.reporting.domain.reporting_policy import state as reporting_policy
from services.reporting.domain.reporting_policy.events import ReportingPolicyEvent, ReportingPolicySet
from shared.deciding.decider import Decider
from shared.event_store.handling import Recorded

DECIDERS: dict[str, Decider[Any, Any]] = {
    reporting_period.DECIDER.category: reporting_period.DECIDER,
    reporting_policy.DECIDER.category: reporting_policy.DECIDER,
}


def tell(recorded: Recorded[ReportingPeriodEvent | ReportingPolicyEvent]) -> None:
    """Nobody else's business, event by event."""
    event = recorded.event
    match event:
        case PeriodClosed() | ReportPublished() | ReportRestated():
            return  # reports are read, and verified, where they are kept
        case ReportingPolicySet():
            return
        case _:
            assert_never(event)
