"""What happens to an audit. Words about a child are sealed; codes, grades, dates and places are in clear."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class Lineage(Part):
    """What a re-audit is a re-audit of: the audit before it, and the one with which it all began (generation 0).

    `only_domains` are all that it has to grade; none means that it is a full one. Whoever is in `not_by` may not
    grade it.
    """

    parent_audit_id: str
    root_audit_id: str
    generation: int
    only_domains: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()


class AuditPlanned(StoredEvent):
    """`child` is the child's pseudonym; an inspection of a whole authority has neither child nor team.

    `worker` and `supervisor` are the case's allocated worker and their supervisor of record, as opaque staff
    references: they decide who may grade, and leave the service in no event. `family_group` is the pseudonym that the
    audits of siblings share.
    """

    type: Literal["AuditPlanned.v1"] = "AuditPlanned.v1"
    audit_id: str
    audit_type: str
    template_id: str
    template_version: int
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


class Allocation(Part):
    """Who audits, as what, and how far from the case. An audit done elsewhere has no `submit_by`."""

    auditor_ref: str
    auditor_role: str
    independence: str
    allocated_on: date
    submit_by: date | None = None


class AuditAllocated(StoredEvent):
    type: Literal["AuditAllocated.v1"] = "AuditAllocated.v1"
    allocation: Allocation


class AuditReallocated(StoredEvent):
    """After a conflict nothing stands that the earlier auditor graded."""

    type: Literal["AuditReallocated.v1"] = "AuditReallocated.v1"
    from_ref: str
    reason: str
    allocation: Allocation


class AuditDeclined(StoredEvent):
    type: Literal["AuditDeclined.v1"] = "AuditDeclined.v1"
    auditor_ref: str
    conflict_reason: str


class AuditStarted(StoredEvent):
    """The windows of time that the audit looks at, and those that it judges."""

    type: Literal["AuditStarted.v1"] = "AuditStarted.v1"
    started_on: date
    look_back_from: date
    judgement_from: date


class FamilyFeedbackSought(StoredEvent):
    type: Literal["FamilyFeedbackSought.v1"] = "FamilyFeedbackSought.v1"
    obtained: str
    reason_code: str | None = None


class PractitionerReflectionAdded(StoredEvent):
    type: Literal["PractitionerReflectionAdded.v1"] = "PractitionerReflectionAdded.v1"
    staff_ref: str
    text: SealedText


class DomainGraded(StoredEvent):
    type: Literal["DomainGraded.v1"] = "DomainGraded.v1"
    domain: str
    grade: str
    graded_by: str
    rationale: SealedText | None = None
    strengths: tuple[SealedText, ...] = ()
    learning: tuple[SealedText, ...] = ()


class OverallGraded(StoredEvent):
    """`derived_grade` is what the template's rule suggested: None when it suggests nothing."""

    type: Literal["OverallGraded.v1"] = "OverallGraded.v1"
    derived_grade: str | None
    given_grade: str
    graded_by: str
    override_reason: SealedText | None = None


class ImmediateSafetyConcernRaised(StoredEvent):
    """`notified` are those who are told; by `due_on` one of them, or their deputy, confirms that the child is safe.

    One without a due date was raised before anybody had to confirm.
    """

    type: Literal["ImmediateSafetyConcernRaised.v1"] = "ImmediateSafetyConcernRaised.v1"
    concern: SealedText
    raised_by: str
    audit_id: str = ""
    place: Place | None = None
    raised_on: date | None = None
    notified: tuple[str, ...] = ()
    due_on: date | None = None


class ImmediateSafetyConcernAcknowledged(StoredEvent):
    """The manager confirmed that the child is safe."""

    type: Literal["ImmediateSafetyConcernAcknowledged.v1"] = "ImmediateSafetyConcernAcknowledged.v1"
    audit_id: str
    acknowledged_by: str
    acknowledged_on: date
    in_time: bool


class ImmediateSafetyConcernOverdue(StoredEvent):
    """Nobody had confirmed by the due date."""

    type: Literal["ImmediateSafetyConcernOverdue.v1"] = "ImmediateSafetyConcernOverdue.v1"
    audit_id: str
    due_on: date


class ImmediateSafetyConcernCleared(StoredEvent):
    type: Literal["ImmediateSafetyConcernCleared.v1"] = "ImmediateSafetyConcernCleared.v1"
    cleared_by: str
    audit_id: str = ""
    cleared_on: date | None = None


class AuditSubmitted(StoredEvent):
    """The raw grades, kept for ever beside what moderation makes of them."""

    type: Literal["AuditSubmitted.v1"] = "AuditSubmitted.v1"
    raw_overall: str
    raw_domains: dict[str, str]
    submitted_on: date
    moderation_required: bool
    moderate_by: date | None = None


