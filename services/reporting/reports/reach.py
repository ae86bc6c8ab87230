"""What one reader may see of a report: figures as on the units' own pages, single things only within reach."""

from __future__ import annotations

from services.reporting.reports.report import Cell, Report, ReportRow, ReportTable
from services.reporting.structure import Reach
from services.reporting.summing import CHILD
from services.reporting.views import Unit

NOT_SHARED = "x"
"""The national statistics' symbol for a value that is not available."""
NAMES = frozenset({"text", "code"})
"""Kinds of columns that say what a row is about; every other is a figure."""


def within_reach(report: Report, reach: Reach) -> Report:
    """The report as this reader may see it; `complete` says whether that is all of it.

    A row about a single thing is left out unless everything in its unit lies within reach; without a unit it belongs
    to the report's own. The figures of a unit below show as `x` where the reader may not see that unit, except for
    those directly below: an authority's figures are told by service area to everybody who may read them. A region's
    own figures show as `x` unless everything in it lies within reach: less one's own they would tell of the others.
    """
    tables = tuple(_table(table, report.unit, reach) for table in report.tables)
    complete = report.complete and all(_all_of(*pair) for pair in zip(report.tables, tables, strict=True))
    return report.model_copy(update={"tables": tables, "complete": complete})


def _all_of(before: ReportTable, after: ReportTable) -> bool:
    return [row.cells for row in before.rows] == [row.cells for row in after.rows]


def _table(table: ReportTable, whole: Unit, reach: Reach) -> ReportTable:
    rows = [_figures(row, table, whole, reach) for row in table.rows if _may_stand(row, whole, reach)]
    return table.model_copy(update={"rows": tuple(rows)})


def _may_stand(row: ReportRow, whole: Unit, reach: Reach) -> bool:
    if row.kind != "ITEM":
        return True
    unit = row.unit or whole
    return reach.has_all_of(unit.level, unit.id)


def _figures(row: ReportRow, table: ReportTable, whole: Unit, reach: Reach) -> ReportRow:
    if row.kind == "ITEM":
        return row
    of = row.unit or whole
    if whole.level == "region" and of == whole:
        return row if reach.has_all_of(whole.level, whole.id) else _not_shared(row, table)
    if reach.sees(of.level, of.id):
        return row
    if whole.level != "region" and of.level in (whole.level, CHILD.get(whole.level)):
        return row.model_copy(update={"may_open": False})
    return _not_shared(row, table)


def _not_shared(row: ReportRow, table: ReportTable) -> ReportRow:
    cells: tuple[Cell, ...] = tuple(
        cell if column.kind in NAMES else NOT_SHARED for column, cell in zip(table.columns, row.cells, strict=True)
    )
    return row.model_copy(update={"cells": cells, "revised": (), "may_open": False})
