"""Tables as CSV (RFC 4180) that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io

from services.reporting.views import Table

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table, *, bom: bool = False) -> str:
    """The table with a header row of column codes, CRLF line ends, and an empty field for None.

    Text that a spreadsheet would take for a formula gets an apostrophe in front. `bom` is for Excel.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.code for column in table.columns)
    writer.writerows([_field(cell) for cell in row] for row in table.rows)
    return ("\ufeff" if bom else "") + out.getvalue()


def _field(cell: str | int | float | None) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(_STARTS_A_FORMULA):
        return f"'{cell}"
    return cell
