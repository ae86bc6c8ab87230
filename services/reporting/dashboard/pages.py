"""The pages' routes: ask reporting, put the page together, answer HTML or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.reporting.csv_text import MEDIA_TYPE, csv_text
from services.reporting.dashboard import unit_page
from services.reporting.dashboard.errors import page_route
from services.reporting.dashboard.filters import Asked, asked
from services.reporting.dashboard.places import SEGMENTS, Places, unit_path
from services.reporting.dashboard.report_page import reports_path
from services.reporting.dashboard.rows_page import measure_words, rows_table
from services.reporting.dashboard.status import ReadSources, ReadStatus, no_sources, sources_table, status_table
from services.reporting.dashboard.tables import PageTable, exported
from services.reporting.dashboard.templating import KINDS, Templates, static_files, who
from services.reporting.labels import LEVELS, PLURALS
from services.reporting.views import AsAt, CountedRow, CountedRows, Level, ModelName, Reports, Unit, UnitView
from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import NotFound
from shared.web.identity import public, requires
from shared.web.policy import ORGANISATION, REGIONAL, REPORTS, R
from shared.web.principal import Principal
from shared.web.problems import Problem
from shared.web.session import session_router

Anybody = Annotated[Principal, requires(ORGANISATION, R, "read")]
Operator = Annotated[Principal, requires(ORGANISATION, R, "ops")]
OPEN = [public("says nothing about anybody")]
ROWS_A_PAGE = 50
ROWS_A_TURN = 500
MOST_ROWS = 20_000
"""What one CSV of rows holds at most; more is refused, never cut off."""


def router(
    templates: Templates, *, status: ReadStatus | None = None, sources: ReadSources | None = None, clock: Clock = now
) -> APIRouter:
    """All pages, their CSV and static files, and signing in and out. `app.state.reports` answers what they ask.

    `status` reads how the read models are doing; without it there is no /status page. `sources` are the feeds of
    other authorities that are read, which stand there too.
    """
    pages = APIRouter(include_in_schema=False, route_class=page_route(templates))
    pages.include_router(session_router())
    _add_open_pages(pages, templates)
    _add_overview(pages, templates, clock)
    for level in SEGMENTS:
        _add_unit(pages, _Asking(templates, level, clock))
        _add_rows(pages, _Asking(templates, level, clock))
    if status is not None:
        _add_status(pages, templates, status, sources or no_sources, clock)
    return pages


def _add_open_pages(pages: APIRouter, templates: Templates) -> None:
    @pages.get("/static/{name}", dependencies=OPEN)
    async def static_file(name: str) -> Response:
        content = static_files().get(name)
        if content is None:
            raise NotFound
        kind = KINDS[name[name.rindex(".") :]]
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    @pages.get("/sign-in", dependencies=OPEN)
    async def sign_in(failed: str = "", next: str = "/") -> Response:  # noqa: A002 - the form's word
        return templates.page("sign_in.html", failed=bool(failed), next=next)

    @pages.get("/accessibility", dependencies=OPEN)
    async def accessibility() -> Response:
        return templates.page("accessibility.html")

    @pages.get("/about", dependencies=OPEN)
    async def about() -> Response:
        return templates.page("about.html")


def _add_overview(pages: APIRouter, templates: Templates, clock: Clock) -> None:
    @pages.get("/")
    async def overview(request: Request, reader: Anybody) -> Response:
        reports = _reports(request)
        levels = [(PLURALS[level], _named_apart(await reports.units(reader, level))) for level in _FROM_THE_TOP]
        said = unit_page.correct_as_at(await reports.as_at(), clock())
        return templates.page("overview.html", levels=levels, path_of=_path_of, as_at=said, **who(reader))


_FROM_THE_TOP: tuple[Level, ...] = ("region", "authority", "service_area", "team")


@dataclass(frozen=True, slots=True)
class _Asking:
    """How the pages of one level ask reporting: the filters of a request, the unit's figures, and addresses around."""

    templates: Templates
    level: Level
    clock: Clock

    @property
    def base(self) -> str:
        return f"/{SEGMENTS[self.level]}/{{unit_id}}"

    @property
    def allowed(self) -> Any:
        return requires(REGIONAL if self.level == "region" else REPORTS, R, "read")

    async def seen(self, request: Request, reader: Principal, unit_id: str) -> tuple[Asked, UnitView, Places]:
        filters = asked(request.query_params, self.level, local_date(self.clock()))
        view = await _reports(request).unit(reader, self.level, unit_id, filters.window)
        return filters, view, Places(self.level, unit_id, filters.window)

    def page(self, name: str, view: UnitView, as_at: AsAt, reader: Principal, **values: Any) -> Response:
        said = unit_page.correct_as_at(as_at, self.clock())
        return self.templates.page(name, view=view, as_at=said, kind=LEVELS[self.level], **who(reader), **values)


