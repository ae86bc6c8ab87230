"""The pages over the real queries on a real MongoDB: what the screen says is what the interface says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from tests import http
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import fill
from tests.reporting.test_pages_answer import BROWSER, cells

SPRING = "from=2026-04&to=2026-06"
UNITS = ["teams/team-elm", "service-areas/area-planning", "authorities/901"]
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")


@pytest.fixture
async def app(mongo_client, mongo_database) -> AsyncIterator[FastAPI]:
    settings = http.settings(Settings, mongo_prefix=mongo_database.name)
    await fill(mongo_client[settings.database("reporting")], everything())
    yield create_app(settings, Borrowed(mongo_client, an_organisation()), clock=lambda: NOW)
    await mongo_client.drop_database(settings.database("reporting"))


@pytest.fixture
async def director(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with http.client(app, "director", headers=BROWSER) as talking:
        yield talking


def table(html: str, name: str) -> list[list[str]]:
    found = re.search(rf'data-table="{name}">(.*?)</table>', html, re.S)
    assert found is not None, name
    return cells(found[1])


@pytest.mark.parametrize("unit", UNITS)
async def test_the_balance_on_the_screen_is_that_of_the_interface(director: httpx2.AsyncClient, unit: str) -> None:
    told = (await director.get(f"/v1/{unit}?{SPRING}")).json()["total"]["alerts"]
    page = await director.get(f"/{unit}?{SPRING}")
    assert page.status_code == 200
    shown = table(page.text, "alerts-balance")[0]
    middle = [told[name]["count"] for name in ("raised", "reopened", "resolved", "withdrawn")]
    expected = [told["opening"], *middle, told["closing"], told["good_practice"]["count"]]
    assert shown[1:] == [str(number) for number in expected]


@pytest.mark.parametrize("unit", UNITS)
async def test_every_scale_has_its_own_grades_on_the_screen(director: httpx2.AsyncClient, unit: str) -> None:
    told = (await director.get(f"/v1/{unit}?{SPRING}")).json()["total"]["grades"]
    page = (await director.get(f"/{unit}?{SPRING}")).text
    ours = [grades for grades in told if grades["scale"] != "OFSTED4E"]
    assert ours
    for grades in ours:
        name = "audits-over-time" if len(ours) == 1 else f"audits-{grades['scale'].lower()}-over-time"
        by_code = {count["code"]: str(count["count"]) for count in grades["overall"]}
        shown = table(page, name)[0]
        if set(by_code) & set(GRADES):
            assert shown[1:5] == [by_code.get(code, "0") for code in GRADES]
        assert str(grades["graded"]) in shown


async def test_a_region_shows_what_is_public_and_no_sum_that_would_tell_of_others(director: httpx2.AsyncClient) -> None:
    page = (await director.get(f"/regions/alliance-north?{SPRING}")).text
    assert "less your own they would tell of the others" in page
    assert "Ofsted judgements" in page
    assert 'data-table="alerts-balance"' not in page
    assert (await director.get(f"/regions/alliance-north/tables/alerts-balance.csv?{SPRING}")).status_code == 404


async def test_a_scale_that_does_not_say_what_is_good_gets_no_percentage(director: httpx2.AsyncClient) -> None:
    page = (await director.get(f"/authorities/901?{SPRING}")).text
    section = re.search(r'<section class="gt-section" aria-labelledby="audits-sos10">.*?</section>', page, re.S)
    assert section is not None
    assert "good or better" not in section[0].lower()
    assert "%" not in re.sub(r'href="[^"]*"', "", section[0])


async def test_a_number_on_the_screen_opens_as_many_rows(director: httpx2.AsyncClient) -> None:
    page = (await director.get(f"/authorities/901?{SPRING}")).text
    found = re.findall(r'<a class="govuk-link gt-number" href="([^"]+)">(\d+)', page)
    assert len(found) > 10
    for href, number in found[:25]:
        rows = await director.get(href.replace("&amp;", "&").replace("/rows?", "/rows.csv?"))
        assert len(rows.text.splitlines()) - 1 == int(number), href


async def test_a_manager_sees_the_own_team_and_no_other(app: FastAPI) -> None:
    async with http.client(app, "manager-of-elm", headers=BROWSER) as talking:
        overview = (await talking.get("/")).text
        assert "Elm" in overview
        assert "Birch" not in overview
        assert (await talking.get("/teams/team-elm")).status_code == 200
        assert (await talking.get("/teams/team-birch")).status_code == 404


async def test_everybody_who_signs_in_has_an_overview(app: FastAPI) -> None:
    for person in ("lead-member", "social-worker", "administrator"):
        async with http.client(app, person, headers=BROWSER) as talking:
            assert (await talking.get("/")).status_code == 200


async def test_operators_see_the_read_models_as_they_are(director: httpx2.AsyncClient) -> None:
    rows = table((await director.get("/status")).text, "read-models")
    assert [row[0] for row in rows] == ["Audit quality", "Audit cycle", "Practice alerts", "Feedback themes"]
    assert [row[2] for row in rows] == ["1", "1", "1", "1"]
    assert {row[4] for row in rows} == {"2026-07-10 09:59:58"}
