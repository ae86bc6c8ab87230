"""One 4R meeting: it counts once, in the smallest unit that holds all of its teams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind, iso
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import FourRMeetingCancelledV1, FourRMeetingHeldV1, FourRMeetingScheduledV1

_NOT_YET: Row = {
    "planned_on": None,
    "held_on": None,
    "cancelled_on": None,
    "cancelled_for": None,
    "roles": [],
    "decisions": 0,
    "actions": [],
    "next_on": None,
}


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    """Planned anew, it counts on the newer day; what was held is not cancelled afterwards."""
    match event:
        case FourRMeetingScheduledV1():
            planned = event.planned_on.isoformat()
            return {
                **(row or _NOT_YET),
                **_about(event),
                "planned_on": planned,
                "date": (row or {}).get("held_on") or planned,
            }
        case FourRMeetingHeldV1():
            return {**(row or _NOT_YET), **_about(event), **_held(event)}
        case FourRMeetingCancelledV1():
            gone = {"cancelled_on": event.cancelled_on.isoformat(), "cancelled_for": event.reason}
            return row and {**row, **(gone if row["held_on"] is None else {})}
        case _:
            raise TypeError(f"not an event of a meeting: {type(event).__name__}")


def _about(meeting: FourRMeetingScheduledV1 | FourRMeetingHeldV1) -> Row:
    return {
        "place": place_of(meeting.place),
        "teams": [place_of(team) for team in meeting.teams],
        "linked_audits": list(meeting.linked_audits),
        "linked_alerts": list(meeting.linked_alerts),
    }


def _held(held: FourRMeetingHeldV1) -> Row:
    on = held.held_on.isoformat()
    return {
        "date": on,
        "held_on": on,
        "cancelled_on": None,
        "cancelled_for": None,
        "roles": sorted(held.roles),
        "decisions": held.decisions,
        "actions": list(held.actions),
        "next_on": iso(held.next_on),
    }


def cells(row: Row) -> Iterator[str]:
    for word, name in (("scheduled", "planned_on"), ("held", "held_on"), ("cancelled", "cancelled_on")):
        if row[name] is not None:
            yield contribution(row[name], "meeting", word)


KIND = Kind("MEETING", (FourRMeetingScheduledV1, FourRMeetingHeldV1, FourRMeetingCancelledV1), learn, cells)
