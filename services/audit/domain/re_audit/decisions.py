"""What is decided about auditing a case again.

A requirement follows from inadequate grades or from a person's wish. It ends with a re-audit, with the finding that
there can be none, or when what called for it does not stand any more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from services.audit.domain.audit.events import Lineage
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.re_audit import codes
from services.audit.domain.re_audit.codes import Scope, Trigger
from services.audit.domain.re_audit.commands import (
    CompleteReAudit,
    FindNotPossible,
    FollowGrades,
    NoteParentWithdrawn,
    NotePlanned,
    NoteReAuditWithdrawn,
    Parent,
    RecordDirectorReview,
    RequireReAudit,
)
from services.audit.domain.re_audit.events import (
    DirectorReviewRecorded,
    ReAuditCancelled,
    ReAuditCompleted,
    ReAuditEvent,
    ReAuditNotPossible,
    ReAuditPlanDropped,
    ReAuditPlanned,
    ReAuditRequired,
)
from services.audit.domain.re_audit.grades import called_for, compared
from services.audit.domain.re_audit.state import ReAudit, Stage
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.refusal import Refused

Events = list[ReAuditEvent]
ENDED = frozenset({Stage.COMPLETED, Stage.NOT_POSSIBLE})


def follow_grades(command: FollowGrades, re_audit: ReAudit, policy: AuditPolicy) -> Events:
    """What the parent's grades call for now. What a person asked for stands whatever becomes of the grades, and so
    does a re-audit that is planned."""
    if re_audit.stage in ENDED:
        return []
    parent, required = command.parent, re_audit.required
    calls = called_for(parent.result)
    if calls is not None:
        due_on = _latest(calls.trigger, calls.scope, command.on, policy)
        wanted = _requirement(parent, calls.trigger, calls.scope, calls.domains, command.on, due_on, policy)
        return _required(wanted, re_audit)
    if required is None or not re_audit.is_open:
        return []
    if re_audit.stage is Stage.REQUIRED and required.trigger in codes.BY_GRADE:
        return [_cancelled(required, codes.PARENT_REGRADED, command.on)]
    told = required.model_copy(update={"overall": parent.result.overall, "root_overall": parent.root_overall})
    return [] if told == required else [told]


def require_re_audit(command: RequireReAudit, re_audit: ReAudit, policy: AuditPolicy) -> Events:
    parent, on = command.parent, command.on
    _check_code(command.trigger, codes.MAY_ASK, "trigger")
    if command.by is not None and not command.roles & codes.MAY_ASK[command.trigger]:
        raise Refused("a re-audit is asked for on this ground in another role", field="trigger")
    if parent.result.external:
        raise Refused("an inspection is of no one case, and is not audited again")
    if set(command.domains) - set(parent.result.domains):
        raise Refused("only domains that were graded in that audit are looked at again", field="domains")
    scope = Scope.FAILED_DOMAINS if command.domains else Scope.FULL
    latest = _latest(command.trigger, scope, on, policy)
    if command.due_on is not None and not on <= command.due_on <= latest:
        raise Refused("a re-audit may be due sooner than the policy says, and not later", field="due_on")
    if re_audit.stage in ENDED:
        raise Refused("that audit was audited again, or cannot be: ask for a re-audit of the newest one")
    domains, due_on = tuple(sorted(set(command.domains))), command.due_on or latest
    wanted = _requirement(parent, command.trigger, scope, domains, on, due_on, policy)
    return _required(wanted.model_copy(update={"required_by": command.by}), re_audit)


def lineage(re_audit: ReAudit, parent_auditor: str | None, template: TemplateVersion, policy: AuditPolicy) -> Lineage:
    """What an audit that is planned now as the re-audit is tied to. Refused when none is due, or it would not do."""
    required = _open(re_audit)
    if re_audit.stage is Stage.PLANNED:
        raise Refused("the re-audit is planned already", field="re_audit_of")
    if template.scale.id != required.scale:
        raise Refused("a re-audit is graded on the scale of the audit before it", field="template_id")
    partial = required.scope == Scope.FAILED_DOMAINS
    if partial and any(template.domain(domain) is None for domain in required.domains):
        raise Refused("the template has not all of the domains that are to be looked at again", field="template_id")
    return Lineage(
        parent_audit_id=required.parent_audit_id,
        root_audit_id=required.root_audit_id,
        generation=required.generation,
        only_domains=required.domains if partial else (),
        not_by=(parent_auditor,) if parent_auditor is not None and policy.reaudit_by_another_auditor else (),
    )


def note_planned(command: NotePlanned, re_audit: ReAudit) -> Events:
    """The first audit that is planned as the re-audit is it."""
    if re_audit.required is None or re_audit.stage is not Stage.REQUIRED:
        return []
    id_ = re_audit.required.re_audit_id
    return [ReAuditPlanned(re_audit_id=id_, audit_id=command.audit_id, planned_on=command.on)]


def note_re_audit_withdrawn(command: NoteReAuditWithdrawn, re_audit: ReAudit) -> Events:
    """The requirement is open again as it was."""
    required = re_audit.required
    if required is None or re_audit.audit_id != command.audit_id:
        return []
    match re_audit.stage:
        case Stage.PLANNED:
            return [ReAuditPlanDropped(re_audit_id=required.re_audit_id, audit_id=command.audit_id)]
        case Stage.COMPLETED:
            return [required]
        case _:
            return []


def note_parent_withdrawn(command: NoteParentWithdrawn, re_audit: ReAudit) -> Events:
    """What no longer counts is not audited again, and nothing is compared with it."""
    if re_audit.required is None or re_audit.stage in {Stage.NOT_POSSIBLE, Stage.CANCELLED}:
        return []
    return [_cancelled(re_audit.required, codes.PARENT_WITHDRAWN, command.on)]


def complete_re_audit(command: CompleteReAudit, re_audit: ReAudit) -> Events:
    """By the first re-audit that has its final grade, whatever was planned; again when that one was regraded."""
    required = re_audit.required
    if required is None or re_audit.stage is Stage.CANCELLED:
        return []
    if re_audit.stage is Stage.COMPLETED and re_audit.audit_id != command.audit_id:
        return []
    if not _looked_at_enough(command, required):
        planned = re_audit.stage is Stage.PLANNED and re_audit.audit_id == command.audit_id
        return [ReAuditPlanDropped(re_audit_id=required.re_audit_id, audit_id=command.audit_id)] if planned else []
    found = compared(command.now, command.parent, command.root, command.scale)
    completed = ReAuditCompleted(
        re_audit_id=required.re_audit_id,
        audit_id=command.audit_id,
        completed_on=command.now.effective_date,
        overall=command.now.overall,
        outcome=found.outcome,
        delta=found.delta,
        root_delta=found.root_delta,
        declined_domains=found.declined_domains,
        still_inadequate=found.still_inadequate,
        parent_overall=command.parent.overall,
        root_overall=command.root.overall,
    )
    return [] if re_audit.stage is Stage.COMPLETED and completed == re_audit.completed else [completed]


def find_not_possible(command: FindNotPossible, re_audit: ReAudit) -> Events:
    _check_code(command.reason, codes.NOT_POSSIBLE, "reason")
    if re_audit.stage is Stage.NOT_POSSIBLE and re_audit.not_possible is not None:
        if re_audit.not_possible.reason == command.reason:
            return []
        raise Refused("that there can be no re-audit was found before, for another reason")
    required = _open(re_audit)
    if command.by == command.worker:
        raise Refused("somebody else than whoever works the case finds that it cannot be audited again")
    if command.on < required.required_on:
        raise Refused("nobody finds that before the re-audit was required", field="effective_date")
    id_ = required.re_audit_id
    return [ReAuditNotPossible(re_audit_id=id_, reason=command.reason, found_by=command.by, found_on=command.on)]


def record_director_review(command: RecordDirectorReview, re_audit: ReAudit) -> Events:
    _check_code(command.decision, codes.DIRECTOR_DECISIONS, "decision")
    required = re_audit.required
    if required is None:
        raise Refused("there is no such re-audit")
    if not command.roles & codes.DIRECTORS:
        raise Refused("a director reviews a case that was audited again and again")
    if not required.director_review:
        raise Refused("this lineage has not come to where a director reviews it")
    if command.on < required.required_on:
        raise Refused("nothing is reviewed before the re-audit was required", field="effective_date")
    reviewed = DirectorReviewRecorded(
        re_audit_id=required.re_audit_id,
        decision=command.decision,
        reviewed_by=command.by,
        reviewed_on=command.on,
        note=command.note,
    )
    return [] if says_the_same(reviewed, re_audit.review) else [reviewed]


def _requirement(
    parent: Parent,
    trigger: str,
    scope: Scope,
    domains: tuple[str, ...],
    on: date,
    due_on: date,
    policy: AuditPolicy,
) -> ReAuditRequired:
    generation = parent.generation + 1
    return ReAuditRequired(
        re_audit_id=parent.re_audit_id,
        parent_audit_id=parent.audit_id,
        root_audit_id=parent.root_audit_id,
        generation=generation,
        trigger=str(trigger),
        scope=str(scope),
        domains=domains,
        scale=parent.result.scale,
        overall=parent.result.overall,
        root_overall=parent.root_overall,
        place=parent.result.place,
        required_on=on,
        due_on=due_on,
        director_review=generation >= policy.director_review_generation,
    )


def _required(wanted: ReAuditRequired, re_audit: ReAudit) -> Events:
    """Said anew, or added to what is required already: that grows, and becomes due no later."""
    before = re_audit.required
    if before is None or not re_audit.is_open:
        return [wanted]
    grown = wanted.scope == Scope.FULL and before.scope != Scope.FULL
    told = before.model_copy(
        update={
            "scope": wanted.scope if grown else before.scope,
            "domains": tuple(sorted({*before.domains, *wanted.domains})),
            "trigger": wanted.trigger if grown else before.trigger,
            "required_by": wanted.required_by if grown else before.required_by,
            "due_on": min(before.due_on, wanted.due_on),
            "overall": wanted.overall,
            "root_overall": wanted.root_overall,
        }
    )
    return [] if told == before else [told]


def _looked_at_enough(command: CompleteReAudit, required: ReAuditRequired) -> bool:
    """A requirement may have grown after the re-audit was planned."""
    if not command.only_domains:
        return True
    return required.scope != Scope.FULL and set(required.domains) <= set(command.only_domains)


def _cancelled(required: ReAuditRequired, reason: str, on: date) -> ReAuditCancelled:
    return ReAuditCancelled(re_audit_id=required.re_audit_id, reason=reason, cancelled_on=on)


def _open(re_audit: ReAudit) -> ReAuditRequired:
    if re_audit.required is None or not re_audit.is_open:
        raise Refused("no re-audit of that audit is due")
    return re_audit.required


def _latest(trigger: str, scope: Scope, on: date, policy: AuditPolicy) -> date:
    if trigger == Trigger.RI_DISCRETION:
        return on + timedelta(weeks=policy.reaudit_discretion_weeks)
    return on + timedelta(weeks=policy.reaudit_full_weeks if scope is Scope.FULL else policy.reaudit_domain_weeks)


def _check_code(code: str, known: Collection[str], field: str) -> None:
    if code not in known:
        raise Refused("this code is not one of those that may stand here", field=field)
