"""What a closed period's reports would say today: the differences nobody has approved yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.reporting.closing.canonical import canonical, digest, unit_key
from services.reporting.closing.differences import Difference, differences, restated
from services.reporting.closing.making import Made, Maker, Taken, Wrapping, key_of
from services.reporting.closing.published import Published
from services.reporting.closing.reasons import Late, concerns, late_rows, reasons_of, touched_units
from services.reporting.closing.snapshots import Content
from services.reporting.closing.structure import reported_units, structure_content
from services.reporting.domain.reporting_period.decisions import Restatement
from services.reporting.domain.reporting_period.events import Reason
from services.reporting.domain.reporting_period.state import Moment, ReportingPeriod
from services.reporting.library import Library, Reading
from services.reporting.reports.report import Cell, Report


@dataclass(frozen=True, slots=True)
class Pending:
    """Cell by cell what differs from the newest versions, why, and the snapshot that would be the next one."""

    differences: tuple[Difference, ...] = ()
    reasons: tuple[Reason, ...] = ()
    taken: Taken | None = None
    changes: Mapping[str, Restatement] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Names exactly these differences: whoever approves says which ones they saw."""
        return digest(canonical([_said(one) for one in self.differences]))


@dataclass(frozen=True, slots=True)
class Comparing:
    """A closed period against what is known now. `maker` makes its reports under the policy that it was closed with."""

    library: Library
    published: Published
    authority: str
    period: ReportingPeriod
    maker: Maker

    async def now(self, moment: datetime) -> Pending:
        """What differs as of this moment. Without late rows and with the same structure nothing is made at all."""
        since = self.period.latest
        if since is None:
            return Pending()
        same = digest(structure_content(self.maker.structure)) == since.structure_hash
        late, made = await self.library.read(lambda reading: self._made(reading, since, same=same))
        if made is None:
            return Pending()
        listed, old = await self._old(made, whole=not same)
        found = tuple(_differences(old, made))
        if not found:
            return Pending()
        reasons = reasons_of(late, self.maker.span, restructured=not same)
        return Pending(found, reasons, self._taken(listed, old, made, found, moment), _changes(found, reasons))

    async def _made(self, reading: Reading, since: Moment, *, same: bool) -> tuple[list[Late], Made | None]:
        late = await late_rows(reading, self.authority, self.maker.span, since)
        if same and not late:
            return late, None
        touched = touched_units(late)
        open_then = reported_units(self.maker.structure, self.maker.span)
        units = [unit for unit in open_then if not same or unit_key(*unit) in touched]
        return late, await self.maker.make(reading, units)

    async def _old(self, made: Made, *, whole: bool) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, Report]]]:
        """What was published of these units; of all units when some may be gone. The first are the lists of hashes."""
        listed: dict[str, dict[str, str]] = {}
        old: dict[str, dict[str, Report]] = {}
        for code, by_unit in made.reports.items():
            listed[code] = dict(await self.published.listed(self.period.newest(code)))
            old[code] = await self.published.reports(listed[code], listed[code] if whole else by_unit)
        return listed, old

    def _taken(
        self,
        listed: Mapping[str, Mapping[str, str]],
        old: Mapping[str, Mapping[str, Report]],
        made: Made,
        found: tuple[Difference, ...],
        moment: datetime,
    ) -> Taken:
        """The next snapshot: reports of which a cell differs are new, all others stay the ones that were published."""
        wrap = Wrapping(self.authority, self.maker.span)
        contents: list[Content] = [wrap.structure(self.maker.structure)]
        hashes = dict(self.period.hashes)
        for code in sorted({one.report for one in found}):
            changed = {key_of(one.unit) for one in found if one.report == code}
            new = {key: report for key, report in made.reports[code].items() if key in changed}
            units = wrap.units({key: restated(old[code].get(key), report) for key, report in new.items()})
            stay = {key: hash_ for key, hash_ in listed[code].items() if key not in changed}
            whole = wrap.listed(code, stay | {key: content.hash for key, content in units.items()})
            hashes[code] = whole.hash
            contents += [*units.values(), whole]
        return Taken(wrap.snapshot(made.marks, hashes, contents[0], moment), tuple(contents))


def _differences(old: Mapping[str, Mapping[str, Report]], made: Made) -> Iterator[Difference]:
    for code, by_unit in made.reports.items():
        for key in sorted(old[code].keys() | by_unit.keys()):
            yield from differences(old[code].get(key), by_unit.get(key))


def _changes(found: Iterable[Difference], reasons: Iterable[Reason]) -> dict[str, Restatement]:
    of_report: dict[str, list[Difference]] = {}
    for one in found:
        of_report.setdefault(one.report, []).append(one)
    units = {code: {cell.unit for cell in cells} for code, cells in of_report.items()}
    why = {code: tuple(one for one in reasons if any(concerns(one, unit) for unit in units[code])) for code in units}
    return {code: Restatement(len(cells), why[code]) for code, cells in of_report.items()}


def _said(one: Difference) -> list[Cell]:
    return [one.report, key_of(one.unit), one.table, one.row, one.column, one.old, one.new]
