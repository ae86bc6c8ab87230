"""What happens to a 4R meeting. What was said is sealed; places, dates, roles and links are in clear."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class FourRMeetingScheduled(StoredEvent):
    """`teams` are those of the linked audits and those that were named; `place` is the smallest unit that holds all."""

    type: Literal["FourRMeetingScheduled.v1"] = "FourRMeetingScheduled.v1"
    meeting_id: str
    place: Place
    teams: tuple[Place, ...]
    planned_on: date
    linked_audits: tuple[str, ...]
    linked_alerts: tuple[str, ...]
    scheduled_by: str


class Attendee(Part):
    """Somebody who was there, by role and never by name."""

    role: str


class Prompt(Part):
    """One of the four prompts of the agenda: what it asked on that day, and what was said to it."""

    code: str
    label: str
    words: SealedText


class FourRMeetingHeld(StoredEvent):
    """Teams and place as they were on the day. `actions` are the remedial actions that were agreed there."""

    type: Literal["FourRMeetingHeld.v1"] = "FourRMeetingHeld.v1"
    meeting_id: str
    place: Place
    teams: tuple[Place, ...]
    held_on: date
    linked_audits: tuple[str, ...]
    linked_alerts: tuple[str, ...]
    attendees: tuple[Attendee, ...]
    prompts: tuple[Prompt, ...]
    decisions: tuple[SealedText, ...]
    actions: tuple[str, ...]
    next_on: date | None
    held_by: str


class FourRMeetingCancelled(StoredEvent):
    type: Literal["FourRMeetingCancelled.v1"] = "FourRMeetingCancelled.v1"
    meeting_id: str
    reason: str
    cancelled_on: date


FourRMeetingEvent = Annotated[
    FourRMeetingScheduled | FourRMeetingHeld | FourRMeetingCancelled, Field(discriminator="type")
]
