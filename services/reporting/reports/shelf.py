"""Where finished reports are taken from: made now from the live read models, for a period that is still open."""

from __future__ import annotations

from typing import Protocol

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.library import Library, MarksOf, Reading
from services.reporting.reports.report import Asked, Closing, Registry, Report, Sources
from services.reporting.structure import OfToday
from services.reporting.views import Level, View
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound
from shared.directory import Directory
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


class LiveShelf:
    """Makes every report when it is asked for."""

    def __init__(
        self,
        reports: Registry,
        library: Library,
        directory: Directory,
        clock: Clock,
        policy: ReportingPolicy | None = None,
    ) -> None:
        self._reports = reports
        self._library = library
        self._directory = directory
        self._clock = clock
        self._policy = policy or ReportingPolicy()

    async def report(self, reader: Principal, code: str, asked: Asked, version: int | None) -> Report:
        if version is not None:
            raise NotFound
        structure = OfToday(self._directory, local_date(self._clock()))

        async def make(reading: Reading) -> tuple[MarksOf, Report]:
            """The marks first: they fix the moment that everything after them is read at."""
            marks = await reading.marks()
            return marks, await self._reports[code].make(Sources(reading, structure, self._policy), asked)

        marks, made = await self._library.read(make)
        return made.model_copy(update={"as_at": await self._library.as_at(marks)})

    async def closed(self, level: Level, unit_id: str, code: str) -> tuple[ClosedPeriod, ...]:
        return ()
