"""The rows behind a number are found by the one index of rows at every level, among as many rows as may be."""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.answering import Answers
from services.reporting.cursors import Cursors
from services.reporting.domain import periods
from services.reporting.library import MongoLibrary
from services.reporting.rows import rows_query
from services.reporting.structure import OfToday, Reach
from services.reporting.views import Window
from shared.directory import Directory
from shared.projecting.state import Generation
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Membership,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)
from shared.web.policy import Policy
from shared.web.principal import Principal
from tests.reporting.an_organisation import NOW

BEGAN = date(2016, 1, 1)
MONTHS = periods.months("2016-07", "2026-06")
REGIONS, AUTHORITIES, AREAS, TEAMS = 9, 18, 5, 5
ROWS = 200_000
QUARTER = ("2026-04", "2026-06")
EVERYBODY = Principal("client", authorities=frozenset({"*"}))
MEASURE = "OFSTED4.overall.GOOD"


def called(name: str) -> tuple[Dated, ...]:
    return (Dated(since=BEGAN, value=name),)


def a_country() -> Directory:
    """Two authorities in each region, with five service areas of five teams."""
    directory = Directory()
    for r in range(REGIONS):
        directory.learn(RegionDescribedV1(region_id=f"r{r}", names=called(f"Region {r}"), kind="REGION"))
    for a in range(AUTHORITIES):
        member = (Membership(since=BEGAN, region_id=f"r{a % REGIONS}"),)
        directory.learn(AuthorityDescribedV1(authority_id=f"a{a}", names=called(f"Authority {a}"), regions=member))
        for s in range(AREAS):
            area = f"a{a}-s{s}"
            directory.learn(
                ServiceAreaDescribedV1(service_area_id=area, authority_id=f"a{a}", names=called(f"Area {s}"))
            )
            for t in range(TEAMS):
                inside = (Dated(since=BEGAN, value=area),)
                directory.learn(
                    TeamDescribedV1(team_id=f"{area}-t{t}", names=called(f"Team {t}"), service_areas=inside)
                )
    return directory


def some_rows() -> list[dict[str, Any]]:
    rng = random.Random(20190301)
    return [_row(n, rng) for n in range(ROWS)]


def _row(n: int, rng: random.Random) -> dict[str, Any]:
    a, s, t = rng.randrange(AUTHORITIES), rng.randrange(AREAS), rng.randrange(TEAMS)
    month, grade = rng.choice(MONTHS), rng.choice(("GOOD", "OUTSTANDING", "INADEQUATE"))
    place = {"team": f"a{a}-s{s}-t{t}", "service_area": f"a{a}-s{s}", "authority": f"a{a}"}
    return {
        "_id": f"audit-{n:07d}",
        "place": {**place, "regions": [f"r{a % REGIONS}"]},
        "date": f"{month}-12",
        "scale": "OFSTED4",
        "overall": grade,
        "cells": [f"{month}|OFSTED4.count", f"{month}|OFSTED4.overall.{grade}"],
        "months": [month],
        "v": 1,
    }


class Filled:
    """A generation with its rows, which are also here."""

    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self.generation = Generation(database, "audit_quality", 1)
        self.rows = some_rows()

    async def fill(self) -> None:
        for start in range(0, ROWS, 20_000):
            await self.generation.rows.insert_many(self.rows[start : start + 20_000], ordered=False)
        await self.generation.prepare()


@pytest.fixture(scope="module")
async def filled(mongo_client) -> Any:
    database = mongo_client[f"drill-down-{time.time_ns()}"]
    found = Filled(database)
    await found.fill()
    yield found
    await mongo_client.drop_database(database.name)


UNITS = [("region", "r3"), ("authority", "a3"), ("service_area", "a3-s2"), ("team", "a3-s2-t1")]
EACH = pytest.mark.parametrize(
    ("level", "unit", "structure"), [(*one, structure) for one in UNITS for structure in ("as-then", "as-now")]
)


@EACH
async def test_the_index_finds_the_rows_of_a_unit_and_few_others(filled, level, unit, structure):
    window = Window(first_month=QUARTER[0], last_month=QUARTER[1], structure=structure)
    today = OfToday(a_country(), NOW.date())
    query = rows_query(today, Reach(EVERYBODY, today, Policy()), level, unit, window, "audit_quality")
    months = list(periods.months(*QUARTER))
    of_unit = {**(query or {}), "months": {"$in": months}}
    counting = {**of_unit, "cells": {"$in": [f"{m}|{MEASURE}" for m in months]}}
    explained = await filled.generation.database.command(
        "explain",
        {
            "find": filled.generation.rows.name,
            "filter": {"$and": [counting, {"_id": {"$gt": ""}}]},
            "sort": {"_id": 1},
            "limit": 51,
        },
        verbosity="executionStats",
    )
    assert "place_months" in str(explained["queryPlanner"]["winningPlan"])
    there = await filled.generation.rows.count_documents(of_unit)
    done = explained["executionStats"]
    assert 0 < done["totalDocsExamined"] <= there
    seeks = (AREAS + 1) * (TEAMS + 1) * len(months)
    assert done["totalKeysExamined"] <= there + seeks, "beside the rows, only what is sought over"


@EACH
async def test_drill_down_at_every_level_shows_the_rows_of_the_unit_and_no_others(filled, level, unit, structure):
    answers = Answers(MongoLibrary(filled.generation.database), a_country(), Policy(), Cursors(b"s"), lambda: NOW)
    window = Window(first_month=QUARTER[0], last_month=QUARTER[1], structure=structure)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await answers.rows(
            EVERYBODY, level, unit, window, model="audit_quality", measure=MEASURE, cursor=cursor, limit=200
        )
        assert page.items
        found += [item.stream for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [row["_id"] for row in filled.rows if _counts(row, level, unit)]


def _counts(row: dict[str, Any], level: str, unit: str) -> bool:
    place = row["place"]
    inside = unit in place["regions"] if level == "region" else place[level] == unit
    return inside and row["overall"] == "GOOD" and QUARTER[0] <= row["months"][0] <= QUARTER[1]
