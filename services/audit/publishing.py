"""What the audit service tells the world: an allow-list. Narrative, children and workers stay inside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, assert_never

from services.audit.domain.audit import state as audit
from services.audit.domain.audit.events import (
    AuditAllocated,
    AuditCompared,
    AuditDeclined,
    AuditEvent,
    AuditFinalised,
    AuditModerated,
    AuditPaired,
    AuditPlanned,
    AuditPreceded,
    AuditReallocated,
    AuditRegraded,
    AuditReturned,
    AuditStarted,
    AuditSubmitted,
    AuditUnpaired,
    AuditWithdrawn,
    AuditWordsDestroyed,
    DomainGraded,
    FamilyFeedbackSought,
    ImmediateSafetyConcernAcknowledged,
    ImmediateSafetyConcernCleared,
    ImmediateSafetyConcernOverdue,
    ImmediateSafetyConcernRaised,
    OverallGraded,
    PractitionerReflectionAdded,
    Result,
)
from services.audit.domain.audit_policy import state as audit_policy
from services.audit.domain.audit_policy.events import AuditPolicyEvent, AuditPolicySet
from services.audit.domain.audit_sample import state as audit_sample
from services.audit.domain.audit_sample.events import (
    AuditCaseEliminated,
    AuditSampleDrawn,
    AuditSampleEvent,
    SampleAuditsPlanned,
)
from services.audit.domain.caseload import state as caseload
from services.audit.domain.caseload.events import CaseloadEvent, CaseloadReported
from services.audit.domain.expectation import state as expectation
from services.audit.domain.expectation.events import (
    AuditExempted,
    AuditExpectationMet,
    AuditExpectationReopened,
    AuditExpected,
    ExpectationEvent,
)
from services.audit.domain.four_r_meeting import state as four_r_meeting
from services.audit.domain.four_r_meeting.events import (
    FourRMeetingCancelled,
    FourRMeetingEvent,
    FourRMeetingHeld,
    FourRMeetingScheduled,
)
from services.audit.domain.involvement import state as involvement
from services.audit.domain.involvement.events import InvolvementEvent, InvolvementRecorded, InvolvementRetracted
from services.audit.domain.learning_point import state as learning_point
from services.audit.domain.learning_point.events import (
    LearningImpactReviewed,
    LearningPointDisseminated,
    LearningPointEvent,
    LearningPointRecorded,
)
from services.audit.domain.pair import state as pair
from services.audit.domain.pair.events import AuditsPaired, GradesCompared, PairEvent, PairGivenUp
from services.audit.domain.programme import state as programme
from services.audit.domain.programme.events import AuditProgrammeSet, ProgrammeEvent
from services.audit.domain.re_audit import state as re_audit
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
from services.audit.domain.remedial_action import state as remedial_action
from services.audit.domain.remedial_action.events import (
    RemedialActionAccepted,
    RemedialActionAgreed,
    RemedialActionCancelled,
    RemedialActionCompleted,
    RemedialActionEvent,
    RemedialActionFlagged,
    RemedialActionLinked,
    RemedialActionOverdue,
    RemedialActionProgressed,
    RemedialActionRescheduled,
    RemedialActionVerificationFailed,
    RemedialActionVerified,
)
from services.audit.domain.template import state as template
from services.audit.domain.template.events import TemplateEvent, TemplatePublished, TemplateRetired
from services.audit.domain.theme import state as theme
from services.audit.domain.theme.events import (
    ThemeCaseAdded,
    ThemedAuditClosed,
    ThemedAuditCommissioned,
    ThemeEvent,
    ThemeSampled,
)
from shared.deciding.decider import Decider
from shared.event_store.handling import Recorded
from shared.published.audit import AuditGradedV1, AuditPrecededV1, AuditPublished, AuditWithdrawnV1
from shared.published.audit_cycle import (
    ActionPublished,
    AuditCaseEliminatedV1,
    AuditExemptedV1,
    AuditExpectationMetV1,
    AuditExpectationReopenedV1,
    AuditExpectedV1,
    AuditPolicySetV1,
    AuditProgrammeSetV1,
    AuditSampleDrawnV1,
    AuditsPairedV1,
    CaseloadReportedV1,
    ComparingPublished,
    DirectorReviewRecordedV1,
    FourRMeetingCancelledV1,
    FourRMeetingHeldV1,
    FourRMeetingScheduledV1,
    GradesComparedV1,
    LearningImpactReviewedV1,
    LearningPointDisseminatedV1,
    LearningPointRecordedV1,
    LearningPublished,
    MeetingPublished,
    PairGivenUpV1,
    ReAuditCancelledV1,
    ReAuditCompletedV1,
    ReAuditNotPossibleV1,
    ReAuditPublished,
    ReAuditRequiredV1,
    RemedialActionAgreedV1,
    RemedialActionCancelledV1,
    RemedialActionCompletedV1,
    RemedialActionFlaggedV1,
    RemedialActionOverdueV1,
    RemedialActionRescheduledV1,
    RemedialActionVerificationFailedV1,
    RemedialActionVerifiedV1,
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
    SafetyConcernRaisedV1,
    SafetyPublished,
    ThemedAuditCommissionedV1,
)
from shared.published.place import Place


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
            return _graded(event.audit_id, event.result, event.reason, event.approver_role)
        case AuditWithdrawn():
            # Reports never heard of an audit that was withdrawn before it had a grade.
            return _withdrawn(event) if event.was_graded else None
        case AuditPreceded():
            return AuditPrecededV1(audit_id=event.audit_id, previous_on=event.previous_on)
        case AuditPlanned() | AuditAllocated() | AuditReallocated() | AuditDeclined() | AuditStarted():
            return None  # work in progress
        case AuditSubmitted() | AuditReturned() | AuditModerated() | AuditPaired() | AuditCompared() | AuditUnpaired():
            return None  # raw and moderated grades are told with the final one, and of a pair the pair tells
        case DomainGraded() | OverallGraded() | PractitionerReflectionAdded() | FamilyFeedbackSought():
            return None  # words about a child and their family
        case ImmediateSafetyConcernRaised() | ImmediateSafetyConcernAcknowledged() | ImmediateSafetyConcernCleared():
            return _safety(event)
        case ImmediateSafetyConcernOverdue() | AuditWordsDestroyed():
            return None  # whether it was confirmed in time is told with the confirmation
        case _:
            assert_never(event)


def _tell_remedial_action(recorded: Recorded[RemedialActionEvent]) -> ActionPublished | None:
    event = recorded.event
    match event:
        case RemedialActionAgreed():
            return RemedialActionAgreedV1(
                action_id=event.action_id,
                audit_id=event.audit_id,
                domain=event.domain,
                priority=event.priority,
                owner_role=event.owner_role,
                place=event.place,
                agreed_on=event.agreed_on,
                due_on=event.due_on,
            )
        case RemedialActionRescheduled():
            return RemedialActionRescheduledV1(
                action_id=event.action_id, due_on=event.due_on, times_moved=event.times_moved
            )
        case RemedialActionOverdue():
            return RemedialActionOverdueV1(action_id=event.action_id, due_on=event.due_on)
        case RemedialActionCompleted():
            return RemedialActionCompletedV1(action_id=event.action_id, completed_on=event.completed_on)
        case RemedialActionVerified():
            return RemedialActionVerifiedV1(action_id=event.action_id, verified_on=event.verified_on)
        case RemedialActionVerificationFailed():
            return RemedialActionVerificationFailedV1(
                action_id=event.action_id, failed_on=event.failed_on, due_on=event.due_on
            )
        case RemedialActionCancelled():
            return RemedialActionCancelledV1(
                action_id=event.action_id, reason=event.reason, cancelled_on=event.cancelled_on
            )
        case RemedialActionFlagged():
            return RemedialActionFlaggedV1(action_id=event.action_id, reason=event.reason)
        case RemedialActionLinked() | RemedialActionAccepted() | RemedialActionProgressed():
            return None  # it is the same action, and not done yet
        case _:
            assert_never(event)


def _tell_re_audit(recorded: Recorded[ReAuditEvent]) -> ReAuditPublished | None:
    event = recorded.event
    match event:
        case ReAuditRequired():
            return ReAuditRequiredV1(**event.model_dump(exclude={"type", "place", "required_by"}), place=event.place)
        case ReAuditCompleted():
            return ReAuditCompletedV1(**event.model_dump(exclude={"type"}))
        case ReAuditNotPossible():
            return ReAuditNotPossibleV1(re_audit_id=event.re_audit_id, reason=event.reason, found_on=event.found_on)
        case ReAuditCancelled():
            return ReAuditCancelledV1(**event.model_dump(exclude={"type"}))
        case DirectorReviewRecorded():
            return DirectorReviewRecordedV1(
                re_audit_id=event.re_audit_id, decision=event.decision, reviewed_on=event.reviewed_on
            )
        case ReAuditPlanned() | ReAuditPlanDropped():
            return None  # work in progress
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


def _tell_theme(recorded: Recorded[ThemeEvent]) -> ThemedAuditCommissionedV1 | None:
    event = recorded.event
    match event:
        case ThemedAuditCommissioned():
            return ThemedAuditCommissionedV1(
                theme_id=event.theme_id,
                theme_code=event.theme_code,
                quarter=event.quarter,
                sample_size=event.sample_size,
                due_on=event.due_on,
                multi_agency=event.multi_agency,
                auditor_roles=tuple(sorted({one.role for one in event.auditors})),
                place=event.place,
            )
        case ThemeSampled() | ThemeCaseAdded():
            return None  # the sample tells, and each audit when it is graded
        case ThemedAuditClosed():
            return None  # what was learned is told as learning points
        case _:
            assert_never(event)


def _tell_audit_sample(recorded: Recorded[AuditSampleEvent]) -> AuditSampleDrawnV1 | AuditCaseEliminatedV1 | None:
    event = recorded.event
    match event:
        case AuditSampleDrawn():
            return AuditSampleDrawnV1(
                sample_id=event.sample_id,
                theme_id=event.theme_id,
                place=event.place,
                frame_n=event.frame_n,
                n=event.n,
                algorithm=event.algorithm,
                frame_hash=event.frame_hash,
            )
        case AuditCaseEliminated():
            replaced = event.replaced_by is not None
            return AuditCaseEliminatedV1(sample_id=event.sample_id, reason=event.reason, replaced=replaced)
        case SampleAuditsPlanned():
            return None
        case _:
            assert_never(event)


def _tell_involvement(recorded: Recorded[InvolvementEvent]) -> None:
    event = recorded.event
    match event:
        case InvolvementRecorded() | InvolvementRetracted():
            return  # whom a child knows
        case _:
            assert_never(event)


def _tell_pair(recorded: Recorded[PairEvent]) -> ComparingPublished:
    event = recorded.event
    match event:
        case AuditsPaired():
            return AuditsPairedV1(
                pair_id=event.pair_id,
                kind=event.kind,
                audit_a=event.audit_a,
                audit_b=event.audit_b,
                place=event.place,
            )
        case GradesCompared():
            return _compared(event)
        case PairGivenUp():
            return PairGivenUpV1(pair_id=event.pair_id, reason=event.reason)
        case _:
            assert_never(event)


def _tell_four_r_meeting(recorded: Recorded[FourRMeetingEvent]) -> MeetingPublished:
    event = recorded.event
    match event:
        case FourRMeetingScheduled():
            return FourRMeetingScheduledV1(
                meeting_id=event.meeting_id,
                place=event.place,
                teams=event.teams,
                planned_on=event.planned_on,
                linked_audits=event.linked_audits,
                linked_alerts=event.linked_alerts,
            )
        case FourRMeetingHeld():
            return FourRMeetingHeldV1(
                meeting_id=event.meeting_id,
                place=event.place,
                teams=event.teams,
                held_on=event.held_on,
                linked_audits=event.linked_audits,
                linked_alerts=event.linked_alerts,
                roles=tuple(sorted({attendee.role for attendee in event.attendees})),
                decisions=len(event.decisions),
                actions=event.actions,
                next_on=event.next_on,
            )
        case FourRMeetingCancelled():
            return FourRMeetingCancelledV1(
                meeting_id=event.meeting_id, reason=event.reason, cancelled_on=event.cancelled_on
            )
        case _:
            assert_never(event)


def _tell_learning_point(recorded: Recorded[LearningPointEvent]) -> LearningPublished:
    event = recorded.event
    match event:
        case LearningPointRecorded():
            return LearningPointRecordedV1(
                learning_id=event.learning_id,
                theme_code=event.theme_code,
                domain=event.domain,
                source=event.source,
                theme_id=event.theme_id,
                place=event.place,
                recorded_on=event.recorded_on,
            )
        case LearningPointDisseminated():
            return LearningPointDisseminatedV1(
                learning_id=event.learning_id,
                audience=event.audience,
                channel=event.channel,
                disseminated_on=event.disseminated_on,
            )
        case LearningImpactReviewed():
            return LearningImpactReviewedV1(
                learning_id=event.learning_id,
                result=event.result,
                method=event.method,
                cases=event.cases,
                reviewed_on=event.reviewed_on,
            )
        case _:
            assert_never(event)


def _compared(event: GradesCompared) -> GradesComparedV1:
    return GradesComparedV1(
        pair_id=event.pair_id,
        kind=event.kind,
        scale=event.scale,
        role_a=event.a.role,
        role_b=event.b.role,
        overall_a=event.a.overall,
        overall_b=event.b.overall,
        domains_a={domain: event.a.domains[domain] for domain in event.graded_by_both},
        domains_b={domain: event.b.domains[domain] for domain in event.graded_by_both},
        consensus=event.agreed.overall if event.agreed else None,
        place=event.place,
        compared_on=event.compared_on,
    )


def _safety(
    event: ImmediateSafetyConcernRaised | ImmediateSafetyConcernAcknowledged | ImmediateSafetyConcernCleared,
) -> SafetyPublished | None:
    """One raised before anybody had to confirm is not told, nor is its end."""
    match event:
        case ImmediateSafetyConcernRaised(place=Place() as place, raised_on=date() as on, due_on=date() as due_on):
            return SafetyConcernRaisedV1(audit_id=event.audit_id, place=place, raised_on=on, due_on=due_on)
        case ImmediateSafetyConcernAcknowledged():
            return SafetyConcernAcknowledgedV1(
                audit_id=event.audit_id, acknowledged_on=event.acknowledged_on, in_time=event.in_time
            )
        case ImmediateSafetyConcernCleared(cleared_on=date() as on):
            return SafetyConcernClearedV1(audit_id=event.audit_id, cleared_on=on)
        case _:
            return None


def _withdrawn(event: AuditWithdrawn) -> AuditWithdrawnV1:
    return AuditWithdrawnV1(audit_id=event.audit_id, reason=event.reason, approver_role=event.approver_role)


def _tell_programme(recorded: Recorded[ProgrammeEvent]) -> AuditProgrammeSetV1:
    event = recorded.event
    match event:
        case AuditProgrammeSet():
            return AuditProgrammeSetV1(**event.model_dump(exclude={"type", "place"}), place=event.place)
        case _:
            assert_never(event)


def _tell_expectation(recorded: Recorded[ExpectationEvent]) -> AuditPublished:
    event = recorded.event
    match event:
        case AuditExpected():
            return AuditExpectedV1(
                expectation_id=event.expectation_id,
                cadence=event.cadence,
                audit_type=event.audit_type,
                auditor_role=event.auditor_role,
                place=event.place,
                window_first=event.window_first,
                window_last=event.window_last,
            )
        case AuditExempted():
            return AuditExemptedV1(expectation_id=event.expectation_id, reason=event.reason)
        case AuditExpectationMet():
            return AuditExpectationMetV1(
                expectation_id=event.expectation_id, audit_id=event.audit_id, met_on=event.met_on
            )
        case AuditExpectationReopened():
            return AuditExpectationReopenedV1(expectation_id=event.expectation_id, reason=event.reason)
        case _:
            assert_never(event)


def _tell_caseload(recorded: Recorded[CaseloadEvent]) -> CaseloadReportedV1:
    event = recorded.event
    match event:
        case CaseloadReported():
            return CaseloadReportedV1(place=event.place, as_at=event.as_at, open_cases=event.open_cases)
        case _:
            assert_never(event)


def _graded(
    audit_id: str, result: Result, regrade_reason: str | None = None, approver_role: str | None = None
) -> AuditGradedV1:
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
        period=result.period,
        audit_quality=result.audit_quality,
        moderator_role=result.moderator_role,
        moderated_overall=result.moderated_overall,
        previous_on=result.previous_on,
        theme_id=result.theme_id,
        approver_role=approver_role,
        generation=result.generation,
    )


DECIDERS: dict[str, Decider[Any, Any]] = {
    audit.DECIDER.category: audit.DECIDER,
    remedial_action.DECIDER.category: remedial_action.DECIDER,
    re_audit.DECIDER.category: re_audit.DECIDER,
    template.DECIDER.category: template.DECIDER,
    audit_policy.DECIDER.category: audit_policy.DECIDER,
    programme.DECIDER.category: programme.DECIDER,
    expectation.DECIDER.category: expectation.DECIDER,
    caseload.DECIDER.category: caseload.DECIDER,
    theme.DECIDER.category: theme.DECIDER,
    audit_sample.DECIDER.category: audit_sample.DECIDER,
    involvement.DECIDER.category: involvement.DECIDER,
    pair.DECIDER.category: pair.DECIDER,
    four_r_meeting.DECIDER.category: four_r_meeting.DECIDER,
    learning_point.DECIDER.category: learning_point.DECIDER,
}
_TELLING: dict[str, Callable[[Recorded[Any]], AuditPublished | None]] = {
    audit.DECIDER.category: _tell_audit,
    remedial_action.DECIDER.category: _tell_remedial_action,
    re_audit.DECIDER.category: _tell_re_audit,
    template.DECIDER.category: _tell_template,
    audit_policy.DECIDER.category: _tell_audit_policy,
    programme.DECIDER.category: _tell_programme,
    expectation.DECIDER.category: _tell_expectation,
    caseload.DECIDER.category: _tell_caseload,
    theme.DECIDER.category: _tell_theme,
    audit_sample.DECIDER.category: _tell_audit_sample,
    involvement.DECIDER.category: _tell_involvement,
    pair.DECIDER.category: _tell_pair,
    four_r_meeting.DECIDER.category: _tell_four_r_meeting,
    learning_point.DECIDER.category: _tell_learning_point,
}
