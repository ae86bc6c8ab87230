"""The routes of the reports' pages: which reports a unit has, each as a page, and each as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response

from services.reporting.dashboard import report_filters, unit_page
from services.reporting.dashboard.errors import page_route
from services.reporting.dashboard.places import SEGMENTS, unit_path
from services.reporting.dashboard.report_page import ReportPlaces, reports_path, shown_tables
from services.reporting.dashboard.templating import Templates, who
from services.reporting.domain import periods
from services.reporting.labels import LEVELS
from services.reporting.reports.answering import Contents, Offered, ReadReports
from services.reporting.reports.api import asked_of, sent
from services.reporting.reports.exports import EXPORTS
from services.reporting.reports.report import Report
from services.reporting.reports.requests import Asking
from services.reporting.reports.showing import NOTHING, STRUCTURES, SYMBOLS, facts, notes
from services.reporting.views import AsAt, Level
from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import NotFound
from shared.web.identity import requires
from shared.web.policy import REGIONAL, REPORTS, R
from shared.web.principal import Principal

CLOSED_SHOWN = 12
NOT_KNOWN = AsAt(time=None, behind=None, positions=())


def router(templates: Templates, reports: ReadReports, *, clock: Clock = now) -> APIRouter:
    """The pages of reports, for units of every level."""
    pages = APIRouter(include_in_schema=False, route_class=page_route(templates))
    for level in SEGMENTS:
        asking = _Asking(templates, reports, level, clock)
        _add_contents(pages, asking)
        _add_file(pages, asking)
        _add_report(pages, asking)
    return pages


@dataclass(frozen=True, slots=True)
class _Asking:
    """How the pages of one level ask for reports."""

    templates: Templates
    reports: ReadReports
    level: Level
    clock: Clock

    @property
    def base(self) -> str:
        return f"/{SEGMENTS[self.level]}/{{unit_id}}/reports"

    @property
    def allowed(self) -> Any:
        return requires(REGIONAL if self.level == "region" else REPORTS, R, "read")

    def page(self, name: str, contents: Contents, reader: Principal, **values: Any) -> Response:
        """One page below the unit: the way down to it leads over the unit's own page and the list of its reports."""
        way = (*contents.path, contents.unit)
        crumbs = [{"text": "Overview", "href": "/"}]
        crumbs += [{"text": unit.name, "href": unit_path(unit.level, unit.id)} for unit in way]
        listed = {} if name == "reports.html" else {"href": reports_path(self.level, contents.unit.id)}
        crumbs.append({"text": "Reports", **listed})
        known: dict[str, Any] = {**who(reader), "kind": LEVELS[self.level]}
        return self.templates.page(name, contents=contents, crumbs=crumbs, **known, **values)


def _add_contents(pages: APIRouter, asking: _Asking) -> None:
    @pages.get(asking.base)
    async def contents(unit_id: str, reader: Principal = asking.allowed) -> Response:
        found = await asking.reports.contents(reader, asking.level, unit_id)
        places = ReportPlaces(asking.level, unit_id, "", found.latest, "as-then")
        listed = [(one, replace(places, code=one.code).page, list(_closed(one, places))) for one in found.items]
        any_closed = any(one.closed for one in found.items)
        return asking.page("reports.html", found, reader, listed=listed, any_closed=any_closed)


def _closed(offered: Offered, places: ReportPlaces) -> Iterator[tuple[str, str]]:
    """The newest closed periods of a report, with their addresses."""
    for one in offered.closed[:CLOSED_SHOWN]:
        yield periods.named(one.period).label, replace(places, code=offered.code, period=one.period).page


def _add_file(pages: APIRouter, asking: _Asking) -> None:
    """The same files as those of the interface, under addresses that a browser with a session may open."""

    @pages.get(f"{asking.base}/{{code}}.{{form}}")
    async def file(
        request: Request,
        unit_id: str,
        code: str,
        form: str,
        asked: Asking,
        reader: Principal = asking.allowed,
    ) -> Response:
        if form not in EXPORTS:
            raise NotFound
        wanted = asked.model_copy(update={"format": form})
        return await sent(request, wanted, await asked_of(asking.reports, reader, asking.level, unit_id, code, wanted))


def _add_report(pages: APIRouter, asking: _Asking) -> None:
    @pages.get(f"{asking.base}/{{code}}")
    async def report(request: Request, unit_id: str, code: str, reader: Principal = asking.allowed) -> Response:
        contents = await asking.reports.contents(reader, asking.level, unit_id)
        today = local_date(asking.clock())
        picked = report_filters.picked(request.query_params, contents.latest, today)
        found = await asking.reports.report(
            reader,
            asking.level,
            unit_id,
            code,
            period=picked.period,
            structure=picked.structure,
            version=picked.version,
        )
        places = ReportPlaces(asking.level, unit_id, found.code, found.period, found.structure, picked.version)
        offered = next(one for one in contents.items if one.code == found.code)
        closed = [one.period for one in offered.closed]
        return asking.page(
            "report.html",
            contents,
            reader,
            report=found,
            places=places,
            picked=picked,
            choices=report_filters.choices(found.period, today, closed),
            structures=STRUCTURES,
            as_at=unit_page.correct_as_at(found.as_at or NOT_KNOWN, asking.clock()),
            facts=dict(facts(found)),
            versions=_versions(found, offered, places),
            published=_published(found, offered, places),
            tables=shown_tables(found, places),
            notes=notes(found),
            symbols=SYMBOLS,
            nothing=NOTHING,
        )


def _published(report: Report, offered: Offered, places: ReportPlaces) -> str | None:
    """Where the published report of this period is, when this one is made from what is known now."""
    closed = report.period in [one.period for one in offered.closed]
    return replace(places, structure="as-then", version=None).page if closed and report.closing is None else None


def _versions(report: Report, offered: Offered, places: ReportPlaces) -> list[tuple[str, str | None]]:
    """Every version of this closed period with its address; the one that is shown leads nowhere."""
    if report.closing is None:
        return []
    kept = next((one.versions for one in offered.closed if one.period == report.period), ())
    said = {1: "Version 1, as it was closed"}
    return [
        (
            said.get(one.version, f"Version {one.version}"),
            places.at(one.version).page if one.version != report.closing.version else None,
        )
        for one in kept
    ]
