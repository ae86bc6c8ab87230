"""What happens to a month or quarter of an authority: it is closed once, and its reports may be restated after that."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent

Marks = dict[str, tuple[int, ...]]
"""How far each read model had come: the last position of each partition, by partition."""


class Reason(Part):
    """One thing that was recorded after the cutoff and counts in the period: an audit, an alert, a meeting.

    `code` says why it came late: the reason of a regrade, WITHDRAWN or LATE_ENTRY. RESTRUCTURED has no stream: it
    is the organisation whose past was changed.
    """

    code: str
    model: str | None = None
    stream: str | None = None
    recorded_at: datetime | None = None
    team: str | None = None
    service_area: str | None = None
    approver_role: str | None = None


class PeriodClosed(StoredEvent):
    """The period's figures are fixed as they were known at the cutoff.

    `snapshot_hash` is over all reports, `structure_hash` names the organisation as it stood on the period's last day.
    """

    type: Literal["PeriodClosed.v1"] = "PeriodClosed.v1"
    authority: str
    period: str
    kind: Literal["month", "quarter"]
    closed_on: date
    cutoff_recorded_at: datetime
    marks: Marks
    snapshot_hash: str
    structure_hash: str
    policy_version: str


class ReportPublished(StoredEvent):
    """A report of the closed period, for every unit of the authority. `hash` names what it says."""

    type: Literal["ReportPublished.v1"] = "ReportPublished.v1"
    report_id: str
    version: int
    hash: str


class ReportRestated(StoredEvent):
    """The report has another version, because of what was recorded after the former one's cutoff.

    `reasons` are the first of all `reasons_count`. `snapshot_hash` is over the newest version of every report.
    """

    type: Literal["ReportRestated.v1"] = "ReportRestated.v1"
    report_id: str
    from_version: int
    to_version: int
    hash: str
    cells_changed: int
    reasons: tuple[Reason, ...]
    reasons_count: int
    approver: str
    approver_role: str
    restated_on: date
    cutoff_recorded_at: datetime
    marks: Marks
    snapshot_hash: str
    structure_hash: str


ReportingPeriodEvent = Annotated[PeriodClosed | ReportPublished | ReportRestated, Field(discriminator="type")]
