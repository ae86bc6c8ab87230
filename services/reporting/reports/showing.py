"""A report in words: how each cell reads, and what stands above and below the tables, in every form alike."""

from __future__ import annotations

import re
from datetime import date, datetime

from services.reporting.labels import LEVELS, label
from services.reporting.reports.report import Cell, Closing, Report, ReportColumn, ReportTable
from services.reporting.views import AsAt, Structure
from shared.calendar.clock import LONDON

STRUCTURES: dict[Structure, str] = {"as-then": "As they were then", "as-now": "As they are now"}
SYMBOLS = (
    ("z", "There was nothing to count"),
    ("x", "Not available, or not shared with you"),
    ("r", "Restated: the figure was changed after the period was closed"),
    ("Empty", "Too few for a percentage, or nothing to say"),
)
NOTHING = "Nothing was counted."
LIVE = "As known now: these figures may still change"
NOT_ALL = "Rows or figures outside what you may see are left out or shown as x."
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def shown(cell: Cell, column: ReportColumn) -> str:
    """What people read: numbers without loss, dates as "14 May 2026", codes in words."""
    match cell:
        case None:
            return ""
        case bool():
            return "Yes" if cell else "No"
        case int() | float():
            return f"{cell}%" if column.kind == "percent" else _number(cell)
        case _ if column.kind == "date" and (day := day_of(cell)):
            return _day(day)
        case _ if column.kind == "code":
            return ", ".join(label(code, column.code) for code in cell.split())
        case _:
            return cell


def day_of(cell: Cell) -> date | None:
    """The date in a cell that holds one."""
    return date.fromisoformat(cell) if isinstance(cell, str) and _DAY.fullmatch(cell) else None


def facts(report: Report) -> list[tuple[str, str]]:
    """The header of every form: whose figures these are, of when, attributed how, and how final."""
    as_at = report.as_at or AsAt(time=None, behind=None, positions=())
    return [
        ("Report", f"{report.code} {report.title}"),
        (LEVELS[report.unit.level], f"{report.unit.name} ({report.unit.id})"),
        ("Period", report.period_label),
        ("Teams", STRUCTURES[report.structure]),
        ("Correct as at", _time(as_at.time) if as_at.time else "Nothing has been counted yet"),
        ("Events not yet counted", "Not known" if as_at.behind is None else str(as_at.behind)),
        *(_closed(report.closing) if report.closing else [("State", LIVE)]),
        *([("Reporting policy", report.policy_version)] if report.policy_version else []),
        ("Tables", ", ".join(table.caption for table in report.tables)),
        *([] if report.complete else [("Left out", NOT_ALL)]),
    ]


def _closed(closing: Closing) -> list[tuple[str, str]]:
    return [
        ("State", f"Closed on {_day(closing.closed_on)}"),
        ("Records until", _time(closing.cutoff)),
        ("Version", f"{closing.version}, as it was closed" if closing.version == 1 else f"{closing.version}, restated"),
        ("Hash", closing.hash),
    ]


def notes(report: Report) -> list[str]:
    """What a reader should know, with what was left out for this reader."""
    return [*report.notes, *([] if report.complete else [NOT_ALL])]


def revised_words(table: ReportTable, codes: tuple[str, ...]) -> str:
    """The labels of the columns that were restated in a row."""
    return ", ".join(column.label for column in table.columns if column.code in codes)


def _number(cell: float) -> str:
    return str(cell).removesuffix(".0")


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _time(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{_day(local.date())} at {local:%H:%M} London time"
