"""A 4R meeting about audits of three teams, in two service areas: as commands and as events."""

from __future__ import annotations

from datetime import date

from services.audit.domain.four_r_meeting.decisions import (
    CancelFourRMeeting,
    HoldFourRMeeting,
    ScheduleFourRMeeting,
    Subjects,
)
from services.audit.domain.four_r_meeting.events import (
    Attendee,
    FourRMeetingCancelled,
    FourRMeetingHeld,
    FourRMeetingScheduled,
    Prompt,
)
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


def sealed(words: str, nonce: str = "n") -> SealedText:
    """The words as if encrypted: another nonce makes another text with the same mark."""
    return SealedText(key="meeting-1", nonce=nonce, text=f"{nonce}:{words}", mark=words)


def team(name: str, area: str, authority: str = "902") -> Place:
    return Place(team=name, service_area=area, authority=authority, regions=("E12000007",))


ALDER, BIRCH, ELM = team("alder", "duty"), team("birch", "duty"), team("elm", "planning")
ASH = team("ash", "far", "903")
DUTY = Place(service_area="duty", authority="902", regions=("E12000007",))
AUTHORITY = Place(authority="902", regions=("E12000007",))

three_teams = Subjects((ELM, ALDER, BIRCH), ("audit-1", "audit-2", "audit-3"), ("alert-1",))
one_team = Subjects((ALDER, ALDER), ("audit-2", "audit-4"))

schedule = ScheduleFourRMeeting("meeting-1", three_teams, date(2026, 5, 12), "qa-1")
said = Prompt(code="r1", label="Reflect", words=sealed("plans drift after a worker leaves"))
hold = HoldFourRMeeting(
    three_teams,
    date(2026, 5, 13),
    ("QA_OFFICER", "TEAM_MANAGER", "TEAM_MANAGER"),
    "qa-1",
    prompts=(said,),
    decisions=(sealed("handover visits together"), sealed("a rota for cover")),
    actions=("action-1",),
    next_on=date(2026, 6, 10),
)
cancel = CancelFourRMeeting("POSTPONED", date(2026, 5, 11))

scheduled = FourRMeetingScheduled(
    meeting_id="meeting-1",
    place=AUTHORITY,
    teams=(ALDER, BIRCH, ELM),
    planned_on=date(2026, 5, 12),
    linked_audits=("audit-1", "audit-2", "audit-3"),
    linked_alerts=("alert-1",),
    scheduled_by="qa-1",
)
held = FourRMeetingHeld(
    meeting_id="meeting-1",
    place=AUTHORITY,
    teams=(ALDER, BIRCH, ELM),
    held_on=date(2026, 5, 13),
    linked_audits=("audit-1", "audit-2", "audit-3"),
    linked_alerts=("alert-1",),
    attendees=(Attendee(role="QA_OFFICER"), Attendee(role="TEAM_MANAGER"), Attendee(role="TEAM_MANAGER")),
    prompts=(said,),
    decisions=(sealed("handover visits together"), sealed("a rota for cover")),
    actions=("action-1",),
    next_on=date(2026, 6, 10),
    held_by="qa-1",
)
cancelled = FourRMeetingCancelled(meeting_id="meeting-1", reason="POSTPONED", cancelled_on=date(2026, 5, 11))
