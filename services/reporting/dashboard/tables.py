"""Tables as pages show them and as CSV holds them: one list of cells for both, so that the numbers cannot differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.reporting.dashboard.places import Places
from services.reporting.labels import CHILDREN, LEVELS, PLURALS
from services.reporting.views import (
    Column,
    Count,
    Figures,
    Median,
    ModelName,
    Proportion,
    Table,
    UnitView,
)

Value = Count | Proportion | Median | int | str | None
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
NOT_SHARED = "x"
"""The national statistics' symbol for a value that is not available."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table. `href` leads to what is behind it; `about` says so to those who hear the page.

    `whole` is what `text` says in short.
    """

    text: str
    href: str | None = None
    about: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table: `name` is its place in the CSV address, the first row is the total when `totalled`."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totalled: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of figures: where to find its value in the figures of a unit in a period."""

    code: str
    label: str
    of: Callable[[Figures], Value]
    model: ModelName = "audit_quality"


def over_time(view: UnitView, places: Places, name: str, caption: str, measures: Sequence[Measure]) -> PageTable:
    """One row a period, oldest first, under the total of the whole span."""
    rows = [_row("Whole span", None, view.total, measures, places)]
    rows += [_row(one.period.label, None, one.figures, measures, places.within(one.period)) for one in view.periods]
    first = Column(code="period", label="Period", numeric=False)
    return PageTable(name, caption, (first, *_columns(measures)), tuple(rows), totalled=True)


def by_child(view: UnitView, places: Places, name: str, caption: str, measures: Sequence[Measure]) -> PageTable:
    """One row for each unit within this one, under the total; names lead to their pages."""
    kind = CHILDREN[view.unit.level]
    rows = [_row(f"All {PLURALS[kind].lower()}", None, view.total, measures, places)]
    for child in view.children:
        there = places.of(child.unit) if child.may_open and not child.unit.whole else None
        title = f"{child.unit.name} as a whole" if child.unit.whole else child.unit.name
        row = _row(title, there.page if there else None, child.figures, measures, there)
        if not (child.unit.whole and _says_nothing(row)):
            rows.append(row)
    first = Column(code=kind, label=LEVELS[kind], numeric=False)
    note = f"{NOT_SHARED} means not shared with you." if any(c.figures.withheld for c in view.children) else ""
    return PageTable(name, caption, (first, *_columns(measures)), tuple(rows), totalled=True, note=note)


def listed(name: str, caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> PageTable:
    return PageTable(name, caption, tuple(columns), tuple(tuple(row) for row in rows))


def cell(value: Value, model: ModelName, places: Places | None, about: str) -> Cell:
    """How a value stands in a table. A number with something behind it leads there."""
    match value:
        case Count(count=0):
            return Cell("0")
        case Count():
            return Cell(f"{value.count}", places.rows(model, value) if places else None, about)
        case Proportion():
            return Cell(value.display)
        case Median():
            return Cell(_days(value))
        case None:
            return Cell(NOT_SHARED)
        case _:
            return Cell(str(value))


def exported(table: PageTable) -> Table:
    """The table for the export: the same cells, with numbers as numbers."""
    rows = tuple(tuple(_number_or_text(one.text) for one in row) for row in table.rows)
    return Table(name=table.name, caption=table.caption, columns=table.columns, rows=rows)


def _number_or_text(text: str) -> str | int | float:
    if _NUMBER.fullmatch(text) is None:
        return text
    return float(text) if "." in text else int(text)


def _says_nothing(row: Sequence[Cell]) -> bool:
    return all(one.text in ("0", "z", "") for one in row[1:])


def _days(median: Median) -> str:
    if median.beyond:
        return "over the longest counted"
    return "z" if median.value is None else f"{median.value:g}"


def _columns(measures: Sequence[Measure]) -> Iterator[Column]:
    return (Column(code=measure.code, label=measure.label) for measure in measures)


def _row(
    title: str, href: str | None, figures: Figures, measures: Sequence[Measure], places: Places | None
) -> tuple[Cell, ...]:
    values = (cell(m.of(figures), m.model, places, f"{m.label}, {title}") for m in measures)
    return (Cell(title, href), *values)
