"""What clients send to the escalation service. `effective_date` is the day of the step, today when it is not given."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.escalation.domain.codes import (
    AlertType,
    Category,
    EscalationReason,
    Impact,
    Outcome,
    PlanType,
    Risk,
    SpokenWith,
    WithdrawalReason,
)
from shared.web.desk import CommandBody

# Kept in clear, so no place for a sentence or a name: one word of printable ASCII.
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
# Another system's own number, in whatever form it has there: never kept in clear.
Reference = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]
Link = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^https://")]
Stage = Annotated[int, Field(ge=1, le=4)]
Categories = Annotated[tuple[Category, ...], Field(min_length=1, max_length=len(Category))]
Codes = Annotated[tuple[Code, ...], Field(max_length=20)]


class StepBody(CommandBody):
    """`by_role`: the role the step is taken in. People may leave it out; a machine client says whose step it was."""

    by_role: Code | None = None


class _Raise(BaseModel):
    """`child_ref` is the case system's number of the child; it and all words are sealed before they are kept.

    `held_by` is the reviewing officer who sees it through: whoever raises it, unless a machine client tells of it.
    """

    alert_type: AlertType = AlertType.CONCERN
    categories: Categories
    child_ref: Reference
    plan_type: PlanType
    team_id: Code
    risk: Risk = Risk.MEDIUM
    start_stage: Stage = 1
    held_by: Code | None = None
    narrative: Words | None = None
    desired_outcome: Words | None = None
    child_view: Words | None = None
    from_informal_id: Code | None = None
    reviews: Codes = ()
    linked_audit: Code | None = None
    allocated_worker: Code | None = None
    allocated_manager: Code | None = None
    form_link: Link | None = None


class _Response(BaseModel):
    text: Words | None = None
    actions: Annotated[tuple[Words, ...], Field(max_length=20)] = ()


class _Escalation(BaseModel):
    to_stage: Stage
    reason: EscalationReason


class _Resolution(BaseModel):
    """`plan_type` is the child's on that day, when it changed since the alert was raised."""

    outcome: Outcome
    plan_type: PlanType | None = None


class _Withdrawal(BaseModel):
    reason: WithdrawalReason


class RaiseAlertBody(StepBody, _Raise):
    pass


class AcknowledgeBody(StepBody):
    pass


class RespondBody(StepBody, _Response):
    pass


class AcceptBody(StepBody):
    pass


class RejectBody(StepBody):
    reason: Words | None = None


class EscalateBody(StepBody, _Escalation):
    pass


class RecategoriseBody(StepBody):
    categories: Categories
    reason: Words | None = None


class ReassignBody(StepBody):
    to_holder: Code
    reason: Words | None = None


class BackdateBody(StepBody):
    raised_on: date


class ResolveBody(StepBody, _Resolution):
    pass


class ReopenBody(StepBody):
    stage: Stage | None = None
    reason: Words | None = None


class VerifyImpactBody(StepBody):
    impact: Impact
    evidence: Words | None = None


class WithdrawBody(StepBody, _Withdrawal):
    pass


class ShareBody(StepBody):
    audience: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]


class RecordInformalBody(StepBody):
    categories: Categories
    child_ref: Reference
    plan_type: PlanType
    team_id: Code
    with_role: SpokenWith
    settled: bool
    review_on: date | None = None
    held_by: Code | None = None
    concern: Words | None = None
    agreed: Words | None = None


class ReviewInformalBody(StepBody):
    settled: bool
    review_on: date | None = None


# ---- facts from the case system --------------------------------------------------------------------------------------


class CaseSystemFact(BaseModel):
    """`external_ref` is the alert's number in that authority's case system."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    la_code: Code
    external_ref: Reference
    by_role: Code

    @property
    def alert_id(self) -> str:
        """Always the same for the same alert, so that its later facts find it."""
        digest = hashlib.sha256(f"alert|{self.la_code}|{self.external_ref}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16]))


class AlertRaisedData(CaseSystemFact, _Raise):
    raised_on: date

    @property
    def effective_date(self) -> date:
        return self.raised_on


class AlertAnsweredData(CaseSystemFact, _Response):
    answered_on: date

    @property
    def effective_date(self) -> date:
        return self.answered_on


class AlertEscalatedData(CaseSystemFact, _Escalation):
    escalated_on: date

    @property
    def effective_date(self) -> date:
        return self.escalated_on


class AlertResolvedData(CaseSystemFact, _Resolution):
    resolved_on: date

    @property
    def effective_date(self) -> date:
        return self.resolved_on


class AlertWithdrawnData(CaseSystemFact, _Withdrawal):
    withdrawn_on: date

    @property
    def effective_date(self) -> date:
        return self.withdrawn_on
