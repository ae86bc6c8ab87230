"""What the audit service tells the world around a grade: what was expected, compared, followed up and learned.

Codes are those of the audit service and of docs/language.md. Staff appear by role only. A `place` is as-then, on the
event's effective date.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from shared.published.envelope import Published
from shared.published.place import Place

# -- programme and cadence ------------------------------------------------------------------------------------------


class AuditPolicySetV1(Published):
    """The authority's audit policy from a day on. What it says stays inside; decisions name its version."""

    TYPE: ClassVar[str] = "goldenthread.audit_policy_set.v1"

    policy_version: str
    place: Place
    from_date: date


class AuditProgrammeSetV1(Published):
    """So many audits of a type are expected in each period (MONTH, QUARTER) from `first` to `last` (None: no end)."""

    TYPE: ClassVar[str] = "goldenthread.audit_programme_set.v1"

    programme_id: str
    audit_type: str
    period_unit: str
    expected_n: int
    place: Place
    first: date
    last: date | None = None


class AuditExpectedV1(Published):
    """One audit is expected in the window, both days included. It counts in the month in which the window ends.

    `cadence` is QA_OFFICER, TEAM_MANAGER or PROGRAMME; `auditor_role` is None where any auditor may do it.
    """

    TYPE: ClassVar[str] = "goldenthread.audit_expected.v1"

    expectation_id: str
    cadence: str
    audit_type: str
    auditor_role: str | None
    place: Place
    window_first: date
    window_last: date


class AuditExemptedV1(Published):
    """The audit is not expected after all: approved, with a reason."""

    TYPE: ClassVar[str] = "goldenthread.audit_exempted.v1"

    expectation_id: str
    reason: str


class AuditExpectationMetV1(Published):
    """The expected audit has its final grade. `met_on` is the audit's effective date; after the window it is late."""

    TYPE: ClassVar[str] = "goldenthread.audit_expectation_met.v1"

    expectation_id: str
    audit_id: str
    met_on: date


class AuditExpectationReopenedV1(Published):
    """The audit that met it was withdrawn: another is expected again."""

    TYPE: ClassVar[str] = "goldenthread.audit_expectation_reopened.v1"

    expectation_id: str
    reason: str


class CaseloadReportedV1(Published):
    """How many cases of each plan type were open in a team on a day, as its case system counts them."""

    TYPE: ClassVar[str] = "goldenthread.caseload_reported.v1"

    place: Place
    as_at: date
    open_cases: dict[str, int]


# -- themes and samples ---------------------------------------------------------------------------------------------


class ThemedAuditCommissionedV1(Published):
    """A theme for a financial quarter such as 2026-Q1. `auditor_roles` are those it is allocated to."""

    TYPE: ClassVar[str] = "goldenthread.themed_audit_commissioned.v1"

    theme_id: str
    theme_code: str
    quarter: str
    sample_size: int
    due_on: date
    multi_agency: bool
    auditor_roles: tuple[str, ...]
    place: Place


class AuditSampleDrawnV1(Published):
    """`n` cases of a frame of `frame_n`, by an algorithm that anybody can repeat from the frame and the seed."""

    TYPE: ClassVar[str] = "goldenthread.audit_sample_drawn.v1"

    sample_id: str
    theme_id: str | None
    place: Place
    frame_n: int
    n: int
    algorithm: str
    frame_hash: str


class AuditCaseEliminatedV1(Published):
    """A case left the sample, with a reason; `replaced` by the next of the same draw where there was one."""

    TYPE: ClassVar[str] = "goldenthread.audit_case_eliminated.v1"

    sample_id: str
    reason: str
    replaced: bool


# -- comparing ------------------------------------------------------------------------------------------------------


class AuditsPairedV1(Published):
    """Two audits are to be compared: of one case, graded independently (PAIRED), or of two cases (COMPARED)."""

    TYPE: ClassVar[str] = "goldenthread.audits_paired.v1"

    pair_id: str
    kind: str
    audit_a: str
    audit_b: str
    place: Place


class GradesComparedV1(Published):
    """Both raw grades of a pair, and what was agreed on when they differed. Agreement is counted for PAIRED only.

    `a` is the audit whose auditor the pair asks about (the Team Manager's), `b` the one it is held against (the QA
    Officer's). Domains are those that both graded.
    """

    TYPE: ClassVar[str] = "goldenthread.grades_compared.v1"

    pair_id: str
    kind: str
    scale: str
    role_a: str
    role_b: str
    overall_a: str
    overall_b: str
    domains_a: dict[str, str]
    domains_b: dict[str, str]
    consensus: str | None
    place: Place
    compared_on: date


