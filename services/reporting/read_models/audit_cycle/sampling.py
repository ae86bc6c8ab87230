"""A theme of a quarter, which counts in the quarter's first month; and a sample, with what left it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import AuditCaseEliminatedV1, AuditSampleDrawnV1, ThemedAuditCommissionedV1

_QUARTER = re.compile(r"(20\d\d)-Q([1-4])")


def learn_theme(_row: Row | None, event: Any, on: date) -> Row | None:
    """A theme commissioned again is the theme as it now stands."""
    if not isinstance(event, ThemedAuditCommissionedV1):
        raise TypeError(f"not an event of a theme: {type(event).__name__}")
    return {
        "place": place_of(event.place),
        "date": (_first_day(event.quarter) or on).isoformat(),
        "theme_id": event.theme_id,
        "theme_code": event.theme_code,
        "quarter": event.quarter,
        "sample_size": event.sample_size,
        "due_on": event.due_on.isoformat(),
        "multi_agency": event.multi_agency,
        "auditor_roles": list(event.auditor_roles),
    }


def _first_day(quarter: str) -> date | None:
    """2026-Q1 begins in April 2026, 2026-Q4 in January 2027."""
    found = _QUARTER.fullmatch(quarter)
    if found is None:
        return None
    year, number = int(found[1]), int(found[2])
    return date(year + 1, 1, 1) if number == 4 else date(year, 1 + 3 * number, 1)


def theme_cells(row: Row) -> Iterator[str]:
    yield contribution(row["date"], "theme", "commissioned")
    yield contribution(row["date"], "theme_code", row["theme_code"])


def learn_sample(row: Row | None, event: Any, on: date) -> Row | None:
    match event:
        case AuditSampleDrawnV1():
            return dict(row) if row is not None else _drawn(event, on)
        case AuditCaseEliminatedV1():
            left = {"on": on.isoformat(), "reason": event.reason, "replaced": event.replaced}
            return row and {**row, "eliminated": [*row["eliminated"], left]}
        case _:
            raise TypeError(f"not an event of a sample: {type(event).__name__}")


def _drawn(drawn: AuditSampleDrawnV1, on: date) -> Row:
    return {
        "place": place_of(drawn.place),
        "date": on.isoformat(),
        "sample_id": drawn.sample_id,
        "theme_id": drawn.theme_id,
        "frame_n": drawn.frame_n,
        "n": drawn.n,
        "algorithm": drawn.algorithm,
        "frame_hash": drawn.frame_hash,
        "eliminated": [],
    }


def sample_cells(row: Row) -> Iterator[str]:
    yield contribution(row["date"], "sample", "drawn")
    for left in row["eliminated"]:
        yield contribution(left["on"], "sample", "eliminated")
        yield contribution(left["on"], "elimination", left["reason"])
        if left["replaced"]:
            yield contribution(left["on"], "sample", "replaced")


THEMES = Kind("THEME", (ThemedAuditCommissionedV1,), learn_theme, theme_cells)
SAMPLES = Kind("SAMPLE", (AuditSampleDrawnV1, AuditCaseEliminatedV1), learn_sample, sample_cells)
