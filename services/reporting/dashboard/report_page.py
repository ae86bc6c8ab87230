"""The page of a report, put together: the same cells as in every export, with the places they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from services.reporting.dashboard.places import unit_path
from services.reporting.dashboard.tables import Cell
from services.reporting.reports.drawing import Drawing, drawn
from services.reporting.reports.report import Report, ReportRow, ReportTable
from services.reporting.reports.showing import shown
from services.reporting.views import Level, Structure, Unit

ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class ReportPlaces:
    """Addresses around one report of one unit."""

    level: Level
    unit_id: str
    code: str
    period: str
    structure: Structure
    version: int | None = None

    @property
    def page(self) -> str:
        return self._address("")

    @property
    def contents(self) -> str:
        return reports_path(self.level, self.unit_id)

    def file(self, form: str, table: str | None = None) -> str:
        return self._address(f".{form}", **({"table": table} if table else {}))

    def of(self, unit: Unit) -> ReportPlaces:
        """The same report of another unit, in its newest version."""
        return replace(self, level=unit.level, unit_id=unit.id, version=None)

    def at(self, version: int | None) -> ReportPlaces:
        return replace(self, version=version)

    def _address(self, ending: str, **more: str) -> str:
        asked = {"period": self.period, "structure": self.structure}
        asked |= {"version": str(self.version)} if self.version else {}
        path = f"{reports_path(self.level, self.unit_id)}/{quote(self.code, safe='')}{ending}"
        return f"{path}?{urlencode(asked | more)}"


def reports_path(level: Level, unit_id: str) -> str:
    """Where the reports of a unit are listed."""
    return f"{unit_path(level, unit_id)}/reports"


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with the looks that its kind has."""

    cells: tuple[Cell, ...]
    strong: bool
    depth: int


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of a report, its chart if it has one, and where its CSV is."""

    table: ReportTable
    rows: tuple[ShownRow, ...]
    drawing: Drawing | None
    csv: str


def shown_tables(report: Report, places: ReportPlaces) -> list[ShownTable]:
    return [
        ShownTable(
            table=table,
            rows=tuple(_row(row, table, report, places) for row in table.rows),
            drawing=drawn(table),
            csv=places.file("csv", table.name),
        )
        for table in report.tables
    ]


def _row(row: ReportRow, table: ReportTable, report: Report, places: ReportPlaces) -> ShownRow:
    cells = tuple(_cells(row, table, report, places))
    return ShownRow(cells, strong=row.kind in ("TOTAL", "FOOTER"), depth=min(row.depth, 3))


def _cells(row: ReportRow, table: ReportTable, report: Report, places: ReportPlaces) -> Iterator[Cell]:
    for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
        words = shown(cell, column)
        if place == 0 and row.unit is not None and _leads_there(row, row.unit, report):
            yield Cell(words, places.of(row.unit).page)
        else:
            yield in_short(f"{words} r" if column.code in row.revised else words)


def in_short(words: str) -> Cell:
    """Ids by their beginning, as far as people tell them apart: files have them whole."""
    short = ID.sub(r"\1", words)
    return Cell(short, whole="" if short == words else words)


def _leads_there(row: ReportRow, unit: Unit, report: Report) -> bool:
    """To a unit below that the reader may open; what concerns a unit as a whole has no page of its own."""
    return row.kind == "PART" and row.may_open and not unit.whole and unit != report.unit
