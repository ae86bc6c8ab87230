"""The regional view, gathered: improvement events, support, the region's sums, inspections, and the reader's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.reporting.alliance.following import AllianceLog
from services.reporting.alliance.regional import Gathered, regional_view
from services.reporting.alliance.sources import Sources
from services.reporting.alliance.supports import Supports
from services.reporting.alliance.views import OWN_SOURCE, Inspection, RegionalView
from services.reporting.domain import periods
from services.reporting.domain.partner.state import DECIDER as PARTNERS
from services.reporting.domain.periods import Span
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.library import Library, Reading
from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE
from services.reporting.read_models.audit_quality.query import good_or_better
from services.reporting.read_models.reading import Measures
from services.reporting.sharing.current import ImprovementEvents
from services.reporting.structure import OfToday, Reach
from services.reporting.summing import family
from services.reporting.views import Proportion
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound, Refused
from shared.directory import Directory
from shared.event_store.handling import load
from shared.event_store.store import EventStore
from shared.web.policy import REPORTS, Policy, R
from shared.web.principal import Principal

SCALE = "OFSTED4"
MOST_QUARTERS = 12
MOST_INSPECTIONS = 2_000
SHOWN = 4
"""So many quarters are shown when none are named: the last ones that are over."""


@dataclass(frozen=True, slots=True)
class RegionalViews:
    """`of` raises NotFound outside the reader's reach. `catch_up` makes improvement events as new as the log."""

    store: EventStore
    log: AllianceLog
    current: ImprovementEvents
    supports: Supports
    sources: Sources
    library: Library
    directory: Directory
    policy: Policy
    clock: Clock
    catch_up: Callable[[], Awaitable[None]]

    @property
    def today(self) -> date:
        return local_date(self.clock())

    async def of(self, reader: Principal, region: str, first: str | None, last: str | None) -> RegionalView:
        structure = OfToday(self.directory, self.today)
        await self._check_reach(reader, region, structure)
        quarters = self.quarters(first, last)
        await self.catch_up()
        await self.log.catch_up()
        members = {span.key: self._members(region, span) for span in quarters}
        everybody = sorted({name for names in members.values() for name in names})
        speaking = await self.sources.speaking()
        units = sorted((structure.unit("authority", name) for name in everybody), key=lambda unit: (unit.name, unit.id))
        keys = [span.key for span in quarters]
        return regional_view(
            Gathered(
                unit=structure.unit("region", region),
                quarters=quarters,
                members=members,
                names={unit.id: unit for unit in units},
                events=[one for one in await self.current.of(everybody, keys) if _speaks(one, speaking)],
                supports={
                    (one["source"], one["event_id"]): one
                    for one in await self.supports.of(everybody)
                    if _speaks(one, speaking)
                },
                region=await self.log.region(region, keys),
                own=await self._own(reader, structure, everybody, quarters),
                inspections=await self._inspections(everybody),
            )
        )

    def quarters(self, first: str | None, last: str | None) -> Sequence[Span]:
        """Those asked for, or the last ones that are over. Raises Refused for too many, or none."""
        now = periods.named(periods.quarter(periods.month_of(self.today))).months[0]
        to = periods.named(last).months[-1] if last else periods.following(now, -1)
        from_ = periods.named(first).months[0] if first else periods.following(to, 1 - 3 * SHOWN)
        asked = periods.spans(periods.months(from_, to), "quarter")
        if not asked:
            raise Refused("the last quarter must not lie before the first", field="to")
        if len(asked) > MOST_QUARTERS:
            raise Refused(f"at most {MOST_QUARTERS} quarters are shown at once", field="from")
        return asked

    async def _check_reach(self, reader: Principal, region: str, structure: OfToday) -> None:
        """A partner sees the regions of its own authority."""
        if reader.partner is not None:
            partner = (await load(self.store, PARTNERS, PARTNERS.stream(reader.partner))).state
            of_partner = self.directory.regions_of(partner.la_code, self.today) if partner.la_code else ()
            seen = not partner.removed and region in of_partner
        else:
            seen = Reach(reader, structure, self.policy).sees_released(region)
        if not seen or structure.place("region", region) is None:
            raise NotFound

    def _members(self, region: str, span: Span) -> tuple[str, ...]:
        return self.directory.authorities_of(region, periods.last_day(span.months[-1]))

    async def _own(
        self, reader: Principal, structure: OfToday, everybody: Sequence[str], quarters: Sequence[Span]
    ) -> dict[tuple[str, str], Proportion]:
        """What is counted now in those authorities whose own reports the reader may read."""
        theirs = [name for name in everybody if self._reads_reports_of(reader, structure, name)]
        months = tuple(month for span in quarters for month in span.months)

        async def counted(reading: Reading) -> dict[tuple[str, str], Proportion]:
            found: dict[tuple[str, str], Proportion] = {}
            for name in theirs:
                summed = (
                    await family(reading, structure, "authority", name, months, "as-then", ("audit_quality",))
                ).own
                for span in quarters:
                    grades = Measures(summed.over(span.months).of("audit_quality")).at(SCALE).at("overall").numbers()
                    found[name, span.key] = good_or_better(grades, ReportingPolicy())
            return found

        return await self.library.read(counted) if theirs else {}

    def _reads_reports_of(self, reader: Principal, structure: OfToday, name: str) -> bool:
        """A client for all authorities is nobody's own staff."""
        place = structure.place("authority", name)
        if place is None or reader.partner is not None:
            return False
        if reader.is_machine:
            return name in reader.authorities and self.policy.decide(reader, REPORTS, R, place)
        return self.policy.sees_figures(reader, place)

    async def _inspections(self, everybody: Sequence[str]) -> Mapping[str, Sequence[Inspection]]:
        """Published outcomes of whole authorities, the newest first."""
        asked = {"place.authority": {"$in": list(everybody)}, "scale": PUBLIC_SCALE, "external": True}
        whole = {"place.team": None, "place.service_area": None, "withdrawn": None}
        found: dict[str, list[Inspection]] = {}
        for row in await self.library.rows("audit_quality", {**asked, **whole}, "", MOST_INSPECTIONS):
            outcome = Inspection(date=row["date"], outcome=row["overall"])
            found.setdefault(row["place"]["authority"], []).append(outcome)
        return {name: sorted(some, key=lambda one: one.date, reverse=True)[:3] for name, some in found.items()}


def _speaks(event: Mapping[str, Any], speaking: Mapping[str, frozenset[str]]) -> bool:
    """Our own, or one of a source that may speak for this authority now."""
    source = event.get("source")
    return source == OWN_SOURCE or event["la_code"] in speaking.get(str(source), frozenset())
