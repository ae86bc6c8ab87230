"""What may be asked of an audit, in the imperative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.audit.domain.audit.events import Lineage
from services.audit.domain.audit.independence import Auditor
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class PlanAudit:
    """`place` is the team's on the day of planning; `child` the pseudonym, None where no child is concerned.

    `family_group` is the pseudonym that audits of siblings share: one audit for each child, and each counts.
    """

    audit_id: str
    audit_type: str
    plan_type: str
    place: Place
    period: str | None = None
    child: str | None = None
    child_ref: SealedText | None = None
    case_ref: SealedText | None = None
    worker: str | None = None
    supervisor: str | None = None
    theme_id: str | None = None
    family_group: str | None = None
    re_audit_of: Lineage | None = None


@dataclass(frozen=True, slots=True)
class AllocateAudit:
    auditor: Auditor
    on: date


@dataclass(frozen=True, slots=True)
class ReallocateAudit:
    auditor: Auditor
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class DeclineAudit:
    by: str
    conflict_reason: str


@dataclass(frozen=True, slots=True)
class StartAudit:
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class SeekFamilyFeedback:
    obtained: str
    by: str
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class AddPractitionerReflection:
    by: str
    text: SealedText


@dataclass(frozen=True, slots=True)
class GradeDomain:
    domain: str
    grade: str
    by: str
    rationale: SealedText | None = None
    strengths: tuple[SealedText, ...] = ()
    learning: tuple[SealedText, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveOverallGrade:
    grade: str
    by: str
    override_reason: SealedText | None = None


@dataclass(frozen=True, slots=True)
class RaiseImmediateSafetyConcern:
    """`notified` are the managers of that `place` as the directory knows them."""

    concern: SealedText
    by: str
    on: date
    place: Place
    notified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AcknowledgeImmediateSafetyConcern:
    """`managers` are those who manage the place on that day: they may be others than those who were told."""

    by: str
    managers: frozenset[str]
    on: date


@dataclass(frozen=True, slots=True)
class NoteOverdueSafetyConcern:
    due_on: date
    today: date


@dataclass(frozen=True, slots=True)
class ClearImmediateSafetyConcern:
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class SubmitAudit:
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class ReturnAudit:
    reason: SealedText
    by: str


@dataclass(frozen=True, slots=True)
class ModerateAudit:
    """`domains` holds those that the moderator grades otherwise."""

    by: str
    role: str
    audit_quality: str
    overall: str
    domains: Mapping[str, str] = field(default_factory=dict)
    discussion: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Consensus:
    """What auditor and moderator agreed on, when it is neither the raw nor the moderated grade."""

    overall: str
    domains: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinaliseAudit:
    """The audit counts on `effective_date`, in the `place` where its team then was.

    `previous_on` is when an audit of the same child last counted before that.
    """

    effective_date: date
    today: date
    place: Place
    consensus: Consensus | None = None
    closed_periods: tuple[str, ...] = ()
    previous_on: date | None = None


@dataclass(frozen=True, slots=True)
class RegradeAudit:
    overall: str
    reason: str
    approved_by: str
    domains: Mapping[str, str] = field(default_factory=dict)
    note: SealedText | None = None
    approver_role: str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawAudit:
    audit_id: str
    reason: str
    approved_by: str
    replacement_id: str | None = None
    approver_role: str | None = None


@dataclass(frozen=True, slots=True)
class DestroyAuditWords:
    approved_by: str
    approver_role: str | None
    on: date
