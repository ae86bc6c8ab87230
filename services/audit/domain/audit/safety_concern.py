"""An immediate safety concern: a child may not be safe now, and their manager confirms that they are.

A second concern gives no more time than the first: until somebody confirmed, the earliest due date holds. Every step
that ends the waiting notes first that it took too long, so that the record does not depend on whether a timer ran.
"""

from __future__ import annotations

from datetime import date

from services.audit.domain.audit.commands import (
    AcknowledgeImmediateSafetyConcern,
    ClearImmediateSafetyConcern,
    NoteOverdueSafetyConcern,
    RaiseImmediateSafetyConcern,
)
from services.audit.domain.audit.decisions import standing
from services.audit.domain.audit.events import (
    AuditEvent,
    ImmediateSafetyConcernAcknowledged,
    ImmediateSafetyConcernCleared,
    ImmediateSafetyConcernOverdue,
    ImmediateSafetyConcernRaised,
)
from services.audit.domain.audit.state import Audit
from services.audit.domain.policy import AuditPolicy
from shared.calendar.working_days import WorkingDays
from shared.deciding.refusal import Refused


def raise_immediate_safety_concern(
    command: RaiseImmediateSafetyConcern, audit: Audit, policy: AuditPolicy, working_days: WorkingDays
) -> list[AuditEvent]:
    planned = standing(audit)
    before = audit.concern
    if before is not None and before.raised_by == command.by and command.concern.same_words(before.concern):
        return []
    if audit.started is None:
        raise Refused("a safety concern is raised on an audit once it has started")
    due_on = working_days.add(command.on, policy.safety_confirm_working_days)
    waiting = unconfirmed(audit)
    raised = ImmediateSafetyConcernRaised(
        concern=command.concern,
        raised_by=command.by,
        audit_id=planned.audit_id,
        place=command.place,
        raised_on=command.on,
        notified=command.notified,
        due_on=min(due_on, waiting) if waiting else due_on,
    )
    return [*_unnoticed(audit, command.on), raised]


def acknowledge_immediate_safety_concern(command: AcknowledgeImmediateSafetyConcern, audit: Audit) -> list[AuditEvent]:
    planned = standing(audit)
    concern = audit.concern
    if concern is None:
        raise Refused("there is no open safety concern to confirm")
    if command.by == planned.worker or command.by not in command.managers | set(concern.notified):
        raise Refused("the team's manager, or somebody above them, confirms that the child is safe")
    if audit.confirmed is not None:
        return []
    if concern.raised_on is not None and command.on < concern.raised_on:
        raise Refused("nobody confirms before the concern was raised", field="effective_date")
    confirmed = ImmediateSafetyConcernAcknowledged(
        audit_id=planned.audit_id,
        acknowledged_by=command.by,
        acknowledged_on=command.on,
        in_time=concern.due_on is None or command.on <= concern.due_on,
    )
    return [*_unnoticed(audit, command.on), confirmed]


def note_overdue_safety_concern(command: NoteOverdueSafetyConcern, audit: Audit) -> list[AuditEvent]:
    return _unnoticed(audit, command.today) if unconfirmed(audit) == command.due_on else []


def clear_immediate_safety_concern(command: ClearImmediateSafetyConcern, audit: Audit) -> list[AuditEvent]:
    planned = standing(audit)
    if command.by == planned.worker:
        raise Refused("the allocated worker does not clear a concern about their own case")
    if audit.concern is None:
        return []
    if unconfirmed(audit):
        raise Refused("a concern is cleared once the manager has confirmed that the child is safe")
    return [
        ImmediateSafetyConcernCleared(cleared_by=command.by, audit_id=planned.audit_id, cleared_on=command.on),
    ]


def unconfirmed(audit: Audit) -> date | None:
    """By when somebody has to confirm that the child is safe; None when nobody has to, or did."""
    return audit.concern.due_on if audit.concern is not None and audit.confirmed is None else None


def overdue_next(audit: Audit) -> date | None:
    """The due date that a timer has to look at: nobody confirmed and nobody noticed."""
    due_on = unconfirmed(audit)
    return None if due_on in audit.noticed else due_on


def _unnoticed(audit: Audit, by: date) -> list[AuditEvent]:
    due_on = overdue_next(audit)
    if audit.planned is None or due_on is None or due_on >= by:
        return []
    return [ImmediateSafetyConcernOverdue(audit_id=audit.planned.audit_id, due_on=due_on)]
