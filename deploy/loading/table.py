"""A table in a file, CSV or XLSX: a header of names and numbered rows of cells, as strict for one as for the other."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import xlsxwriter

from deploy.loading.reading import FORMULA, BadFile, csv_rows, decoded, harmless

Form = Literal["csv", "xlsx"]
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands there as text, and what is wrong with it whatever the column is."""

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the row's in the sheet, or that of the line on which it begins. As many cells as there are columns,
    or `problem` says why not."""

    number: int
    cells: tuple[Cell, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    form: Form
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path, sheet: str) -> Table:
    """The table in the file; of a workbook with several sheets the one of that name. Raises BadFile."""
    if path.stat().st_size > MOST_BYTES:
        raise BadFile(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB: load it in parts")
    raw = path.read_bytes()
    if raw.startswith(_OLD):
        raise BadFile("this is a workbook of an old kind, or one with a password: save it as .xlsx without")
    if raw.startswith(_ZIP):
        from deploy.loading.workbook import sheet_rows

        return _table("xlsx", sheet_rows(raw, sheet))
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        raise BadFile("the file is called a workbook and is none")
    rows = ((line, [Cell(cell.strip(), _as_formula(cell)) for cell in cells]) for line, cells in csv_rows(decoded(raw)))
    return _table("csv", rows)


def write_table(form: Form, sheet: str, rows: Iterable[Sequence[str]], path: Path) -> None:
    """The rows, the header first, as text and nothing else: for the eyes of whoever writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if form == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # with a mark, or spreadsheets misread it
            csv.writer(file, lineterminator="\n").writerows([harmless(cell) for cell in row] for row in rows)
        return
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell)


def _table(form: Form, rows: Iterable[tuple[int, Sequence[Cell]]]) -> Table:
    filled = iter(_filled(rows))
    number, first = next(filled, (0, ()))
    if number != 1:
        raise BadFile("row 1 is empty: it must hold the names of the columns")
    header = _header(first)
    found: list[Row] = []
    for number, cells in filled:
        if len(found) == MOST_ROWS:
            raise BadFile(f"row {number}: more than {MOST_ROWS} rows: load the file in parts")
        found.append(_row(number, cells, len(header), ragged=form == "csv"))
    return Table(form, header, tuple(found))


def _filled(rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in rows:
        if any(cell.text or cell.problem for cell in cells):
            if len(cells) > MOST_COLUMNS and any(cell.text for cell in cells[MOST_COLUMNS:]):
                raise BadFile(f"row {number}: more than {MOST_COLUMNS} columns")
            yield number, cells


def _header(cells: Sequence[Cell]) -> tuple[str, ...]:
    names = [cell.text for cell in cells]
    while not names[-1]:
        names.pop()
    for column, name in enumerate(names, 1):
        if not name:
            raise BadFile(
                f"row 1, column {column}: no name; unmerge the header, so that each column has a name of its own"
            )
        if cells[column - 1].problem:
            raise BadFile(f"row 1, column {column}: {cells[column - 1].problem}")
        if name in names[: column - 1]:
            raise BadFile(f"row 1, column {column}: the name of this column is there twice")
    if len(names) == 1 and ";" in names[0]:
        raise BadFile("row 1: columns are separated by commas, not by semicolons")
    return tuple(names)


def _row(number: int, cells: Sequence[Cell], width: int, *, ragged: bool) -> Row:
    """A row of CSV has exactly as many cells as the header; a sheet's rows end where their last cell is."""
    problem = ""
    if any(cell.text for cell in cells[width:]):
        problem = "something stands beyond the last column"
    elif ragged and len(cells) != width:
        problem = f"the row has {len(cells)} cells where there are {width} columns"
    return Row(number, tuple([*cells, *[Cell("")] * width][:width]), problem)


def _as_formula(cell: str) -> str:
    return "begins like a formula" if cell.startswith(FORMULA) else ""
