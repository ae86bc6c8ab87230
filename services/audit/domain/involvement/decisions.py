"""Recording who worked with a child and when, and what follows from it for auditing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.independence import Barred
from services.audit.domain.involvement.events import InvolvementEvent, InvolvementRecorded, InvolvementRetracted
from services.audit.domain.involvement.state import Involvement
from shared.deciding.refusal import Refused

SOCIAL_WORKER, SUPERVISOR = "SOCIAL_WORKER", "SUPERVISOR"
ROLES = frozenset({SOCIAL_WORKER, SUPERVISOR})
RULES = {
    SOCIAL_WORKER: "somebody who was the child's social worker does not judge the case",
    SUPERVISOR: "somebody who supervised the child's social worker does not judge the case",
}


@dataclass(frozen=True, slots=True)
class RecordInvolvement:
    child: str
    staff_ref: str
    role: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RetractInvolvement:
    child: str
    staff_ref: str
    role: str
    since: date


def record_involvement(command: RecordInvolvement, involvement: Involvement) -> list[InvolvementEvent]:
    if command.role not in ROLES:
        raise Refused("this code is not one of those that may stand here", field="role")
    if command.until is not None and command.until < command.since:
        raise Refused("nothing ends before it begins", field="until")
    recorded = InvolvementRecorded(
        child=command.child,
        staff_ref=command.staff_ref,
        role=command.role,
        since=command.since,
        until=command.until,
    )
    known = involvement.known.get((command.staff_ref, command.role, command.since))
    return [] if known == recorded else [recorded]


def retract_involvement(command: RetractInvolvement, involvement: Involvement) -> list[InvolvementEvent]:
    if (command.staff_ref, command.role, command.since) not in involvement.known:
        return []
    return [
        InvolvementRetracted(child=command.child, staff_ref=command.staff_ref, role=command.role, since=command.since)
    ]


def conflicts(involvement: Involvement, audit_type: str, on: date) -> Barred:
    """Who may not judge an audit of this child from that day on, and by which rule.

    Involvement that ended long ago counts as well: the audit may be about what they began.
    """
    found: dict[str, str] = {}
    for one in involvement.known.values():
        # A Team Manager who supervises the worker and audits the own team is the strategy's routine audit.
        excused = one.role == SUPERVISOR and audit_type == "TM_ROUTINE"
        if one.since <= on and not excused and found.get(one.staff_ref) != RULES[SOCIAL_WORKER]:
            found[one.staff_ref] = RULES[one.role]
    return found
