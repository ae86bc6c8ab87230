"""Reports made from histories in memory, as tables whose rows are looked up by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.reporting.domain.periods import named
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.reports import REPORTS
from services.reporting.reports.report import Asked, Report, ReportTable, Sources
from services.reporting.structure import OfToday
from services.reporting.views import Level, Structure
from shared.calendar.clock import local_date
from shared.published.envelope import Published
from tests.reporting.a_cycle import a_cycle, audited_again
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import InMemoryLibrary

STRUCTURE = OfToday(an_organisation(), local_date(NOW))
UNITS: tuple[tuple[Level, str], ...] = (
    ("team", "team-elm"),
    ("team", "team-fern"),
    ("service_area", "area-planning"),
    ("service_area", "area-duty"),
    ("authority", "901"),
    ("authority", "902"),
    ("region", "alliance-north"),
)
Histories = Mapping[str, Iterable[Published]]
ALL: Histories = {**everything(), **a_cycle(), **audited_again()}


async def made(
    code: str,
    unit: tuple[Level, str] = ("authority", "901"),
    period: str = "2026-06",
    structure: Structure = "as-then",
    histories: Any = ALL,
    policy: ReportingPolicy | None = None,
) -> Report:
    library = InMemoryLibrary(histories) if isinstance(histories, dict) else histories
    asked = Asked(*unit, named(period), structure)
    return await library.read(
        lambda reading: REPORTS[code].make(Sources(reading, STRUCTURE, policy or ReportingPolicy()), asked)
    )


def table(report: Report, name: str) -> ReportTable:
    (found,) = [one for one in report.tables if one.name == name]
    return found


def rows(report: Report, name: str) -> dict[str, dict[str, Any]]:
    """A table's rows by key, each with its cells by column."""
    found = table(report, name)
    codes = [column.code for column in found.columns]
    by_key = {row.key: dict(zip(codes, row.cells, strict=True)) for row in found.rows}
    assert len(by_key) == len(found.rows), "a key stands twice"
    return by_key
