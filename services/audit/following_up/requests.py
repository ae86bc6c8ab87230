"""What clients send about a child's safety, actions, re-audits and changes of a grade."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.requests import Code, Grades, Period, PersonalBody, Ref, Words
from shared.web.desk import CommandBody

Codes = Annotated[tuple[Code, ...], Field(max_length=60)]


class RaiseSafetyConcernBody(PersonalBody):
    concern: Words


class ConfirmSafetyBody(PersonalBody):
    """The manager confirms that the child is safe."""


class ClearSafetyConcernBody(PersonalBody):
    pass


class AgreeActionBody(PersonalBody):
    """`owner` is to do it, in `owner_role` when they hold several. Due as the policy says, or sooner."""

    audit_id: Ref
    text: Words
    owner: Ref
    owner_role: Code | None = None
    priority: Code
    domain: Code | None = None
    due_on: date | None = None


class AcceptActionBody(PersonalBody):
    pass


class ProgressActionBody(PersonalBody):
    note: Words


class RescheduleActionBody(PersonalBody):
    due_on: date
    reason: Code


class CompleteActionBody(PersonalBody):
    """`evidence_ref` is where the case system shows that it was done; only its sealed form is kept."""

    evidence_ref: Ref


class VerifyActionBody(PersonalBody):
    pass


class FailVerificationBody(PersonalBody):
    """`re_audit` asks for another audit of the case."""

    reason: Words
    due_on: date | None = None
    re_audit: bool = False


class CancelActionBody(CommandBody):
    """Approved by whoever sends it."""

    reason: Code


class RequireReAuditBody(PersonalBody):
    """Without `domains` a full one. Due as the policy says, or sooner."""

    parent_audit_id: Ref
    trigger: Code
    domains: Codes = ()
    due_on: date | None = None


class PlanReAuditBody(CommandBody):
    """The child is the parent's. Team, plan type and template are the parent's where none is named: the newest version
    of its template."""

    template_id: Code | None = None
    template_version: int | None = Field(default=None, ge=1)
    plan_type: Code | None = None
    team_id: Ref | None = None
    period: Period | None = None
    case_ref: Ref | None = None
    worker: Ref | None = None
    supervisor: Ref | None = None


class FindNotPossibleBody(PersonalBody):
    reason: Code


class RecordDirectorReviewBody(CommandBody):
    """By the director who sends it."""

    decision: Code
    note: Words | None = None


class RegradeAuditBody(CommandBody):
    """Approved by whoever sends it."""

    overall: Code
    reason: Code
    domains: Grades = {}
    note: Words | None = None


class WithdrawAuditBody(CommandBody):
    """Approved by whoever sends it."""

    reason: Code
    replacement_id: Ref | None = None


class DestroyAuditWordsBody(CommandBody):
    """Approved by whoever sends it."""
