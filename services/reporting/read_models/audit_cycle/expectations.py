"""One audit that is expected: it counts in the month in which its window ends, whenever it was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import (
    AuditExemptedV1,
    AuditExpectationMetV1,
    AuditExpectationReopenedV1,
    AuditExpectedV1,
)

ANY_ROLE = "ANY"


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    match event:
        case AuditExpectedV1():
            return dict(row) if row is not None else _expected(event)
        case AuditExemptedV1():
            return row and {**row, "exempted": event.reason}
        case AuditExpectationMetV1():
            return row and {**row, "met_on": event.met_on.isoformat(), "met_by": event.audit_id}
        case AuditExpectationReopenedV1():
            return row and {**row, "met_on": None, "met_by": None}
        case _:
            raise TypeError(f"not an event of an expectation: {type(event).__name__}")


def _expected(expected: AuditExpectedV1) -> Row:
    return {
        "place": place_of(expected.place),
        "date": expected.window_last.isoformat(),
        "cadence": expected.cadence,
        "audit_type": expected.audit_type,
        "auditor_role": expected.auditor_role or ANY_ROLE,
        "window_first": expected.window_first.isoformat(),
        "window_last": expected.window_last.isoformat(),
        "exempted": None,
        "met_on": None,
        "met_by": None,
    }


def cells(row: Row) -> Iterator[str]:
    """Of what is expected, each is exempted, met or outstanding: never two of them."""
    due = row["window_last"]
    for state in _states(row):
        yield contribution(due, "expectation", state)
        yield contribution(due, "expectation_of", row["auditor_role"], state)
    if row["exempted"] is not None:
        yield contribution(due, "exemption", row["exempted"])


def _states(row: Row) -> Iterator[str]:
    yield "expected"
    if row["exempted"] is not None:
        yield "exempted"
    elif row["met_on"] is None:
        yield "outstanding"
    else:
        yield "met"
        if row["met_on"] > row["window_last"]:
            yield "late"


KIND = Kind(
    "EXPECTATION",
    (AuditExpectedV1, AuditExemptedV1, AuditExpectationMetV1, AuditExpectationReopenedV1),
    learn,
    cells,
)
