"""What clients send about 4R meetings and learning points. `effective_date` is the day on which it was done."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.requests import Code, PersonalBody, Ref, Several, Words
from shared.deciding.events import Part
from shared.web.desk import CommandBody

Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2099, 12, 31))]
Ids = Annotated[tuple[Ref, ...], Field(max_length=50)]
Codes = Annotated[tuple[Code, ...], Field(max_length=50)]


class ScheduleFourRMeetingBody(PersonalBody):
    """About audits, and about the teams that are named besides. Alerts are linked by their own ids."""

    planned_on: Day
    linked_audits: Ids = ()
    linked_alerts: Ids = ()
    team_ids: Ids = ()


class PromptsBody(Part):
    """What was said to each of the four prompts, whose labels are the authority's policy."""

    r1: Words | None = None
    r2: Words | None = None
    r3: Words | None = None
    r4: Words | None = None


class HoldFourRMeetingBody(PersonalBody):
    """`attendees` are roles, one for each person. What it was about is as scheduled unless it is said again here."""

    attendees: Codes
    prompts: PromptsBody = PromptsBody()
    decisions: Several = ()
    action_ids: Ids = ()
    next_on: Day | None = None
    linked_audits: Ids | None = None
    linked_alerts: Ids | None = None
    team_ids: Ids | None = None


class CancelFourRMeetingBody(CommandBody):
    reason: Code


class RecordLearningPointBody(PersonalBody):
    """`links` are ids of the source: audits, 4R meetings, alerts, feedback. `learning` names no child and no worker.

    Where it counts: the team, service area or authority that is named; else the smallest unit that holds what is
    linked; else the theme's.
    """

    theme_code: Code
    source: Code
    learning: Words
    domain: Code | None = None
    links: Ids = ()
    theme_id: Ref | None = None
    team_id: Ref | None = None
    service_area_id: Ref | None = None
    la_code: Code | None = None


class DisseminateLearningPointBody(CommandBody):
    audience: Codes
    channel: Code


class ReviewLearningImpactBody(PersonalBody):
    """`cases` is how many were looked at; the audits are those that showed it."""

    result: Code
    method: Code
    cases: Annotated[int, Field(ge=0, le=100_000)] = 0
    linked_audits: Ids = ()
