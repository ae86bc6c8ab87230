"""Closing the loop of one audit: what was to be done after it, what was learned, and whether somebody looked again.

Read from the register, so as far as it has followed the log. Codes, dates and ids only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.domain.learning_point.state import Stage as Learned
from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.re_audit.state import Stage as AuditedAgain
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.domain.remedial_action.state import Stage as Done
from services.audit.register import Register

# By kind of the register's documents: each names in `audits` the audits that it is about.
ABOUT: Mapping[str, str] = {
    ACTION.category: "actions",
    RE_AUDIT.category: "re_audits",
    MEETING.category: "meetings",
    POINT.category: "learning_points",
}
SHOWN = (
    *("stage", "on", "due_on", "completed_on", "domain", "priority", "owner_role", "flagged"),
    *("parent_audit_id", "audit_id", "generation", "outcome", "next_on", "source", "theme_code", "last_result"),
)


async def loop_of(register: Register, audit_id: str) -> dict[str, Any]:
    query = {"audits": audit_id, "kind": {"$in": sorted(ABOUT)}}
    return loop(audit_id, await register.kept.find(query).to_list())


def loop(audit_id: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What is about this audit by kind, the oldest first; what the loop still wants; and whether it is closed.

    It is closed by a verified action plus a re-audit or an impact review, with nothing left open. `missing` says what
    is not so: VERIFIED_ACTION, OPEN_ACTION, RE_AUDIT_OR_IMPACT_REVIEW, RE_AUDIT_DUE.
    """
    told: dict[str, Any] = {"id": audit_id, **{name: [] for name in ABOUT.values()}}
    for one in sorted(documents, key=lambda document: (document["on"], document["_id"])):
        told[ABOUT[one["kind"]]].append(_line(one))
    missing = _missing(audit_id, told)
    return {**told, "missing": missing, "closed": not missing}


def _line(document: Mapping[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: document[name] for name in SHOWN if document.get(name) is not None}}


def _missing(audit_id: str, told: Mapping[str, Any]) -> list[str]:
    actions = {one["stage"] for one in told["actions"]}
    # The audit may itself be the re-audit of another: that is not a look at what came of this one.
    again = {one["stage"] for one in told["re_audits"] if one.get("parent_audit_id") == audit_id}
    learned = {one["stage"] for one in told["learning_points"]}
    wanted = {
        "VERIFIED_ACTION": Done.VERIFIED not in actions,
        "OPEN_ACTION": not actions.isdisjoint({Done.OPEN, Done.COMPLETED}),
        "RE_AUDIT_OR_IMPACT_REVIEW": AuditedAgain.COMPLETED not in again and Learned.REVIEWED not in learned,
        "RE_AUDIT_DUE": not again.isdisjoint({AuditedAgain.REQUIRED, AuditedAgain.PLANNED}),
    }
    return [what for what, is_so in wanted.items() if is_so]
