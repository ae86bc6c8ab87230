"""R14: every cell of a closed period that was restated since, or that would say something else today."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.reporting.closing.differences import Difference, differences
from services.reporting.closing.making import key_of
from services.reporting.closing.reasons import concerns
from services.reporting.closing.structure import structure_of
from services.reporting.closing.work import Closing
from services.reporting.domain.reporting_period.events import Reason
from services.reporting.domain.reporting_period.state import ReportingPeriod, Version
from services.reporting.reports.report import Asked, Make, Report, ReportColumn, ReportRow, ReportTable, Sources
from services.reporting.views import Unit
from shared.calendar.clock import local_date

CODE, TITLE = "R14", "Restatements"
PENDING, RESTATED = "PENDING", "RESTATED"
EVENTS_SHOWN = 5

COLUMNS = (
    ReportColumn(code="state", label="State", kind="code"),
    ReportColumn(code="report", label="Report", kind="text"),
    ReportColumn(code="version", label="Version"),
    ReportColumn(code="unit", label="Unit", kind="text"),
    ReportColumn(code="table", label="Table", kind="text"),
    ReportColumn(code="line", label="Row", kind="text"),
    ReportColumn(code="column", label="Column", kind="text"),
    ReportColumn(code="old", label="Was", kind="text"),
    ReportColumn(code="new", label="Is", kind="text"),
    ReportColumn(code="reasons", label="Reasons", kind="code"),
    ReportColumn(code="events", label="Because of", kind="text"),
    ReportColumn(code="recorded_on", label="Recorded", kind="date"),
    ReportColumn(code="reason_approver", label="Reason approved by", kind="code"),
    ReportColumn(code="approver", label="Restatement approved by", kind="code"),
    ReportColumn(code="restated_on", label="Restated", kind="date"),
)
COUNTED = (
    ReportColumn(code="state", label="State", kind="code"),
    ReportColumn(code="report", label="Report", kind="text"),
    ReportColumn(code="cells", label="Cells"),
)
NOTES = (
    "Pending cells differ from what was published and nobody has approved that yet: the published version stands.",
    "Restated cells are in the version named; the version before it stays as it was published.",
)


@dataclass(frozen=True, slots=True)
class Restated:
    """One cell, and how it came to differ. Without a version nobody has approved it yet."""

    cell: Difference
    reasons: tuple[Reason, ...]
    version: Version | None = None

    @property
    def row(self) -> ReportRow:
        cell, reasons = self.cell, [reason for reason in self.reasons if concerns(reason, self.cell.unit)]
        number = self.version.number if self.version else None
        restated = self.version.restated if self.version else None
        return ReportRow(
            key="|".join((cell.report, str(number or PENDING), key_of(cell.unit), cell.table, cell.row, cell.column)),
            kind="ITEM",
            unit=cell.within,
            cells=(
                RESTATED if self.version else PENDING,
                cell.report,
                number,
                cell.unit.name,
                cell.table,
                *cell.called,
                _word(cell.old),
                _word(cell.new),
                _words(reason.code for reason in reasons),
                _events(reasons),
                _recorded(reasons),
                _words(reason.approver_role for reason in reasons),
                restated.approver_role if restated else None,
                self.version.on.isoformat() if self.version else None,
            ),
        )


@dataclass(frozen=True, slots=True)
class Restatements:
    """Makes R14 of a unit and a period."""

    closing: Closing

    async def report(self, authority: str, asked: Asked, unit: Unit) -> Report:
        period = (await self.closing.period(authority, asked.span.key)).state
        shown = await self._units(period, asked)
        found = [one async for one in self._restated(period, shown)]
        pending = await self.closing.pending(authority, asked.span, period)
        found += [Restated(one, pending.reasons) for one in pending.differences if key_of(one.unit) in shown]
        return _report(asked, unit, [one.row for one in found], closed=period.closed is not None)

    async def _restated(self, period: ReportingPeriod, shown: set[str]) -> AsyncIterator[Restated]:
        """Each version against the one before it: what was published is there to be compared."""
        published = self.closing.published
        for _, versions in sorted(period.reports.items()):
            for before, version in pairwise(versions):
                listed, was = await published.listed(version), await published.listed(before)
                changed = sorted(key for key in shown if listed.get(key) != was.get(key))
                old, new = await published.reports(was, changed), await published.reports(listed, changed)
                reasons = version.restated.reasons if version.restated else ()
                for key in changed:
                    for cell in differences(old.get(key), new.get(key)):
                        yield Restated(cell, reasons, version)

    async def _units(self, period: ReportingPeriod, asked: Asked) -> set[str]:
        """The unit and those below it, as it was published."""
        if period.latest is None:
            return set()
        keys = {key for each in period.reports.values() for key in await self.closing.published.listed(each[-1])}
        if asked.level == "authority":
            return keys
        own = {f"{asked.level}:{asked.unit_id}"}
        if asked.level == "service_area":
            stood = structure_of(await self.closing.published.structure(period.latest.structure_hash), asked.span)
            own |= {f"team:{team}" for team in stood.teams_in([asked.unit_id])}
        return own & keys


async def _nothing(sources: Sources, asked: Asked) -> Report:
    return _report(asked, sources.structure.unit(asked.level, asked.unit_id), [], closed=False)


@dataclass(frozen=True, slots=True)
class _Listed:
    """How the list of reports shows it. Made like other reports it has nothing to tell: only snapshots are restated."""

    code: str = CODE
    title: str = TITLE
    make: Make = _nothing


RESTATEMENTS = _Listed()


def _report(asked: Asked, unit: Unit, rows: Sequence[ReportRow], *, closed: bool) -> Report:
    table = ReportTable(name="restatements", caption="Cells that differ", columns=COLUMNS, rows=tuple(rows))
    each = Counter((str(row.cells[0]), str(row.cells[1])) for row in rows)
    counted = [
        ReportRow(key=f"{state}|{code}", kind="FOOTER", cells=(state, code, n))
        for (state, code), n in sorted(each.items())
    ]
    counts = ReportTable(name="counts", caption="How many", columns=COUNTED, rows=tuple(counted))
    return Report(
        code=CODE,
        title=TITLE,
        unit=unit,
        structure=asked.structure,
        period=asked.span.key,
        period_kind=asked.span.kind,
        period_label=asked.span.label,
        tables=(table, counts),
        notes=NOTES if closed else ("This period is not closed: its reports show everything as it is known now.",),
    )


def _word(cell: object) -> str | None:
    return None if cell is None else str(cell)


def _words(codes: Iterable[str | None]) -> str | None:
    return " ".join(sorted({code for code in codes if code})) or None


def _events(reasons: Sequence[Reason]) -> str | None:
    streams = [reason.stream for reason in reasons if reason.stream]
    more = len(streams) - EVENTS_SHOWN
    return " ".join(streams[:EVENTS_SHOWN]) + (f" and {more} more" if more > 0 else "") if streams else None


def _recorded(reasons: Sequence[Reason]) -> str | None:
    days: list[date] = [local_date(reason.recorded_at) for reason in reasons if reason.recorded_at]
    return max(days).isoformat() if days else None