class AuditReturned(StoredEvent):
    type: Literal["AuditReturned.v1"] = "AuditReturned.v1"
    reason: SealedText
    returned_by: str


class GradeChange(Part):
    from_grade: str
    to_grade: str


class AuditModerated(StoredEvent):
    """A second judgement: on the audit itself (`audit_quality`) apart from that on practice.

    `domains` holds only those that changed; `direction` compares the overall grades.
    """

    type: Literal["AuditModerated.v1"] = "AuditModerated.v1"
    moderator_ref: str
    moderator_role: str
    audit_quality: str
    overall: GradeChange
    domains: dict[str, GradeChange]
    direction: str
    discussion: SealedText | None = None


class AuditPaired(StoredEvent):
    """The audit is to be compared with `other`. `kind` is PAIRED (one case, graded independently) or COMPARED."""

    type: Literal["AuditPaired.v1"] = "AuditPaired.v1"
    pair_id: str
    kind: str
    other: str


class Agreed(Part):
    """Grades that both auditors of a pair agreed on; `domains` holds those that they spoke about."""

    overall: str
    domains: dict[str, str] = {}


class AuditCompared(StoredEvent):
    """The pair's grades were compared. What was `agreed` becomes the final grade, unless somebody moderates later."""

    type: Literal["AuditCompared.v1"] = "AuditCompared.v1"
    pair_id: str
    agreed: Agreed | None = None


class AuditUnpaired(StoredEvent):
    type: Literal["AuditUnpaired.v1"] = "AuditUnpaired.v1"
    pair_id: str


class Result(Part):
    """Everything that the audit counts as in a report, as it stood when its final grade was given.

    `moderated_overall`, `moderator_role` and `audit_quality` are the moderator's, None where nobody moderated.
    `previous_on` is when an audit of the same child last counted before this one.
    """

    audit_type: str
    template_id: str
    template_version: int
    scale: str
    plan_type: str
    place: Place
    effective_date: date
    overall: str
    raw_overall: str
    domains: dict[str, str]
    grade_source: str
    independence: str
    auditor_role: str
    days_to_finalise: int | None = None
    external: bool = False
    theme_id: str | None = None
    generation: int = 0
    period: str | None = None
    audit_quality: str | None = None
    moderator_role: str | None = None
    moderated_overall: str | None = None
    previous_on: date | None = None


class AuditFinalised(StoredEvent):
    """`closed_periods_affected`: those that the effective date lies in and that were closed when it was entered."""

    type: Literal["AuditFinalised.v1"] = "AuditFinalised.v1"
    audit_id: str
    result: Result
    closed_periods_affected: tuple[str, ...] = ()


class AuditRegraded(StoredEvent):
    """The final grades again, on the audit's own effective date; `domains` holds those that changed."""

    type: Literal["AuditRegraded.v1"] = "AuditRegraded.v1"
    audit_id: str
    overall: GradeChange
    domains: dict[str, GradeChange]
    reason: str
    approved_by: str
    result: Result
    note: SealedText | None = None
    approver_role: str | None = None
    regraded_on: date | None = None
    closed_periods_affected: tuple[str, ...] = ()


class AuditWithdrawn(StoredEvent):
    """`was_graded` says whether reports had counted it."""

    type: Literal["AuditWithdrawn.v1"] = "AuditWithdrawn.v1"
    audit_id: str
    reason: str
    approved_by: str
    was_graded: bool
    replacement_id: str | None = None
    approver_role: str | None = None
    closed_periods_affected: tuple[str, ...] = ()


class AuditWordsDestroyed(StoredEvent):
    """What was written about the wrong child can be read no more; codes, grades and dates stay."""

    type: Literal["AuditWordsDestroyed.v1"] = "AuditWordsDestroyed.v1"
    audit_id: str
    approved_by: str
    approver_role: str | None
    destroyed_on: date


class AuditPreceded(StoredEvent):
    """Another audit of the same child came last before this one than was known: one was entered or withdrawn since."""

    type: Literal["AuditPreceded.v1"] = "AuditPreceded.v1"
    audit_id: str
    previous_on: date | None


AuditEvent = Annotated[
    AuditPlanned
    | AuditAllocated
    | AuditReallocated
    | AuditDeclined
    | AuditStarted
    | FamilyFeedbackSought
    | PractitionerReflectionAdded
    | DomainGraded
    | OverallGraded
    | ImmediateSafetyConcernRaised
    | ImmediateSafetyConcernAcknowledged
    | ImmediateSafetyConcernOverdue
    | ImmediateSafetyConcernCleared
    | AuditSubmitted
    | AuditReturned
    | AuditModerated
    | AuditPaired
    | AuditCompared
    | AuditUnpaired
    | AuditFinalised
    | AuditRegraded
    | AuditWithdrawn
    | AuditWordsDestroyed
    | AuditPreceded,
    Field(discriminator="type"),
]
