"""Reports over HTTP: which there are, what each says in every form, and who gets how much of it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import pytest

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from tests import http
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import fill

R1 = "/v1/authorities/901/reports/R1"


@pytest.fixture
async def app(mongo_client, mongo_database):
    settings = http.settings(Settings, mongo_prefix=mongo_database.name)
    await fill(mongo_client[settings.database("reporting")], everything())
    yield create_app(settings, Borrowed(mongo_client, an_organisation()), clock=lambda: NOW)
    await mongo_client.drop_database(settings.database("reporting"))


@pytest.fixture
async def director(app) -> AsyncIterator:
    async with http.client(app, "director") as talking:
        yield talking


async def test_the_list_of_reports_says_which_there_are_and_which_periods_are_closed(director):
    body = (await director.get("/v1/authorities/901/reports")).json()
    assert body["unit"]["name"] == "Authority 901"
    assert body["latest"] == "2026-06"
    assert body["items"][0]["code"] == "R1"
    assert body["items"][0]["closed"] == []


async def test_without_a_period_it_is_the_last_whole_month(director):
    body = (await director.get(R1)).json()
    assert (body["period"], body["period_kind"], body["period_label"]) == ("2026-06", "month", "June 2026")
    assert body["as_at"]["positions"][0] == {"model": "audit_quality", "partition": 3, "seq": 41}


@pytest.mark.parametrize(
    ("period", "label"), [("2026-05", "May 2026"), ("2026-Q1", "2026-Q1 (Apr-Jun 2026)"), ("2025-Q4", None)]
)
async def test_a_period_is_a_month_or_a_financial_quarter(director, period, label):
    body = (await director.get(R1, params={"period": period})).json()
    assert body["period"] == period
    assert body["period_label"] == (label or "2025-Q4 (Jan-Mar 2026)")


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"period": "2026-13"}, "period"),
        ({"period": "2026-Q5"}, "period"),
        ({"period": "May"}, "period"),
        ({"period": "2026-08"}, "period"),
        ({"period": "2026-Q3"}, "period"),
        ({"structure": "as-if"}, "structure"),
        ({"format": "docx"}, "format"),
        ({"table": "children"}, "table"),
        ({"version": "0"}, "version"),
    ],
    ids=str,
)
async def test_what_cannot_be_answered_is_named_and_not_repeated(director, asked, where):
    answer = await director.get(R1, params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["parameter"] for error in answer.json()["errors"]] == [where]
    assert str(next(iter(asked.values()))) not in [error["detail"] for error in answer.json()["errors"]]


async def test_a_report_that_there_is_not_is_named(director):
    answer = await director.get("/v1/authorities/901/reports/R99")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "code"
    assert "R1" in answer.json()["errors"][0]["detail"]
    assert "R99" not in answer.text


async def test_a_version_of_a_period_that_is_open_is_not_there(director):
    assert (await director.get(R1, params={"version": "1"})).status_code == 404


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_the_same_report_is_not_sent_twice(director, form):
    first = await director.get(R1, params={"format": form})
    assert first.headers["etag"].startswith('W/"')
    assert first.headers["x-data-as-of"] == "2026-07-10T08:59:58.000Z"
    again = await director.get(R1, params={"format": form}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await director.get(R1, params={"period": "2026-04"}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


async def test_a_position_not_yet_counted_is_waited_for_and_then_asked_again(director):
    known = await director.get(R1, headers={"Golden-Thread-Min-Position": "audit.3.41"})
    assert known.status_code == 200
    answer = await director.get(R1, headers={"Golden-Thread-Min-Position": "feedback.2.7"})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")


async def test_csv_holds_every_cell_under_the_codes_of_its_columns(director):
    body = (await director.get(R1, params={"period": "2026-Q1"})).json()
    answer = await director.get(R1, params={"period": "2026-Q1", "format": "csv", "excel": "true"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="R1-901-2026-Q1.csv"'
    assert answer.text.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
    table = body["tables"][0]
    assert head == ["row", "unit_id", *(column["code"] for column in table["columns"]), "revised"]
    told = [["" if cell is None else str(cell) for cell in row["cells"]] for row in table["rows"]]
    assert [row[2:-1] for row in rows] == told


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("manager-of-elm", "/v1/teams/team-elm/reports", 200),
        ("manager-of-elm", "/v1/authorities/901/reports", 200),
        ("manager-of-elm", "/v1/teams/team-birch/reports", 404),
        ("manager-of-elm", "/v1/teams/team-birch/reports/R1", 404),
        ("manager-of-elm", "/v1/teams/team-nowhere/reports/R1", 404),
        ("manager-of-elm", "/v1/regions/alliance-north/reports/R1", 200),
        ("officer", "/v1/teams/team-birch/reports/R1", 200),
        ("lead-member", "/v1/authorities/901/reports/R1", 403),
        ("director-of-902", "/v1/authorities/901/reports/R1", 404),
        ("nobody", "/v1/teams/team-elm/reports/R1", 403),
    ],
)
async def test_who_reads_what(app, who, path, status):
    async with http.client(app, who) as talking:
        assert (await talking.get(path)).status_code == status


async def test_in_a_region_the_figures_of_other_authorities_are_withheld(director):
    body = (await director.get("/v1/regions/alliance-north/reports/R1", params={"period": "2026-Q1"})).json()
    rows = {row["key"]: row["cells"] for row in body["tables"][0]["rows"]}
    assert rows["authority:902"] == ["Authority 902", *["x"] * 9]
    assert "x" not in rows["authority:901"]
    (total,) = [row["cells"] for row in body["tables"][0]["rows"] if row["kind"] == "TOTAL"]
    assert set(total[1:]) == {"x"}, "less one's own it would tell of the others"
    assert body["complete"] is False
    whole = (await director.get(R1, params={"period": "2026-Q1"})).json()
    assert whole["complete"] is True
