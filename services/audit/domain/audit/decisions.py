"""What may be done with an audit: one function for each decision, from planning to the grade that counts.

What changes it after that is in `controlled_changes`, what is done about a child's safety in `safety_concern`.

Each refuses, or answers nothing when it is already so, or says what happened. Ids, dates, places, the directory's
facts about people, the template version and the policy are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.audit.domain.audit import codes
from services.audit.domain.audit.commands import (
    AddPractitionerReflection,
    AllocateAudit,
    DeclineAudit,
    FinaliseAudit,
    GiveOverallGrade,
    GradeDomain,
    ModerateAudit,
    PlanAudit,
    ReallocateAudit,
    ReturnAudit,
    SeekFamilyFeedback,
    StartAudit,
    SubmitAudit,
)
from services.audit.domain.audit.events import (
    Allocation,
    AuditAllocated,
    AuditDeclined,
    AuditEvent,
    AuditFinalised,
    AuditModerated,
    AuditPlanned,
    AuditReallocated,
    AuditReturned,
    AuditStarted,
    AuditSubmitted,
    DomainGraded,
    FamilyFeedbackSought,
    GradeChange,
    OverallGraded,
    PractitionerReflectionAdded,
    Result,
)
from services.audit.domain.audit.independence import (
    NOBODY,
    Auditor,
    Barred,
    independence,
    why_not_grade,
    why_not_moderate,
)
from services.audit.domain.audit.overall_grade import suggested
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.audit.state import Audit, Stage
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.template.version import NOT_APPLICABLE, Scale, TemplateVersion
from shared.calendar.working_days import WorkingDays
from shared.deciding.refusal import Refused

OPEN_FOR_GRADING = frozenset({Stage.IN_PROGRESS, Stage.RETURNED})


def plan_audit(command: PlanAudit, audit: Audit, template: TemplateVersion) -> list[AuditEvent]:
    check_code(command.audit_type, codes.AUDIT_TYPES, "audit_type")
    check_code(command.plan_type, template.plan_types, "plan_type")
    if (command.audit_type == "EXTERNAL") != template.external:
        raise Refused("an external audit, and no other, uses an external template", field="audit_type")
    if command.re_audit_of is not None and command.audit_type != "RE_AUDIT":
        raise Refused("an audit of the same case again is a re-audit", field="audit_type")
    planned = AuditPlanned(
        audit_id=command.audit_id,
        audit_type=command.audit_type,
        template_id=template.template_id,
        template_version=template.version,
        plan_type=command.plan_type,
        place=command.place,
        period=command.period,
        child=command.child,
        child_ref=command.child_ref,
        case_ref=command.case_ref,
        worker=command.worker,
        supervisor=command.supervisor,
        theme_id=command.theme_id,
        family_group=command.family_group,
        re_audit_of=command.re_audit_of,
    )
    if says_the_same(planned, audit.planned):
        return []
    if audit.stage is not Stage.UNKNOWN:
        raise Refused("this audit was planned before, in another way")
    return [planned]


def allocate_audit(
    command: AllocateAudit, audit: Audit, policy: AuditPolicy, working_days: WorkingDays, barred: Barred = NOBODY
) -> list[AuditEvent]:
    planned = standing(audit)
    if audit.auditor == command.auditor.staff_ref:
        return []
    if audit.stage is not Stage.PLANNED:
        raise Refused("only a planned audit is allocated: one that has an auditor is reallocated")
    _check_may_grade(command.auditor.staff_ref, audit, barred)
    return [AuditAllocated(allocation=_allocation(command.auditor, command.on, planned, policy, working_days))]


def reallocate_audit(
    command: ReallocateAudit, audit: Audit, policy: AuditPolicy, working_days: WorkingDays, barred: Barred = NOBODY
) -> list[AuditEvent]:
    planned = standing(audit)
    check_code(command.reason, codes.REALLOCATION_REASONS, "reason")
    if audit.auditor == command.auditor.staff_ref:
        return []
    if audit.auditor is None or audit.stage not in OPEN_FOR_GRADING | {Stage.ALLOCATED}:
        raise Refused("only an audit that was allocated and not yet submitted is reallocated")
    _check_may_grade(command.auditor.staff_ref, audit, barred)
    allocation = _allocation(command.auditor, command.on, planned, policy, working_days)
    return [AuditReallocated(from_ref=audit.auditor, reason=command.reason, allocation=allocation)]


def decline_audit(command: DeclineAudit, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    check_code(command.conflict_reason, codes.DECLINE_REASONS, "conflict_reason")
    if audit.stage is Stage.PLANNED and audit.declined.get(command.by) == command.conflict_reason:
        return []
    if audit.stage is not Stage.ALLOCATED:
        raise Refused("an audit is declined before it is started; after that it is reallocated")
    _check_auditor(command.by, audit)
    return [AuditDeclined(auditor_ref=command.by, conflict_reason=command.conflict_reason)]


def start_audit(command: StartAudit, audit: Audit, policy: AuditPolicy, barred: Barred = NOBODY) -> list[AuditEvent]:
    standing(audit)
    if audit.stage is Stage.IN_PROGRESS:
        return []
    if audit.stage is not Stage.ALLOCATED:
        raise Refused("only an allocated audit can be started")
    _check_auditor(command.by, audit)
    _check_may_grade(command.by, audit, barred)
    return [
        AuditStarted(
            started_on=command.on,
            look_back_from=policy.look_back_from(command.on),
            judgement_from=policy.judgement_from(command.on),
        )
    ]


def seek_family_feedback(command: SeekFamilyFeedback, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    check_code(command.obtained, codes.FAMILY_FEEDBACK, "obtained")
    if command.obtained == "NOT_APPROPRIATE" and not command.reason_code:
        raise Refused("not asking the family needs a reason", field="reason_code")
    sought = FamilyFeedbackSought(obtained=command.obtained, reason_code=command.reason_code)
    if sought == audit.family:
        return []
    _check_open(audit, "the family's feedback is recorded while the audit is in progress")
    _check_may_grade(command.by, audit)
    return [sought]


def add_practitioner_reflection(command: AddPractitionerReflection, audit: Audit) -> list[AuditEvent]:
    planned = standing(audit)
    if planned.worker is not None and planned.worker != command.by:
        raise Refused("only the practitioner whose case it is adds a reflection")
    reflection = PractitionerReflectionAdded(staff_ref=command.by, text=command.text)
    if any(says_the_same(reflection, before) for before in audit.reflections):
        return []
    if audit.started is None:
        raise Refused("a reflection is added once the audit has started")
    return [reflection]


def grade_domain(
    command: GradeDomain, audit: Audit, template: TemplateVersion, barred: Barred = NOBODY
) -> list[AuditEvent]:
    planned = standing(audit)
    _check_applies(command, template, planned.plan_type)
    _check_grade(command.grade, template.scale, "grade")
    if command.rationale is None and command.grade in template.scale.ranks():
        raise Refused("each grade needs a written analysis", field="rationale")
    _check_open(audit, "only an audit in progress can be graded")
    _check_may_grade(command.by, audit, barred)
    graded = DomainGraded(
        domain=command.domain,
        grade=command.grade,
        graded_by=command.by,
        rationale=command.rationale,
        strengths=command.strengths,
        learning=command.learning,
    )
    return [] if says_the_same(graded, audit.domains.get(command.domain)) else [graded]


def give_overall_grade(
    command: GiveOverallGrade, audit: Audit, template: TemplateVersion, barred: Barred = NOBODY
) -> list[AuditEvent]:
    standing(audit)
    _check_grade(command.grade, template.scale, "grade")
    _check_open(audit, "only an audit in progress can be graded")
    _check_may_grade(command.by, audit, barred)
    derived = suggested(template, audit.grades(), safety_concern=audit.concern is not None)
    if derived not in (None, command.grade) and command.override_reason is None:
        raise Refused("another grade than the suggested one needs a reason", field="override_reason")
    overall = OverallGraded(
        derived_grade=derived, given_grade=command.grade, graded_by=command.by, override_reason=command.override_reason
    )
    return [] if says_the_same(overall, audit.overall) else [overall]


def submit_audit(
    command: SubmitAudit,
    audit: Audit,
    template: TemplateVersion,
    policy: AuditPolicy,
    working_days: WorkingDays,
    barred: Barred = NOBODY,
) -> list[AuditEvent]:
    planned = standing(audit)
    if audit.stage is Stage.SUBMITTED:
        return []
    _check_open(audit, "only an audit in progress can be submitted")
    _check_auditor(command.by, audit)
    _check_may_grade(command.by, audit, barred)
    overall = _complete(audit, template, planned)
    moderation = policy.requires_moderation(planned.audit_id, overall)
    due = working_days.add(command.on, policy.moderate_within_working_days) if moderation else None
    return [
        AuditSubmitted(
            raw_overall=overall,
            raw_domains=audit.grades(),
            submitted_on=command.on,
            moderation_required=moderation,
            moderate_by=due,
        )
    ]


def return_audit(command: ReturnAudit, audit: Audit) -> list[AuditEvent]:
    standing(audit)
    returned = AuditReturned(reason=command.reason, returned_by=command.by)
    if audit.stage is Stage.RETURNED and says_the_same(returned, audit.returned):
        return []
    if audit.stage not in {Stage.SUBMITTED, Stage.MODERATED}:
        raise Refused("only a submitted audit can be returned")
    if command.by in audit.graders:
        raise Refused("nobody returns their own audit")
    return [returned]


def moderate_audit(
    command: ModerateAudit, audit: Audit, template: TemplateVersion, barred: Barred = NOBODY
) -> list[AuditEvent]:
    standing(audit)
    check_code(command.audit_quality, codes.AUDIT_QUALITY, "audit_quality")
    check_grades(command.overall, command.domains, template)
    if audit.submitted is None or audit.stage not in {Stage.SUBMITTED, Stage.MODERATED}:
        raise Refused("only a submitted audit can be moderated")
    if rule := why_not_moderate(command.by, audit, barred):
        raise Refused(rule)
    raw = audit.submitted
    moderated = AuditModerated(
        moderator_ref=command.by,
        moderator_role=command.role,
        audit_quality=command.audit_quality,
        overall=GradeChange(from_grade=raw.raw_overall, to_grade=command.overall),
        domains=changes(raw.raw_domains, command.domains),
        direction=direction(template.scale, raw.raw_overall, command.overall),
        discussion=command.discussion,
    )
    if says_the_same(moderated, audit.moderation):
        return []
    if audit.stage is Stage.MODERATED:
        raise Refused("this audit was moderated before: return it, or agree on a grade when it is finalised")
    return [moderated]


def finalise_audit(command: FinaliseAudit, audit: Audit, template: TemplateVersion) -> list[AuditEvent]:
    planned = standing(audit)
    if command.consensus is not None:
        check_grades(command.consensus.overall, command.consensus.domains, template)
    if audit.stage is Stage.FINALISED:
        return []
    if audit.submitted is None or audit.allocation is None or audit.stage not in {Stage.SUBMITTED, Stage.MODERATED}:
        raise Refused("only a submitted audit can be finalised")
    if audit.submitted.moderation_required and audit.moderation is None:
        raise Refused("this audit is moderated before it is finalised")
    if audit.paired_with:
        raise Refused("a paired audit is finalised once its grades were compared, or its pair was given up")
    allocated_on = audit.first_allocated_on or audit.allocation.allocated_on
    check_effective(command.effective_date, command.today, allocated_on)
    source, overall, domains = _final_grades(command, audit.submitted, audit)
    result = Result(
        audit_type=planned.audit_type,
        template_id=template.template_id,
        template_version=template.version,
        scale=template.scale.id,
        plan_type=planned.plan_type,
        place=command.place,
        effective_date=command.effective_date,
        overall=overall,
        raw_overall=audit.submitted.raw_overall,
        domains=domains,
        grade_source=source,
        independence=audit.allocation.independence,
        auditor_role=audit.allocation.auditor_role,
        days_to_finalise=(command.effective_date - allocated_on).days,
        external=template.external,
        theme_id=planned.theme_id,
        generation=planned.re_audit_of.generation if planned.re_audit_of else 0,
        period=planned.period,
        previous_on=command.previous_on,
        **_moderated(audit.moderation),
    )
    closed = command.closed_periods
    return [AuditFinalised(audit_id=planned.audit_id, result=result, closed_periods_affected=closed)]


def to_grade(planned: AuditPlanned, template: TemplateVersion) -> frozenset[str]:
    """The domains that must be graded: of a re-audit of failed domains, those and no other."""
    required = template.required(planned.plan_type)
    only = planned.re_audit_of.only_domains if planned.re_audit_of else ()
    return required & frozenset(only) if only else required


def direction(scale: Scale, before: str, after: str) -> str:
    """Which way the overall grade went; a grade and a non-grade cannot be compared."""
    if before == after:
        return "UNCHANGED"
    ranks = scale.ranks()
    if before not in ranks or after not in ranks:
        return "NOT_COMPARABLE"
    return "UP" if ranks[after] > ranks[before] else "DOWN"


def check_code(code: str, known: frozenset[str] | tuple[str, ...], field_name: str) -> None:
    if code not in known:
        raise Refused("this code is not one of those that may stand here", field=field_name)


def standing(audit: Audit) -> AuditPlanned:
    """The audit's plan, unless it was withdrawn or never planned."""
    if audit.stage is Stage.WITHDRAWN:
        raise Refused("nothing leaves Withdrawn: plan another audit instead")
    if audit.planned is None:
        raise Refused("there is no such audit")
    return audit.planned