def _add_unit(pages: APIRouter, asking: _Asking) -> None:
    """The page of a unit, and each of its tables as CSV."""

    @pages.get(asking.base)
    async def unit(request: Request, unit_id: str, reader: Principal = asking.allowed) -> Response:
        filters, view, places = await asking.seen(request, reader, unit_id)
        return asking.page(
            "unit.html",
            view,
            view.as_at,
            reader,
            places=places,
            crumbs=_crumbs(view, places),
            filters=filters,
            reports=reports_path(asking.level, unit_id),
            key_figures=unit_page.key_figures(view),
            sections=unit_page.sections(view, places),
        )

    @pages.get(f"{asking.base}/tables/{{name}}.csv")
    async def table(request: Request, unit_id: str, name: str, reader: Principal = asking.allowed) -> Response:
        _, view, places = await asking.seen(request, reader, unit_id)
        found = unit_page.table(view, places, name)
        if found is None:
            raise NotFound
        return _csv(found, f"{unit_id}-{name}-{view.first_month}-{view.last_month}")


def _add_rows(pages: APIRouter, asking: _Asking) -> None:
    """The rows behind a number, as a page and as CSV."""

    @pages.get(f"{asking.base}/rows")
    async def rows(
        request: Request,
        unit_id: str,
        model: ModelName,
        measure: _Measure,
        cursor: str = "",
        reader: Principal = asking.allowed,
    ) -> Response:
        _, view, places = await asking.seen(request, reader, unit_id)
        found = await _rows(request, reader, places, model, measure, cursor)
        return asking.page(
            "rows.html",
            view,
            found.as_at,
            reader,
            places=places,
            crumbs=_crumbs(view, places, last=False),
            title=measure_words(model, measure),
            table=rows_table(found.items, "What is counted here"),
            found=found,
            rows_csv=places.rows_csv(model, measure),
            next_page=places.rows_of(model, measure, found.next_cursor) if found.next_cursor else None,
        )

    @pages.get(f"{asking.base}/rows.csv")
    async def rows_as_csv(
        request: Request, unit_id: str, model: ModelName, measure: _Measure, reader: Principal = asking.allowed
    ) -> Response:
        _, view, places = await asking.seen(request, reader, unit_id)
        items = await _all_rows(request, reader, places, model, measure)
        return _csv(rows_table(items, measure), f"{unit_id}-rows-{view.first_month}-{view.last_month}")


_Measure = Annotated[str, Query(max_length=120, pattern=r"^[A-Za-z0-9_.>\-]+$")]


def _add_status(pages: APIRouter, templates: Templates, status: ReadStatus, sources: ReadSources, clock: Clock) -> None:
    @pages.get("/status")
    async def read_models(request: Request, operator: Operator) -> Response:
        said = unit_page.correct_as_at(await _reports(request).as_at(), clock())
        feeds = sources_table(await sources())
        shown: dict[str, Any] = {"table": status_table(await status()), "feeds": feeds if feeds.rows else None}
        return templates.page("status.html", as_at=said, **shown, **who(operator))

    @pages.get("/status.csv")
    async def read_models_as_csv(operator: Operator) -> Response:
        return _csv(status_table(await status()), "read-models")

    @pages.get("/status/sources.csv")
    async def sources_as_csv(operator: Operator) -> Response:
        return _csv(sources_table(await sources()), "sources")


def _reports(request: Request) -> Reports:
    reports: Reports = request.app.state.reports
    return reports


async def _rows(
    request: Request,
    reader: Principal,
    places: Places,
    model: ModelName,
    measure: str,
    cursor: str,
    limit: int = ROWS_A_PAGE,
) -> CountedRows:
    return await _reports(request).rows(
        reader,
        places.level,
        places.unit_id,
        places.window,
        model=model,
        measure=measure,
        cursor=cursor or None,
        limit=limit,
    )


async def _all_rows(
    request: Request, reader: Principal, places: Places, model: ModelName, measure: str
) -> list[CountedRow]:
    """Every row. Raises a 413 Problem where one file would leave rows out."""
    items: list[CountedRow] = []
    cursor = ""
    while len(items) <= MOST_ROWS:
        found = await _rows(request, reader, places, model, measure, cursor, ROWS_A_TURN)
        items.extend(found.items)
        if not found.next_cursor:
            return items
        cursor = found.next_cursor
    raise Problem("too-large", f"One file holds at most {MOST_ROWS:,} rows: ask for fewer months.")


def _crumbs(view: UnitView, places: Places, *, last: bool = True) -> list[dict[str, Any]]:
    """The way down to this unit; the last step is the page itself and leads nowhere, unless it is one below."""
    path = view.path or (view.unit,)
    steps = [{"text": unit.name, "href": places.of(unit).page} for unit in path]
    if last:
        steps[-1].pop("href")
    return [{"text": "Overview", "href": "/"}, *steps]


def _path_of(unit: Unit) -> str:
    return unit_path(unit.level, unit.id)


def _named_apart(units: Sequence[Unit]) -> list[tuple[Unit, str]]:
    """Units with the name to show: two of the same name get their id as well."""
    names = [unit.name for unit in units]
    return [(unit, f"{unit.name} ({unit.id})" if names.count(unit.name) > 1 else unit.name) for unit in units]


def _csv(table: PageTable, name: str) -> Response:
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}.csv"', "Cache-Control": "private, no-store"}
    return Response(csv_text(exported(table)), media_type=MEDIA_TYPE, headers=headers)
