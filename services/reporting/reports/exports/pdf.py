"""A report as a PDF that screen readers can read (PDF/UA-1): tagged, with headings, header rows and a title."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

from services.reporting.reports.drawing import drawn
from services.reporting.reports.report import Report, ReportColumn, ReportRow, ReportTable
from services.reporting.reports.showing import NOTHING, SYMBOLS, facts, notes, shown

TEMPLATE = Path(__file__).parent / "report.typ"
FONT = "Libertinus Serif"
"""A font that comes with the program, so that a report looks the same and has the same bytes everywhere."""


def as_pdf(report: Report) -> bytes:
    """The same bytes for the same report. It takes some tenths of a second of a processor."""
    told = json.dumps(page_of(report), ensure_ascii=False)
    made: bytes = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        format="pdf",
        sys_inputs={"report": told},
        pdf_standards="ua-1",
        ignore_system_fonts=True,
    )
    return made


def page_of(report: Report) -> dict[str, Any]:
    """The report as words: the template only sets them."""
    told = dict(facts(report))
    return {
        "title": f"{report.code} {report.title}: {report.unit.name}, {report.period_label}",
        "author": "Golden Thread",
        "font": FONT,
        "foot": f"{report.code} {report.unit.name}, {report.period_label}. {told['State']}.",
        "facts": [list(fact) for fact in facts(report)],
        "tables": [_table(table) for table in report.tables],
        "notes": notes(report),
        "symbols": [list(symbol) for symbol in SYMBOLS],
        "nothing": NOTHING,
    }


def _table(table: ReportTable) -> dict[str, Any]:
    rows = [_row(row, table) for row in table.rows]
    columns = [_column(column, place, rows) for place, column in enumerate(table.columns)]
    told = {"caption": table.caption, "columns": columns, "rows": rows}
    drawing = drawn(table)
    if drawing is None:
        return told
    svg = str(drawing.svg).replace('font-family="sans-serif"', f'font-family="{FONT}"')
    return {**told, "chart": svg, "described": f"{drawing.title}. {drawing.described}"}


def _column(column: ReportColumn, place: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A column's head, which side it is set on, and what decides how wide it is: `whole` cells are never broken."""
    cells = [row["cells"][place] for row in rows]
    depth = max((row["depth"] for row in rows), default=0) if place == 0 else 0
    right = column.kind in ("number", "percent")
    looks = {"right": right, "whole": right or column.kind == "date", "depth": depth}
    return {"label": column.label, "longest": max(cells, key=len, default=""), **looks}


def _row(row: ReportRow, table: ReportTable) -> dict[str, Any]:
    return {
        "strong": row.kind in ("TOTAL", "FOOTER"),
        "depth": row.depth,
        "cells": [
            f"{shown(cell, column)} r" if column.code in row.revised else shown(cell, column)
            for cell, column in zip(row.cells, table.columns, strict=True)
        ],
    }