def _allocation(
    auditor: Auditor, on: date, planned: AuditPlanned, policy: AuditPolicy, working_days: WorkingDays
) -> Allocation:
    return Allocation(
        auditor_ref=auditor.staff_ref,
        auditor_role=auditor.role,
        independence=independence(auditor, planned.place),
        allocated_on=on,
        submit_by=working_days.add(on, policy.submit_within_working_days),
    )


def _check_may_grade(staff_ref: str, audit: Audit, barred: Barred = NOBODY) -> None:
    if rule := why_not_grade(staff_ref, audit, barred):
        raise Refused(rule)


def _check_auditor(staff_ref: str, audit: Audit) -> None:
    if audit.auditor != staff_ref:
        raise Refused("only the auditor to whom it is allocated does this")


def _check_open(audit: Audit, rule: str) -> None:
    if audit.stage not in OPEN_FOR_GRADING:
        raise Refused(rule)


def _check_applies(command: GradeDomain, template: TemplateVersion, plan_type: str) -> None:
    domain = template.domain(command.domain)
    if domain is None:
        raise Refused("this domain is not one of the template's", field="domain")
    if plan_type not in domain.plan_types and command.grade != NOT_APPLICABLE:
        raise Refused("this domain does not apply to this type of plan", field="grade")


def _check_grade(grade: str, scale: Scale, field_name: str) -> None:
    if not scale.knows(grade):
        raise Refused("this grade is not one of the template's scale", field=field_name)


