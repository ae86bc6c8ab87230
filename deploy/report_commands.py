"""`goldenthread report`: showing reports, closing what is due, and making what was closed again from the events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any, Literal

import typer
from pymongo.asynchronous.database import AsyncDatabase

from deploy.looking import Plant, plant
from deploy.saying import Json, print_json, progress_bar, show, wait_for, words
from services.reporting.behind import Ends
from services.reporting.closing.regenerating import Regenerating
from services.reporting.closing.restatements import RESTATEMENTS
from services.reporting.closing.shelf import KeptShelf
from services.reporting.closing.snapshots import SnapshotDamaged
from services.reporting.closing.timer import Beginnings, CloseTimer, by_itself
from services.reporting.closing.verifying import Verification, verify
from services.reporting.closing.work import Closing
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.library import MongoLibrary
from services.reporting.reports import REPORTS
from services.reporting.reports.exports import EXPORTS
from services.reporting.reports.report import Asked, Registry, Report
from services.reporting.reports.requests import PERIOD
from services.reporting.structure import OfToday
from services.reporting.views import Level, Structure
from shared.calendar.clock import Clock, now
from shared.deciding.refusal import NotFound, Refused
from shared.directory import Directory
from shared.messaging.directory_feed import DirectoryFeed
from shared.projecting.rebuilding import Progress, TopicIncomplete
from shared.stopping import ended
from shared.web.principal import Principal

CAUGHT_UP_SECONDS = 30.0
OPERATOR = Principal(subject="operator", authorities=frozenset({"*"}))
Authority = Annotated[str, typer.Argument(help="The authority's code, such as 901.")]
Period = Annotated[str, typer.Argument(metavar="PERIOD", help="2026-05, or 2026-Q1 for April to June 2026.")]

report = typer.Typer(no_args_is_help=True, help=__doc__)


@dataclass(frozen=True, slots=True)
class Office:
    """Reporting as this command sees it: on the installation's database, with the directory as it is now."""

    closing: Closing
    plant: Plant
    offered: Registry

    @property
    def database(self) -> AsyncDatabase[Any]:
        return self.plant.reporting

    async def shown(self, code: str, asked: Asked, version: int | None) -> Report:
        return await KeptShelf(self.closing).report(OPERATOR, code, asked, version)

    async def verified(self, authority: str, span: Span, progress: Progress) -> Verification:
        settings = self.plant.settings
        again = Regenerating(
            self.plant.client, self.database, settings.kafka_url, settings.topic_prefix, progress, settings.mongo_url
        )
        return await verify(self.closing, authority, span, again.as_of)


@asynccontextmanager
async def office(here: Plant, clock: Clock = now) -> AsyncIterator[Office]:
    """Raises KafkaError or TimeoutError when the organisation cannot be read."""
    directory = Directory()
    feed, ends = DirectoryFeed(directory, here.settings), Ends(here.settings)
    store = here.store("reporting")
    try:
        await ends.start()
        await feed.start()
        async with asyncio.timeout(CAUGHT_UP_SECONDS):
            await feed.caught_up()
        library = MongoLibrary(here.reporting, ends.behind)
        closing = Closing.on(here.reporting, store, library, directory, REPORTS, clock)
        yield Office(closing, here, {**REPORTS, RESTATEMENTS.code: RESTATEMENTS})
    finally:
        for stop in (feed.stop, ends.stop, store.close):
            await ended(stop())  # a consumer that has hardly begun may end by being cancelled


@report.command("show")
def show_report(
    unit: Annotated[str, typer.Argument(help="An authority's code, or the id of a team, service area or region.")],
    code: Annotated[str, typer.Argument(help="R1, R2 and so on.")],
    period: Period,
    format_: Annotated[Literal["csv", "json"], typer.Option("--format")] = "json",
    structure: Annotated[Literal["as-then", "as-now"], typer.Option()] = "as-then",
    version: Annotated[int | None, typer.Option(min=1, help="Of a closed period; default: the newest.")] = None,
) -> None:
    """Print one report: of a closed period as it was published, of an open one as things are known now."""
    span = the_span(period)

    async def run() -> Report:
        async with plant() as here, office(here) as at:
            if code not in at.offered:
                raise typer.BadParameter(f"reports are {', '.join(at.offered)}", param_hint="CODE")
            asked = Asked(the_level(at, unit), unit, span, the_structure(structure))
            return await at.shown(code, asked, version)

    try:
        found = wait_for(run())
    except NotFound:
        words.print("There is no such version.")
        raise typer.Exit(1) from None
    print(EXPORTS[format_].render(found).decode().removesuffix("\r\n"))  # noqa: T201 - the answer


@report.command("close")
def close_periods(
    authority: Annotated[str | None, typer.Argument(help="default: all, whatever is due")] = None,
    period: Annotated[str | None, typer.Argument(metavar="[PERIOD]", help="A month, or a quarter.")] = None,
) -> None:
    """Close one period of an authority, or do now what the service does by itself on the close day."""
    if (authority is None) != (period is None):
        raise typer.BadParameter("name an authority and a period, or neither")

    async def run() -> None:
        async with plant() as here, office(here) as at:
            await here.store("reporting").prepare()
            await at.closing.snapshots.prepare()
            if authority is None or period is None:
                await CloseTimer(at.closing, Beginnings(at.database)).look()
            else:
                span = the_span(period)
                the_level(at, authority)
                await at.closing.close(authority, span, by_itself(authority, span, at.closing.clock()))

    try:
        wait_for(run())
    except Refused as refused:
        words.print(refused.rule, markup=False)
        raise typer.Exit(1) from None
    words.print("What was due is closed." if authority is None else f"{period} of {authority} is closed.")


@report.command("verify")
def verify_period(authority: Authority, period: Period, json_: Json = False) -> None:
    """Make every report of a closed period again from the events, and compare its hash with the published one."""
    span = the_span(period)

    async def run() -> Verification:
        with progress_bar() as bar:
            task = bar.add_task("reading events", total=None)
            tell = partial(_told, bar, task)
            async with plant() as here, office(here) as at:
                return await at.verified(authority, span, tell)

    try:
        found = wait_for(run())
    except (SnapshotDamaged, TopicIncomplete) as failed:
        words.print(str(failed), markup=False)
        raise typer.Exit(1) from None
    if json_:
        print_json({"ok": found.good, **asdict(found)})
    else:
        show([_line(one) for one in found.versions], False, f"{period} of {authority} is not closed.")
        for cell in (cell for one in found.versions for cell in one.differing):
            words.print(cell, markup=False)
    if not found.good:
        raise typer.Exit(1)


def the_span(period: str) -> Span:
    if not re.fullmatch(PERIOD, period):
        raise typer.BadParameter("a month such as 2026-05, or a quarter such as 2026-Q1")
    return periods.named(period)


def the_level(at: Office, unit: str) -> Level:
    """What kind of unit has this id."""
    today = OfToday(at.closing.directory, at.closing.today)
    levels: tuple[Level, ...] = ("authority", "service_area", "team", "region")
    for level in levels:
        if unit in today.ids(level):
            return level
    raise typer.BadParameter("there is no unit with this id")


def the_structure(structure: str) -> Structure:
    return "as-now" if structure == "as-now" else "as-then"


def _told(bar: Any, task: Any, what: str, done: int, of: int) -> None:
    bar.update(task, description=what, completed=min(done, of), total=of)


def _line(one: Any) -> dict[str, Any]:
    return {
        "report": one.report_id,
        "version": one.version,
        "hash": one.published,
        "made again": "the same" if one.same else one.made,
        "cells": len(one.differing),
    }
