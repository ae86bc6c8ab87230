"""Which totals make up a unit, its children and their months."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate

from services.reporting.domain import periods
from services.reporting.library import MODELS, CellReader
from services.reporting.read_models.practice_alerts.query import COME, GONE, stock
from services.reporting.read_models.reading import counts_something
from services.reporting.structure import OfToday
from services.reporting.views import Level, ModelName, Structure, Window
from shared.projecting.reading import ByMonth, Tree, Which, add, less
from shared.projecting.totals import Unit

CHILD: Mapping[Level, Level] = {"service_area": "team", "authority": "service_area", "region": "authority"}


@dataclass(frozen=True, slots=True)
class Sum:
    """Some months of a unit in one: a tree of measures for each read model, and the alerts open when they began."""

    trees: Mapping[ModelName, Tree] = field(default_factory=dict)
    opening: int = 0

    def of(self, model: ModelName) -> Tree:
        return self.trees.get(model, {})

    @property
    def counts(self) -> bool:
        return self.opening != 0 or any(counts_something(tree) for tree in self.trees.values())


@dataclass(frozen=True)
class Summed:
    """What one unit contributed to each read model, month by month of a window, and what it had open before."""

    months: tuple[str, ...]
    models: Mapping[ModelName, ByMonth] = field(default_factory=dict)
    opening: int = 0

    @property
    def counts(self) -> bool:
        """Asked of the months: to add them up only for this would cost more than all else about a closed child."""
        trees = (tree for by_month in self.models.values() for tree in by_month.values())
        return self.opening != 0 or any(counts_something(tree) for tree in trees)

    def over(self, months: tuple[str, ...]) -> Sum:
        return Sum({model: self._of(model, months) for model in MODELS}, self._openings[months[0]])

    @cached_property
    def whole(self) -> Sum:
        """All months of the window in one."""
        return self.over(self.months)

    def branch(self, model: ModelName, name: str) -> Tree:
        """All months of the window in one, of one branch of a read model's measures alone."""
        return add({name: tree[name]} for tree in self.models.get(model, {}).values() if name in tree)

    def _of(self, model: ModelName, months: tuple[str, ...]) -> Tree:
        by_month = self.models.get(model, {})
        found = [by_month[month] for month in months if month in by_month]
        return found[0] if len(found) == 1 else add(found)

    @cached_property
    def _openings(self) -> dict[str, int]:
        """The alerts open when each month began."""
        alerts = self.models.get("practice_alerts", {})
        changes = (stock(alerts.get(month, {})) for month in self.months)
        return dict(zip(self.months, accumulate(changes, initial=self.opening), strict=False))


@dataclass(frozen=True)
class Family:
    """A unit and its children, summed over the same months."""

    own: Summed
    children: Mapping[str, Summed]

    @cached_property
    def rest(self) -> Sum:
        """What concerns the unit and none of its children: of regions there is no such thing."""
        own, parts = self.own.whole, [child.whole for child in self.children.values()]
        trees = {model: less(own.of(model), (part.of(model) for part in parts)) for model in MODELS}
        return Sum(trees, own.opening - sum(part.opening for part in parts))


@dataclass(frozen=True, slots=True)
class Part:
    """What one read model tells of a unit."""

    by_month: ByMonth = field(default_factory=dict)
    opening: int = 0


