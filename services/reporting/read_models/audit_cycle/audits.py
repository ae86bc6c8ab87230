"""One audit, as far as it covers a case, and the concerns for a child's safety that were seen in it.

Its grades are in `audit_quality`. Cases are told from audits by the months since the same child was last audited: in
twelve months, those audits count a case whose last one lies before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit import AuditGradedV1, AuditPrecededV1, AuditWithdrawnV1
from shared.published.audit_cycle import (
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
    SafetyConcernRaisedV1,
)

LONG_AGO = 12  # months since the last audit of the case: this many or more, or none before


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    match event:
        case AuditGradedV1():
            return {**(row or {"concerns": []}), **_graded(event)}
        case AuditPrecededV1():
            on = date.fromisoformat(row["date"]) if row else None
            return row and {**row, **({"months_since": _since(event.previous_on, on)} if on else {})}
        case AuditWithdrawnV1():
            return row and {**row, "withdrawn": event.reason}
        case SafetyConcernRaisedV1():
            return _raised(row, event)
        case SafetyConcernAcknowledgedV1():
            seen = {"acknowledged_on": event.acknowledged_on.isoformat(), "in_time": event.in_time}
            return row and {**row, "concerns": _first(row["concerns"], "acknowledged_on", seen)}
        case SafetyConcernClearedV1():
            cleared = {"cleared_on": event.cleared_on.isoformat()}
            return row and {**row, "concerns": _first(row["concerns"], "cleared_on", cleared)}
        case _:
            raise TypeError(f"not an event of an audit: {type(event).__name__}")


def _graded(graded: AuditGradedV1) -> Row:
    on = graded.effective_date
    return {
        "place": place_of(graded.place),
        "date": on.isoformat(),
        "audit_type": graded.audit_type,
        "plan_type": graded.plan_type,
        "auditor_role": graded.auditor_role,
        "generation": graded.generation,
        "external": graded.external,
        "months_since": _since(graded.previous_on, on),
        "withdrawn": None,
    }


def _since(before: date | None, on: date) -> int:
    return LONG_AGO if before is None else _months(before, on)


def _months(before: date, after: date) -> int:
    months = (after.year - before.year) * 12 + after.month - before.month
    return min(max(months, 0), LONG_AGO)


def _raised(row: Row | None, raised: SafetyConcernRaisedV1) -> Row:
    """A concern may come long before the audit has its grade: until then the audit covers no case."""
    on = raised.raised_on.isoformat()
    concern = {
        "raised_on": on,
        "due_on": raised.due_on.isoformat(),
        "acknowledged_on": None,
        "in_time": None,
        "cleared_on": None,
    }
    if row is None:
        return {
            "place": place_of(raised.place),
            "date": on,
            "plan_type": None,
            "withdrawn": None,
            "concerns": [concern],
        }
    return {**row, "concerns": [*row["concerns"], concern]}


def _first(concerns: list[Row], without: str, with_: Row) -> list[Row]:
    """The oldest concern without it has it now."""
    at = next((n for n, one in enumerate(concerns) if one[without] is None), None)
    return [{**one, **with_} if n == at else one for n, one in enumerate(concerns)]


def cells(row: Row) -> Iterator[str]:
    if row["plan_type"] is not None and row["withdrawn"] is None and not row["external"]:
        yield contribution(row["date"], "coverage", row["plan_type"], row["months_since"])
    for concern in row["concerns"]:
        yield contribution(concern["raised_on"], "safety", "raised")
        if concern["acknowledged_on"] is not None:
            in_time = "acknowledged_in_time" if concern["in_time"] else "acknowledged_late"
            yield contribution(concern["acknowledged_on"], "safety", in_time)
        if concern["cleared_on"] is not None:
            yield contribution(concern["cleared_on"], "safety", "cleared")


KIND = Kind(
    "AUDIT",
    (
        AuditGradedV1,
        AuditPrecededV1,
        AuditWithdrawnV1,
        SafetyConcernRaisedV1,
        SafetyConcernAcknowledgedV1,
        SafetyConcernClearedV1,
    ),
    learn,
    cells,
)
