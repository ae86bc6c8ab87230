"""What a report is: tables under one title, for one unit and one period, the same on a page and in every export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from services.reporting.domain.periods import Span
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.library import Reading
from services.reporting.structure import OfToday
from services.reporting.views import AsAt, Level, PeriodKind, Structure, Unit, View

Cell = str | int | float | None
ColumnKind = Literal["text", "code", "number", "percent", "date"]


class ReportColumn(View):
    """`code` is the CSV header and the diff's key; `label` what people read; `kind` how it is set and aligned.

    A cell of kind "code" holds a code of the domain, or several with spaces between; people read its words. Percent
    is a number from 0 to 100, rounded; a date is "2026-05-14". Instead of a number or date there may be a symbol: "z".
    """

    code: str
    label: str
    kind: ColumnKind = "number"


class ReportRow(View):
    """`key` is unique in its table and the same whenever the report is made again: restatements are found by it.

    `kind` is TOTAL, PART (a unit below), ITEM (one thing, such as a meeting) or FOOTER; `depth` indents a part.
    `unit` is what a PART holds the figures of, and for an ITEM the smallest unit that holds the whole thing: a PART
    leads to the unit's page, and who may read the row follows from it (see `reach.py`, which says `may_open`).
    `revised` are the codes of the columns whose figure was restated since the period was closed (marked `r`).
    """

    key: str
    kind: Literal["TOTAL", "PART", "ITEM", "FOOTER"]
    cells: tuple[Cell, ...]
    depth: int = 0
    unit: Unit | None = None
    revised: tuple[str, ...] = ()
    may_open: bool = True


class ReportTable(View):
    """One flat table. `chart` names the columns worth drawing: (label column, number columns).

    `parts` says whether these numbers are parts of one whole, such as grades of audits: they are drawn as one bar.
    """

    name: str
    caption: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...]
    chart: tuple[str, tuple[str, ...]] | None = None
    parts: bool = True


class Closing(View):
    """That the period was closed, and which version of the report this is: version 1 is as it was closed."""

    closed_on: date
    cutoff: datetime
    version: int
    hash: str


class Report(View):
    """`code` is R1, R2, ...; `period` a month ("2026-05") or a financial quarter ("2026-Q1").

    `notes` are sentences for the reader: what the formulas are, which symbols stand for what. `closing` is None for
    a period that is still open. `complete` is false when rows or figures outside the reader's reach are left out.
    `policy_version` names the reporting policy that was used.
    """

    code: str
    title: str
    unit: Unit
    structure: Structure
    period: str
    period_kind: PeriodKind
    period_label: str
    tables: tuple[ReportTable, ...]
    notes: tuple[str, ...] = ()
    as_at: AsAt | None = None
    closing: Closing | None = None
    complete: bool = True
    policy_version: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for. `span` are the months of the period."""

    level: Level
    unit_id: str
    span: Span
    structure: Structure


@dataclass(frozen=True, slots=True)
class Sources:
    """What a report is made from: one moment's read models, the structure, the display policy in force."""

    reading: Reading
    structure: OfToday
    policy: ReportingPolicy


Make = Callable[[Sources, Asked], Awaitable[Report]]


class Titled(Protocol):
    """A report as the list of reports shows it."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def make(self) -> Make: ...


Registry = Mapping[str, Titled]
Facts = Mapping[str, Any]
