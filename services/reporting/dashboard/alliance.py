"""The page of the alliance (R11): what was released in a region, authority by authority and quarter by quarter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from services.reporting.alliance import tables as alliance_tables
from services.reporting.alliance.answering import MOST_QUARTERS, RegionalViews
from services.reporting.alliance.api import PARTNERS_READ, QUARTER
from services.reporting.alliance.views import AuthorityRow, RegionalView, RegionQuarter
from services.reporting.csv_text import MEDIA_TYPE, csv_text
from services.reporting.dashboard.charts import Point, intervals
from services.reporting.dashboard.errors import page_route
from services.reporting.dashboard.page import KeyFigure
from services.reporting.dashboard.places import unit_path
from services.reporting.dashboard.tables import Cell, PageTable
from services.reporting.dashboard.templating import Templates, who
from services.reporting.domain import periods
from services.reporting.views import Table
from shared.deciding.refusal import NotFound, Refused
from shared.web.identity import requires
from shared.web.policy import REGIONAL, R
from shared.web.principal import Principal

Reader = Annotated[Principal, requires(REGIONAL, R, "read", partner_scope=PARTNERS_READ)]
BACK = 12
NOTES: Mapping[str, str] = {
    "by-quarter": "x means that nothing was released. Sums are rounded to the nearest 10.",
    "by-authority": "c means hidden, x not released, z nothing to count.",
    "events": "Released by two people each. Whoever wants to know more writes to the contact.",
}


def router(templates: Templates, views: RegionalViews) -> APIRouter:
    pages = APIRouter(include_in_schema=False, route_class=page_route(templates))
    asking = _Asking(views)

    @pages.get("/regions/{region}/improvement")
    async def improvement(region: str, request: Request, reader: Reader) -> Response:
        asked = await asking.of(reader, region, request.query_params)
        view = asked.view
        newest = view.quarters[-1]
        tables = [_page_table(table) for table in alliance_tables.tables(view)]
        return templates.page(
            "alliance.html",
            **who(reader),
            view=view,
            asked=asked,
            crumbs=_crumbs(view, reader),
            key_figures=_key_figures(newest),
            newest=newest,
            chart=_chart(view, newest),
            tables={table.name: table for table in tables},
        )

    @pages.get("/regions/{region}/improvement/tables/{name}.csv")
    async def table(region: str, name: str, request: Request, reader: Reader) -> Response:
        asked = await asking.of(reader, region, request.query_params)
        found = next((one for one in alliance_tables.tables(asked.view) if one.name == name), None)
        if found is None:
            raise NotFound
        known = f"{asked.view.first_quarter}-{asked.view.last_quarter}"
        headers = {
            "Content-Disposition": f'attachment; filename="improvement-{name}-{known}.csv"',
            "Cache-Control": "private, no-store",
        }
        return Response(csv_text(found), media_type=MEDIA_TYPE, headers=headers)

    return pages


@dataclass(frozen=True, slots=True)
class Asked:
    """What is shown, what may be picked, and what was wrong with what was picked."""

    view: RegionalView
    choices: Sequence[tuple[str, str]]
    error: str | None

    @property
    def page(self) -> str:
        return f"{self._path}?{self._query}"

    def csv(self, name: str) -> str:
        return f"{self._path}/tables/{name}.csv?{self._query}"

    @property
    def _path(self) -> str:
        return improvement_path(self.view.region.id)

    @property
    def _query(self) -> str:
        return urlencode({"from": self.view.first_quarter, "to": self.view.last_quarter})


def improvement_path(region: str) -> str:
    return f"/regions/{quote(region, safe='')}/improvement"


@dataclass(frozen=True, slots=True)
class _Asking:
    views: RegionalViews

    async def of(self, reader: Principal, region: str, query: Mapping[str, str]) -> Asked:
        """What was picked; when that makes no sense the usual quarters, and why."""
        first, last = query.get("from") or None, query.get("to") or None
        error = self._error(first, last)
        if error is not None:
            first = last = None
        view = await self.views.of(reader, region, first, last)
        return Asked(view, self._choices(view), error)

    def _error(self, first: str | None, last: str | None) -> str | None:
        if any(one is not None and not re.fullmatch(QUARTER, one, re.ASCII) for one in (first, last)):
            return "Select quarters from the lists"
        try:
            self.views.quarters(first, last)
        except Refused as refused:
            return {"to": "The last quarter must not lie before the first"}.get(
                refused.field or "", f"Select at most {MOST_QUARTERS} quarters"
            )
        return None

    def _choices(self, view: RegionalView) -> list[tuple[str, str]]:
        this = periods.month_of(self.views.today)
        keys = {periods.quarter(periods.following(this, -3 * n)) for n in range(BACK + 1)}
        keys |= {one.period.key for one in view.quarters}
        return [(key, periods.named(key).label) for key in sorted(keys, reverse=True)]


def _crumbs(view: RegionalView, reader: Principal) -> list[dict[str, Any]]:
    """The way down; a partner reaches this page and no other."""
    if reader.partner is not None:
        return []
    region = {"text": view.region.name, "href": unit_path("region", view.region.id)}
    return [{"text": "Overview", "href": "/"}, region, {"text": "Improvement"}]


def _key_figures(newest: RegionQuarter) -> list[KeyFigure]:
    summed = "nothing was released" if newest.summed is None else f"{newest.summed} of {newest.members} authorities"
    silent = f"{newest.silent} silent" if newest.silent else "nobody silent"
    return [
        KeyFigure("Authorities with figures", Cell(f"{newest.with_figures} of {newest.members}"), silent),
        KeyFigure("Median good or better", Cell(_percent(newest.median)), "of the percentages that are shown"),
        KeyFigure("Audits graded, to the nearest 10", Cell(newest.figures.denominator), summed),
    ]


def _percent(median: str | None) -> str:
    return "x" if median is None else f"{median}%"


def _chart(view: RegionalView, newest: RegionQuarter) -> Markup:
    lanes = [_lane(row) for row in view.authorities]
    title = f"Good or better in {newest.period.label}, by authority"
    middle = "" if newest.median is None else f" The dashed line is the median, {newest.median}%."
    shown = "; ".join(f"{point.label} {words}" for point, words in lanes)
    description = f"Released percentages with 95% intervals: {shown}.{middle}"
    return intervals("by-authority-chart", title, description, lanes, float(newest.median) if newest.median else None)


def _lane(row: AuthorityRow) -> tuple[Point, str]:
    """The newest quarter of an authority; hollow where it rests on few audits."""
    figures = row.quarters[-1].figures
    n = int(figures.denominator) if figures.denominator.isdigit() else 0
    if figures.percent is None:
        return Point(row.authority.name, None, n), alliance_tables.percent_of(figures)
    low, high = map(float, figures.interval) if figures.interval else (None, None)
    return Point(row.authority.name, float(figures.percent), n, low, high), f"{figures.percent}%, n {n}"


def _page_table(table: Table) -> PageTable:
    rows = tuple(tuple(Cell("" if one is None else str(one)) for one in row) for row in table.rows)
    return PageTable(table.name, table.caption, table.columns, rows, note=NOTES.get(table.name, ""))
