"""Making every report of a period at one moment, and what a snapshot of them consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.closing.canonical import content_of, report_content, snapshot_hash, unit_key
from services.reporting.closing.held import Held
from services.reporting.closing.snapshots import Content
from services.reporting.closing.structure import Units, reported_units, structure_content, structure_of
from services.reporting.domain.periods import Span
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.decisions import Snapshot
from services.reporting.domain.reporting_period.events import Marks
from services.reporting.library import MarksOf, Reading
from services.reporting.reports.offered import offered
from services.reporting.reports.report import Asked, Registry, Report, Sources, Titled
from services.reporting.views import Level, Unit

ByUnit = Mapping[str, Report]


@dataclass(frozen=True, slots=True)
class Made:
    """All reports of some units, each by code and `unit_key`, and how far the read models had come."""

    marks: Marks
    reports: Mapping[str, ByUnit]


@dataclass(frozen=True, slots=True)
class Maker:
    """What reports of one authority's period are made with: everything but the read models."""

    registry: Registry
    span: Span
    structure: Units
    policy: ReportingPolicy

    async def make(self, reading: Reading, units: Sequence[tuple[Level, str]] | None = None) -> Made:
        """The reports of these units, or of all that were open in the period.

        The marks first: they fix the moment that everything after them is read at.
        """
        marks = marks_of(await reading.marks())
        held = Held(reading, self.span.months[-1])
        sources = Sources(held, structure_of(self.structure, self.span), self.policy)
        made: dict[str, dict[str, Report]] = {code: {} for code in self.registry}
        for level, unit_id in reported_units(self.structure, self.span) if units is None else units:
            asked = Asked(level, unit_id, self.span, "as-then")
            for code, titled in offered(self.registry, level).items():
                made[code][unit_key(level, unit_id)] = await made_report(titled, sources, asked)
        return Made(marks, made)


async def made_report(titled: Titled, sources: Sources, asked: Asked) -> Report:
    """The report, saying which policy it was made under."""
    report = await titled.make(sources, asked)
    return report.model_copy(update={"policy_version": sources.policy.version})


def marks_of(marks: MarksOf) -> Marks:
    """Positions alone, by read model and partition: what events keep."""
    return {
        model: tuple(by_partition[p].seq if p in by_partition else -1 for p in range(max(by_partition, default=-1) + 1))
        for model, by_partition in marks.items()
    }


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, and everything of it that has to be kept."""

    snapshot: Snapshot
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Wrapping:
    """Makes contents of what a period's snapshots consist of."""

    authority: str
    span: Span

    def all_of(self, made: Made, structure: Units, cutoff: datetime) -> Taken:
        """The snapshot of everything that was made."""
        whole: dict[str, str] = {}
        contents = [self.structure(structure)]
        for code, by_unit in made.reports.items():
            units = self.units(by_unit)
            listed = self.listed(code, {key: content.hash for key, content in units.items()})
            contents += [*units.values(), listed]
            whole[code] = listed.hash
        return Taken(self.snapshot(made.marks, whole, contents[0], cutoff), tuple(contents))

    def structure(self, structure: Units) -> Content:
        return Content(structure_content(structure), self._about("structure"))

    def units(self, by_unit: ByUnit) -> dict[str, Content]:
        return {
            key: Content(content_of(report), self._about(f"{report.code} {key}")) for key, report in by_unit.items()
        }

    def listed(self, code: str, hashes: Mapping[str, str]) -> Content:
        """A report of all units."""
        return Content(report_content(code, hashes), self._about(code))

    def snapshot(self, marks: Marks, reports: Mapping[str, str], structure: Content, cutoff: datetime) -> Snapshot:
        over_all = snapshot_hash(self.authority, self.span.key, reports)
        return Snapshot(cutoff, marks, reports, over_all, structure.hash)

    def _about(self, what: str) -> str:
        return f"{self.authority} {self.span.key} {what}"


def unit_of(key: str) -> tuple[Level, str]:
    """The opposite of `unit_key`."""
    level, _, unit_id = key.partition(":")
    return level, unit_id  # type: ignore[return-value]


def key_of(unit: Unit) -> str:
    return unit_key(unit.level, unit.id)
