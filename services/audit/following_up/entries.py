"""What the register keeps of actions and re-audits: enough to list them, to look at the clock, to find an audit's."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.audit.domain.re_audit.state import ReAudit
from services.audit.domain.remedial_action.overdue import running
from services.audit.domain.remedial_action.state import RemedialAction


def action_entry(action: RemedialAction) -> dict[str, Any] | None:
    """`next` is the due date that nobody noticed passing yet: what the timer looks at."""
    agreed = action.agreed
    if agreed is None:
        return None
    return {
        "place": agreed.place.model_dump(mode="json"),
        "audits": list(action.audits),
        "stage": action.stage.value,
        "on": agreed.agreed_on.isoformat(),
        "due_on": _iso(action.due_on),
        "next": _iso(running(action)),
        "owner": agreed.owner,
        "owner_role": agreed.owner_role,
        "worker": agreed.worker,
        "domain": agreed.domain,
        "priority": agreed.priority,
        "times_moved": action.times_moved,
        "completed_on": _iso(action.completed.completed_on if action.completed else None),
        "verify_by": _iso(action.completed.verify_by if action.completed else None),
        "flagged": bool(action.flags),
    }


def re_audit_entry(re_audit: ReAudit) -> dict[str, Any] | None:
    """`audits` are the parent and the audit that is, or is to be, the re-audit."""
    required = re_audit.required
    if required is None:
        return None
    return {
        "place": required.place.model_dump(mode="json"),
        "audits": [required.parent_audit_id, *([re_audit.audit_id] if re_audit.audit_id else [])],
        "parent_audit_id": required.parent_audit_id,
        "root_audit_id": required.root_audit_id,
        "audit_id": re_audit.audit_id,
        "generation": required.generation,
        "trigger": required.trigger,
        "scope": required.scope,
        "stage": re_audit.stage.value,
        "on": required.required_on.isoformat(),
        "due_on": required.due_on.isoformat(),
        "director_review": required.director_review,
        "reviewed": re_audit.review is not None,
        "outcome": re_audit.completed.outcome if re_audit.completed else None,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
