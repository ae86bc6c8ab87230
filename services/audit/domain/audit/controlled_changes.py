"""What changes an audit after its grade counted: approved by somebody who did not give that grade, with a reason.

The grade given first is never lost: each change is a fact of its own, and says which periods were closed when it came.
"""

from __future__ import annotations

from datetime import date

from services.audit.domain.audit import codes
from services.audit.domain.audit.commands import DestroyAuditWords, RegradeAudit, WithdrawAudit
from services.audit.domain.audit.decisions import changes, check_code, check_grades, standing
from services.audit.domain.audit.events import (
    AuditEvent,
    AuditPreceded,
    AuditRegraded,
    AuditWithdrawn,
    AuditWordsDestroyed,
    GradeChange,
)
from services.audit.domain.audit.safety_concern import unconfirmed
from services.audit.domain.audit.state import Audit
from services.audit.domain.closed_periods import Closing
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.refusal import Refused

WRONG_CHILD = "WRONG_CHILD"


def regrade_audit(command: RegradeAudit, audit: Audit, template: TemplateVersion, closing: Closing) -> list[AuditEvent]:
    """On the audit's own effective date, whenever the change is made."""
    planned = standing(audit)
    check_code(command.reason, codes.REGRADE_REASONS, "reason")
    check_grades(command.overall, command.domains, template)
    if audit.result is None:
        raise Refused("only a finalised audit can be regraded")
    _check_approver(command.approved_by, audit)
    before = audit.result
    changed = changes(before.domains, command.domains)
    if not changed and command.overall == before.overall:
        return []
    domains = {**before.domains, **command.domains}
    return [
        AuditRegraded(
            audit_id=planned.audit_id,
            overall=GradeChange(from_grade=before.overall, to_grade=command.overall),
            domains=changed,
            reason=command.reason,
            approved_by=command.approved_by,
            approver_role=command.approver_role,
            result=before.model_copy(update={"overall": command.overall, "domains": domains}),
            note=command.note,
            regraded_on=closing.today,
            closed_periods_affected=closing.closed(before.effective_date),
        )
    ]


def withdraw_audit(command: WithdrawAudit, audit: Audit, closing: Closing) -> list[AuditEvent]:
    check_code(command.reason, codes.WITHDRAWAL_REASONS, "reason")
    if audit.withdrawn is not None and _same(command, audit.withdrawn):
        return []
    standing(audit)
    if unconfirmed(audit):
        raise Refused("somebody confirms first that the child is safe: a concern is open")
    if audit.result is not None:
        _check_approver(command.approved_by, audit)
    return [
        AuditWithdrawn(
            audit_id=command.audit_id,
            reason=command.reason,
            approved_by=command.approved_by,
            approver_role=command.approver_role,
            was_graded=audit.result is not None,
            replacement_id=command.replacement_id,
            closed_periods_affected=closing.closed(audit.result.effective_date) if audit.result else (),
        )
    ]


def destroy_audit_words(command: DestroyAuditWords, audit: Audit) -> list[AuditEvent]:
    """Records that the key of these words was destroyed, which is done first."""
    if audit.destroyed is not None:
        return []
    if audit.withdrawn is None or audit.withdrawn.reason != WRONG_CHILD:
        raise Refused("only words about the wrong child are destroyed on their own: withdraw the audit first")
    return [
        AuditWordsDestroyed(
            audit_id=audit.withdrawn.audit_id,
            approved_by=command.approved_by,
            approver_role=command.approver_role,
            destroyed_on=command.on,
        )
    ]


def note_preceded(previous_on: date | None, audit: Audit) -> list[AuditEvent]:
    """When the same child was audited last before this audit, as it is known now."""
    if audit.planned is None or audit.result is None or audit.withdrawn is not None:
        return []
    if audit.result.previous_on == previous_on:
        return []
    return [AuditPreceded(audit_id=audit.planned.audit_id, previous_on=previous_on)]


def _same(command: WithdrawAudit, before: AuditWithdrawn) -> bool:
    asked = (command.reason, command.approved_by, command.replacement_id)
    return asked == (before.reason, before.approved_by, before.replacement_id)


def _check_approver(staff_ref: str, audit: Audit) -> None:
    if staff_ref in audit.graders or staff_ref == audit.moderator:
        raise Refused("a change is approved by somebody else than the auditor and the moderator")
