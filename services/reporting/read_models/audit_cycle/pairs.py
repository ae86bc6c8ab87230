"""Two audits that are compared. Agreement is counted where both judged one case without knowing of each other.

A pair of which an audit was withdrawn was compared with nothing: it counts as paired and not as compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import AuditsPairedV1, GradesComparedV1, PairGivenUpV1

PAIRED = "PAIRED"

_NOT_COMPARED: Row = {
    "compared_on": None,
    "scale": None,
    "role_a": None,
    "role_b": None,
    "overall_a": None,
    "overall_b": None,
    "domains_a": {},
    "domains_b": {},
    "consensus": None,
    "given_up_for": None,
}


def learn(row: Row | None, event: Any, on: date) -> Row | None:
    match event:
        case AuditsPairedV1():
            return dict(row) if row is not None else _paired(event, on)
        case GradesComparedV1():
            return {**(row or {"paired_on": None, "given_up_for": None}), **_compared(event)}
        case PairGivenUpV1():
            return row and {**row, "given_up_for": event.reason}
        case _:
            raise TypeError(f"not an event of a pair: {type(event).__name__}")


def _paired(paired: AuditsPairedV1, on: date) -> Row:
    return {
        "place": place_of(paired.place),
        "date": on.isoformat(),
        "pair_kind": paired.kind,
        "paired_on": on.isoformat(),
        **_NOT_COMPARED,
    }


def _compared(compared: GradesComparedV1) -> Row:
    """Compared again, as when a consensus was found: the pair as it now stands."""
    on = compared.compared_on.isoformat()
    return {
        "place": place_of(compared.place),
        "date": on,
        "pair_kind": compared.kind,
        "compared_on": on,
        "scale": compared.scale,
        "role_a": compared.role_a,
        "role_b": compared.role_b,
        "overall_a": compared.overall_a,
        "overall_b": compared.overall_b,
        "domains_a": dict(compared.domains_a),
        "domains_b": dict(compared.domains_b),
        "consensus": compared.consensus,
    }


def cells(row: Row) -> Iterator[str]:
    kind = row["pair_kind"]
    if row["paired_on"] is not None:
        yield contribution(row["paired_on"], "pairing", kind)
    if row["compared_on"] is not None and row.get("given_up_for") is None:
        yield contribution(row["compared_on"], "comparison", kind)
        if kind == PAIRED:
            both = (row["overall_a"], row["overall_b"])
            yield contribution(row["compared_on"], "pair", row["scale"], row["role_a"], *both)


KIND = Kind("PAIR", (AuditsPairedV1, GradesComparedV1, PairGivenUpV1), learn, cells)
