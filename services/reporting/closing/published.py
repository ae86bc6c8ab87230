"""Reading what was published: a version of a report, as it lies in its snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.reporting.closing.snapshots import Snapshots
from services.reporting.closing.structure import Units, structure_from
from services.reporting.domain.reporting_period.state import ReportingPeriod, Version
from services.reporting.library import MODELS
from services.reporting.reports.report import Closing, Report
from services.reporting.views import AsAt, Position


@dataclass(frozen=True, slots=True)
class Published:
    """All methods raise SnapshotDamaged when something is not as it was written."""

    snapshots: Snapshots

    async def listed(self, version: Version) -> Mapping[str, str]:
        """The hash of each unit's report, by `unit_key`."""
        units: Mapping[str, str] = (await self.snapshots.get([version.hash]))[version.hash]["units"]
        return units

    async def reports(self, listed: Mapping[str, str], keys: Iterable[str]) -> dict[str, Report]:
        """The reports of these units, of those that there are."""
        wanted = {key: listed[key] for key in keys if key in listed}
        found = await self.snapshots.get(sorted(set(wanted.values())))
        return {key: Report.model_validate(found[hash_], extra="ignore") for key, hash_ in wanted.items()}

    async def report(self, period: ReportingPeriod, version: Version, key: str) -> Report | None:
        """One unit's report as it was published, saying of which version it is."""
        report = (await self.reports(await self.listed(version), [key])).get(key)
        if report is None or period.closed is None:
            return None
        said = {"closing": closing_of(period, version), "as_at": as_at_of(version)}
        return report.model_copy(update=said)

    async def structure(self, structure_hash: str) -> Units:
        return structure_from((await self.snapshots.get([structure_hash]))[structure_hash])


def closing_of(period: ReportingPeriod, version: Version) -> Closing:
    closed_on = period.closed.closed_on if period.closed else version.on
    return Closing(closed_on=closed_on, cutoff=version.moment.cutoff, version=version.number, hash=version.hash)


def as_at_of(version: Version) -> AsAt:
    positions = tuple(
        Position(model=model, partition=p, seq=seq)
        for model in MODELS
        for p, seq in enumerate(version.moment.marks.get(model, ()))
        if seq >= 0
    )
    return AsAt(time=version.moment.cutoff, behind=0, positions=positions)
