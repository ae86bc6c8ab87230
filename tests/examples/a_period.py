"""April 2026 and its quarter, of authority 901, with a snapshot of two reports."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.reporting.domain import periods
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.decisions import (
    ClosePeriod,
    Restatement,
    RestateReports,
    Snapshot,
)
from services.reporting.domain.reporting_period.events import PeriodClosed, Reason, ReportPublished, ReportRestated
from shared.calendar.working_days import england

WORKING_DAYS = england()
POLICY = ReportingPolicy()
APRIL, QUARTER = periods.named("2026-04"), periods.named("2026-Q1")
CLOSE_DAY = date(2026, 5, 8)
CUTOFF = datetime(2026, 5, 8, 6, 0, tzinfo=UTC)
LATER = datetime(2026, 5, 19, 9, 0, tzinfo=UTC)

first = Snapshot(CUTOFF, {"audit_quality": (41, -1)}, {"R1": "r1-v1", "R2": "r2-v1"}, "all-v1", "structure")
second = Snapshot(LATER, {"audit_quality": (57, 3)}, {"R1": "r1-v2", "R2": "r2-v1"}, "all-v2", "structure")

close = ClosePeriod("901", APRIL, CLOSE_DAY)
closed = PeriodClosed(
    authority="901",
    period="2026-04",
    kind="month",
    closed_on=CLOSE_DAY,
    cutoff_recorded_at=CUTOFF,
    marks={"audit_quality": (41, -1)},
    snapshot_hash="all-v1",
    structure_hash="structure",
    policy_version="2026-04",
)
published = [
    ReportPublished(report_id="R1", version=1, hash="r1-v1"),
    ReportPublished(report_id="R2", version=1, hash="r2-v1"),
]
late = Reason(
    code="CALIBRATION",
    model="audit_quality",
    stream="audit-17",
    recorded_at=datetime(2026, 5, 18, 14, 0, tzinfo=UTC),
    team="team-elm",
    service_area="area-planning",
    approver_role="HEAD_OF_SAFEGUARDING_QA",
)
restate = RestateReports({"R1": Restatement(3, (late,))}, second, "hqa", "HEAD_OF_SAFEGUARDING_QA", date(2026, 5, 19))
restated = ReportRestated(
    report_id="R1",
    from_version=1,
    to_version=2,
    hash="r1-v2",
    cells_changed=3,
    reasons=(late,),
    reasons_count=1,
    approver="hqa",
    approver_role="HEAD_OF_SAFEGUARDING_QA",
    restated_on=date(2026, 5, 19),
    cutoff_recorded_at=LATER,
    marks={"audit_quality": (57, 3)},
    snapshot_hash="all-v2",
    structure_hash="structure",
)
