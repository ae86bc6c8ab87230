"""Two versions of a report, compared cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.reporting.reports.report import Cell, Report, ReportRow, ReportTable
from services.reporting.views import Unit


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that says something else. None stands for an empty cell, and for a row that is not there.

    `unit` is that of the report, `within` the smallest unit that holds what the row is about. `called` is how people
    know the row and the column.
    """

    report: str
    unit: Unit
    table: str
    row: str
    column: str
    old: Cell
    new: Cell
    within: Unit
    called: tuple[str, str]


def differences(old: Report | None, new: Report | None) -> list[Difference]:
    """Every cell that differs, table by table. A report of a unit that there was not, or is no longer, is empty.

    Columns that only one of two tables has say nothing about facts: the software learned to show more, or less.
    """
    before, after = _tables(old), _tables(new)
    known = new or old
    if known is None:
        return []
    return [
        one
        for name in [*before, *(name for name in after if name not in before)]
        for one in _of_table(known, name, before.get(name), after.get(name))
    ]


def restated(old: Report | None, new: Report) -> Report:
    """The new report with every cell marked that says something else than before, or that was marked before."""
    changed: dict[tuple[str, str], set[str]] = {}
    for one in differences(old, new):
        changed.setdefault((one.table, one.row), set()).add(one.column)
    marked = {(table.name, row.key): set(row.revised) for table in (old.tables if old else ()) for row in table.rows}
    return new.model_copy(
        update={
            "tables": tuple(
                table.model_copy(update={"rows": tuple(_marked(table, changed, marked))}) for table in new.tables
            )
        }
    )


Marked = Mapping[tuple[str, str], set[str]]


def _marked(table: ReportTable, changed: Marked, marked: Marked) -> Iterator[ReportRow]:
    for row in table.rows:
        key = (table.name, row.key)
        wanted = changed.get(key, set()) | marked.get(key, set())
        revised = tuple(column.code for column in table.columns if column.code in wanted)
        yield row.model_copy(update={"revised": revised})


def _tables(report: Report | None) -> dict[str, ReportTable]:
    return {table.name: table for table in report.tables} if report else {}


def _of_table(report: Report, name: str, old: ReportTable | None, new: ReportTable | None) -> Iterator[Difference]:
    columns = _columns(old, new)
    before, after = _rows(old), _rows(new)
    for key in [*before, *(key for key in after if key not in before)]:
        was, is_ = before.get(key), after.get(key)
        row = (is_ or was or _NOTHING)[0]
        if (was is None or is_ is None) and not _says_something(row):
            continue
        within = row.unit if row.kind == "ITEM" and row.unit is not None else report.unit
        for code, label in columns.items():
            one, other = (found[1].get(code) if found else None for found in (was, is_))
            if one != other or type(one) is not type(other):
                called = (str(row.cells[0]) if row.cells else key, label)
                yield Difference(report.code, report.unit, name, key, code, one, other, within, called)


def _columns(old: ReportTable | None, new: ReportTable | None) -> dict[str, str]:
    """Code and label of the columns that can be compared."""
    known = [{column.code for column in table.columns} for table in (old, new) if table is not None]
    shown = new or old
    return {c.code: c.label for c in (shown.columns if shown else ()) if all(c.code in one for one in known)}


def _says_something(row: ReportRow) -> bool:
    """A unit that is listed with nothing to count says no more than one that is not listed."""
    return row.kind == "ITEM" or any(isinstance(cell, int | float) and cell for cell in row.cells)


Cells = Mapping[str, Cell]
_NOTHING: tuple[ReportRow, Cells] = (ReportRow(key="", kind="ITEM", cells=()), {})


def _rows(table: ReportTable | None) -> dict[str, tuple[ReportRow, Cells]]:
    if table is None:
        return {}
    codes = [column.code for column in table.columns]
    return {row.key: (row, dict(zip(codes, row.cells, strict=True))) for row in table.rows}
