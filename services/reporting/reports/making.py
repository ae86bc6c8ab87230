"""What reports are written with: their columns, figures with the symbols that stand for missing ones, their frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.domain import periods
from services.reporting.read_models.reading import Measures
from services.reporting.reports.report import (
    Asked,
    Cell,
    ColumnKind,
    Make,
    Report,
    ReportColumn,
    ReportRow,
    ReportTable,
    Sources,
)
from services.reporting.rows import of_unit
from services.reporting.views import Level, Median, Proportion, Unit
from shared.projecting.read_model import Row

NOTHING_TO_COUNT = "z"
NOT_AVAILABLE = "x"


@dataclass(frozen=True, slots=True)
class Written:
    """A report in the registry."""

    code: str
    title: str
    make: Make


def frame(
    code: str, title: str, sources: Sources, asked: Asked, tables: Iterable[ReportTable], notes: Iterable[str]
) -> Report:
    """The report around its tables. As at when, and closed or not, is said by whoever asked for it."""
    return Report(
        code=code,
        title=title,
        unit=sources.structure.unit(asked.level, asked.unit_id),
        structure=asked.structure,
        period=asked.span.key,
        period_kind=asked.span.kind,
        period_label=asked.span.label,
        tables=tuple(tables),
        notes=tuple(notes),
    )


def columns(kinds: Mapping[str, ColumnKind], **labels: str) -> tuple[ReportColumn, ...]:
    """Columns by code, with their labels; numbers unless `kinds` says otherwise."""
    return tuple(ReportColumn(code=code, label=label, kind=kinds.get(code, "number")) for code, label in labels.items())


def table(
    name: str,
    caption: str,
    heads: tuple[ReportColumn, ...],
    rows: Iterable[ReportRow],
    chart: tuple[str, tuple[str, ...]] | None = None,
) -> ReportTable:
    """Rows about what belongs to no part of a unit are left out where they say nothing."""
    told = tuple(row for row in rows if not (row.unit is not None and row.unit.whole) or _says_something(row))
    return ReportTable(name=name, caption=caption, columns=heads, rows=told, chart=chart)


def _says_something(row: ReportRow) -> bool:
    return any(isinstance(cell, int | float) and cell for cell in row.cells)


# -- figures --------------------------------------------------------------------------------------------------------


def percent_of(part: int, whole: int) -> Cell:
    """Of everything there was to do, so that few are no reason to say nothing."""
    return round(100 * part / whole, 1) if whole else NOTHING_TO_COUNT


def percent_in(of: Proportion) -> Cell:
    """A percentage where there are enough cases to read one, else nothing."""
    return NOTHING_TO_COUNT if of.whole == 0 else of.percent


def days_in(of: Median) -> Cell:
    """A median of days; one that lies past the last bucket is only known to be more."""
    if of.value is None:
        return NOTHING_TO_COUNT
    return f">{int(of.value) - 1}" if of.beyond else of.value


def numbers(found: Measures, branch: str, *names: str) -> tuple[int, ...]:
    return tuple(found.number(branch, name) for name in names)


# -- periods --------------------------------------------------------------------------------------------------------


def months_before(asked: Asked) -> tuple[str, ...]:
    """The month or the quarter before the one that was asked for."""
    many = len(asked.span.months)
    first = asked.span.months[0]
    return periods.months(periods.following(first, -many), periods.following(first, -1))


def last_day(asked: Asked) -> str:
    return periods.last_day(asked.span.months[-1]).isoformat()


def in_period(asked: Asked, day: str | None) -> bool:
    return day is not None and day[:7] in asked.span.months


# -- single things --------------------------------------------------------------------------------------------------


async def things(
    sources: Sources, asked: Asked, kind: str, months: Iterable[str], within: Mapping[str, Any] | None = None
) -> list[Row]:
    """Rows of a kind of the audit cycle that count in these months and in the unit, or `within` something else.

    A region lists none: single things are told by authorities and what lies below them.
    """
    if asked.level == "region":
        return []
    of = within or of_unit(sources.structure, asked.level, asked.unit_id, asked.structure)
    return list(await sources.reading.rows("audit_cycle", {**of, "months": {"$in": list(months)}, "kind": kind}))


def unit_of(sources: Sources, place: Mapping[str, Any]) -> Unit:
    """The smallest unit of a place."""
    levels: tuple[Level, ...] = ("team", "service_area")
    for level in levels:
        if place[level] is not None:
            return sources.structure.unit(level, place[level])
    return sources.structure.unit("authority", place["authority"])
