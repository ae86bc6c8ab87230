"""Which totals make up a unit, its children and their months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from services.reporting.domain import periods
from services.reporting.library import CellReader, Reading
from services.reporting.read_models import audit_cycle, practice_alerts
from services.reporting.read_models.audit_cycle.query import STOCKS as OF_THE_CYCLE
from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE
from services.reporting.read_models.practice_alerts.query import STOCKS as OF_ALERTS
from services.reporting.read_models.reading import counts_something, left
from services.reporting.structure import OfToday
from services.reporting.views import Level, ModelName, Structure, Window
from shared.projecting.reading import ByMonth, Stock, Tree, Which, add, less
from shared.projecting.totals import Unit

CHILD: Mapping[Level, Level] = {"service_area": "team", "authority": "service_area", "region": "authority"}
STOCKS: Mapping[str, Mapping[str, Stock]] = {
    practice_alerts.READ_MODEL.name: OF_ALERTS,
    audit_cycle.READ_MODEL.name: OF_THE_CYCLE,
}
"""What is carried forward, by read model and name; no two have the same name."""
_MODEL_OF: Mapping[str, str] = {name: model for model, stocks in STOCKS.items() for name in stocks}

Amounts = Mapping[str, int]  # of stocks, by name


@dataclass(frozen=True, slots=True)
class Sum:
    """Some months of a unit in one: a tree of measures for each read model, and the stocks when they began."""

    trees: Mapping[ModelName, Tree] = field(default_factory=dict)
    before: Amounts = field(default_factory=dict)

    def of(self, model: ModelName) -> Tree:
        return self.trees.get(model, {})

    def opening(self, stock: str) -> int:
        return self.before.get(stock, 0)

    def closing(self, stock: str) -> int:
        """What was left of the stock when the months were over."""
        model = _MODEL_OF[stock]
        return self.opening(stock) + left(self.trees.get(model, {}), STOCKS[model][stock])  # type: ignore[call-overload]

    @property
    def counts(self) -> bool:
        return any(self.before.values()) or any(counts_something(tree) for tree in self.trees.values())


@dataclass(frozen=True)
class Summed:
    """What one unit contributed to each read model, month by month of a window, and its stocks before that."""

    months: tuple[str, ...]
    models: Mapping[ModelName, ByMonth] = field(default_factory=dict)
    before: Amounts = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Asked of the months: to add them up only for this would cost more than all else about a closed child."""
        trees = (tree for by_month in self.models.values() for tree in by_month.values())
        return any(self.before.values()) or any(counts_something(tree) for tree in trees)

    def over(self, months: tuple[str, ...]) -> Sum:
        """Months of the window that follow each other."""
        return Sum({model: self._of(model, months) for model in self.models}, self._stocks[months[0]])

    @cached_property
    def whole(self) -> Sum:
        """All months of the window in one."""
        return self.over(self.months)

    def branch(self, model: ModelName, name: str, months: tuple[str, ...]) -> Tree:
        """These months in one, of one branch of a read model's measures alone."""
        trees = (tree for month, tree in self.models.get(model, {}).items() if month in months)
        return add({name: tree[name]} for tree in trees if name in tree)

    def _of(self, model: ModelName, months: tuple[str, ...]) -> Tree:
        by_month = self.models.get(model, {})
        found = [by_month[month] for month in months if month in by_month]
        return found[0] if len(found) == 1 else add(found)

    @cached_property
    def _stocks(self) -> dict[str, Amounts]:
        """The stocks when each month began."""
        of_month: dict[str, Amounts] = {}
        now = Counter(self.before)
        stocks = [(by, name, stock) for m, by in self.models.items() for name, stock in STOCKS.get(m, {}).items()]
        for month in self.months:
            of_month[month] = dict(now)
            now.update({name: left(by.get(month, {}), stock) for by, name, stock in stocks})
        return of_month


@dataclass(frozen=True)
class Family:
    """A unit and its children, summed over the same months."""

    own: Summed
    children: Mapping[str, Summed]

    @cached_property
    def rest(self) -> Summed:
        """What concerns the unit and none of its children."""
        own, parts = self.own, list(self.children.values())
        models = {
            model: _less_by_month(of, [part.models.get(model, {}) for part in parts])
            for model, of in own.models.items()
        }
        return Summed(own.months, models, _less_amounts(own.before, [part.before for part in parts]))


