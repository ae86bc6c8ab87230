"""The demonstration: everything up, the real inspection outcomes and a year of made-up records loaded, and checked."""

from __future__ import annotations

import asyncio
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table

from deploy import leaving
from deploy.installation import Installation
from deploy.loading import ofsted
from deploy.loading.people import demo_people
from deploy.loading.released import PARTNER
from deploy.loading.seed import Wanted, plan, until_of
from deploy.looking import Plant
from services.reporting.views import UnitView
from shared.calendar.clock import local_date, now
from shared.published.improvement import ImprovementEventPublishedV1
from shared.settings import ServiceSettings

INSPECTIONS = Path(__file__).parents[1] / "data" / "ofsted-ilacs-2026-06.csv"
SPAN = {"from": "2017-01", "to": "2026-10"}  # every inspection in the file
LEVELS = {"teams": "901-elm", "service-areas": "901-intervention", "authorities": "901", "regions": "ncl"}
LEVEL_SECONDS = 180.0
PUBLISHED = ImprovementEventPublishedV1.TYPE

words = Console(stderr=True)


@dataclass(slots=True)
class Clocked:
    """What a demonstration took, in seconds from its start."""

    began: float
    up: float = 0.0
    first_view: float = 0.0
    loaded: float = 0.0

    def now(self) -> float:
        return time.monotonic() - self.began


def run(installation: Installation, load: Callable[[str], None], *, check: bool) -> bool:
    """Bring everything up, load both data sets and say where to look; with `check` also compare, and say whether.

    `load` is told "inspections" and then "records" and shows its own progress.
    """
    clocked = Clocked(time.monotonic())
    installation.start()
    clocked.up = clocked.now()
    load("inspections")
    asyncio.run(_first_view(installation))
    clocked.first_view = clocked.now()
    say_where(installation, clocked)
    load("records")
    clocked.loaded = clocked.now()
    return asyncio.run(_check(installation, clocked)) if check else True


def say_where(installation: Installation, clocked: Clocked) -> None:
    """Addresses, tokens and a line to try."""
    reporting = installation.address("reporting")
    words.print(f"\nThe first view answered after {clocked.first_view:.0f} s. Pages: [bold]{reporting}[/]")
    words.print("Sign in with one of these tokens (an hour long; more from `goldenthread token STAFF_REF`):\n")
    for person in demo_people():
        if person.role in ("DCS", "HEAD_OF_SERVICE", "TEAM_MANAGER"):
            token = installation.token(person.staff_ref, ["read", "audit:write", "alert:write", "feedback:write"])
            words.print(
                f"{person.role} ({person.unit}, {person.staff_ref})\n{token}\n", soft_wrap=True, highlight=False
            )
    token = installation.token("curl", ["read"], ["*"])
    words.print("Or ask the interface:\n")
    words.print(
        f"curl -H 'Authorization: Bearer {token}' '{reporting}/v1/regions/gl?from=2020-01&to=2026-06&period=quarter'\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


async def _first_view(installation: Installation) -> None:
    async with _web(installation) as web:
        async with asyncio.timeout(60):
            while not (await _view(web, "regions", "gl", SPAN)).total.grades:
                await asyncio.sleep(0.2)


async def _check(installation: Installation, clocked: Clocked) -> bool:
    """Look at one view of each level, hold the inspections against the file, and everything against a recount."""
    wrong = await _adds_up(installation)
    async with _web(installation) as web:
        shown = [await _view(web, level, unit, _year()) for level, unit in LEVELS.items()]
        regions = await _regions(web)
    _print_views(shown)
    wrong += [f"{view.unit.level} {view.unit.id} shows no audits" for view in shown if not view.total.grades]
    wrong += await _stays_inside(installation)
    wrong += _print_regions(regions, recount(INSPECTIONS.read_text(encoding="utf-8-sig").splitlines()))
    _print_costs(installation, clocked)
    for one in wrong[:20]:
        words.print(one, markup=False, style="bold")
    words.print("Everything adds up." if not wrong else f"{len(wrong)} things do not add up.")
    return not wrong


async def _stays_inside(installation: Installation) -> list[str]:
    """What came out at the partner's door although it was put in as a record."""
    token = installation.token(PARTNER, ["improvements:read"], partner=PARTNER)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=installation.address("reporting"), headers=headers, timeout=30) as web:
        said = await leaving.received(web)
    today = local_date(now())
    known = leaving.canaries(plan(Wanted(until_of(None, today), today)))
    words.print(f"A partner received {said.count(PUBLISHED)} improvement events, searched for {len(known)} texts.")
    nothing = [] if PUBLISHED in said else ["nothing was released to the partner"]
    return nothing + [f"left although it is inside: {one}" for one in leaving.heard(known, said)]


