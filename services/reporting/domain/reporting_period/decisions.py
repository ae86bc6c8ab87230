"""Closing a period, and restating its reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.events import (
    Marks,
    PeriodClosed,
    Reason,
    ReportingPeriodEvent,
    ReportPublished,
    ReportRestated,
)
from services.reporting.domain.reporting_period.state import ReportingPeriod
from shared.calendar.working_days import WorkingDays
from shared.deciding.refusal import Refused

FIRST_REASONS = 200
"""So many reasons stand in an event; how many there are in all stands beside them."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All reports as of one moment: `reports` are their hashes by report id, `hash` is over all of them."""

    cutoff: datetime
    marks: Marks
    reports: Mapping[str, str]
    hash: str
    structure_hash: str


@dataclass(frozen=True, slots=True)
class ClosePeriod:
    """`closed_months` are the months of this authority that are closed already."""

    authority: str
    span: Span
    today: date
    closed_months: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Restatement:
    """What is new of one report: how many cells differ from its newest version, and because of what."""

    cells_changed: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RestateReports:
    """`changes` are the reports of which at least one cell differs; without any there is no snapshot."""

    changes: Mapping[str, Restatement]
    snapshot: Snapshot | None
    approver: str
    approver_role: str
    today: date


def close_day(span: Span, policy: ReportingPolicy, working_days: WorkingDays) -> date:
    """The first day on which the period may be closed."""
    return working_days.add(periods.last_day(span.months[-1]), policy.close_working_day(span.kind))


def check_may_close(command: ClosePeriod, policy: ReportingPolicy, working_days: WorkingDays) -> None:
    """Raises Refused while it is too early. Asked before a snapshot is made, and again when it is kept."""
    if command.today <= periods.last_day(command.span.months[-1]):
        raise Refused("a period is closed when it is over")
    if command.today < (from_ := close_day(command.span, policy, working_days)):
        raise Refused(f"this {command.span.kind} can be closed from {from_:%-d %B %Y} on")
    if command.span.kind == "quarter" and not command.closed_months.issuperset(command.span.months):
        raise Refused("a quarter is closed after each of its months")


def close_period(
    command: ClosePeriod,
    period: ReportingPeriod,
    snapshot: Snapshot,
    policy: ReportingPolicy,
    working_days: WorkingDays,
) -> list[ReportingPeriodEvent]:
    """A period is closed once, with the snapshot that came first: later ones change nothing."""
    if period.closed is not None:
        return []
    check_may_close(command, policy, working_days)
    closed = PeriodClosed(
        authority=command.authority,
        period=command.span.key,
        kind=command.span.kind,
        closed_on=command.today,
        cutoff_recorded_at=snapshot.cutoff,
        marks=snapshot.marks,
        snapshot_hash=snapshot.hash,
        structure_hash=snapshot.structure_hash,
        policy_version=policy.version,
    )
    reports = sorted(snapshot.reports.items())
    return [closed, *(ReportPublished(report_id=id_, version=1, hash=hash_) for id_, hash_ in reports)]


def restate_reports(command: RestateReports, period: ReportingPeriod) -> list[ReportingPeriodEvent]:
    """Each report that says something else gets its next version; what was published stays as it is."""
    if period.closed is None:
        raise Refused("only what was closed is restated: an open period uses every fact at once")
    if not command.changes.keys() <= period.reports.keys():
        raise Refused("only a report that was published with the period is restated")
    snapshot = command.snapshot
    if snapshot is None:
        return []
    return [
        _restated(command, period, snapshot, report_id)
        for report_id in sorted(command.changes)
        if snapshot.reports[report_id] != period.newest(report_id).hash
    ]


def _restated(command: RestateReports, period: ReportingPeriod, snapshot: Snapshot, report_id: str) -> ReportRestated:
    before, change = period.newest(report_id), command.changes[report_id]
    return ReportRestated(
        report_id=report_id,
        from_version=before.number,
        to_version=before.number + 1,
        hash=snapshot.reports[report_id],
        cells_changed=change.cells_changed,
        reasons=change.reasons[:FIRST_REASONS],
        reasons_count=len(change.reasons),
        approver=command.approver,
        approver_role=command.approver_role,
        restated_on=command.today,
        cutoff_recorded_at=snapshot.cutoff,
        marks=snapshot.marks,
        snapshot_hash=snapshot.hash,
        structure_hash=snapshot.structure_hash,
    )
