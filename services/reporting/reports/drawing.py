"""The chart of a report's table, where the table says that one is worth drawing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from services.reporting.dashboard import charts
from services.reporting.reports.report import ReportRow, ReportTable
from services.reporting.reports.showing import shown

MOST_CATEGORIES = len(charts.INKS)
MOST_BARS = 40
WIDE = 150.0
"""Room for the names of units beside their bars."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart and what it says to those who do not see it."""

    title: str
    described: str
    svg: Markup


def drawn(table: ReportTable) -> Drawing | None:
    """Bars of counts, one for each row of the first depth; None where there is nothing that bars can show."""
    if table.chart is None:
        return None
    named, counted = table.chart
    places = {column.code: place for place, column in enumerate(table.columns)}
    columns = [table.columns[places[code]] for code in counted]
    if not 0 < len(columns) <= MOST_CATEGORIES:
        return None
    bars = [
        charts.Bar(shown(row.cells[places[named]], table.columns[places[named]]), counts)
        for row in _rows(table)
        if (counts := _counts(row, [places[code] for code in counted])) is not None
    ]
    if not any(sum(bar.counts) for bar in bars) or len(bars) > MOST_BARS:
        return None
    labels = [column.label for column in columns]
    described = f"Bars for {len(bars)} rows: {', '.join(labels)}. The table holds the same numbers."
    draw = charts.stacked_bar if table.parts else charts.grouped_bar
    svg = draw(f"{table.name}-chart", table.caption, described, labels, bars, left=_room(bars))
    return Drawing(table.caption, described, svg)


def _rows(table: ReportTable) -> list[ReportRow]:
    """Parts and items, without totals: of nested parts the outermost, so that nothing is drawn twice."""
    rows = [row for row in table.rows if row.kind in ("PART", "ITEM")]
    least = min((row.depth for row in rows), default=0)
    return [row for row in rows if row.depth == least]


def _counts(row: ReportRow, places: list[int]) -> tuple[int, ...] | None:
    """The counts of a bar; None where one of them is a symbol."""
    cells = [row.cells[place] for place in places]
    counts = [cell for cell in cells if isinstance(cell, int) and not isinstance(cell, bool) and cell >= 0]
    return tuple(counts) if len(counts) == len(cells) else None


def _room(bars: list[charts.Bar]) -> float:
    longest = max(len(bar.label) for bar in bars)
    return charts.LABEL if longest <= 8 else WIDE
