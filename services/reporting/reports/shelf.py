"""Where finished reports are taken from: snapshots of what was closed, or the live read models."""

from __future__ import annotations

from typing import Protocol

from services.reporting.reports.report import Asked, Closing, Report
from services.reporting.views import Level, View
from shared.web.principal import Principal


class ClosedPeriod(View):
    """A period that was closed for this unit, with every version of its reports, the first one first."""

    period: str
    versions: tuple[Closing, ...]


class Shelf(Protocol):
    """Reports by code. Who may read them, and how much of them, is asked before and after (see `answering.py`)."""

    async def report(self, reader: Principal, code: str, asked: Asked, version: int | None) -> Report:
        """The whole report: of a closed period the version asked for, or else the newest.

        Raises NotFound for a version that there is not.
        """
        ...

    async def closed(self, level: Level, unit_id: str, code: str) -> tuple[ClosedPeriod, ...]:
        """The closed periods of this unit's report, the newest first."""
        ...
