"""What may be done with a remedial action, from agreeing on it to seeing that it was done.

Done (completed) and seen to be done (verified) are two things, by two people.
"""

from __future__ import annotations

from datetime import date

from services.audit.domain.policy import AuditPolicy
from services.audit.domain.remedial_action import codes
from services.audit.domain.remedial_action.commands import (
    AcceptAction,
    AgreeAction,
    CancelAction,
    CompleteAction,
    FailVerification,
    FlagAction,
    NoteOverdueAction,
    ProgressAction,
    RescheduleAction,
    VerifyAction,
)
from services.audit.domain.remedial_action.events import (
    RemedialActionAccepted,
    RemedialActionAgreed,
    RemedialActionCancelled,
    RemedialActionCompleted,
    RemedialActionEvent,
    RemedialActionFlagged,
    RemedialActionLinked,
    RemedialActionProgressed,
    RemedialActionRescheduled,
    RemedialActionVerificationFailed,
    RemedialActionVerified,
)
from services.audit.domain.remedial_action.overdue import running, unnoticed
from services.audit.domain.remedial_action.state import RemedialAction, Stage
from shared.calendar.working_days import WorkingDays
from shared.deciding.refusal import Refused

Events = list[RemedialActionEvent]


def agree_action(
    command: AgreeAction, action: RemedialAction, policy: AuditPolicy, working_days: WorkingDays
) -> Events:
    """The same action for a brother's or sister's audit is not agreed again: that audit is linked with the first."""
    _check_code(command.priority, frozenset(codes.PRIORITIES), "priority")
    audit = command.audit
    if command.domain is not None and command.domain not in audit.domains:
        raise Refused("this domain is not one of the audit's template", field="domain")
    if action.agreed is not None and audit.audit_id in action.audits:
        return _agreed_before(command, action.agreed)
    if not audit.standing:
        raise Refused("actions are agreed for an audit that was begun and not withdrawn")
    if command.by == audit.worker:
        raise Refused("whoever works the case does not agree alone on what is to be done about it")
    if action.agreed is not None:
        return _linked(command, action)
    due_on = _due(command.due_on, command.on, working_days.add(command.on, _days(command.priority, policy)))
    return [
        RemedialActionAgreed(
            action_id=command.action_id,
            audit_id=audit.audit_id,
            domain=command.domain,
            text=command.text,
            owner=command.owner,
            owner_role=command.owner_role,
            priority=command.priority,
            place=audit.place,
            agreed_by=command.by,
            agreed_on=command.on,
            due_on=due_on,
            worker=audit.worker,
            family_group=audit.family_group,
        )
    ]


def accept_action(command: AcceptAction, action: RemedialAction) -> Events:
    agreed = _known(action)
    if command.by != agreed.owner:
        raise Refused("whoever is to do it accepts the action")
    if action.accepted is not None:
        return []
    _open(action, command.on)
    accepted = RemedialActionAccepted(action_id=agreed.action_id, accepted_by=command.by, accepted_on=command.on)
    return [*unnoticed(action, command.on), accepted]


def progress_action(command: ProgressAction, action: RemedialAction) -> Events:
    agreed = _known(action)
    last = action.progress[-1] if action.progress else None
    if last is not None and last.by == command.by and command.note.same_words(last.note):
        return []
    _open(action, command.on)
    progressed = RemedialActionProgressed(
        action_id=agreed.action_id, by=command.by, note=command.note, progressed_on=command.on
    )
    return [*unnoticed(action, command.on), progressed]


def reschedule_action(command: RescheduleAction, action: RemedialAction, policy: AuditPolicy) -> Events:
    """The first moves are for the owner's manager, the next need somebody who approves."""
    agreed = _known(action)
    _check_code(command.reason, codes.RESCHEDULE_REASONS, "reason")
    if action.due_on == command.due_on and action.stage is Stage.OPEN:
        return []
    before = _open(action, command.on)
    if command.due_on < command.today:
        raise Refused("an action is never due on a day that has passed", field="due_on")
    if command.by == agreed.owner or not command.roles & codes.MANAGERS:
        raise Refused("the manager of whoever is to do it moves the date")
    approving = action.times_moved >= policy.action_moves_without_approval
    if approving and not command.roles & codes.APPROVERS:
        raise Refused("this action was moved before: moving it again needs a Head of Service")
    rescheduled = RemedialActionRescheduled(
        action_id=agreed.action_id,
        from_due_on=before,
        due_on=command.due_on,
        times_moved=action.times_moved + 1,
        reason=command.reason,
        moved_by=command.by,
        moved_on=command.on,
        approved_by=command.by if approving else None,
    )
    return [*unnoticed(action, command.on), rescheduled]


def complete_action(
    command: CompleteAction, action: RemedialAction, policy: AuditPolicy, working_days: WorkingDays
) -> Events:
    agreed = _known(action)
    if action.stage is Stage.COMPLETED and _completed_so(command, action.completed):
        return []
    _open(action, command.on)
    completed = RemedialActionCompleted(
        action_id=agreed.action_id,
        completed_by=command.by,
        completed_on=command.on,
        evidence_ref=command.evidence_ref,
        verify_by=working_days.add(command.on, policy.action_verify_within_working_days),
    )
    return [*unnoticed(action, command.on), completed]


def verify_action(command: VerifyAction, action: RemedialAction) -> Events:
    agreed = _known(action)
    if action.stage is Stage.VERIFIED:
        return []
    completed = _judged(command.by, command.roles, command.on, action)
    verified = RemedialActionVerified(
        action_id=agreed.action_id,
        verified_by=command.by,
        verified_on=command.on,
        in_time=command.on <= completed.verify_by,
    )
    return [verified]


