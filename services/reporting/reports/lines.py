"""The lines of a report: the unit that was asked for, the units below it, and what belongs to none of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.reporting.reports.report import Asked, Cell, ReportRow, Sources
from services.reporting.summing import CHILD, Summed, children_by_structure, family
from services.reporting.views import Level, ModelName, Unit, Window
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class Line:
    """One unit with its sums. `depth` is 0 for the unit asked for; `above` is the unit in which it counts here.

    The children of every unit sum to it: what concerns the unit and none of them has a line of its own (`unit.whole`).
    """

    key: str
    unit: Unit
    depth: int
    of: Summed
    above: Unit | None = None

    @property
    def name(self) -> str:
        return f"{self.unit.name} as a whole" if self.unit.whole else self.unit.name

    def row(self, *cells: Cell, key: str = "") -> ReportRow:
        """A row about this line; `key` tells rows about the same line apart."""
        kind: Literal["TOTAL", "PART"] = "PART" if self.depth else "TOTAL"
        whole_key = f"{self.key}|{key}" if key else self.key
        return ReportRow(key=whole_key, kind=kind, cells=cells, depth=self.depth, unit=self.unit)


async def lines(
    sources: Sources,
    asked: Asked,
    months: tuple[str, ...],
    models: Sequence[ModelName],
    *,
    deep: bool = False,
    also: Sequence[Place] = (),
) -> list[Line]:
    """The unit first, then the units below it by name. `deep`: of an authority, the teams of each area as well.

    `months` are those to sum, and hold those of the period. `also` are places of which a report tells something that
    is in no sum: each has a line to stand in.
    """
    unit = sources.structure.unit(asked.level, asked.unit_id)
    found = await family(
        sources.reading, sources.structure, asked.level, asked.unit_id, months, asked.structure, models
    )
    listed = [Line(f"{unit.level}:{unit.id}", unit, 0, found.own)]
    below = Below(sources, asked, months, models, also)
    for child in below.children(unit, found.children, found.rest, 1):
        listed.append(child)
        if deep and asked.level == "authority" and not child.unit.whole:
            listed += await below.of(child)
    return listed


@dataclass(frozen=True, slots=True)
class Below:
    """What lies below units of one report."""

    sources: Sources
    asked: Asked
    months: tuple[str, ...]
    models: Sequence[ModelName]
    also: Sequence[Place]

    async def of(self, line: Line) -> list[Line]:
        """The units below a line, with keys that begin with its own: a team may count in two areas."""
        level, unit_id = line.unit.level, line.unit.id
        found = await family(
            self.sources.reading,
            self.sources.structure,
            level,
            unit_id,
            self.months,
            self.asked.structure,
            self.models,
        )
        return list(self.children(line.unit, found.children, found.rest, line.depth + 1, f"{line.key}/"))

    def children(
        self, unit: Unit, found: Mapping[str, Summed], rest: Summed, depth: int, before: str = ""
    ) -> Iterator[Line]:
        if unit.level == "team":
            return
        level: Level = CHILD[unit.level]
        months = self.asked.span.months
        window = Window(first_month=months[0], last_month=months[-1], structure=self.asked.structure)
        listed = children_by_structure(self.sources.structure, unit.level, unit.id, window)
        counting = {child for child, summed in found.items() if summed.whole.counts}
        inside = {part_of(unit, place) for place in self.also if lies_in(unit, place)}
        units = [
            self.sources.structure.unit(level, child)
            for child in listed | counting | {child for child in inside if child is not None}
        ]
        for child in sorted(units, key=lambda one: (one.name, one.id)):
            of = found.get(child.id, Summed(self.months))
            yield Line(f"{before}{level}:{child.id}", child, depth, of, unit)
        if rest.whole.counts or None in inside:
            whole = unit.model_copy(update={"whole": True})
            yield Line(f"{before}{unit.level}:{unit.id}:whole", whole, depth, rest, unit)


def lies_in(unit: Unit, place: Place) -> bool:
    match unit.level:
        case "region":
            return unit.id in place.regions
        case "authority":
            return place.authority == unit.id
        case "service_area":
            return place.service_area == unit.id
        case "team":
            return place.team == unit.id


def part_of(unit: Unit, place: Place) -> str | None:
    """The child of the unit in which the place lies; None for none of them."""
    parts = {"region": place.authority, "authority": place.service_area, "service_area": place.team}
    return parts.get(unit.level)
