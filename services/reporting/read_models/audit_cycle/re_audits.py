"""One re-audit: a case that is to be audited again, held against its parent and against the root of its lineage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.actions import overdue
from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import (
    DirectorReviewRecordedV1,
    ReAuditCancelledV1,
    ReAuditCompletedV1,
    ReAuditNotPossibleV1,
    ReAuditRequiredV1,
)


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    """Required again, it is open again as it now stands; an outcome told again replaces the one before.

    What was done is not found impossible afterwards. It may be cancelled, when its parent was withdrawn: then it was
    done, and has no outcome.
    """
    match event:
        case ReAuditRequiredV1():
            return {**_required(event), **{name: row[name] for name in _REVIEW if row is not None}}
        case ReAuditCompletedV1():
            return row and {**row, **_completed(event), **_held_against(event, row)}
        case ReAuditNotPossibleV1():
            found = {"not_possible_on": event.found_on.isoformat(), "not_possible_for": event.reason}
            return row and {**row, **(found if _open(row) else {})}
        case ReAuditCancelledV1():
            gone = {"cancelled_on": event.cancelled_on.isoformat(), "cancelled_for": event.reason}
            return row and {**row, **(gone if row["not_possible_on"] is None else {})}
        case DirectorReviewRecordedV1():
            return row and {**row, "reviewed_on": event.reviewed_on.isoformat(), "decision": event.decision}
        case _:
            raise TypeError(f"not an event of a re-audit: {type(event).__name__}")


_REVIEW = ("reviewed_on", "decision")
_NO_END: Row = dict.fromkeys(("not_possible_on", "not_possible_for", "cancelled_on", "cancelled_for"))


def _open(row: Row) -> bool:
    return row["completed_on"] is None and row["not_possible_on"] is None and row["cancelled_on"] is None


def _required(required: ReAuditRequiredV1) -> Row:
    return {
        "place": place_of(required.place),
        "date": required.due_on.isoformat(),
        "re_audit_id": required.re_audit_id,
        "parent_audit_id": required.parent_audit_id,
        "root_audit_id": required.root_audit_id,
        "generation": required.generation,
        "trigger": required.trigger,
        "scope": required.scope,
        "domains": list(required.domains),
        "scale": required.scale,
        "grade_from": required.overall,
        "root_grade": required.root_overall,
        "required_on": required.required_on.isoformat(),
        "due_on": required.due_on.isoformat(),
        "director_review": required.director_review,
        "audit_id": None,
        "completed_on": None,
        "grade_to": None,
        "outcome": None,
        "delta": None,
        "root_delta": None,
        "declined_domains": [],
        "still_inadequate": [],
        **_NO_END,
        **dict.fromkeys(_REVIEW),
    }


def _completed(completed: ReAuditCompletedV1) -> Row:
    return {
        "audit_id": completed.audit_id,
        "completed_on": completed.completed_on.isoformat(),
        "grade_to": completed.overall,
        "outcome": completed.outcome,
        "delta": completed.delta,
        "root_delta": completed.root_delta,
        "declined_domains": sorted(completed.declined_domains),
        "still_inadequate": sorted(completed.still_inadequate),
        **_NO_END,
    }


def _held_against(completed: ReAuditCompletedV1, row: Row) -> Row:
    """The grades of parent and root as they stood when they were compared."""
    return {
        "grade_from": completed.parent_overall or row["grade_from"],
        "root_grade": completed.root_overall or row["root_grade"],
    }


def cells(row: Row) -> Iterator[str]:
    yield from _requirement(row)
    yield from _deadline(row)
    if row["completed_on"] is not None and row["cancelled_on"] is None:
        yield from _outcome(row)
    if row["not_possible_on"] is not None:
        yield contribution(row["not_possible_on"], "re_audit", "not_possible")
        yield contribution(row["not_possible_on"], "re_audit_not_possible", row["not_possible_for"])
    if row["cancelled_on"] is not None:
        yield contribution(row["cancelled_on"], "re_audit", "cancelled")
    if row["reviewed_on"] is not None:
        yield contribution(row["reviewed_on"], "re_audit", "director_reviewed")
    if (ended := ended_on(row)) is not None:
        yield contribution(ended, "re_audit", "ended")


def ended_on(row: Row) -> str | None:
    """The day from which it was open no longer."""
    end: str | None = row["completed_on"] or row["not_possible_on"] or row["cancelled_on"]
    return end


def _requirement(row: Row) -> Iterator[str]:
    on = row["required_on"]
    yield contribution(on, "re_audit", "required")
    yield contribution(on, "re_audit_trigger", row["trigger"])
    yield contribution(on, "re_audit_generation", row["generation"])
    if row["director_review"]:
        yield contribution(on, "re_audit", "director_review_due")


def _deadline(row: Row) -> Iterator[str]:
    """What was found impossible, or cancelled, by its due date does not fall due."""
    due, done, gone = row["due_on"], row["completed_on"], row["not_possible_on"] or row["cancelled_on"]
    if gone is None or gone > due:
        yield contribution(due, "re_audit", "due")
        if done is not None and done <= due:
            yield contribution(due, "re_audit", "due_on_time")
    yield from overdue("re_audit", due, ended_on(row), known=True)


def _outcome(row: Row) -> Iterator[str]:
    on = row["completed_on"]
    yield contribution(on, "re_audit", "completed")
    yield contribution(on, "re_audit", "completed_in_time" if on <= row["due_on"] else "completed_late")
    yield contribution(on, "re_audit_outcome", row["outcome"])
    for domain in row["declined_domains"]:
        yield contribution(on, "re_audit_declined", domain)
    for domain in row["still_inadequate"]:
        yield contribution(on, "re_audit_still_inadequate", domain)
    if row["declined_domains"]:
        yield contribution(on, "re_audit", "with_a_decline")
    if row["still_inadequate"]:
        yield contribution(on, "re_audit", "still_inadequate")


KIND = Kind(
    "RE_AUDIT",
    (ReAuditRequiredV1, ReAuditCompletedV1, ReAuditNotPossibleV1, ReAuditCancelledV1, DirectorReviewRecordedV1),
    learn,
    cells,
)