class PairGivenUpV1(Published):
    """The audits are not compared after all; or they were, and one was withdrawn since: their agreement counts no more.

    The reason is a code, AUDIT_WITHDRAWN where one of them was.
    """

    TYPE: ClassVar[str] = "goldenthread.pair_given_up.v1"

    pair_id: str
    reason: str


# -- immediate safety concerns --------------------------------------------------------------------------------------


class SafetyConcernRaisedV1(Published):
    """An auditor saw that a child may not be safe now. What it is stays inside."""

    TYPE: ClassVar[str] = "goldenthread.safety_concern_raised.v1"

    audit_id: str
    place: Place
    raised_on: date
    due_on: date


class SafetyConcernAcknowledgedV1(Published):
    """The manager confirmed that the child is safe."""

    TYPE: ClassVar[str] = "goldenthread.safety_concern_acknowledged.v1"

    audit_id: str
    acknowledged_on: date
    in_time: bool


class SafetyConcernClearedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.safety_concern_cleared.v1"

    audit_id: str
    cleared_on: date


# -- remedial actions -----------------------------------------------------------------------------------------------


class RemedialActionAgreedV1(Published):
    """Something is to be done for the child of an audit. What it is stays inside."""

    TYPE: ClassVar[str] = "goldenthread.remedial_action_agreed.v1"

    action_id: str
    audit_id: str
    domain: str | None
    priority: str
    owner_role: str
    place: Place
    agreed_on: date
    due_on: date


class RemedialActionRescheduledV1(Published):
    TYPE: ClassVar[str] = "goldenthread.remedial_action_rescheduled.v1"

    action_id: str
    due_on: date
    times_moved: int


class RemedialActionOverdueV1(Published):
    """The due date passed and it was not completed: noticed once for each due date."""

    TYPE: ClassVar[str] = "goldenthread.remedial_action_overdue.v1"

    action_id: str
    due_on: date


class RemedialActionCompletedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.remedial_action_completed.v1"

    action_id: str
    completed_on: date


class RemedialActionVerifiedV1(Published):
    """Somebody other than the owner saw that it was done: only now the action is closed."""

    TYPE: ClassVar[str] = "goldenthread.remedial_action_verified.v1"

    action_id: str
    verified_on: date


class RemedialActionVerificationFailedV1(Published):
    """Somebody looked and it was not done, or did not help: the action is open again, due on a new day."""

    TYPE: ClassVar[str] = "goldenthread.remedial_action_verification_failed.v1"

    action_id: str
    failed_on: date
    due_on: date


class RemedialActionCancelledV1(Published):
    TYPE: ClassVar[str] = "goldenthread.remedial_action_cancelled.v1"

    action_id: str
    reason: str
    cancelled_on: date


class RemedialActionFlaggedV1(Published):
    """The action stands, but its audit was withdrawn: it may have been done for the wrong child."""

    TYPE: ClassVar[str] = "goldenthread.remedial_action_flagged.v1"

    action_id: str
    reason: str


# -- re-audits ------------------------------------------------------------------------------------------------------


class ReAuditRequiredV1(Published):
    """The case is to be audited again. `root_audit_id` began the lineage; the first re-audit has generation 1.

    `scope` is FULL or FAILED_DOMAINS (those in `domains`). `director_review` from the generation that policy names.
    Told again, whole, when it changes (the parent was regraded, more domains) or is open again after it was cancelled
    or completed (the re-audit was withdrawn): the newest holds, and whatever was told of its end before does not.
    """

    TYPE: ClassVar[str] = "goldenthread.re_audit_required.v1"

    re_audit_id: str
    parent_audit_id: str
    root_audit_id: str
    generation: int
    trigger: str
    scope: str
    domains: tuple[str, ...]
    scale: str
    overall: str
    root_overall: str
    place: Place
    required_on: date
    due_on: date
    director_review: bool


class ReAuditCompletedV1(Published):
    """Compared with the parent: `outcome` IMPROVED, SAME or DECLINED by the overall grade; `delta` in grades.

    NOT_COMPARABLE, with a `delta` of 0, when one of the two is no grade. Told again when the re-audit, its parent
    or the root was regraded. `declined_domains` fell even so, `still_inadequate` are inadequate now. `root_delta`
    compares with the root.
    """

    TYPE: ClassVar[str] = "goldenthread.re_audit_completed.v1"

    re_audit_id: str
    audit_id: str
    completed_on: date
    overall: str
    outcome: str
    delta: int
    root_delta: int
    declined_domains: tuple[str, ...]
    still_inadequate: tuple[str, ...]
    parent_overall: str | None = None
    root_overall: str | None = None


