"""A 4R meeting as its decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.four_r_meeting.events import (
    FourRMeetingCancelled,
    FourRMeetingEvent,
    FourRMeetingHeld,
    FourRMeetingScheduled,
)
from shared.deciding.decider import Decider


class Stage(StrEnum):
    UNKNOWN = "UNKNOWN"  # nothing ever happened to this id
    SCHEDULED = "SCHEDULED"
    HELD = "HELD"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class FourRMeeting:
    stage: Stage = Stage.UNKNOWN
    scheduled: FourRMeetingScheduled | None = None
    held: FourRMeetingHeld | None = None
    cancelled: FourRMeetingCancelled | None = None


def evolve(meeting: FourRMeeting, event: FourRMeetingEvent) -> FourRMeeting:
    match event:
        case FourRMeetingScheduled():
            return replace(meeting, stage=Stage.SCHEDULED, scheduled=event)
        case FourRMeetingHeld():
            return replace(meeting, stage=Stage.HELD, held=event)
        case FourRMeetingCancelled():
            return replace(meeting, stage=Stage.CANCELLED, cancelled=event)
        case _:
            assert_never(event)


DECIDER: Decider[FourRMeeting, FourRMeetingEvent] = Decider(
    "four_r_meeting", FourRMeeting(), evolve, TypeAdapter(FourRMeetingEvent)
)
