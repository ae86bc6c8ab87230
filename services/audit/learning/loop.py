"""Closing the loop of one audit: what was to be done after it, what was learned, and whether somebody looked.

Read from the register, so as far as it has followed the log. Codes, dates and ids only.
"""

from __future__ import annotations

from typing import Any

from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.domain.learning_point.state import Stage
from services.audit.register import Register

# What the register calls an audit that something is about, by kind, and under which name it is shown here.
ABOUT = {
    MEETING.category: ("meetings", "audits"),
    POINT.category: ("learning_points", "audits"),
}
SHOWN = ("stage", "on", "next_on", "source", "theme_code", "last_result")


async def loop_of(register: Register, audit_id: str) -> dict[str, Any]:
    """Everything about this audit by kind, the oldest first, and whether its loop is closed."""
    asked = [{"kind": kind, field: audit_id} for kind, (_, field) in ABOUT.items()]
    found = await register.kept.find({"$or": asked}).sort("_id").to_list()
    told: dict[str, Any] = {"id": audit_id, **{name: [] for name, _ in ABOUT.values()}}
    for one in sorted(found, key=lambda document: str(document.get("on", ""))):
        told[ABOUT[one["kind"]][0]].append(_line(one))
    return {**told, "closed": _closed(told)}


def _line(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: document[name] for name in SHOWN if document.get(name) is not None}}


def _closed(told: dict[str, Any]) -> bool:
    """A verified action and then a re-audit, or what was learned and then a review of its impact."""
    return any(one["stage"] == Stage.REVIEWED for one in told["learning_points"])