class ReAuditNotPossibleV1(Published):
    TYPE: ClassVar[str] = "goldenthread.re_audit_not_possible.v1"

    re_audit_id: str
    reason: str
    found_on: date


class ReAuditCancelledV1(Published):
    """Not required after all: the parent was regraded before it was planned (PARENT_REGRADED), or withdrawn at any time
    (PARENT_WITHDRAWN): then also what was completed, since nothing is left to compare it with."""

    TYPE: ClassVar[str] = "goldenthread.re_audit_cancelled.v1"

    re_audit_id: str
    reason: str
    cancelled_on: date


class DirectorReviewRecordedV1(Published):
    """A director looked at a lineage that had gone on too long. What they decided is a code."""

    TYPE: ClassVar[str] = "goldenthread.director_review_recorded.v1"

    re_audit_id: str
    decision: str
    reviewed_on: date


# -- 4R meetings and learning ---------------------------------------------------------------------------------------


class FourRMeetingScheduledV1(Published):
    """`place` is the smallest unit that holds all of `teams`: the meeting counts there once."""

    TYPE: ClassVar[str] = "goldenthread.four_r_meeting_scheduled.v1"

    meeting_id: str
    place: Place
    teams: tuple[Place, ...]
    planned_on: date
    linked_audits: tuple[str, ...]
    linked_alerts: tuple[str, ...]


class FourRMeetingHeldV1(Published):
    """`roles` are those present; `decisions` how many; `actions` the remedial actions agreed there."""

    TYPE: ClassVar[str] = "goldenthread.four_r_meeting_held.v1"

    meeting_id: str
    place: Place
    teams: tuple[Place, ...]
    held_on: date
    linked_audits: tuple[str, ...]
    linked_alerts: tuple[str, ...]
    roles: tuple[str, ...]
    decisions: int
    actions: tuple[str, ...]
    next_on: date | None = None


class FourRMeetingCancelledV1(Published):
    TYPE: ClassVar[str] = "goldenthread.four_r_meeting_cancelled.v1"

    meeting_id: str
    reason: str
    cancelled_on: date


class LearningPointRecordedV1(Published):
    """Something the service learned, about no child. Its words leave only after release."""

    TYPE: ClassVar[str] = "goldenthread.learning_point_recorded.v1"

    learning_id: str
    theme_code: str
    domain: str | None
    source: str
    theme_id: str | None
    place: Place
    recorded_on: date


class LearningPointDisseminatedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.learning_point_disseminated.v1"

    learning_id: str
    audience: tuple[str, ...]
    channel: str
    disseminated_on: date


class LearningImpactReviewedV1(Published):
    """Somebody looked whether practice changed, mostly by tracking cases: `cases` of them."""

    TYPE: ClassVar[str] = "goldenthread.learning_impact_reviewed.v1"

    learning_id: str
    result: str
    method: str
    cases: int
    reviewed_on: date


ProgrammePublished = (
    AuditPolicySetV1
    | AuditProgrammeSetV1
    | AuditExpectedV1
    | AuditExemptedV1
    | AuditExpectationMetV1
    | AuditExpectationReopenedV1
    | CaseloadReportedV1
)
SamplingPublished = ThemedAuditCommissionedV1 | AuditSampleDrawnV1 | AuditCaseEliminatedV1
ComparingPublished = AuditsPairedV1 | GradesComparedV1 | PairGivenUpV1
SafetyPublished = SafetyConcernRaisedV1 | SafetyConcernAcknowledgedV1 | SafetyConcernClearedV1
ActionPublished = (
    RemedialActionAgreedV1
    | RemedialActionRescheduledV1
    | RemedialActionOverdueV1
    | RemedialActionCompletedV1
    | RemedialActionVerifiedV1
    | RemedialActionVerificationFailedV1
    | RemedialActionCancelledV1
    | RemedialActionFlaggedV1
)
ReAuditPublished = (
    ReAuditRequiredV1 | ReAuditCompletedV1 | ReAuditNotPossibleV1 | ReAuditCancelledV1 | DirectorReviewRecordedV1
)
MeetingPublished = FourRMeetingScheduledV1 | FourRMeetingHeldV1 | FourRMeetingCancelledV1
LearningPublished = LearningPointRecordedV1 | LearningPointDisseminatedV1 | LearningImpactReviewedV1

AuditCyclePublished = (
    ProgrammePublished
    | SamplingPublished
    | ComparingPublished
    | SafetyPublished
    | ActionPublished
    | ReAuditPublished
    | MeetingPublished
    | LearningPublished
)
