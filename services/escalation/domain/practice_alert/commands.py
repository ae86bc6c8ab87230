"""What may be asked of a practice alert. `by_role` is the role it is done in, `on` the local date it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.escalation.domain.codes import (
    AlertType,
    Category,
    Clock,
    EscalationReason,
    Impact,
    Outcome,
    PlanType,
    Risk,
    WithdrawalReason,
)
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """`child` is the pseudonym; the texts about the child are sealed."""

    alert_id: str
    alert_type: AlertType
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    risk: Risk
    by_role: str
    held_by: str
    on: date
    start_stage: int = 1
    narrative: SealedText | None = None
    desired_outcome: SealedText | None = None
    child_view: SealedText | None = None
    from_informal_id: str | None = None
    reviews: tuple[str, ...] = ()
    linked_audit: str | None = None
    allocated_worker: str | None = None
    allocated_manager: str | None = None
    form_link: str | None = None


@dataclass(frozen=True, slots=True)
class RaiseGoodPractice:
    alert_id: str
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    by_role: str
    held_by: str
    on: date
    narrative: SealedText | None = None


@dataclass(frozen=True, slots=True)
class ShareGoodPractice:
    audience: tuple[str, ...]
    by_role: str
    on: date


@dataclass(frozen=True, slots=True)
class Acknowledge:
    by_role: str
    on: date


@dataclass(frozen=True, slots=True)
class SubmitResponse:
    by_role: str
    on: date
    text: SealedText | None = None
    actions: tuple[SealedText, ...] = ()


@dataclass(frozen=True, slots=True)
class AcceptResponse:
    by_role: str
    on: date


@dataclass(frozen=True, slots=True)
class RejectResponse:
    by_role: str
    on: date
    reason: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Escalate:
    to_stage: int
    reason: EscalationReason
    by_role: str
    on: date


@dataclass(frozen=True, slots=True)
class NoteMissedDeadline:
    """The timer's: `today` is the local date on which it looked."""

    clock: Clock
    stage: int
    entry: int
    due_on: date
    today: date


@dataclass(frozen=True, slots=True)
class RecalculateDeadlines:
    """The timer's, when the calendar has another version than the one the deadlines were counted with."""


@dataclass(frozen=True, slots=True)
class BackdateRaise:
    """The alert had been raised earlier than was recorded."""

    raised_on: date
    by_role: str


@dataclass(frozen=True, slots=True)
class Recategorise:
    categories: tuple[Category, ...]
    by_role: str
    reason: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Reassign:
    to_holder: str
    by_role: str
    reason: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """`plan_type` is the child's on that day, when it changed since the alert was raised."""

    outcome: Outcome
    by_role: str
    on: date
    plan_type: PlanType | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """At `stage`, or at the stage at which it had been resolved."""

    by_role: str
    on: date
    stage: int | None = None
    reason: SealedText | None = None


@dataclass(frozen=True, slots=True)
class VerifyImpact:
    impact: Impact
    by_role: str
    on: date
    evidence: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    reason: WithdrawalReason
    by_role: str
    on: date
