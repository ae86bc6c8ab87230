"""What the register keeps of meetings and learning points: enough to list them, and to find those about an audit."""

from __future__ import annotations

from typing import Any

from services.audit.domain.four_r_meeting.state import FourRMeeting
from services.audit.domain.learning_point.state import LearningPoint


def meeting_entry(meeting: FourRMeeting) -> dict[str, Any] | None:
    """`on` is the day it was held, or planned for; `audits` those that it is about; `by` who scheduled and held it."""
    about = meeting.held or meeting.scheduled
    if about is None or meeting.scheduled is None:
        return None
    return {
        "place": about.place.model_dump(mode="json"),
        "teams": [team.model_dump(mode="json") for team in about.teams],
        "by": [meeting.scheduled.scheduled_by, *([meeting.held.held_by] if meeting.held else [])],
        "stage": meeting.stage.value,
        "on": (meeting.held.held_on if meeting.held else meeting.scheduled.planned_on).isoformat(),
        "audits": list(about.linked_audits),
        "alerts": list(about.linked_alerts),
        "decisions": len(meeting.held.decisions) if meeting.held else 0,
        "actions": list(meeting.held.actions) if meeting.held else [],
        "next_on": meeting.held.next_on.isoformat() if meeting.held and meeting.held.next_on else None,
    }


def learning_entry(point: LearningPoint) -> dict[str, Any] | None:
    """`audits` are those that it was learned from and those that showed its impact; `on` the day it was recorded."""
    recorded = point.recorded
    if recorded is None:
        return None
    learned_from = recorded.links if recorded.source == "AUDIT" else ()
    looked_at = [id_ for review in point.reviews for id_ in review.linked_audits]
    return {
        "place": recorded.place.model_dump(mode="json"),
        "stage": point.stage.value,
        "on": recorded.recorded_on.isoformat(),
        "theme_code": recorded.theme_code,
        "domain": recorded.domain,
        "source": recorded.source,
        "theme_id": recorded.theme_id,
        "audits": list(dict.fromkeys([*learned_from, *looked_at])),
        "meetings": list(recorded.links) if recorded.source == "FOUR_R" else [],
        "last_result": point.reviews[-1].result if point.reviews else None,
    }
