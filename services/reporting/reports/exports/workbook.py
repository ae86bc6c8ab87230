"""A report as a workbook that people who cannot see it can use: the government's good practice for spreadsheets.

A cover, contents and notes, then one table a sheet, from column A, as a real table under its title; nothing is merged,
hidden or told by colour alone. No cell is ever a formula: text is written as text, whatever it begins with.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.reporting.reports.report import Cell, Report, ReportColumn, ReportRow, ReportTable
from services.reporting.reports.showing import NOTHING, SYMBOLS, day_of, facts, notes, revised_words, shown

AUTHOR = "Golden Thread"
REVISED = ReportColumn(code="revised", label="Restated figures", kind="text")
MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's own dates have no zone; of a report that counts nothing yet
WIDEST = 60
HEADER = 5
"""The row of the column heads, counted from 0: above it stand what the sheet is, and whose figures."""


def as_workbook(report: Report) -> bytes:
    """The same bytes for the same report."""
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(kept, options)
    as_at = report.as_at.time if report.as_at else None
    made = as_at.astimezone(UTC).replace(tzinfo=None) if as_at else MADE
    book.set_properties({"title": _title(report), "author": AUTHOR, "created": made})
    Sheets(book, report).write()
    book.close()
    return kept.getvalue()


class Sheets:
    """Writes every sheet of one workbook."""

    def __init__(self, book: Workbook, report: Report) -> None:
        self._book = book
        self._report = report
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        self._names = sheet_names(report.tables)

    def write(self) -> None:
        self._cover()
        self._contents()
        self._notes()
        for number, (table, name) in enumerate(zip(self._report.tables, self._names, strict=True), start=1):
            self._table(number, table, self._book.add_worksheet(name))

    def _cover(self) -> None:
        sheet = self._sheet("Cover", _title(self._report), "Whose figures these are, of when, and how final.")
        self._pairs(sheet, "cover", ("About this workbook", "Value"), facts(self._report))

    def _contents(self) -> None:
        sheet = self._sheet("Contents", "Contents", "The worksheets of this workbook, each with a link to it.")
        listed = [("Cover", "About this workbook"), ("Notes", "Notes and symbols")]
        listed += [(name, table.caption) for name, table in zip(self._names, self._report.tables, strict=True)]
        self._pairs(sheet, "contents", ("Worksheet", "What it holds"), listed)
        for row, (name, _) in enumerate(listed, start=3):
            sheet.write_url(row, 0, f"internal:'{name}'!A1", self._format(font_color="#12436D", underline=1), name)

    def _notes(self) -> None:
        sheet = self._sheet("Notes", "Notes and symbols", "What the figures mean, and what stands for what.")
        written = [(f"Note {number}", words) for number, words in enumerate(notes(self._report), start=1)]
        symbols = [(bracketed(symbol), meaning) for symbol, meaning in SYMBOLS if symbol != "r"]
        self._pairs(sheet, "notes", ("Note or symbol", "Meaning"), [*written, *symbols])

    def _sheet(self, name: str, title: str, intro: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        _text(sheet, 0, 0, title, self._format(bold=True, font_size=16))
        _text(sheet, 1, 0, f"This worksheet contains one table. {intro}", self._format())
        return sheet

    def _pairs(self, sheet: Worksheet, name: str, heads: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> None:
        """A table of two columns under the two lines of the sheet's title."""
        self._real_table(sheet, name, 2, heads, len(pairs))
        for row, (left, right) in enumerate(pairs, start=3):
            _text(sheet, row, 0, left, self._format(valign="top"))
            _text(sheet, row, 1, right, self._format(text_wrap=True, valign="top"))
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 90)
        sheet.freeze_panes(3, 0)

    def _table(self, number: int, table: ReportTable, sheet: Worksheet) -> None:
        told = dict(facts(self._report))
        _text(sheet, 0, 0, f"Table {number}: {table.caption}", self._format(bold=True, font_size=16))
        _text(sheet, 1, 0, "This worksheet contains one table. Symbols are explained on the worksheet Notes.")
        _text(sheet, 2, 0, f"{self._report.unit.name}, {told['Period']}. Teams: {told['Teams'].lower()}.")
        final = f"{told['State']}. Hash {told['Hash']}." if "Hash" in told else f"{told['State']}."
        _text(sheet, 3, 0, f"Correct as at {told['Correct as at']}. {final}")
        sheet.write_url(4, 0, "internal:'Contents'!A1", self._format(font_color="#12436D", underline=1), "Contents")
        columns = (*table.columns, REVISED) if any(row.revised for row in table.rows) else table.columns
        heads = _told_apart(columns)
        self._real_table(sheet, f"table_{number}", HEADER, heads, max(len(table.rows), 1))
        for offset, row in enumerate(table.rows, start=HEADER + 1):
            self._row(sheet, offset, row, table)
        if not table.rows:
            _text(sheet, HEADER + 1, 0, NOTHING)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _width(column, heads[place], table, place))
        sheet.freeze_panes(HEADER + 1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER)

    def _row(self, sheet: Worksheet, offset: int, row: ReportRow, table: ReportTable) -> None:
        bold = row.kind in ("TOTAL", "FOOTER")
        for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            self._cell(sheet, offset, place, cell, column, bold=bold, indent=row.depth if place == 0 else 0)
        if row.revised:
            _text(sheet, offset, len(row.cells), revised_words(table, row.revised), self._format(bold=bold))

    def _cell(
        self, sheet: Worksheet, row: int, place: int, cell: Cell, column: ReportColumn, *, bold: bool, indent: int
    ) -> None:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            shape = {"num_format": '0.0"%"'} if column.kind == "percent" else {}
            sheet.write_number(row, place, cell, self._format(bold=bold, align="right", **shape))
        elif column.kind == "date" and (day := day_of(cell)):
            shape = {"num_format": "d mmmm yyyy"}
            sheet.write_datetime(row, place, _midnight(day), self._format(bold=bold, align="right", **shape))
        else:
            words = shown(cell, column)
            plain = column.kind in ("text", "code")
            aligned: dict[str, object] = {"text_wrap": True, "indent": indent} if plain else {"align": "right"}
            shape = self._format(bold=bold, **aligned)
            _text(sheet, row, place, words if plain else bracketed(words), shape)

    def _real_table(self, sheet: Worksheet, name: str, top: int, heads: Sequence[str], rows: int) -> None:
        """A table that spreadsheets know as one, with a header row; `rows` must be at least 1."""
        bold = self._format(bold=True, text_wrap=True, valign="bottom", bottom=2)
        columns = [{"header": head, "header_format": bold} for head in heads]
        options = {"name": name, "columns": columns, "style": None, "autofilter": False}
        sheet.add_table(top, 0, top + rows, len(heads) - 1, options)

    def _format(self, **shape: object) -> Format:
        key = tuple(sorted(shape.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": "Arial", "font_size": 11, **shape})
        return self._formats[key]


def sheet_names(tables: Iterable[ReportTable]) -> list[str]:
    """Names that spreadsheets allow: at most 31 letters, no signs that mean something to them, each once."""
    names: list[str] = ["cover", "contents", "notes"]
    for table in tables:
        plain = re.sub(r"[^\w -]+", " ", table.name.replace("_", " ")).strip()[:27] or "table"
        taken = sum(
            name == plain.lower() or re.fullmatch(re.escape(plain.lower()) + r" \d+", name) is not None
            for name in names
        )
        names.append((f"{plain} {taken + 1}" if taken else plain).lower())
    return [name.capitalize() for name in names[3:]]


def bracketed(symbol: str) -> str:
    """A symbol as spreadsheets should hold it: [z]."""
    return f"[{symbol}]" if len(symbol) == 1 and symbol.isalpha() else symbol


def _told_apart(columns: Sequence[ReportColumn]) -> list[str]:
    """The columns' heads; of two alike each says its code as well, because a table needs them to differ."""
    labels = [column.label.casefold() for column in columns]
    return [c.label if labels.count(c.label.casefold()) == 1 else f"{c.label} ({c.code})" for c in columns]


def _width(column: ReportColumn, head: str, table: ReportTable, place: int) -> float:
    """Wide enough for the longest cell and for the longest word of the head."""
    cells = [len(shown(row.cells[place], column)) for row in table.rows if place < len(row.cells)]
    words = [len(word) + 1 for word in head.split()]
    return min(max([*cells, *words, 8]) + 2, WIDEST)


def _text(sheet: Worksheet, row: int, place: int, words: str, shape: Format | None = None) -> None:
    """Text as text. Raises ValueError where it does not fit: what is shown is never cut off in silence."""
    if sheet.write_string(row, place, words, shape) != 0:
        raise ValueError("a cell of a workbook holds at most 32,767 letters")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _title(report: Report) -> str:
    return f"{report.code} {report.title}: {report.unit.name}, {report.period_label}"
