"""What may be shown, and when a period is closed: dated configuration of the authority."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part

Least = Annotated[int, Field(ge=1, le=999)]
WorkingDay = Annotated[int, Field(ge=1, le=60)]


class ReportingLimits(Part):
    """What an authority may set. The defaults hold where it sets none.

    `least_for_percent` audits before a percentage is printed, `least_pairs` pairs before a kappa is. A month and a
    quarter are closed on this working day after their last day.
    """

    least_for_percent: Least = 10
    least_pairs: Least = 20
    month_close_working_day: WorkingDay = 5
    quarter_close_working_day: WorkingDay = 10

    def limits(self) -> ReportingLimits:
        """Without a name."""
        return ReportingLimits.model_validate(self.model_dump(exclude={"version"}))

    def under(self, version: str) -> ReportingPolicy:
        """The limits under the name of their version."""
        return ReportingPolicy(version=version, **self.limits().model_dump())

    def close_working_day(self, kind: Literal["month", "quarter"]) -> int:
        return self.month_close_working_day if kind == "month" else self.quarter_close_working_day


class ReportingPolicy(ReportingLimits):
    """The limits in force under their version's name, which every report and every closing records."""

    version: str = "2026-04"
