"""Making a closed period again from the events, to see that it says what was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from services.reporting.closing.differences import Difference, differences, restated
from services.reporting.closing.making import ByUnit, Maker, Wrapping
from services.reporting.closing.work import Closing
from services.reporting.domain.periods import Span
from services.reporting.domain.reporting_period.events import Marks
from services.reporting.domain.reporting_period.state import Moment, ReportingPeriod, Version
from services.reporting.library import Library
from services.reporting.reports.report import Report

AsOf = Callable[[Marks], AbstractAsyncContextManager[Library]]
"""The read models made again from the topics, up to these positions, for as long as the context lasts."""
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Verified:
    """One version of a report, made again. `differing` names cells; with the same cells only words are others."""

    report_id: str
    version: int
    published: str
    made: str
    differing: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return self.published == self.made


@dataclass(slots=True)
class Verification:
    """What was found: every version of every report of a period."""

    authority: str
    period: str
    versions: list[Verified] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return bool(self.versions) and all(one.same for one in self.versions)


async def verify(closing: Closing, authority: str, span: Span, as_of: AsOf) -> Verification:
    """Make every version that was published again from events.

    Raises SnapshotDamaged, and what reading the topics raises.
    """
    period = (await closing.period(authority, span.key)).state
    found = Verification(authority, span.key)
    before: dict[str, ByUnit] = {}
    for moment, versions in _by_moment(period):
        made = await _made(closing, authority, span, period, moment, as_of)
        for code, version in versions.items():
            again = _as_published(before.get(code), made.get(code, {}))
            found.versions.append(await _compared(closing, authority, span, code, version, again))
            before[code] = again
    return found


def _by_moment(period: ReportingPeriod) -> list[tuple[Moment, dict[str, Version]]]:
    """The versions in the order in which they were made, those of one moment together."""
    gathered: dict[tuple[object, ...], tuple[Moment, dict[str, Version]]] = {}
    for code, versions in sorted(period.reports.items()):
        for version in versions:
            moment = version.moment
            key = (moment.cutoff, moment.structure_hash, tuple(sorted(moment.marks.items())))
            gathered.setdefault(key, (moment, {}))[1][code] = version
    return sorted(gathered.values(), key=lambda one: one[0].cutoff)


async def _made(
    closing: Closing, authority: str, span: Span, period: ReportingPeriod, moment: Moment, as_of: AsOf
) -> Mapping[str, ByUnit]:
    """All reports, by the same functions, on what was known at that moment."""
    structure = await closing.published.structure(moment.structure_hash)
    policy = await closing.policy_closed_under(authority, period)
    registry = {code: one for code, one in closing.registry.items() if code in period.reports}
    async with as_of(moment.marks) as library:
        return (await library.read(Maker(registry, span, structure, policy).make)).reports


def _as_published(before: ByUnit | None, made: ByUnit) -> dict[str, Report]:
    """A restated version: what did not change is the report from before, what did carries its marks."""
    if before is None:
        return dict(made)
    return {
        key: restated(before.get(key), report) if differences(before.get(key), report) else before[key]
        for key, report in made.items()
    }


async def _compared(
    closing: Closing, authority: str, span: Span, code: str, version: Version, again: ByUnit
) -> Verified:
    wrap = Wrapping(authority, span)
    hashes = {key: content.hash for key, content in wrap.units(again).items()}
    made = wrap.listed(code, hashes).hash
    if made == version.hash:
        return Verified(code, version.number, version.hash, made)
    listed = await closing.published.listed(version)
    others = sorted(key for key in listed.keys() | hashes.keys() if listed.get(key) != hashes.get(key))
    old = await closing.published.reports(listed, others)
    cells = [_named(one) for key in others for one in differences(old.get(key), again.get(key))]
    return Verified(code, version.number, version.hash, made, tuple(cells[:SHOWN]))


def _named(one: Difference) -> str:
    return f"{one.report} {one.unit.name}, {one.table}, {one.row}, {one.column}: {one.old} published, {one.new} made"
