"""One remedial action: open from the day it was agreed until somebody else saw that it was done, or it was cancelled.

It is overdue from the day after a due date until it was completed, put off or cancelled: by its dates once that has
ended, and until then as soon as it was noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind, iso
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import (
    RemedialActionAgreedV1,
    RemedialActionCancelledV1,
    RemedialActionCompletedV1,
    RemedialActionFlaggedV1,
    RemedialActionOverdueV1,
    RemedialActionRescheduledV1,
    RemedialActionVerificationFailedV1,
    RemedialActionVerifiedV1,
)

OPEN, COMPLETED, VERIFIED, CANCELLED = "OPEN", "COMPLETED", "VERIFIED", "CANCELLED"


def learn(row: Row | None, event: Any, on: date) -> Row | None:
    if isinstance(event, RemedialActionAgreedV1):
        return dict(row) if row is not None else _agreed(event)
    return row and {**row, **_changes(row, event, on)}


def _agreed(agreed: RemedialActionAgreedV1) -> Row:
    on, due = agreed.agreed_on.isoformat(), agreed.due_on.isoformat()
    return {
        "place": place_of(agreed.place),
        "date": on,
        "action_id": agreed.action_id,
        "audit_id": agreed.audit_id,
        "domain": agreed.domain,
        "priority": agreed.priority,
        "owner_role": agreed.owner_role,
        "state": OPEN,
        "due_on": due,
        "dues": [_due(due)],
        "moves": [],
        "completions": [],
        "completed_on": None,
        "verifications": [],
        "failures": [],
        "reopenings": [],
        "cancelled_on": None,
        "cancelled_for": None,
        "flagged_on": None,
        "flagged_for": None,
    }


def _due(due: str) -> Row:
    """A due date: whether it was noticed that it passed, and the day on which it no longer mattered."""
    return {"due": due, "noticed": False, "ended": None}


def _changes(row: Row, event: Any, on: date) -> Row:
    match event:
        case RemedialActionRescheduledV1():
            return _rescheduled(row, event, on)
        case RemedialActionOverdueV1():
            return _noticed(row, event.due_on.isoformat())
        case RemedialActionCompletedV1():
            return _completed(row, event.completed_on.isoformat())
        case RemedialActionVerifiedV1():
            return _verified(row, event.verified_on.isoformat())
        case RemedialActionVerificationFailedV1():
            return _failed(row, event.failed_on.isoformat(), event.due_on.isoformat())
        case RemedialActionCancelledV1():
            return _cancelled(row, event)
        case RemedialActionFlaggedV1():
            return {"flagged_on": row["flagged_on"] or iso(on), "flagged_for": event.reason}
        case _:
            raise TypeError(f"not an event of an action: {type(event).__name__}")


def _rescheduled(row: Row, moved: RemedialActionRescheduledV1, on: date) -> Row:
    if row["state"] != OPEN:
        return {}
    due = moved.due_on.isoformat()
    dues = [*_ended(row["dues"], on.isoformat()), _due(due)]
    return {"due_on": due, "dues": dues, "moves": [*row["moves"], on.isoformat()]}


def _noticed(row: Row, due: str) -> Row:
    """The newest of equal due dates: an action may have come back to one that it had before."""
    at = max((n for n, one in enumerate(row["dues"]) if one["due"] == due), default=None)
    return {"dues": [{**one, "noticed": True} if n == at else one for n, one in enumerate(row["dues"])]}


def _completed(row: Row, on: str) -> Row:
    if row["state"] != OPEN:
        return {}
    done = {"on": on, "in_time": on <= row["due_on"]}
    return {
        "state": COMPLETED,
        "completed_on": on,
        "completions": [*row["completions"], done],
        "dues": _ended(row["dues"], on),
    }


def _verified(row: Row, on: str) -> Row:
    if row["state"] in (VERIFIED, CANCELLED):
        return {}
    return {
        "state": VERIFIED,
        "verifications": [*row["verifications"], on],
        "dues": _ended(row["dues"], on),
    }


def _failed(row: Row, on: str, due: str) -> Row:
    """It is open again. What was verified before comes back into the stock."""
    if row["state"] == CANCELLED:
        return {}
    again = [*row["reopenings"], on] if row["state"] == VERIFIED else row["reopenings"]
    return {
        "state": OPEN,
        "completed_on": None,
        "failures": [*row["failures"], on],
        "reopenings": again,
        "due_on": due,
        "dues": [*_ended(row["dues"], on), _due(due)],
    }


def _cancelled(row: Row, cancelled: RemedialActionCancelledV1) -> Row:
    if row["state"] in (VERIFIED, CANCELLED):
        return {}
    on = cancelled.cancelled_on.isoformat()
    return {
        "state": CANCELLED,
        "cancelled_on": on,
        "cancelled_for": cancelled.reason,
        "dues": _ended(row["dues"], on),
    }


def _ended(dues: list[Row], on: str) -> list[Row]:
    """The last due date no longer matters from this day on, unless it had ended before."""
    *before, last = dues
    return [*before, {**last, "ended": last["ended"] or on}]


def cells(row: Row) -> Iterator[str]:
    yield from _agreement(row)
    yield from _steps(row)
    for one in row["dues"]:
        yield from overdue("action", one["due"], one["ended"], known=one["noticed"])


def _agreement(row: Row) -> Iterator[str]:
    on = row["date"]
    yield contribution(on, "action", "agreed")
    yield contribution(on, "action_priority", row["priority"])
    yield contribution(on, "action_owner", row["owner_role"])
    if row["domain"] is not None:
        yield contribution(on, "action_domain", row["domain"])
    if row["flagged_on"] is not None:
        yield contribution(row["flagged_on"], "action", "flagged")


def _steps(row: Row) -> Iterator[str]:
    for done in row["completions"]:
        yield contribution(done["on"], "action", "completed")
        yield contribution(done["on"], "action", "completed_in_time" if done["in_time"] else "completed_late")
    lists = (("moves", "rescheduled"), ("verifications", "verified"), ("failures", "verification_failed"))
    for name, word in (*lists, ("reopenings", "reopened")):
        for on in row[name]:
            yield contribution(on, "action", word)
    if row["cancelled_on"] is not None:
        yield contribution(row["cancelled_on"], "action", "cancelled")


def overdue(of: str, due: str, ended: str | None, *, known: bool) -> Iterator[str]:
    """It comes into the stock on the day after the due date, and leaves it on the day on which that ended."""
    if ended is None and not known:
        return
    if ended is not None and ended <= due:
        return
    yield contribution((date.fromisoformat(due) + timedelta(days=1)).isoformat(), of, "fell_overdue")
    if ended is not None:
        yield contribution(ended, of, "overdue_ended")


KIND = Kind(
    "ACTION",
    (
        RemedialActionAgreedV1,
        RemedialActionRescheduledV1,
        RemedialActionOverdueV1,
        RemedialActionCompletedV1,
        RemedialActionVerifiedV1,
        RemedialActionVerificationFailedV1,
        RemedialActionCancelledV1,
        RemedialActionFlaggedV1,
    ),
    learn,
    cells,
)