async def _adds_up(installation: Installation) -> list[str]:
    settings = ServiceSettings(
        environment="demo",
        mongo_url=str(installation.mongo_url),
        kafka_url=str(installation.kafka_url),
        mongo_prefix=installation.prefix,
        topic_prefix=installation.topic_prefix,
    )
    async with AsyncMongoClient[Any](settings.mongo_url, tz_aware=True) as client:
        plant = Plant(settings, client)
        await plant.settled(LEVEL_SECONDS)
        return await plant.verify()


def _web(installation: Installation) -> httpx2.AsyncClient:
    token = installation.token("demonstration", ["read"], ["*"])
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=installation.address("reporting"), headers=headers, timeout=30)


async def _view(web: httpx2.AsyncClient, level: str, unit: str, span: dict[str, str]) -> UnitView:
    answer = await web.get(f"/v1/{level}/{unit}", params={**span, "period": "quarter"})
    answer.raise_for_status()
    return UnitView.model_validate(answer.json(), extra="ignore")  # as any client should


def _year() -> dict[str, str]:
    """The last twelve months, this one included."""
    today = local_date(now())
    first = today.year * 12 + today.month - 12
    return {"from": f"{first // 12}-{first % 12 + 1:02}", "to": f"{today.year}-{today.month:02}"}


RegionCounts = dict[str, Counter[str]]


def recount(lines: Iterable[str]) -> RegionCounts:
    """Overall outcomes by region, counted from the file in the plainest way."""
    counts: RegionCounts = {}
    for row in csv.DictReader(lines):
        if row["region_code"] and row["overall_effectiveness_grade"]:
            grade = ofsted.GRADES[row["overall_effectiveness_grade"]]
            counts.setdefault(row["region_code"].lower(), Counter())[grade] += 1
    return counts


async def _regions(web: httpx2.AsyncClient) -> RegionCounts:
    counts: RegionCounts = {}
    for code in ofsted.REGIONS:
        view = await _view(web, "regions", code.lower(), SPAN)
        grades = [grades for grades in view.total.grades if grades.scale == "OFSTED4E"]
        counts[code.lower()] = Counter({one.code: one.count for g in grades for one in g.overall if one.count})
    return counts


def _print_regions(shown: RegionCounts, file: RegionCounts) -> list[str]:
    order = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
    table = Table(
        "Region", *(grade.replace("_", " ").capitalize() for grade in order), "File says", title="Inspections"
    )
    for code, name in ofsted.REGIONS.items():
        found, expected = shown[code.lower()], file.get(code.lower(), Counter())
        equal = "the same" if found == expected else "something else"
        table.add_row(name, *(str(found[grade]) for grade in order), equal)
    Console().print(table)
    return [
        f"region {code}: shown {dict(shown[code])}, file {dict(file[code])}"
        for code in file
        if shown[code] != file[code]
    ]


def _print_views(views: Iterable[UnitView]) -> None:
    table = Table(
        "Level", "Unit", "Audits", "Good or better", "Alerts raised", "Feedback", title="The last twelve months"
    )
    for view in views:
        local = [grades for grades in view.total.grades if grades.scale == "OFSTED4"]
        table.add_row(
            view.unit.level,
            view.unit.name,
            str(sum(grades.count for grades in local)),
            ", ".join(grades.good_or_better.display for grades in local),
            str(view.total.alerts.raised.count) if view.total.alerts else "",
            str(view.total.feedback.received.count) if view.total.feedback else "",
        )
    Console().print(table)


def _print_costs(installation: Installation, clocked: Clocked) -> None:
    memory = installation.memory_mb()
    table = Table("What it took", "", title="Seconds and memory")
    table.add_row("everything up", f"{clocked.up:.0f} s")
    table.add_row("first view", f"{clocked.first_view:.0f} s")
    table.add_row("both data sets loaded", f"{clocked.loaded:.0f} s")
    for name, mb in memory.items():
        table.add_row(name, f"{mb:.0f} MiB")
    table.add_row("all processes", f"{sum(memory.values()):.0f} MiB")
    Console().print(table)
