"""The open cases of a team as its case system counts them: of each month the report with the latest day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import CaseloadReportedV1


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    """Each month keeps the place that the team then had; the row has the last one's."""
    if not isinstance(event, CaseloadReportedV1):
        raise TypeError(f"not an event of a caseload: {type(event).__name__}")
    as_at = event.as_at.isoformat()
    months: dict[str, Row] = row["reports"] if row is not None else {}
    known = months.get(as_at[:7])
    if known is None or known["as_at"] <= as_at:
        one = {"as_at": as_at, "place": place_of(event.place), "open_cases": dict(event.open_cases)}
        months = {**months, as_at[:7]: one}
    last = months[max(months)]
    return {"place": last["place"], "date": last["as_at"], "reports": dict(sorted(months.items()))}


def cells(row: Row) -> Iterator[str]:
    """That a month was reported counts, not the cases: one contribution is one."""
    for report in row["reports"].values():
        yield contribution(report["as_at"], "caseload", "reported")


KIND = Kind("CASELOAD", (CaseloadReportedV1,), learn, cells)
