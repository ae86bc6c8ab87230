"""Tables of grades as they are counted and as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.reporting.statistics.wilson import wilson
from shared.deciding.events import Part

HIDDEN, MISSING, NOTHING = "c", "x", "z"
TOTAL = "TOTAL"
WORST = "INADEQUATE"
GOOD_OR_BETTER = frozenset({"OUTSTANDING", "GOOD"})

Counts = Mapping[str, int]
Outcome = Literal["SHOWN", "WITHHELD", "FORMER_STANDS"]
Reason = Literal["TOTAL_SMALL", "ALL_INADEQUATE", "NOT_SAFE", "UNCHANGED", "DIFFERENCE_SMALL"]


@dataclass(frozen=True, slots=True)
class GradeTable:
    """How many audits of an authority have each grade, for each month of a period; `domain` None is the overall grade.

    `period` is "2026-05" or the financial quarter "2026-Q1"; `months` has the month or the quarter's three months.
    """

    authority: str
    period: str
    domain: str | None
    months: Mapping[str, Counts]


class ShownCell(Part):
    """A grade and what is shown of its count: "17", "0", "c" or "z"."""

    code: str
    display: str


class ReleasedTable(Part):
    """What was decided about a table, and the counts behind it, which never leave.

    `months` are the counts that the ledger holds the authority to. Nothing is shown of a table that is withheld:
    `cells` is empty and `total` is "c". Where the former figures stand, these are they.
    """

    domain: str | None
    months: dict[str, dict[str, int]]
    cells: tuple[ShownCell, ...]
    total: str
    outcome: Outcome
    reason: Reason | None = None


class RegionalTable(Part):
    """Figures of these authorities together, each rounded to the nearest 10, hidden or withheld."""

    domain: str | None
    authorities: tuple[str, ...]
    cells: tuple[ShownCell, ...]
    total: str
    outcome: Outcome
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it may be shown: percent and interval (Wilson, 95 %) only where both of its counts are shown."""

    numerator: str
    denominator: str
    percent: str | None = None
    interval: tuple[str, str] | None = None


def good_or_better(cells: tuple[ShownCell, ...], total: str) -> Share:
    """The share of grades that are good or better, worked out from what is shown and from nothing else."""
    if total == NOTHING:
        return Share(NOTHING, NOTHING)
    better = _shown_sum(cells, GOOD_OR_BETTER)
    if better is None and total.isdigit():
        rest = _shown_sum(cells, frozenset(cell.code for cell in cells) - GOOD_OR_BETTER)
        better = None if rest is None or not cells else int(total) - rest
    if better is None or not total.isdigit():
        return Share(HIDDEN if better is None else str(better), total)
    interval = wilson(better, int(total))
    if interval is None:
        return Share(str(better), total)
    low, high = interval
    return Share(str(better), total, _percent(better / int(total)), (_percent(low), _percent(high)))


def added(months: Mapping[str, Counts]) -> dict[str, int]:
    """The counts of all these months together, in the order in which grades first appear."""
    counts: dict[str, int] = {}
    for month in months.values():
        for code, count in month.items():
            counts[code] = counts.get(code, 0) + count
    return counts


def _shown_sum(cells: tuple[ShownCell, ...], codes: frozenset[str]) -> int | None:
    displays = [cell.display for cell in cells if cell.code in codes]
    if not cells or not all(display.isdigit() for display in displays):
        return None
    return sum(map(int, displays))


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