def fail_verification(
    command: FailVerification, action: RemedialAction, policy: AuditPolicy, working_days: WorkingDays
) -> Events:
    agreed = _known(action)
    if action.stage is Stage.OPEN and _failed_so(command, action.failed):
        return []
    _judged(command.by, command.roles, command.on, action)
    latest = working_days.add(command.today, _days(agreed.priority, policy))
    due_on = _due(command.due_on, command.today, latest)
    return [
        RemedialActionVerificationFailed(
            action_id=agreed.action_id,
            failed_by=command.by,
            failed_on=command.on,
            reason=command.reason,
            due_on=due_on,
            re_audit=command.re_audit or policy.reaudit_after_failed_action,
        )
    ]


def cancel_action(command: CancelAction, action: RemedialAction) -> Events:
    agreed = _known(action)
    _check_code(command.reason, codes.CANCEL_REASONS, "reason")
    if action.cancelled is not None and action.cancelled.reason == command.reason:
        return []
    if command.approved_by == agreed.owner:
        raise Refused("somebody else than whoever is to do it cancels an action")
    if action.stage not in {Stage.OPEN, Stage.COMPLETED}:
        raise Refused("this action is closed")
    _in_order(action, command.on)
    cancelled = RemedialActionCancelled(
        action_id=agreed.action_id,
        reason=command.reason,
        approved_by=command.approved_by,
        cancelled_on=command.on,
    )
    return [*unnoticed(action, command.on), cancelled]


def note_overdue_action(command: NoteOverdueAction, action: RemedialAction) -> Events:
    return [*unnoticed(action, command.today)] if running(action) == command.due_on else []


def flag_action(command: FlagAction, action: RemedialAction) -> Events:
    """It stays as it is, done or not: what it says is that somebody has to look."""
    agreed = _known(action)
    if any(flag.audit_id == command.audit_id for flag in action.flags):
        return []
    if command.audit_id not in action.audits:
        raise Refused("this action was not agreed for that audit")
    flagged = RemedialActionFlagged(
        action_id=agreed.action_id, audit_id=command.audit_id, reason=command.reason, flagged_on=command.on
    )
    return [*unnoticed(action, command.on), flagged]


def _agreed_before(command: AgreeAction, agreed: RemedialActionAgreed) -> Events:
    if agreed.audit_id != command.audit.audit_id:
        return []  # linked before
    asked = (command.owner, command.priority, command.domain, command.due_on or agreed.due_on)
    if asked == (agreed.owner, agreed.priority, agreed.domain, agreed.due_on):
        return []
    raise Refused("this very action was agreed for the audit before, in another way: move it instead")


def _linked(command: AgreeAction, action: RemedialAction) -> Events:
    agreed = _known(action)
    if command.audit.family_group is None or command.audit.family_group != agreed.family_group:
        raise Refused("only the audits of one family share an action")
    if action.is_closed:
        raise Refused("the action of this family is closed: agree on it anew")
    linked = RemedialActionLinked(
        action_id=agreed.action_id,
        audit_id=command.audit.audit_id,
        linked_by=command.by,
        linked_on=command.on,
    )
    return [*unnoticed(action, command.on), linked]


def _judged(by: str, roles: frozenset[str], on: date, action: RemedialAction) -> RemedialActionCompleted:
    """The completion, when this person may say what became of it."""
    agreed = _known(action)
    if action.stage is not Stage.COMPLETED or action.completed is None:
        raise Refused("only a completed action can be verified")
    if by in {agreed.owner, action.completed.completed_by}:
        raise Refused("somebody else than who did it sees whether it was done")
    if not roles & codes.VERIFIERS:
        raise Refused("a QA Officer or somebody who approves sees whether it was done")
    if on < action.completed.completed_on:
        raise Refused("nothing is seen to be done before it was done", field="effective_date")
    return action.completed


def _completed_so(command: CompleteAction, completed: RemedialActionCompleted | None) -> bool:
    return (
        completed is not None
        and completed.completed_by == command.by
        and command.evidence_ref.same_words(completed.evidence_ref)
    )


def _failed_so(command: FailVerification, failed: RemedialActionVerificationFailed | None) -> bool:
    return failed is not None and failed.failed_by == command.by and command.reason.same_words(failed.reason)


def _known(action: RemedialAction) -> RemedialActionAgreed:
    if action.agreed is None:
        raise Refused("there is no such action")
    return action.agreed


def _open(action: RemedialAction, on: date) -> date:
    """The due date of an open action, when that day is in order."""
    if action.stage is not Stage.OPEN or action.due_on is None:
        raise Refused("this action is not open: it was completed, verified or cancelled")
    _in_order(action, on)
    if action.failed is not None and on < action.failed.failed_on:
        raise Refused("the action was opened again later than that", field="effective_date")
    return action.due_on


def _in_order(action: RemedialAction, on: date) -> None:
    if on < _known(action).agreed_on:
        raise Refused("nothing happens to an action before it was agreed", field="effective_date")


def _due(asked: date | None, on: date, latest: date) -> date:
    if asked is None:
        return latest
    if not on <= asked <= latest:
        raise Refused("an action may be due sooner than the policy says, neither later nor before it", field="due_on")
    return asked


def _days(priority: str, policy: AuditPolicy) -> int:
    return {
        "HIGH": policy.action_high_working_days,
        "MEDIUM": policy.action_medium_working_days,
        "LOW": policy.action_low_working_days,
    }[priority]


def _check_code(code: str, known: frozenset[str], field: str) -> None:
    if code not in known:
        raise Refused("this code is not one of those that may stand here", field=field)
