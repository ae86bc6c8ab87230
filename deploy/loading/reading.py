"""Reading files that people made: what is wrong with one is said with the place, and never with what stands there."""

from __future__ import annotations

import csv
import io

# What a spreadsheet would run, or take for the beginning of something that it runs.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HOLDS_NUL = "\x00"


class BadFile(Exception):
    """The file cannot be read at all. The message says where, and never what stands there."""


def decoded(raw: bytes) -> str:
    """The text of a CSV file in UTF-8, with or without a byte-order mark."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadFile("line 1, column 1: the file is in UTF-16; save it as CSV in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as failed:
        before = raw[: failed.start]
        line, start = before.count(b"\n") + 1, before.rfind(b"\n") + 1
        column = before[start:].count(b",") + 1
        raise BadFile(f"line {line}, column {column}: not UTF-8; save the file as CSV in UTF-8") from None
    if (at := text.find(_HOLDS_NUL)) >= 0:
        raise BadFile(f"line {text.count(chr(10), 0, at) + 1}: the file holds NUL bytes; it is not CSV")
    return text


def csv_rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows with the number of the line on which each begins. Raises BadFile, also when there is none."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, begins = [], 1
    try:
        for cells in reader:
            rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error:
        raise BadFile(f"line {begins}: a quotation mark is not closed, or stands within a field") from None
    if not rows:
        raise BadFile("line 1: the file is empty")
    return rows


def harmless(cell: str) -> str:
    """The cell for a file that may be opened in a spreadsheet: what it would run gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
