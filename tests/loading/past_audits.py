"""Files of past audits as people make them: rows by column, and workbooks made by hand."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from deploy.loading.past_audits import Read, Templates, read_audits
from deploy.loading.table import Table, read_table
from services.audit.domain.template.defaults import DEFAULTS

TEMPLATES = Templates(DEFAULTS)
GOOD: Mapping[str, Any] = {
    "reference": "A-1",
    "la_code": "902",
    "team_id": "alder",
    "audit_type": "QA_ROUTINE",
    "template_id": "practice",
    "plan_type": "CIN",
    "effective_date": "2025-05-14",
    "overall": "GOOD",
    "raw_overall": "OUTSTANDING",
    "auditor_role": "QA_OFFICER",
    "independence": "LINKED",
    "allocated_on": "2025-05-01",
    "child_ref": "case-4711",
    "CHILD_VOICE": "GOOD",
    "REVIEW": "NOT_EVIDENCED",
}


def rows_of(rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """The header and the rows, with every column that any of them has."""
    rows = list(rows)
    header = list(dict.fromkeys(name for row in rows for name in row))
    return [header, *([row.get(name) for name in header] for row in rows)]


def a_csv(folder: Path, *rows: Mapping[str, Any], name: str = "audits.csv") -> Path:
    out = io.StringIO()
    csv.writer(out).writerows(rows_of(rows))
    path = folder / name
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def a_workbook(folder: Path, *rows: Mapping[str, Any], name: str = "audits.xlsx") -> Path:
    return workbook_of(folder, rows_of(rows), name=name)


def workbook_of(folder: Path, rows: Sequence[Sequence[Any]], *, sheet: str = "audits", name: str = "a.xlsx") -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    path = folder / name
    book.save(path)
    return path


def read(path: Path) -> Read:
    return read_audits(table(path), TEMPLATES)


def table(path: Path) -> Table:
    return read_table(path, "audits")


def as_dates(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with real dates in it, as a spreadsheet keeps them."""
    days = ("effective_date", "allocated_on")
    return {name: date.fromisoformat(value) if name in days else value for name, value in row.items()}


def altered(path: Path, part: str, change: Any) -> Path:
    """The workbook with one part of its archive changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name == part else content)
    return path
