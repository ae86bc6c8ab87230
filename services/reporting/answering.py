"""Answers from a few small documents: one unit with its children and its periods, or the rows behind a number."""

from __future__ import annotations

from collections.abc import Iterable

from services.reporting.cursors import Cursors
from services.reporting.domain import periods
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.library import Library, MarksOf, Reading
from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE
from services.reporting.read_models.audit_quality.query import grades
from services.reporting.read_models.feedback_themes.query import feedback
from services.reporting.read_models.practice_alerts.query import OPEN_ALERTS, alerts
from services.reporting.rows import counted, rows_query
from services.reporting.structure import OfToday, Reach
from services.reporting.summing import CHILD, Family, Sum, Summed, children_by_structure, family
from services.reporting.views import (
    AsAt,
    CountedRows,
    Figures,
    Level,
    ModelName,
    Period,
    PeriodFigures,
    Unit,
    UnitFigures,
    UnitView,
    Window,
)
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound
from shared.directory import Directory
from shared.web.policy import Policy
from shared.web.principal import Principal

FIGURES: tuple[ModelName, ...] = ("audit_quality", "practice_alerts", "feedback_themes")
"""The read models that the figures of a unit are made of."""


class Answers:
    """The `Reports` that pages and routes ask (see `views.py`)."""

    def __init__(
        self,
        library: Library,
        directory: Directory,
        policy: Policy,
        cursors: Cursors,
        clock: Clock,
        display: ReportingPolicy | None = None,
    ) -> None:
        self._library = library
        self._directory = directory
        self._policy = policy
        self._cursors = cursors
        self._clock = clock
        self._display = display or ReportingPolicy()

    async def unit(self, reader: Principal, level: Level, unit_id: str, window: Window) -> UnitView:
        structure, reach = self._today(reader)
        if not reach.sees(level, unit_id):
            raise NotFound
        marks, found = await self._library.read(
            lambda reading: _family(reading, structure, reach, level, unit_id, window)
        )
        shared = _shares_sums(reach, level, unit_id)
        return UnitView(
            unit=structure.unit(level, unit_id),
            path=tuple(structure.unit(*above) for above in structure.above(level, unit_id) if reach.sees(*above)),
            structure=window.structure,
            period=window.period,
            first_month=window.first_month,
            last_month=window.last_month,
            as_at=await self._library.as_at(marks),
            total=self._shown(found.own, found.own.months, shared),
            children=tuple(self._children(structure, reach, level, unit_id, found, window)),
            periods=tuple(self._periods(found.own, window, shared)),
        )

    async def units(self, reader: Principal, level: Level) -> tuple[Unit, ...]:
        structure, reach = self._today(reader)
        found = [structure.unit(level, unit_id) for unit_id in structure.ids(level) if reach.sees(level, unit_id)]
        return tuple(sorted(found, key=_key))

    async def page_of_units(
        self, reader: Principal, level: Level, cursor: str | None, limit: int
    ) -> tuple[tuple[Unit, ...], str | None]:
        """A page of that list, and the cursor of the next page when there is one."""
        place = f"{reader.subject}|{level}"
        after = self._cursors.open(cursor, place) if cursor is not None else ""
        left = [unit for unit in await self.units(reader, level) if _key(unit) > after]
        return tuple(left[:limit]), self._cursors.seal(_key(left[limit - 1]), place) if len(left) > limit else None

    async def rows(
        self,
        reader: Principal,
        level: Level,
        unit_id: str,
        window: Window,
        *,
        model: ModelName,
        measure: str,
        cursor: str | None = None,
        limit: int = 50,
    ) -> CountedRows:
        structure, reach = self._today(reader)
        if not reach.sees(level, unit_id):
            raise NotFound
        place = f"{reader.subject}|{level}|{unit_id}|{window}|{model}|{measure}"
        after = self._cursors.open(cursor, place) if cursor is not None else ""
        months = periods.months(window.first_month, window.last_month)
        contributions = [f"{month}|{measure}" for month in months]
        query = rows_query(structure, reach, level, unit_id, window, model)
        complete = reach.has_all_of(level, unit_id)
        as_at = await self.as_at()
        if query is None:
            return CountedRows(items=(), next_cursor=None, complete=complete, as_at=as_at)
        counting = {"months": {"$in": list(months)}, "cells": {"$in": contributions}}
        found = await self._library.rows(model, {**query, **counting}, after, limit + 1)
        more = len(found) > limit
        return CountedRows(
            items=tuple(item for row in found[:limit] for item in counted(row, model, contributions, structure)),
            next_cursor=self._cursors.seal(found[limit - 1]["_id"], place) if more else None,
            complete=complete,
            as_at=as_at,
        )

    async def as_at(self) -> AsAt:
        return await self._library.as_at()

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        """Wait until a position is counted; False when it is not within `timeout` seconds."""
        return await self._library.reached(model, partition, seq, timeout)

    def _today(self, reader: Principal) -> tuple[OfToday, Reach]:
        structure = OfToday(self._directory, local_date(self._clock()))
        return structure, Reach(reader, structure, self._policy)

    def _figures(self, found: Sum) -> Figures:
        return Figures(
            grades=grades(found.of("audit_quality"), self._display),
            alerts=alerts(found.of("practice_alerts"), found.opening(OPEN_ALERTS), self._display),
            feedback=feedback(found.of("feedback_themes"), self._display),
        )

    def _shown(self, found: Summed, months: tuple[str, ...], shared: bool) -> Figures:
        if shared:
            return self._figures(found.over(months))
        tree = found.branch("audit_quality", PUBLIC_SCALE, months)
        public = grades(tree, self._display, only=PUBLIC_SCALE)
        return Figures(grades=public, alerts=None, feedback=None, withheld=True)

    def _periods(self, own: Summed, window: Window, shared: bool) -> Iterable[PeriodFigures]:
        for span in periods.spans(own.months, window.period):
            period = Period(
                key=span.key,
                kind=span.kind,
                label=span.label,
                first_month=span.months[0],
                last_month=span.months[-1],
            )
            yield PeriodFigures(period=period, figures=self._shown(own, span.months, shared))

    def _children(
        self, structure: OfToday, reach: Reach, level: Level, unit_id: str, of: Family, window: Window
    ) -> Iterable[UnitFigures]:
        if level == "team":
            return
        listed = children_by_structure(structure, level, unit_id, window)
        counting = {child for child, summed in of.children.items() if summed.counts}
        units = [structure.unit(CHILD[level], child) for child in listed | counting]
        nothing = Summed(of.own.months)
        for unit in sorted(units, key=_key):
            found = of.children.get(unit.id, nothing)
            may_open = reach.sees(unit.level, unit.id)
            figures = self._shown(found, found.months, may_open or level != "region")
            yield UnitFigures(unit=unit, figures=figures, may_open=may_open)
        if level != "region" and of.rest.whole.counts:
            unit = structure.unit(level, unit_id).model_copy(update={"whole": True})
            yield UnitFigures(unit=unit, figures=self._figures(of.rest.whole))


def _shares_sums(reach: Reach, level: Level, unit_id: str) -> bool:
    """A region less one's own authority would tell of the others: what they share stands in the regional view."""
    return level != "region" or reach.has_all_of(level, unit_id)


async def _family(
    reading: Reading, structure: OfToday, reach: Reach, level: Level, unit_id: str, window: Window
) -> tuple[MarksOf, Family]:
    """The marks first: they fix the moment that everything after them is read at."""
    marks = await reading.marks()
    months = periods.months(window.first_month, window.last_month)
    opened = None if _shares_sums(reach, level, unit_id) else reach.authorities()
    return marks, await family(reading, structure, level, unit_id, months, window.structure, FIGURES, opened)


def _key(unit: Unit) -> str:
    return f"{unit.name}\x00{unit.id}"
