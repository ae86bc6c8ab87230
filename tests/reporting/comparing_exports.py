"""Reads a report back from its page and from every file of it, each by a program of its own."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from html import unescape
from typing import Any

import httpx2
from openpyxl import load_workbook
from pypdf import PdfReader

Rows = list[list[str]]
_SAID = re.compile(r"-?\d+(\.\d+)?")


async def compare(talking: httpx2.AsyncClient, page: str) -> int:
    """Every cell of every table of the page at this address is the same in the files; answers how many cells.

    `page` is the address of a report's page with its query.
    """
    html = (await talking.get(page)).text
    path, _, query = page.partition("?")
    told = (await talking.get(f"{path}.json?{query}")).json()
    workbook = load_workbook(io.BytesIO((await talking.get(f"{path}.xlsx?{query}")).content))
    paper = await _paper(talking, f"{path}.pdf?{query}")
    cells = 0
    for number, table in enumerate(told["tables"], start=1):
        kinds = [column["kind"] for column in table["columns"]]
        seen = _seen(html, table["name"])
        assert len(seen) == max(len(table["rows"]), 1)
        sheet = _sheet(workbook, f"table_{number}", kinds)
        file = await _csv(talking, f"{path}.csv?{query}&table={table['name']}", len(kinds))
        if not table["rows"]:
            assert sheet[0][0] == seen[0][0] == "Nothing was counted."
            assert file == []
            continue
        assert [list(map(_plain, row)) for row in sheet] == [list(map(_unmarked, row)) for row in seen]
        assert _as_values(seen, kinds) == [_values(row["cells"], kinds) for row in table["rows"]]
        assert _as_written(file) == [_as_text(row["cells"]) for row in table["rows"]]
        for row in seen:
            words = _packed("".join(row))
            assert words in paper, row
            cells += len(row)
    return cells


def _seen(html: str, name: str) -> Rows:
    """The cells of a table on the page, as a person reads them."""
    body = re.search(rf'data-table="{name}">(.*?)</table>', html, re.S)
    assert body is not None, name
    rows = re.findall(r"<tr.*?</tr>", body[1], re.S)[1:]
    return [[_words(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)] for row in rows]


def _words(cell: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", cell)).strip()


def _sheet(workbook: Any, table: str, kinds: list[str]) -> Rows:
    """The cells below the header of a workbook's table, as a spreadsheet shows them."""
    (sheet,) = [one for one in workbook.worksheets if table in one.tables]
    held = sheet[sheet.tables[table].ref]
    return [
        [_displayed(cell, kind) for cell, kind in zip(row, kinds, strict=False)] for row in held[1:]
    ]  # what was restated stands in a column more


def _displayed(cell: Any, kind: str) -> str:
    assert cell.data_type != "f", "a formula"
    match cell.value:
        case None:
            return ""
        case datetime() as day:
            return f"{day.day} {day:%B %Y}"
        case int() | float() as number if kind == "percent":
            return f"{float(number)}%"
        case int() | float() as number:
            return str(number)
        case text:
            return str(text)


async def _csv(talking: httpx2.AsyncClient, address: str, columns: int) -> Rows:
    """The cells of the report in its CSV: without what kind of row it is, its unit, and what was restated."""
    answer = await talking.get(address)
    assert answer.status_code == 200, answer.text
    _, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    return [row[2 : 2 + columns] for row in rows]


async def _paper(talking: httpx2.AsyncClient, address: str) -> str:
    """All words of the PDF without any space, because a line may end anywhere."""
    answer = await talking.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return _packed("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages))


def _packed(words: str) -> str:
    return re.sub(r"\s+", "", words)


def _plain(cell: str) -> str:
    """Without the square brackets that a spreadsheet puts around a symbol."""
    return re.sub(r"^\[([a-z])\]$", r"\1", cell)


def _unmarked(cell: str) -> str:
    return cell.removesuffix(" r")


def _as_values(rows: Rows, kinds: list[str]) -> list[list[Any]]:
    return [[_value(_unmarked(cell), kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows]


def _value(cell: str, kind: str) -> Any:
    """The value behind what is shown: a number, a date, or the words themselves."""
    if kind == "percent":
        cell = cell.removesuffix("%")
    if kind in ("number", "percent") and _SAID.fullmatch(cell):
        return float(cell)
    if kind == "date" and re.fullmatch(r"\d+ \w+ \d{4}", cell):
        return f"{datetime.strptime(f'{cell} +0000', '%d %B %Y %z').date()}"
    return "words" if kind == "code" and cell else cell


def _values(cells: list[Any], kinds: list[str]) -> list[Any]:
    """The same of the cells of the interface; codes are shown in words, and are compared in the CSV."""
    found: list[Any] = []
    for cell, kind in zip(cells, kinds, strict=True):
        if cell is None:
            found.append("")
        elif isinstance(cell, int | float) and kind in ("number", "percent"):
            found.append(float(cell))
        else:
            found.append("words" if kind == "code" and cell else str(cell))
    return found


def _as_written(rows: Rows) -> Rows:
    """A cell that a spreadsheet would run has an apostrophe in front of it."""
    return [[re.sub(r"^'(?=[=+\-@\t\r])", "", cell) for cell in row] for row in rows]


def _as_text(cells: list[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in cells]
