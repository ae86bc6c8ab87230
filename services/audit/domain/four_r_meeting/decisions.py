"""Scheduling, holding and cancelling a 4R meeting.

Places are as-then on the meeting's day and given: one for each linked audit and each team that was named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.decisions import check_code
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.four_r_meeting import codes
from services.audit.domain.four_r_meeting.events import (
    Attendee,
    FourRMeetingCancelled,
    FourRMeetingEvent,
    FourRMeetingHeld,
    FourRMeetingScheduled,
    Prompt,
)
from services.audit.domain.four_r_meeting.state import FourRMeeting, Stage
from services.audit.domain.smallest_unit import smallest_unit, teams_of
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class Subjects:
    """What a meeting is about; `places` are those of its audits and of the teams that were named."""

    places: tuple[Place, ...]
    audits: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where the meeting counts. Refused when it is about nothing, or about two authorities."""
        if not self.places:
            raise Refused("a meeting is about audits, or names the teams that it is about", field="linked_audits")
        return smallest_unit(self.places, "linked_audits")


@dataclass(frozen=True, slots=True)
class ScheduleFourRMeeting:
    meeting_id: str
    subjects: Subjects
    planned_on: date
    by: str


@dataclass(frozen=True, slots=True)
class HoldFourRMeeting:
    subjects: Subjects
    on: date
    attendees: tuple[str, ...]
    by: str
    prompts: tuple[Prompt, ...] = ()
    decisions: tuple[SealedText, ...] = ()
    actions: tuple[str, ...] = ()
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class CancelFourRMeeting:
    reason: str
    on: date


def schedule_four_r_meeting(command: ScheduleFourRMeeting, meeting: FourRMeeting) -> list[FourRMeetingEvent]:
    scheduled = FourRMeetingScheduled(
        meeting_id=command.meeting_id,
        place=command.subjects.place,
        teams=teams_of(command.subjects.places),
        planned_on=command.planned_on,
        linked_audits=_once(command.subjects.audits),
        linked_alerts=_once(command.subjects.alerts),
        scheduled_by=command.by,
    )
    if scheduled == meeting.scheduled:
        return []
    if meeting.scheduled is not None:
        raise Refused("this meeting was scheduled before, in another way: cancel it and schedule another")
    return [scheduled]


def hold_four_r_meeting(command: HoldFourRMeeting, meeting: FourRMeeting) -> list[FourRMeetingEvent]:
    scheduled = _standing(meeting)
    if not command.attendees:
        raise Refused("a meeting is held by those who are there", field="attendees")
    for role in command.attendees:
        check_code(role, codes.ATTENDEES, "attendees")
    if command.next_on is not None and command.next_on <= command.on:
        raise Refused("the next meeting comes after this one", field="next_on")
    held = FourRMeetingHeld(
        meeting_id=scheduled.meeting_id,
        place=command.subjects.place,
        teams=teams_of(command.subjects.places),
        held_on=command.on,
        linked_audits=_once(command.subjects.audits),
        linked_alerts=_once(command.subjects.alerts),
        attendees=tuple(Attendee(role=role) for role in command.attendees),
        prompts=command.prompts,
        decisions=command.decisions,
        actions=_once(command.actions),
        next_on=command.next_on,
        held_by=command.by,
    )
    if says_the_same(held, meeting.held):
        return []
    if meeting.held is not None:
        raise Refused("this meeting was recorded as held before, in another way")
    return [held]


def cancel_four_r_meeting(command: CancelFourRMeeting, meeting: FourRMeeting) -> list[FourRMeetingEvent]:
    check_code(command.reason, codes.CANCELLATION_REASONS, "reason")
    if meeting.scheduled is None:
        raise Refused("there is no such meeting")
    cancelled = FourRMeetingCancelled(
        meeting_id=meeting.scheduled.meeting_id, reason=command.reason, cancelled_on=command.on
    )
    if cancelled == meeting.cancelled:
        return []
    _standing(meeting)
    if meeting.stage is Stage.HELD:
        raise Refused("a meeting that was held is not cancelled")
    return [cancelled]


def _standing(meeting: FourRMeeting) -> FourRMeetingScheduled:
    if meeting.scheduled is None:
        raise Refused("there is no such meeting")
    if meeting.stage is Stage.CANCELLED:
        raise Refused("this meeting was cancelled: schedule another")
    return meeting.scheduled


def _once(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
