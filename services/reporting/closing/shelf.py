"""The shelf of reports: of a closed period the snapshot that was published, of everything else what is known now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.reporting.closing.canonical import unit_key
from services.reporting.closing.making import made_report
from services.reporting.closing.restatements import CODE as R14
from services.reporting.closing.restatements import Restatements
from services.reporting.closing.structure import as_it_stood, directory_of
from services.reporting.closing.work import Closing
from services.reporting.domain import periods
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.state import ReportingPeriod
from services.reporting.library import MarksOf, Reading
from services.reporting.reports.offered import NOT_CLOSED
from services.reporting.reports.report import Asked, Report, Sources
from services.reporting.reports.shelf import ClosedPeriod
from services.reporting.structure import OfToday
from services.reporting.views import Level
from shared.deciding.refusal import NotFound
from shared.web.principal import Principal

AS_NOW = "Grouped by today's structure and made from what is known now, also for a period that is closed."
NOT_PUBLISHED = "The period is closed, but this was not among what was published: it shows what is known now."


@dataclass(frozen=True, slots=True)
class KeptShelf:
    """The `Shelf` of the service. `closing` is what closes periods and knows which are."""

    closing: Closing

    async def report(self, reader: Principal, code: str, asked: Asked, version: int | None) -> Report:
        authority = self._authority(asked.level, asked.unit_id)
        if code == R14 and authority is not None and version is None:
            unit = self._structure(asked, authority).unit(asked.level, asked.unit_id)
            report = await Restatements(self.closing).report(authority, asked, unit)
            return report.model_copy(update={"as_at": await self.closing.library.as_at()})
        if authority is None or code in NOT_CLOSED or asked.structure == "as-now" or not _is_whole(asked):
            return await self._live(code, asked, authority, version)
        period = (await self.closing.period(authority, asked.span.key)).state
        if period.closed is None:
            return await self._live(code, asked, authority, version)
        published = await self._published(period, code, asked, version)
        return published or await self._live(code, asked, authority, version, NOT_PUBLISHED)

    async def closed(self, level: Level, unit_id: str, code: str) -> tuple[ClosedPeriod, ...]:
        authority = self._authority(level, unit_id)
        if authority is None:
            return ()
        return await self.closing.register.of(authority, unit_key(level, unit_id), code)

    async def _published(self, period: ReportingPeriod, code: str, asked: Asked, version: int | None) -> Report | None:
        """The version asked for, or the newest; None when the unit has no such report among what was published."""
        versions = period.reports.get(code, ())
        if version is not None and version > len(versions):
            raise NotFound
        if not versions:
            return None
        wanted = versions[-1] if version is None else versions[version - 1]
        report = await self.closing.published.report(period, wanted, unit_key(asked.level, asked.unit_id))
        if report is None and version is not None:
            raise NotFound
        return report

    async def _live(
        self, code: str, asked: Asked, authority: str | None, version: int | None, note: str | None = None
    ) -> Report:
        """Made from the read models of this moment."""
        if version is not None:
            raise NotFound
        structure = self._structure(asked, authority if code not in NOT_CLOSED else None)
        policy = await self._policy(authority, structure.today)

        async def make(reading: Reading) -> tuple[MarksOf, Report]:
            """The marks first: they fix the moment that everything after them is read at."""
            marks = await reading.marks()
            sources = Sources(reading, structure, policy)
            return marks, await made_report(self.closing.registry[code], sources, asked)

        marks, made = await self.closing.library.read(make)
        notes = [*made.notes, *([AS_NOW] if asked.structure == "as-now" else []), *([note] if note else [])]
        return made.model_copy(update={"as_at": await self.closing.library.as_at(marks), "notes": tuple(notes)})

    def _structure(self, asked: Asked, authority: str | None) -> OfToday:
        """As-then: as on the period's last day, with nothing that came later; of an open period, as it is today."""
        directory, today = self.closing.directory, self.closing.today
        if asked.structure == "as-now":
            return OfToday(directory, today)
        day = min(periods.last_day(asked.span.months[-1]), today)
        if authority is not None:
            stood = OfToday(directory_of(as_it_stood(directory, authority, day)), day)
            if asked.unit_id in stood.ids(asked.level):
                return stood
        return OfToday(directory, day)

    async def _policy(self, authority: str | None, on: date) -> ReportingPolicy:
        return ReportingPolicy() if authority is None else await self.closing.policies.on(authority, on)

    def _authority(self, level: Level, unit_id: str) -> str | None:
        """Whose period it is; nobody closes those of a region."""
        place = OfToday(self.closing.directory, self.closing.today).place(level, unit_id)
        return place.authority or None if place else None


def _is_whole(asked: Asked) -> bool:
    """Whether all of a month or a quarter was asked for."""
    return periods.named(asked.span.key).months == asked.span.months
