"""An audit of a child in need, from planning to its final grade, on fixed dates and with made-up references.

`audit-17` is not in the sample of audits that are moderated whatever their grade; `audit-10` is.
"""

from __future__ import annotations

from datetime import date

from services.audit.domain.audit.commands import (
    AcknowledgeImmediateSafetyConcern,
    AllocateAudit,
    ClearImmediateSafetyConcern,
    DeclineAudit,
    FinaliseAudit,
    GiveOverallGrade,
    GradeDomain,
    ModerateAudit,
    PlanAudit,
    RaiseImmediateSafetyConcern,
    ReallocateAudit,
    RegradeAudit,
    ReturnAudit,
    StartAudit,
    SubmitAudit,
    WithdrawAudit,
)
from services.audit.domain.audit.events import (
    Allocation,
    AuditAllocated,
    AuditFinalised,
    AuditModerated,
    AuditPlanned,
    AuditReallocated,
    AuditStarted,
    AuditSubmitted,
    AuditWithdrawn,
    DomainGraded,
    GradeChange,
    ImmediateSafetyConcernAcknowledged,
    ImmediateSafetyConcernCleared,
    ImmediateSafetyConcernRaised,
    OverallGraded,
    Result,
)
from services.audit.domain.audit.independence import Auditor
from services.audit.domain.closed_periods import Closing
from services.audit.domain.policy import AuditPolicy
from shared.calendar.working_days import england
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

POLICY = AuditPolicy()
WORKING_DAYS = england()
CLOSING = Closing(POLICY, WORKING_DAYS, date(2026, 4, 21))


def sealed(words: str, nonce: str = "n") -> SealedText:
    """The words as if encrypted: another nonce makes another text with the same mark."""
    return SealedText(key="child-1", nonce=nonce, text=f"{nonce}:{words}", mark=words)


ALDER = Place(team="team-alder", service_area="area-duty", authority="902", regions=("E12000007",))

QA = Auditor("qa-1", "QA_OFFICER", linked_teams=frozenset({"team-alder"}))
OTHER_QA = Auditor("qa-2", "QA_OFFICER")
ALDER_MANAGER = Auditor("tm-1", "TEAM_MANAGER", teams=frozenset({"team-alder"}))
BIRCH_MANAGER = Auditor("tm-2", "TEAM_MANAGER", teams=frozenset({"team-birch"}))
WORKER = Auditor("sw-1", "SOCIAL_WORKER", teams=frozenset({"team-alder"}))
PARTNER = Auditor("ip-1", "IMPROVEMENT_PARTNER", external=True)

plan = PlanAudit(
    audit_id="audit-17",
    audit_type="QA_ROUTINE",
    plan_type="CIN",
    place=ALDER,
    period="2026-04",
    child="child-1",
    child_ref=sealed("C1"),
    worker="sw-1",
    supervisor="tm-1",
)
allocate = AllocateAudit(QA, date(2026, 4, 1))
reallocate = ReallocateAudit(OTHER_QA, "ABSENCE", date(2026, 4, 2))
decline = DeclineAudit("qa-1", "WORKED_WITH_CHILD")
start = StartAudit("qa-1", date(2026, 4, 7))
grade_voice = GradeDomain("CHILD_VOICE", "GOOD", "qa-1", sealed("seen alone"), (sealed("words used"),))
grade_assessment = GradeDomain("ASSESSMENT", "GOOD", "qa-1", sealed("history used"))
give_good = GiveOverallGrade("GOOD", "qa-1")
raise_concern = RaiseImmediateSafetyConcern(
    sealed("not seen for a month"), "qa-1", date(2026, 4, 8), ALDER, ("tm-1", "hos-1")
)
confirm_safe = AcknowledgeImmediateSafetyConcern("tm-1", frozenset({"tm-1", "hos-1", "dcs-1"}), date(2026, 4, 9))
clear_concern = ClearImmediateSafetyConcern("qa-1", date(2026, 4, 10))
submit = SubmitAudit("qa-1", date(2026, 4, 14))
give_back = ReturnAudit(sealed("more on impact"), "qa-2")
moderate = ModerateAudit(
    "qa-2", "QA_OFFICER", "ADEQUATE", "REQUIRES_IMPROVEMENT", {"ASSESSMENT": "REQUIRES_IMPROVEMENT"}
)
finalise = FinaliseAudit(date(2026, 4, 20), date(2026, 4, 20), ALDER)
regrade = RegradeAudit(
    "INADEQUATE",
    "NEW_EVIDENCE",
    "head-1",
    {"ASSESSMENT": "INADEQUATE"},
    approver_role="HEAD_OF_SAFEGUARDING_QA",
)
withdraw = WithdrawAudit("audit-17", "DUPLICATE", "head-1", "audit-18", "HEAD_OF_SAFEGUARDING_QA")

