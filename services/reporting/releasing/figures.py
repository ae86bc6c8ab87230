"""An authority's grades of a closed period, as tables to release: overall, and of each domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.reporting.closing.canonical import unit_key
from services.reporting.closing.work import Closing
from services.reporting.disclosure.grades import GradeTable, ReleasedTable, good_or_better
from services.reporting.domain.partner_release.events import Cell, Figures
from services.reporting.domain.periods import Span
from services.reporting.read_models.audit_quality.grades import GRADES
from services.reporting.reports.monthly import CODE as MONTHLY
from services.reporting.reports.report import Report, ReportTable
from shared.deciding.refusal import Refused

SCALE = "OFSTED4"
"""The one scale that authorities have in common: grades of another are not shared."""

ByDomain = Mapping[str | None, Mapping[str, int]]


async def grade_tables(closing: Closing, authority: str, span: Span) -> tuple[GradeTable, ...]:
    """As the newest version of each month's published report counts them. Raises Refused while a month is open."""
    months = {month: await _counted(closing, authority, month) for month in span.months}
    domains = sorted({domain for found in months.values() for domain in found if domain is not None})
    return tuple(_table(authority, span, domain, months) for domain in (None, *domains))


def _table(authority: str, span: Span, domain: str | None, months: Mapping[str, ByDomain]) -> GradeTable:
    counts = {month: dict(found.get(domain, dict.fromkeys(GRADES, 0))) for month, found in months.items()}
    return GradeTable(authority, span.key, domain, counts)


async def _counted(closing: Closing, authority: str, month: str) -> ByDomain:
    """Grades by domain, and overall under None, of a month that is closed."""
    period = (await closing.period(authority, month)).state
    if period.closed is None or MONTHLY not in period.reports:
        raise Refused("figures are shared when their period is closed", field="period")
    report = await closing.published.report(period, period.newest(MONTHLY), unit_key("authority", authority))
    return dict(_rows(report, unit_key("authority", authority))) if report else {}


def _rows(report: Report, unit: str) -> Iterator[tuple[str | None, dict[str, int]]]:
    """The authority's own rows of the scale."""
    tables = {table.name: table for table in report.tables}
    for row_key, counts in _grades(tables["grades"]):
        if row_key == f"{unit}|{SCALE}":
            yield None, counts
    for row_key, counts in _grades(tables["domains"]):
        if row_key.startswith(f"{unit}|{SCALE}|") and any(counts.values()):
            yield row_key.rpartition("|")[2], counts


def _grades(table: ReportTable) -> Iterator[tuple[str, dict[str, int]]]:
    columns = [column.code for column in table.columns]
    for row in table.rows:
        cells = dict(zip(columns, row.cells, strict=True))
        found = {grade: cells[grade.lower()] for grade in GRADES}
        counts = {grade: count for grade, count in found.items() if isinstance(count, int)}
        if len(counts) == len(GRADES):  # a scale that does not say which grades are good has none of these
            yield row.key, counts


def shown(tables: Sequence[ReleasedTable]) -> tuple[Figures, ...]:
    """What leaves of tables that were decided: nothing of those of which the former figures stand."""
    return tuple(figures_of(table) for table in tables if table.outcome != "FORMER_STANDS")


def figures_of(table: ReleasedTable) -> Figures:
    share = good_or_better(table.cells, table.total)
    return Figures(
        domain=table.domain,
        cells=tuple(Cell(code=cell.code, display=cell.display) for cell in table.cells),
        numerator=share.numerator,
        denominator=share.denominator,
        percent=share.percent,
        interval=share.interval,
        withheld=table.outcome == "WITHHELD",
    )