def check_grades(overall: str, domains: Mapping[str, str], template: TemplateVersion) -> None:
    _check_grade(overall, template.scale, "overall")
    for domain, grade in domains.items():
        if template.domain(domain) is None:
            raise Refused("this domain is not one of the template's", field="domains")
        _check_grade(grade, template.scale, "domains")


def _complete(audit: Audit, template: TemplateVersion, planned: AuditPlanned) -> str:
    """The overall grade of an audit with nothing left open."""
    if missing := sorted(to_grade(planned, template) - set(audit.domains)):
        raise Refused(f"every required domain is graded before submission; missing: {', '.join(missing)}")
    if audit.overall is None:
        raise Refused("the overall grade is given before submission")
    if audit.overall.derived_grade != suggested(template, audit.grades(), safety_concern=audit.concern is not None):
        raise Refused("the suggested grade changed after the overall grade was given: give it again")
    return audit.overall.given_grade


def check_effective(effective_date: date, today: date, allocated_on: date | None) -> None:
    """Late entry is fine, a date to come is not."""
    if effective_date > today:
        raise Refused("an audit does not count on a day that has not come", field="effective_date")
    if allocated_on is not None and effective_date < allocated_on:
        raise Refused("an audit is not finalised before it was allocated", field="effective_date")


def _final_grades(command: FinaliseAudit, raw: AuditSubmitted, audit: Audit) -> tuple[str, str, dict[str, str]]:
    """Where the final grades come from, the overall grade and the domains': what was said last."""
    moderation = audit.moderation
    if moderation is None and command.consensus is not None:
        raise Refused("a consensus is reached with the moderator: moderate the audit first", field="consensus")
    moderated = {code: change.to_grade for code, change in moderation.domains.items()} if moderation else {}
    domains = {**raw.raw_domains, **moderated}
    if agreed := command.consensus or audit.agreed:
        return "CONSENSUS", agreed.overall, {**domains, **agreed.domains}
    if moderation is not None:
        return "MODERATED", moderation.overall.to_grade, domains
    return "RAW", raw.raw_overall, domains


def _moderated(moderation: AuditModerated | None) -> dict[str, Any]:
    if moderation is None:
        return {}
    return {
        "audit_quality": moderation.audit_quality,
        "moderator_role": moderation.moderator_role,
        "moderated_overall": moderation.overall.to_grade,
    }


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, GradeChange]:
    """The domains whose grade changes; one that had none counts as not evidenced before."""
    return {
        domain: GradeChange(from_grade=before.get(domain, "NOT_EVIDENCED"), to_grade=grade)
        for domain, grade in after.items()
        if before.get(domain, "NOT_EVIDENCED") != grade
    }
