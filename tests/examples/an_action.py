"""A remedial action for the child of `audit-17`, from agreeing on it to seeing that it was done."""

from __future__ import annotations

from datetime import date

from services.audit.domain.remedial_action.commands import (
    AcceptAction,
    AgreeAction,
    AuditFacts,
    CancelAction,
    CompleteAction,
    FailVerification,
    FlagAction,
    ProgressAction,
    RescheduleAction,
    VerifyAction,
)
from services.audit.domain.remedial_action.events import (
    RemedialActionAccepted,
    RemedialActionAgreed,
    RemedialActionCompleted,
    RemedialActionOverdue,
    RemedialActionRescheduled,
    RemedialActionVerificationFailed,
    RemedialActionVerified,
)
from tests.examples.an_audit import ALDER, sealed

MANAGER, QA, HEAD_OF_SERVICE = (frozenset({role}) for role in ("TEAM_MANAGER", "QA_OFFICER", "HEAD_OF_SERVICE"))
AGREED_ON, DUE_ON = date(2026, 4, 20), date(2026, 4, 27)

facts = AuditFacts("audit-17", ALDER, frozenset({"CHILD_VOICE", "ASSESSMENT"}), True, worker="sw-1")
agree = AgreeAction(
    "action-1", facts, sealed("see the child alone"), "sw-1", "SOCIAL_WORKER", "HIGH", "qa-1", AGREED_ON, "CHILD_VOICE"
)
accept = AcceptAction("sw-1", date(2026, 4, 21))
progress = ProgressAction("sw-1", sealed("visit booked"), date(2026, 4, 22))
reschedule = RescheduleAction(
    "tm-1", MANAGER, date(2026, 5, 5), "FAMILY_UNAVAILABLE", date(2026, 4, 24), date(2026, 4, 24)
)
complete = CompleteAction("sw-1", sealed("case note 12"), date(2026, 4, 24))
verify = VerifyAction("qa-1", QA, date(2026, 4, 29))
fail = FailVerification("qa-1", QA, sealed("no note of it"), date(2026, 4, 29), date(2026, 4, 29))
cancel = CancelAction("NO_LONGER_NEEDED", "hos-1", date(2026, 4, 24))
flag = FlagAction("audit-17", "WRONG_CHILD", date(2026, 5, 12))

agreed = RemedialActionAgreed(
    action_id="action-1",
    audit_id="audit-17",
    domain="CHILD_VOICE",
    text=sealed("see the child alone"),
    owner="sw-1",
    owner_role="SOCIAL_WORKER",
    priority="HIGH",
    place=ALDER,
    agreed_by="qa-1",
    agreed_on=AGREED_ON,
    due_on=DUE_ON,
    worker="sw-1",
)
accepted = RemedialActionAccepted(action_id="action-1", accepted_by="sw-1", accepted_on=date(2026, 4, 21))
rescheduled = RemedialActionRescheduled(
    action_id="action-1",
    from_due_on=DUE_ON,
    due_on=date(2026, 5, 5),
    times_moved=1,
    reason="FAMILY_UNAVAILABLE",
    moved_by="tm-1",
    moved_on=date(2026, 4, 24),
)
overdue = RemedialActionOverdue(action_id="action-1", due_on=DUE_ON)
completed = RemedialActionCompleted(
    action_id="action-1",
    completed_by="sw-1",
    completed_on=date(2026, 4, 24),
    evidence_ref=sealed("case note 12"),
    verify_by=date(2026, 5, 11),  # the May bank holiday lies between
)
verified = RemedialActionVerified(action_id="action-1", verified_by="qa-1", verified_on=date(2026, 4, 29), in_time=True)
failed = RemedialActionVerificationFailed(
    action_id="action-1",
    failed_by="qa-1",
    failed_on=date(2026, 4, 29),
    reason=sealed("no note of it"),
    due_on=date(2026, 5, 7),
    re_audit=False,
)
done = [agreed, accepted, completed]