planned = AuditPlanned(
    audit_id="audit-17",
    audit_type="QA_ROUTINE",
    template_id="short",
    template_version=1,
    plan_type="CIN",
    place=ALDER,
    period="2026-04",
    child="child-1",
    child_ref=sealed("C1"),
    worker="sw-1",
    supervisor="tm-1",
)
allocation = Allocation(
    auditor_ref="qa-1",
    auditor_role="QA_OFFICER",
    independence="LINKED",
    allocated_on=date(2026, 4, 1),
    submit_by=date(2026, 4, 17),  # Good Friday and Easter Monday lie between
)
allocated = AuditAllocated(allocation=allocation)
other_allocation = Allocation(
    auditor_ref="qa-2",
    auditor_role="QA_OFFICER",
    independence="INDEPENDENT",
    allocated_on=date(2026, 4, 2),
    submit_by=date(2026, 4, 20),
)
reallocated = AuditReallocated(from_ref="qa-1", reason="ABSENCE", allocation=other_allocation)
started = AuditStarted(started_on=date(2026, 4, 7), look_back_from=date(2025, 4, 7), judgement_from=date(2025, 10, 7))
voice_good = DomainGraded(
    domain="CHILD_VOICE",
    grade="GOOD",
    graded_by="qa-1",
    rationale=sealed("seen alone"),
    strengths=(sealed("words used"),),
)
assessment_good = DomainGraded(domain="ASSESSMENT", grade="GOOD", graded_by="qa-1", rationale=sealed("history used"))
assessment_inadequate = DomainGraded(
    domain="ASSESSMENT", grade="INADEQUATE", graded_by="qa-1", rationale=sealed("no history")
)
overall_good = OverallGraded(derived_grade="GOOD", given_grade="GOOD", graded_by="qa-1")
concern = ImmediateSafetyConcernRaised(
    concern=sealed("not seen for a month"),
    raised_by="qa-1",
    audit_id="audit-17",
    place=ALDER,
    raised_on=date(2026, 4, 8),
    notified=("tm-1", "hos-1"),
    due_on=date(2026, 4, 9),
)
confirmed = ImmediateSafetyConcernAcknowledged(
    audit_id="audit-17", acknowledged_by="tm-1", acknowledged_on=date(2026, 4, 9), in_time=True
)
cleared = ImmediateSafetyConcernCleared(cleared_by="qa-1", audit_id="audit-17", cleared_on=date(2026, 4, 10))
raw_domains = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "GOOD"}
submitted = AuditSubmitted(
    raw_overall="GOOD", raw_domains=raw_domains, submitted_on=date(2026, 4, 14), moderation_required=False
)
moderated = AuditModerated(
    moderator_ref="qa-2",
    moderator_role="QA_OFFICER",
    audit_quality="ADEQUATE",
    overall=GradeChange(from_grade="GOOD", to_grade="REQUIRES_IMPROVEMENT"),
    domains={"ASSESSMENT": GradeChange(from_grade="GOOD", to_grade="REQUIRES_IMPROVEMENT")},
    direction="DOWN",
)
result = Result(
    audit_type="QA_ROUTINE",
    template_id="short",
    template_version=1,
    scale="OFSTED4",
    plan_type="CIN",
    place=ALDER,
    effective_date=date(2026, 4, 20),
    overall="GOOD",
    raw_overall="GOOD",
    domains=raw_domains,
    grade_source="RAW",
    independence="LINKED",
    auditor_role="QA_OFFICER",
    days_to_finalise=19,
    period="2026-04",
)
finalised = AuditFinalised(audit_id="audit-17", result=result)
withdrawn = AuditWithdrawn(
    audit_id="audit-17",
    reason="DUPLICATE",
    approved_by="head-1",
    was_graded=False,
    replacement_id="audit-18",
    approver_role="HEAD_OF_SAFEGUARDING_QA",
)

in_progress = [planned, allocated, started]
all_graded = [*in_progress, voice_good, assessment_good, overall_good]
after_submission = [*all_graded, submitted]
after_moderation = [*after_submission, moderated]
after_finalising = [*after_submission, finalised]
