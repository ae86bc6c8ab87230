"""A month or quarter of an authority: open, or closed with every version of its reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from pydantic import TypeAdapter

from services.reporting.domain.reporting_period.events import (
    Marks,
    PeriodClosed,
    ReportingPeriodEvent,
    ReportPublished,
    ReportRestated,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known when: everything up to these positions, with the organisation as it was known then."""

    cutoff: datetime
    marks: Marks
    structure_hash: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a report and what names it. The first one is as the period was closed."""

    number: int
    hash: str
    on: date
    moment: Moment
    restated: ReportRestated | None = None


@dataclass(frozen=True, slots=True)
class ReportingPeriod:
    """`latest` is the moment at which all reports were last looked at, also those that stayed as they were."""

    closed: PeriodClosed | None = None
    latest: Moment | None = None
    reports: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)

    def newest(self, report_id: str) -> Version:
        return self.reports[report_id][-1]

    @property
    def hashes(self) -> dict[str, str]:
        """Of the newest version of every report."""
        return {report_id: versions[-1].hash for report_id, versions in self.reports.items()}


def evolve(period: ReportingPeriod, event: ReportingPeriodEvent) -> ReportingPeriod:
    match event:
        case PeriodClosed():
            return replace(period, closed=event, latest=_moment(event))
        case ReportPublished():
            return _published(period, event)
        case ReportRestated():
            moment = _moment(event)
            version = Version(event.to_version, event.hash, event.restated_on, moment, event)
            return replace(_with(period, event.report_id, version), latest=moment)
        case _:
            assert_never(event)


def _published(period: ReportingPeriod, event: ReportPublished) -> ReportingPeriod:
    """Reports are published by closing, in the same commit: there is none without it."""
    if period.closed is None or period.latest is None:
        return period
    return _with(period, event.report_id, Version(event.version, event.hash, period.closed.closed_on, period.latest))


def _with(period: ReportingPeriod, report_id: str, version: Version) -> ReportingPeriod:
    versions = (*period.reports.get(report_id, ()), version)
    return replace(period, reports={**period.reports, report_id: versions})


def _moment(event: PeriodClosed | ReportRestated) -> Moment:
    return Moment(event.cutoff_recorded_at, event.marks, event.structure_hash)


DECIDER: Decider[ReportingPeriod, ReportingPeriodEvent] = Decider(
    "reporting_period", ReportingPeriod(), evolve, TypeAdapter(ReportingPeriodEvent)
)


def period_id(authority: str, key: str) -> str:
    """Of the stream: a period is one authority's."""
    return f"{authority}.{key}"
