"""What the audit service tells the world: an allow-list. Narrative, children and workers stay inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

from services.audit.domain.audit import state as audit
from services.audit.domain.audit.events import (
    AuditAllocated,
    AuditDeclined,
    AuditEvent,
    AuditFinalised,
    AuditModerated,
    AuditPlanned,
    AuditReallocated,
    AuditRegraded,
    AuditReturned,
    AuditStarted,
    AuditSubmitted,
    AuditWithdrawn,
    DomainGraded,
    FamilyFeedbackSought,
    ImmediateSafetyConcernCleared,
    ImmediateSafetyConcernRaised,
    OverallGraded,
    PractitionerReflectionAdded,
    Result,
)
from services.audit.domain.audit_policy import state as audit_policy
from services.audit.domain.audit_policy.events import AuditPolicyEvent, AuditPolicySet
from services.audit.domain.template import state as template
from services.audit.domain.template.events import TemplateEvent, TemplatePublished, TemplateRetired
from shared.deciding.decider import Decider
from shared.event_store.handling import Recorded
from shared.published.audit import AuditGradedV1, AuditPublished, AuditWithdrawnV1
from shared.published.audit_cycle import AuditPolicySetV1


def tell(recorded: Recorded[Any]) -> AuditPublished | None:
    """The published form of an inner event, or None when it is nobody else's business."""
    category = recorded.stream.partition("-")[0]
    return _TELLING[category](recorded)


def _tell_audit(recorded: Recorded[AuditEvent]) -> AuditPublished | None:
    event = recorded.event
    match event:
        case AuditFinalised():
            return _graded(event.audit_id, event.result)
        case AuditRegraded():
            return _graded(event.audit_id, event.result, regrade_reason=event.reason)
        case AuditWithdrawn():
            # Reports never heard of an audit that was withdrawn before it had a grade.
            return AuditWithdrawnV1(audit_id=event.audit_id, reason=event.reason) if event.was_graded else None
        case AuditPlanned() | AuditAllocated() | AuditReallocated() | AuditDeclined() | AuditStarted():
            return None  # work in progress
        case AuditSubmitted() | AuditReturned() | AuditModerated():
            return None  # raw and moderated grades are told with the final one
        case DomainGraded() | OverallGraded() | PractitionerReflectionAdded() | FamilyFeedbackSought():
            return None  # words about a child and their family
        case ImmediateSafetyConcernRaised() | ImmediateSafetyConcernCleared():
            return None
        case _:
            assert_never(event)


def _tell_template(recorded: Recorded[TemplateEvent]) -> None:
    event = recorded.event
    match event:
        case TemplatePublished() | TemplateRetired():
            return
        case _:
            assert_never(event)


def _tell_audit_policy(recorded: Recorded[AuditPolicyEvent]) -> AuditPolicySetV1:
    event = recorded.event
    match event:
        case AuditPolicySet():
            return AuditPolicySetV1(policy_version=event.policy_version, place=event.place, from_date=event.from_date)
        case _:
            assert_never(event)


def _graded(audit_id: str, result: Result, regrade_reason: str | None = None) -> AuditGradedV1:
    return AuditGradedV1(
        audit_id=audit_id,
        audit_type=result.audit_type,
        template_id=result.template_id,
        template_version=result.template_version,
        scale=result.scale,
        plan_type=result.plan_type,
        place=result.place,
        effective_date=result.effective_date,
        overall=result.overall,
        raw_overall=result.raw_overall,
        domains=result.domains,
        grade_source=result.grade_source,
        independence=result.independence,
        auditor_role=result.auditor_role,
        days_to_finalise=result.days_to_finalise,
        external=result.external,
        regrade=regrade_reason is not None,
        regrade_reason=regrade_reason,
        theme_id=result.theme_id,
    )


DECIDERS: dict[str, Decider[Any, Any]] = {
    audit.DECIDER.category: audit.DECIDER,
    template.DECIDER.category: template.DECIDER,
    audit_policy.DECIDER.category: audit_policy.DECIDER,
}
_TELLING: dict[str, Callable[[Recorded[Any]], AuditPublished | None]] = {
    audit.DECIDER.category: _tell_audit,
    template.DECIDER.category: _tell_template,
    audit_policy.DECIDER.category: _tell_audit_policy,
}
