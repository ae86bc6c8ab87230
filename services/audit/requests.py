"""What clients send to the audit service. Dates of commands are `effective_date`, today when it is not given."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.domain.template.version import TemplateVersion
from shared.deciding.events import Part
from shared.web.desk import CommandBody

Ref = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]
Several = Annotated[tuple[Words, ...], Field(max_length=20)]
Grades = Annotated[dict[Code, Code], Field(max_length=60)]
Period = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class PersonalBody(CommandBody):
    """What one person does. A machine client names them in `on_behalf_of`; people never do."""

    on_behalf_of: Ref | None = None


class PlanAuditBody(CommandBody):
    """Names a team, or an authority for what concerns all of it; the newest template version unless one is given.

    `child_ref` and `case_ref` are the case system's own numbers: only their sealed forms are kept. `family_ref` is the
    number that siblings share there: only its pseudonym is kept.
    """

    audit_type: Code
    template_id: Code
    template_version: int | None = Field(default=None, ge=1)
    plan_type: Code
    team_id: Ref | None = None
    la_code: Code | None = None
    period: Period | None = None
    child_ref: Ref | None = None
    case_ref: Ref | None = None
    worker: Ref | None = None
    supervisor: Ref | None = None
    theme_id: Ref | None = None
    family_ref: Ref | None = None


class AllocateAuditBody(CommandBody):
    """`auditor_role` chooses one of the roles that the auditor holds."""

    auditor_ref: Ref
    auditor_role: Code | None = None


class ReallocateAuditBody(AllocateAuditBody):
    reason: Code


class DeclineAuditBody(PersonalBody):
    conflict_reason: Code


class StartAuditBody(PersonalBody):
    pass


class SeekFamilyFeedbackBody(PersonalBody):
    obtained: Code
    reason_code: Code | None = None


class AddReflectionBody(PersonalBody):
    text: Words


class GradeDomainBody(PersonalBody):
    domain: Code
    grade: Code
    rationale: Words | None = None
    strengths: Several = ()
    learning: Several = ()


class GiveOverallGradeBody(PersonalBody):
    grade: Code
    override_reason: Words | None = None


class SubmitAuditBody(PersonalBody):
    pass


class ReturnAuditBody(PersonalBody):
    reason: Words


class ModerateAuditBody(PersonalBody):
    """`domains` holds those that the moderator grades otherwise."""

    audit_quality: Code
    overall: Code
    domains: Grades = {}
    discussion: Words | None = None


class ConsensusBody(Part):
    overall: Code
    domains: Grades = {}


class FinaliseAuditBody(CommandBody):
    """`effective_date` is the day on which the audit counts."""

    consensus: ConsensusBody | None = None


class PublishTemplateBody(CommandBody):
    template: TemplateVersion


class RetireTemplateBody(CommandBody):
    version: int


class GradedElsewhere(Part):
    """The data of `goldenthread.intake.audit_graded.v1`: a finished audit of another system, or an inspection.

    `external_ref` is the audit's number at the event's source. With `team_id` the place is the team's on the effective
    date; without it the audit concerns the whole authority `la_code`. `auditor_role` may be any code. `period` is the
    month for which it was planned. A re-audit may name the audit before it, by its number at the same source.
    """

    external_ref: Ref
    audit_type: Code
    template_id: Code
    template_version: int | None = Field(default=None, ge=1)
    plan_type: Code
    team_id: Ref | None = None
    la_code: Code | None = None
    effective_date: date
    overall: Code
    domains: Grades
    raw_overall: Code | None = None
    grade_source: Code | None = None
    independence: Code | None = None
    auditor_ref: Ref | None = None
    auditor_role: Code
    allocated_on: date | None = None
    child_ref: Ref | None = None
    re_audit_of: Ref | None = None
    period: Period | None = None


class RegradedElsewhere(Part):
    """The data of `goldenthread.intake.audit_regraded.v1`, for an audit that came from the same source."""

    external_ref: Ref
    overall: Code
    domains: Grades = {}
    reason: Code
    approved_by: Ref


class WithdrawnElsewhere(Part):
    """The data of `goldenthread.intake.audit_withdrawn.v1`, for an audit that came from the same source."""

    external_ref: Ref
    reason: Code
    approved_by: Ref
