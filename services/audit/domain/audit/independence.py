"""How far from the case an auditor stands, and who may not judge it at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.audit.domain.audit.events import AuditPlanned
from services.audit.domain.audit.state import Audit
from shared.published.place import Place

# Who may not judge an audit because of what other streams say (who worked with the child, what other audit it is
# compared with): the rule by staff reference.
Barred = Mapping[str, str]
NOBODY: Barred = {}


class Independence(StrEnum):
    OWN_TEAM = "OWN_TEAM"  # in the team's own line of management: normal for a Team Manager's routine audit
    LINKED = "LINKED"  # linked with the team: normal for a QA Officer
    PEER_TEAM = "PEER_TEAM"
    INDEPENDENT = "INDEPENDENT"
    EXTERNAL = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class Auditor:
    """What the directory says of a person on one day: where they hold a role, and with which teams they are linked."""

    staff_ref: str
    role: str
    teams: frozenset[str] = field(default=frozenset())
    service_areas: frozenset[str] = field(default=frozenset())
    linked_teams: frozenset[str] = field(default=frozenset())
    external: bool = False


def independence(auditor: Auditor, place: Place) -> Independence:
    """The class of this person for an audit of this place; the closest relation decides."""
    if place.team in auditor.teams or place.service_area in auditor.service_areas:
        return Independence.OWN_TEAM
    if place.team in auditor.linked_teams:
        return Independence.LINKED
    if auditor.external:
        return Independence.EXTERNAL
    return Independence.PEER_TEAM if auditor.teams else Independence.INDEPENDENT


def why_not_grade(staff_ref: str, audit: Audit, barred: Barred = NOBODY) -> str | None:
    """The rule that keeps this person from grading the audit, or None."""
    if audit.planned is not None and (rule := _too_close(staff_ref, audit.planned)):
        return rule
    if audit.declined.get(staff_ref) in CONFLICTS:
        return "somebody with a conflict of interest does not grade the audit"
    return barred.get(staff_ref)


def why_not_moderate(staff_ref: str, audit: Audit, barred: Barred = NOBODY) -> str | None:
    """The rule that keeps this person from moderating the audit, or None."""
    if staff_ref in audit.graders:
        return "nobody moderates their own audit"
    if audit.planned is not None and staff_ref in {audit.planned.worker, audit.planned.supervisor}:
        return "the allocated worker and their supervisor do not moderate an audit of their own case"
    return barred.get(staff_ref)


# A decline for want of time is no conflict.
CONFLICTS = frozenset({"CONFLICT", "WORKED_WITH_CHILD", "SUPERVISES_WORKER", "KNOWS_FAMILY"})


def _too_close(staff_ref: str, planned: AuditPlanned) -> str | None:
    if staff_ref == planned.worker:
        return "the allocated worker does not grade an audit of their own case"
    if planned.re_audit_of is not None and staff_ref in planned.re_audit_of.not_by:
        return "a re-audit is not done by the auditor of the audit before it"
    # A Team Manager who supervises the worker and audits the own team is the strategy's routine audit, not QA.
    if staff_ref == planned.supervisor and planned.audit_type != "TM_ROUTINE":
        return "the supervisor of the allocated worker does not grade the case as quality assurance"
    return None