async def family(
    reading: Reading,
    structure: OfToday,
    level: Level,
    unit_id: str,
    months: tuple[str, ...],
    view: Structure,
    models: Sequence[ModelName],
    opened: Collection[str] | None = None,
) -> Family:
    """A unit and its children in these read models, with what each carries forward.

    `opened`, when given, are the authorities of a region that the reader may open: of the others, and of the region
    itself, only what everybody may read is read.
    """
    found: dict[ModelName, tuple[Part, dict[str, Part]]] = {}
    for model in models:
        summing = Summing(await reading.cells(model), structure, level, unit_id, months, STOCKS.get(model, {}))
        if opened is not None and view == "as-then":
            found[model] = await summing.region(opened, PUBLIC_SCALE if model == "audit_quality" else None)
        else:
            found[model] = await summing.both(view)
    ids = {child for _, children in found.values() for child in children}
    nothing = Part()
    own = _summed(months, {model: own for model, (own, _) in found.items()})
    return Family(
        own,
        {child: _summed(months, {m: of.get(child, nothing) for m, (_, of) in found.items()}) for child in sorted(ids)},
    )


def _summed(months: tuple[str, ...], parts: Mapping[ModelName, Part]) -> Summed:
    by_month = {model: part.by_month for model, part in parts.items()}
    return Summed(months, by_month, {name: n for part in parts.values() for name, n in part.before.items()})


@dataclass(frozen=True, slots=True)
class Part:
    """What one read model tells of a unit: its measures, and its stocks before them."""

    by_month: ByMonth = field(default_factory=dict)
    before: Amounts = field(default_factory=dict)


class Summing:
    """Which totals of one read model make up a unit and its children in a window."""

    def __init__(
        self,
        cells: CellReader,
        structure: OfToday,
        level: Level,
        unit_id: str,
        months: tuple[str, ...],
        stocks: Mapping[str, Stock],
    ) -> None:
        self._cells = cells
        self._structure = structure
        self._level = level
        self._id = unit_id
        self._months = months
        self._stocks = stocks

    async def region(self, opened: Collection[str], public: str | None) -> tuple[Part, dict[str, Part]]:
        """A region as it stood, and its authorities: the public branch alone, but of those that the reader may open.

        An authority of England has as many numbers as its region; what may not be shown is not worth reading.
        """
        own = Which("region", [self._id])
        members = Which("authority_in_region", within=[self._id])
        _, children = _apart(await self._read(replace(members, units=opened)), own)
        if public is None:
            return Part(), children
        found = await self._cells.by_month([own, members], self._months, branch=public)
        whole, closed = _apart({unit: Part(by_month) for unit, by_month in found.items()}, own)
        return whole, {**closed, **children}

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
                # An area counts what its teams of today count, and what never had a team to count in.
                found = await self._read(own, now, Which("service_area", within=[self._id]))
                whole, _ = _apart(found, own)
                return whole, self._by_area(found)

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
        before: Mapping[Unit, Amounts] = {}
        if self._stocks:
            before = await self._cells.balances(which, periods.FIRST_MONTH, self._months[0], self._stocks)
        return {unit: Part(found.get(unit, {}), before.get(unit, {})) for unit in found.keys() | before.keys()}

    def _by_area(self, found: Mapping[Unit, Part]) -> dict[str, Part]:
        now: dict[str, list[Part]] = {}
        with_team: dict[str | None, list[Part]] = {}
        for unit, part in found.items():
            if unit.level == "team":
                now.setdefault(self._teams[unit.unit], []).append(part)
                with_team.setdefault(unit.within, []).append(part)
        for unit, part in found.items():
            if unit.level == "service_area":
                now.setdefault(unit.unit, []).append(_without(part, with_team.get(unit.unit, ())))
        return {area: _added(parts) for area, parts in now.items()}


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
    if len(each) == 1:
        return each[0]
    return Part(_merged([part.by_month for part in each]), _sum_of_amounts(part.before for part in each))


def _sum_of_amounts(each: Iterable[Amounts]) -> Amounts:
    total: Counter[str] = Counter()
    for amounts in each:
        total.update(amounts)
    return total


def _less_amounts(whole: Amounts, parts: Iterable[Amounts]) -> Amounts:
    taken = _sum_of_amounts(parts)
    return {name: whole.get(name, 0) - taken.get(name, 0) for name in whole.keys() | taken.keys()}


def _merged(each: Iterable[ByMonth]) -> ByMonth:
    gathered: dict[str, list[Tree]] = {}
    for by_month in each:
        for month, tree in by_month.items():
            gathered.setdefault(month, []).append(tree)
    return {month: add(trees) for month, trees in gathered.items()}


def _without(whole: Part, parts: Iterable[Part]) -> Part:
    each = list(parts)
    by_month = _less_by_month(whole.by_month, [part.by_month for part in each])
    return Part(by_month, _less_amounts(whole.before, [part.before for part in each]))


def _less_by_month(whole: ByMonth, parts: Sequence[ByMonth]) -> ByMonth:
    months = sorted({month for by_month in (whole, *parts) for month in by_month})
    return {m: less(whole.get(m, {}), [part[m] for part in parts if m in part]) for m in months}
