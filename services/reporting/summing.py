"""Which totals make up a unit, its children and their months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.reporting.domain import periods
from services.reporting.library import MODELS, CellReader
from services.reporting.read_models.practice_alerts.query import stock
from services.reporting.read_models.reading import add
from services.reporting.structure import OfToday
from services.reporting.views import Level, ModelName, Structure, Window
from shared.projecting.reading import Sums

ByMonth = Mapping[str, Mapping[str, int]]
Totals = dict[str, dict[str, int]]  # {"2026-04": {"OFSTED4.count": 3}}
CHILD: Mapping[Level, Level] = {"service_area": "team", "authority": "service_area", "region": "authority"}


@dataclass(frozen=True, slots=True)
class Summed:
    """What one unit contributed to each read model, month by month; to alerts from the beginning of time."""

    models: Mapping[ModelName, ByMonth] = field(default_factory=dict)

    def of(self, model: ModelName, months: Iterable[str]) -> dict[str, int]:
        by_month = self.models.get(model, {})
        return add(by_month[month] for month in months if month in by_month)

    def open_before(self, month: str) -> int:
        """The alerts that were open when the month began."""
        return stock(self.of("practice_alerts", (m for m in self.models.get("practice_alerts", {}) if m < month)))

    def counts_in(self, months: tuple[str, ...]) -> bool:
        return self.open_before(months[0]) != 0 or any(n for model in MODELS for n in self.of(model, months).values())

    def without(self, parts: Iterable[Summed]) -> Summed:
        """What is left of this unit when its parts are taken away."""
        others = list(parts)
        return Summed({m: _minus(self.models.get(m, {}), (o.models.get(m, {}) for o in others)) for m in MODELS})


@dataclass(frozen=True, slots=True)
class Family:
    """A unit and its children, summed; `whole` is what concerns the unit and none of its children."""

    own: Summed
    children: Mapping[str, Summed]

    @property
    def whole(self) -> Summed:
        return self.own.without(self.children.values())


def months_for(model: ModelName, window: Window) -> tuple[str, ...]:
    """The months to read: alerts have a stock that is carried forward, the rest happens in its own month."""
    first = periods.FIRST_MONTH if model == "practice_alerts" else window.first_month
    return periods.months(first, window.last_month)


class Summing:
    """Which totals of one read model make up a unit and its children."""

    def __init__(
        self, cells: CellReader, structure: OfToday, level: Level, unit_id: str, months: tuple[str, ...]
    ) -> None:
        self._cells = cells
        self._structure = structure
        self._level = level
        self._id = unit_id
        self._months = months

    async def both(self, structure: Structure) -> tuple[Totals, dict[str, Totals]]:
        """The unit's own totals, and its children's."""
        if structure == "as-then":
            return await self.own(), await self.children_then()
        children = await self.children_now()
        if self._level in ("service_area", "region"):
            # What the unit counts as-now is what its children of today count, and what never had a child to count in.
            return merge([*children.values(), await self.childless()]), children
        return await self.own(), children

    async def own(self) -> Totals:
        return merge((await self._sum(self._level, [self._id])).values())

    async def children_then(self) -> dict[str, Totals]:
        """As-then: whatever counted within this unit at the time."""
        match self._level:
            case "team":
                return {}
            case "service_area" | "authority":
                below = await self._sum(CHILD[self._level], None, within=[self._id])
            case "region":
                below = await self._sum("authority_in_region", None, within=[self._id])
        return _by_unit(below)

    async def children_now(self) -> dict[str, Totals]:
        """As-now: what the units that lie in this one today ever counted, wherever they lay then."""
        match self._level:
            case "team":
                return {}
            case "service_area":
                teams = self._structure.teams_in([self._id])
                return _by_unit(await self._sum("team", list(teams)))
            case "authority":
                return await self._areas_now()
            case "region":
                members = self._structure.directory.authorities_of(self._id, self._structure.today)
                return _by_unit(await self._sum("authority", list(members)))

    async def childless(self) -> Totals:
        """What counted in a service area and in no team of it."""
        if self._level != "service_area":
            return {}
        return _minus(await self.own(), (await self.children_then()).values())

    async def _sum(self, level: str, units: list[str] | None, within: list[str] | None = None) -> Sums:
        return await self._cells.sum(level, units, self._months, within=within)

    async def _areas_now(self) -> dict[str, Totals]:
        teams = self._structure.teams_in(self._structure.areas_in(self._id))
        by_team = _by_unit(await self._sum("team", list(teams)))
        grouped: dict[str, list[Totals]] = {}
        for team, by_month in by_team.items():
            grouped.setdefault(teams[team], []).append(by_month)
        return {area: merge(parts) for area, parts in grouped.items()}


def children_by_structure(structure: OfToday, level: Level, unit_id: str, window: Window) -> set[str]:
    """The children to list even when nothing counts in them: those there were at either end of the window, or today."""
    ends = [periods.first_day(window.first_month), min(periods.last_day(window.last_month), structure.today)]
    days = [structure.today] if window.structure == "as-now" else ends
    directory = structure.directory
    below = {"service_area": directory.teams_of, "authority": directory.areas_of, "region": directory.authorities_of}
    return {child for day in days for child in below[level](unit_id, day)} if level in below else set()


def _by_unit(sums: Sums) -> dict[str, Totals]:
    found: dict[str, list[Totals]] = {}
    for (unit, _), by_month in sums.items():
        found.setdefault(unit, []).append(by_month)
    return {unit: merge(parts) for unit, parts in found.items()}


def merge(parts: Iterable[ByMonth]) -> Totals:
    gathered: dict[str, list[Mapping[str, int]]] = {}
    for part in parts:
        for month, measures in part.items():
            gathered.setdefault(month, []).append(measures)
    return {month: add(measures) for month, measures in gathered.items()}


def _minus(whole: ByMonth, parts: Iterable[ByMonth]) -> Totals:
    taken = [{m: {measure: -n for measure, n in measures.items()} for m, measures in part.items()} for part in parts]
    return merge([whole, *taken])
