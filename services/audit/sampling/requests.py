"""What clients send about themes, samples and who worked with a child."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.requests import Code, Period, Ref, Words
from shared.deciding.events import Part
from shared.web.desk import CommandBody

Title = Annotated[str, Field(min_length=1, max_length=120)]
Quarter = Annotated[str, Field(pattern=r"^20\d\d-Q[1-4]$")]
Pseudonym = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]


class AuditorBody(Part):
    staff_ref: Ref
    role: Code


class CommissionThemeBody(CommandBody):
    """A theme of an authority for a quarter of the financial year: 2026-Q1 begins in April 2026."""

    la_code: Code
    theme_code: Code
    title: Title
    quarter: Quarter
    rationale: Words | None = None
    sample_size: int = Field(ge=1, le=500)
    auditors: Annotated[tuple[AuditorBody, ...], Field(min_length=1, max_length=100)]
    due_on: date
    multi_agency: bool = False


class FindingBody(Part):
    """`kind` is STRENGTH or CONCERN."""

    kind: Code
    domain: Code | None = None
    words: Words


class CloseThemeBody(CommandBody):
    findings: Annotated[tuple[FindingBody, ...], Field(max_length=50)] = ()


class CaseBody(Part):
    """A case under the case system's own numbers: of those drawn the sealed forms are kept, of the others none."""

    child_ref: Ref
    case_ref: Ref | None = None
    worker: Ref | None = None
    supervisor: Ref | None = None
    family_ref: Ref | None = None


class FrameGroupBody(Part):
    """The open cases of a team with one type of plan."""

    team_id: Ref
    plan_type: Code
    cases: Annotated[tuple[CaseBody, ...], Field(max_length=5000)]


class DrawSampleBody(CommandBody):
    """For a theme, or for a row of an authority's programme: the type of audit is what that asks for.

    `n` is how many to draw. When it is not given: of a theme as many as are left of it, of a programme as many as it
    expects in a period. `strata_by` is NONE, TEAM, PLAN_TYPE or TEAM_AND_PLAN_TYPE. Nobody chooses the seed.
    """

    theme_id: Ref | None = None
    programme_id: Ref | None = None
    la_code: Code | None = None
    template_id: Code
    template_version: int | None = Field(default=None, ge=1)
    n: int | None = Field(default=None, ge=1, le=500)
    strata_by: Code = "TEAM"
    frame: Annotated[tuple[FrameGroupBody, ...], Field(min_length=1, max_length=500)]


class EliminateCaseBody(CommandBody):
    """`case` is the pseudonym under which the sample shows it."""

    case: Pseudonym
    reason: Code


class PlanSampleAuditsBody(CommandBody):
    period: Period | None = None


class RetractInvolvementBody(CommandBody):
    """It never was so: the same child, person, role and first day as it was recorded with."""

    child_ref: Ref
    team_id: Ref | None = None
    la_code: Code | None = None
    staff_ref: Ref
    role: Code
    since: date


class RecordInvolvementBody(RetractInvolvementBody):
    """Who worked with a child of a team or an authority: as SOCIAL_WORKER, or as that worker's SUPERVISOR.

    `until` is the last day, none while it lasts. The same beginning again corrects the end.
    """

    until: date | None = None


class InvolvementRetractedElsewhere(Part):
    """The data of `goldenthread.intake.involvement_retracted.v1`."""

    child_ref: Ref
    team_id: Ref | None = None
    la_code: Code | None = None
    staff_ref: Ref
    role: Code
    since: date


class InvolvementRecordedElsewhere(InvolvementRetractedElsewhere):
    """The data of `goldenthread.intake.involvement_recorded.v1`."""

    until: date | None = None
