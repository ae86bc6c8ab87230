"""Reports for one reader: which there are, and one of them as far as it lies within reach."""

from __future__ import annotations

from typing import Protocol

from services.reporting.domain import periods
from services.reporting.reports.offered import offered
from services.reporting.reports.reach import within_reach
from services.reporting.reports.report import Asked, Registry, Report
from services.reporting.reports.shelf import ClosedPeriod, Shelf
from services.reporting.structure import OfToday, Reach
from services.reporting.views import Level, Structure, Unit, View
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound
from shared.directory import Directory
from shared.web.policy import Policy
from shared.web.principal import Principal
from shared.web.problems import Problem


class Offered(View):
    """A report that there is for a unit, and its periods that were closed, the newest first."""

    code: str
    title: str
    closed: tuple[ClosedPeriod, ...]


class Contents(View):
    """The reports of one unit. `path` leads down to the unit; `latest` is the last whole month."""

    unit: Unit
    path: tuple[Unit, ...]
    latest: str
    items: tuple[Offered, ...]


class ReadReports(Protocol):
    """What routes and pages ask. Raises NotFound for a unit that does not exist or lies outside the reader's reach."""

    async def contents(self, reader: Principal, level: Level, unit_id: str) -> Contents:
        """Which reports there are for this unit."""
        ...

    async def report(
        self,
        reader: Principal,
        level: Level,
        unit_id: str,
        code: str,
        *,
        period: str | None = None,
        structure: Structure = "as-then",
        version: int | None = None,
    ) -> Report:
        """One report; without a period, of the last whole month. Raises a Problem that names what was asked wrongly."""
        ...


class ReportAnswers:
    """The `ReadReports` of the service."""

    def __init__(self, shelf: Shelf, reports: Registry, directory: Directory, policy: Policy, clock: Clock) -> None:
        self._shelf = shelf
        self._reports = reports
        self._directory = directory
        self._policy = policy
        self._clock = clock

    async def contents(self, reader: Principal, level: Level, unit_id: str) -> Contents:
        structure, reach = self._reached(reader, level, unit_id)
        items = [
            Offered(code=code, title=titled.title, closed=await self._shelf.closed(level, unit_id, code))
            for code, titled in self._offered(level).items()
        ]
        return Contents(
            unit=structure.unit(level, unit_id),
            path=tuple(structure.unit(*above) for above in structure.above(level, unit_id) if reach.sees(*above)),
            latest=self._latest(structure),
            items=tuple(items),
        )

    async def report(
        self,
        reader: Principal,
        level: Level,
        unit_id: str,
        code: str,
        *,
        period: str | None = None,
        structure: Structure = "as-then",
        version: int | None = None,
    ) -> Report:
        today, reach = self._reached(reader, level, unit_id)
        there_are = self._offered(level)
        if code not in there_are:
            raise wrong("path", "code", f"must be one of {', '.join(there_are)}")
        span = periods.named(period or self._latest(today))
        if span.months[0] > periods.month_of(today.today):
            raise wrong("query", "period", "must not lie in the future")
        made = await self._shelf.report(reader, code, Asked(level, unit_id, span, structure), version)
        return within_reach(made, reach)

    def _reached(self, reader: Principal, level: Level, unit_id: str) -> tuple[OfToday, Reach]:
        structure = OfToday(self._directory, local_date(self._clock()))
        reach = Reach(reader, structure, self._policy)
        if not reach.sees(level, unit_id):
            raise NotFound
        return structure, reach

    def _offered(self, level: Level) -> Registry:
        return offered(self._reports, level)

    def _latest(self, structure: OfToday) -> str:
        return periods.following(periods.month_of(structure.today), -1)


def wrong(where: str, parameter: str, detail: str) -> Problem:
    """A 422 that names the part of the address which is not valid; `detail` holds words of ours only."""
    return Problem("invalid", errors=[{"in": where, "parameter": parameter, "code": "refused", "detail": detail}])