class Summing:
    """Which totals of one read model make up a unit and its children in a window."""

    def __init__(
        self, cells: CellReader, structure: OfToday, level: Level, unit_id: str, months: tuple[str, ...], *, stock: bool
    ) -> None:
        self._cells = cells
        self._structure = structure
        self._level = level
        self._id = unit_id
        self._months = months
        self._with_stock = stock

    async def region(self, opened: Collection[str], public: str | None) -> tuple[Part, dict[str, Part]]:
        """A region as it stood, and its authorities: of those that the reader may not open, the public branch alone.

        An authority of England has as many numbers as its region; what may not be shown is not worth reading.
        """
        own = Which("region", [self._id])
        members = Which("authority_in_region", within=[self._id])
        whole, children = _apart(await self._read(own, replace(members, units=opened)), own)
        if public is not None:
            found = await self._cells.by_month([members], self._months, branch=public)
            closed = {unit.unit: Part(by_month) for unit, by_month in found.items()}
            children = {**closed, **children}
        return whole, children

    async def both(self, structure: Structure) -> tuple[Part, dict[str, Part]]:
        """The unit's own totals, and its children's."""
        own = Which(self._level, [self._id])
        then, now = self._children_then(), self._children_now()
        if structure == "as-then" or then is None or now is None:
            return _apart(await self._read(own, then), own)
        match self._level:
            case "region":
                # What a unit counts as-now is what its children of today count.
                _, children = _apart(await self._read(now), own)
                return _added(children.values()), children
            case "service_area":
                # The same, and what counted in the area and never had a team to count in.
                whole, with_team = _apart(await self._read(own, then), own)
                _, children = _apart(await self._read(now), own)
                return _added([*children.values(), _without(whole, with_team.values())]), children
            case _:
                whole, by_team = _apart(await self._read(own, now), own)
                return whole, self._by_area(by_team)

    def _children_then(self) -> Which | None:
        """As-then: whatever counted within this unit at the time."""
        match self._level:
            case "team":
                return None
            case "region":
                return Which("authority_in_region", within=[self._id])
            case level:
                return Which(CHILD[level], within=[self._id])

    def _children_now(self) -> Which | None:
        """As-now: what the units that lie in this one today ever counted, wherever they lay then."""
        match self._level:
            case "team":
                return None
            case "service_area":
                return Which("team", list(self._structure.teams_in([self._id])))
            case "authority":
                return Which("team", list(self._teams))
            case "region":
                return Which("authority", self._structure.directory.authorities_of(self._id, self._structure.today))

    @cached_property
    def _teams(self) -> dict[str, str]:
        """The teams of an authority, with the service area in which each counts today."""
        return self._structure.teams_in(self._structure.areas_in(self._id))

    async def _read(self, *asked: Which | None) -> dict[Unit, Part]:
        which = [one for one in asked if one is not None]
        found = await self._cells.by_month(which, self._months)
        open_before: Mapping[Unit, int] = {}
        if self._with_stock:
            open_before = await self._cells.balance(which, periods.FIRST_MONTH, self._months[0], COME, GONE)
        return {unit: Part(found.get(unit, {}), open_before.get(unit, 0)) for unit in found.keys() | open_before.keys()}

    def _by_area(self, by_team: Mapping[str, Part]) -> dict[str, Part]:
        grouped: dict[str, list[Part]] = {}
        for team, part in by_team.items():
            grouped.setdefault(self._teams[team], []).append(part)
        return {area: _added(parts) for area, parts in grouped.items()}


def children_by_structure(structure: OfToday, level: Level, unit_id: str, window: Window) -> set[str]:
    """The children to list even when nothing counts in them: those there were at either end of the window, or today."""
    ends = [periods.first_day(window.first_month), min(periods.last_day(window.last_month), structure.today)]
    days = [structure.today] if window.structure == "as-now" else ends
    directory = structure.directory
    below = {"service_area": directory.teams_of, "authority": directory.areas_of, "region": directory.authorities_of}
    return {child for day in days for child in below[level](unit_id, day)} if level in below else set()


def _apart(found: Mapping[Unit, Part], own: Which) -> tuple[Part, dict[str, Part]]:
    """The unit's own part, and its children's by id: a child may have counted within more than one unit."""
    children: dict[str, list[Part]] = {}
    whole: list[Part] = []
    for unit, part in found.items():
        if unit.level == own.level:
            whole.append(part)
        else:
            children.setdefault(unit.unit, []).append(part)
    return _added(whole), {child: _added(parts) for child, parts in children.items()}


def _added(parts: Iterable[Part]) -> Part:
    each = list(parts)
    return each[0] if len(each) == 1 else Part(_merged([part.by_month for part in each]), sum(p.opening for p in each))


def _merged(each: Iterable[ByMonth]) -> ByMonth:
    gathered: dict[str, list[Tree]] = {}
    for by_month in each:
        for month, tree in by_month.items():
            gathered.setdefault(month, []).append(tree)
    return {month: add(trees) for month, trees in gathered.items()}


def _without(whole: Part, parts: Iterable[Part]) -> Part:
    taken = _added([*parts])
    months = whole.by_month.keys() | taken.by_month.keys()
    left = {m: less(whole.by_month.get(m, {}), (taken.by_month.get(m, {}),)) for m in months}
    return Part(left, whole.opening - taken.opening)
