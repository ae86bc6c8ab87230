"""Every report of every level on a real MongoDB: one page, one set of numbers in JSON, CSV, workbook and PDF."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.reports import REPORTS
from services.reporting.settings import Settings
from tests import http
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.comparing_exports import compare
from tests.reporting.filling import fill
from tests.reporting.test_pages_answer import BROWSER

UNITS = {
    "team": "teams/team-elm",
    "service_area": "service-areas/area-planning",
    "authority": "authorities/901",
    "region": "regions/alliance-north",
}


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


async def offered(talking: httpx2.AsyncClient, unit: str) -> list[str]:
    return [one["code"] for one in (await talking.get(f"/v1/{unit}/reports")).json()["items"]]


@pytest.mark.parametrize("level", UNITS)
async def test_every_cell_is_the_same_on_the_page_and_in_every_file(director: httpx2.AsyncClient, level: str) -> None:
    codes = await offered(director, UNITS[level])
    assert set(codes) <= set(REPORTS) | {"R14"}
    for code in codes:
        compared = await compare(director, f"/{UNITS[level]}/reports/{code}?period=2026-Q1&structure=as-then")
        assert compared > 0 or code == "R14", code


@pytest.mark.parametrize("level", UNITS)
async def test_rows_have_a_cell_for_each_column_and_keys_of_their_own(director: httpx2.AsyncClient, level: str) -> None:
    for code in await offered(director, UNITS[level]):
        told = (await director.get(f"/v1/{UNITS[level]}/reports/{code}", params={"period": "2026-05"})).json()
        names = [table["name"] for table in told["tables"]]
        assert len(set(names)) == len(names) > 0
        for table in told["tables"]:
            codes = [column["code"] for column in table["columns"]]
            assert len(set(codes)) == len(codes)
            keys = [row["key"] for row in table["rows"]]
            assert len(set(keys)) == len(keys)
            assert {len(row["cells"]) for row in table["rows"]} <= {len(codes)}
            if table["chart"]:
                assert {table["chart"][0], *table["chart"][1]} <= set(codes)


async def test_every_report_is_offered_somewhere(director: httpx2.AsyncClient) -> None:
    assert set(REPORTS) <= {code for unit in UNITS.values() for code in await offered(director, unit)}
