"""Reading a sheet of an XLSX workbook: values only, bounded, whatever somebody put into the archive."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from deploy.loading.reading import FORMULA, BadFile
from deploy.loading.table import Cell

MOST_PARTS = 1_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_CELLS = 3_000_000

# What the library raises for archives that are no workbooks, or damaged ones: an XML ParseError is a SyntaxError.
_UNREADABLE = (
    *(BadZipFile, InvalidFileException, zlib.error, SyntaxError, EOFError, OSError, NotImplementedError, RuntimeError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError),
)
_NO_WORKBOOK = "the file is no Excel workbook (.xlsx), or a damaged one: open it in a spreadsheet and save it again"


def sheet_rows(raw: bytes, name: str) -> list[tuple[int, list[Cell]]]:
    """The rows of the sheet of that name, or of the only visible one, with their numbers; empty ones are left out.

    Raises BadFile.
    """
    _check_size(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and the like, which nobody here looks at
        try:
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
            return list(_rows(_sheet(book, name)))
        except _UNREADABLE:
            raise BadFile(_NO_WORKBOOK) from None


def _check_size(raw: bytes) -> None:
    """Before anything is unpacked: an archive may say of a few bytes that they are gigabytes."""
    try:
        parts = ZipFile(io.BytesIO(raw)).infolist()
    except _UNREADABLE:
        raise BadFile(_NO_WORKBOOK) from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise BadFile("the workbook is larger than can be read once it is unpacked: load it in parts")


def _sheet(book: Any, name: str) -> Any:
    named = [one for one in book.worksheets if one.title.strip().lower() == name]
    visible = [one for one in book.worksheets if one.sheet_state == "visible"]
    if not named and len(visible) != 1:
        raise BadFile(f"the workbook has {len(visible)} sheets, and none of them is called {name}")
    return (named or visible)[0]


def _rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    sheet.reset_dimensions()  # what a workbook says of its own size is not always so
    seen = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        seen += len(cells) + 1
        if seen > MOST_CELLS:
            raise BadFile(f"row {number}: the sheet has more cells than can be read: load it in parts")
        if any(cell.value is not None for cell in cells):
            yield number, [_cell(cell) for cell in cells]


def _cell(cell: Any) -> Cell:
    """The value as text. Formulas are not worked out, and nothing is guessed."""
    match cell.data_type, cell.value:
        case _, None:
            return Cell("")
        case "f", formula:
            return Cell(str(formula) if isinstance(formula, str) else "", "holds a formula: put its value there")
        case "e", _:
            return Cell("", "holds an error of the spreadsheet")
        case _, bool():
            return Cell("", "is neither text, number nor date")
        case _, int() as number:
            return Cell(str(number))
        case _, float() as number:
            return Cell(str(int(number)) if number.is_integer() else str(number))
        case _, datetime() as moment:
            whole = moment.time() == time()
            return Cell(moment.date().isoformat(), "" if whole else "holds a time of day beside the date")
        case _, date() as day:
            return Cell(day.isoformat())
        case _, str() as text:
            return Cell(text.strip(), "begins like a formula" if text.startswith(FORMULA) else "")
        case _:
            return Cell("", "is neither text, number nor date")
