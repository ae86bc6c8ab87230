"""Reports over HTTP: the figures, the rows behind them, the same as CSV, and who gets which."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import pytest

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from services.reporting.tables import TABLES
from shared.projecting.state import Generation
from tests import http
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import fill

SPRING = {"from": "2026-04", "to": "2026-06"}


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


def as_(who: str) -> dict[str, str]:
    return http.bearer(who)


async def test_a_unit_is_answered_with_its_children_and_periods(director):
    answer = await director.get("/v1/service-areas/area-planning", params=SPRING)
    assert answer.status_code == 200
    body = answer.json()
    assert [child["unit"]["name"] for child in body["children"]] == ["Elm", "Fern", "Hazel"]
    assert [period["period"]["key"] for period in body["periods"]] == ["2026-04", "2026-05", "2026-06"]
    assert body["as_at"]["positions"][0] == {"model": "audit_quality", "partition": 3, "seq": 41}
    assert answer.headers["x-data-as-of"] == "2026-07-10T08:59:58.000Z"


async def test_without_months_it_is_the_year_up_to_this_month(director):
    body = (await director.get("/v1/teams/team-elm")).json()
    assert (body["first_month"], body["last_month"], len(body["periods"])) == ("2025-08", "2026-07", 12)


async def test_the_same_answer_is_not_sent_twice(director):
    first = await director.get("/v1/authorities/901", params=SPRING)
    assert first.headers["etag"].startswith('W/"')
    again = await director.get("/v1/authorities/901", params=SPRING, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await director.get("/v1/authorities/901", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-13"},
        {"from": "April"},
        {"period": "week"},
        {"structure": "as-if"},
        {"format": "pdf"},
        {"table": "children"},
    ],
    ids=str,
)
async def test_what_cannot_be_answered_is_named_and_not_repeated(director, asked):
    answer = await director.get("/v1/authorities/901", params=asked)
    assert answer.status_code == 422
    assert next(iter(asked.values())) not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_months_that_run_backwards_are_refused(director):
    assert (await director.get("/v1/teams/team-elm", params={"from": "2026-05", "to": "2026-04"})).status_code == 400
    assert (await director.get("/v1/teams/team-elm", params={"from": "2001-05", "to": "2026-04"})).status_code == 400


# -- reading one's own writes ---------------------------------------------------------------------------------------


async def test_a_position_that_is_counted_is_answered_at_once(director):
    after = {"Golden-Thread-Min-Position": "audit.3.41"}
    assert (await director.get("/v1/teams/team-elm", headers=after)).status_code == 200


async def test_a_position_not_yet_counted_is_waited_for_and_then_asked_again(director):
    answer = await director.get("/v1/teams/team-elm", params={"position": "audit.3.41,feedback.2.7"})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    assert answer.json()["status"] == "not yet counted"


async def test_a_position_of_the_audit_service_is_waited_for_in_both_of_its_read_models(
    director, mongo_client, mongo_database, monkeypatch
):
    monkeypatch.setattr("services.reporting.api.PATIENCE", 0.05)
    reporting = mongo_client[http.settings(Settings, mongo_prefix=mongo_database.name).database("reporting")]
    await reporting["marks"].update_one(
        {"_id": Generation(reporting, "audit_cycle", 1).mark_id(3)}, {"$set": {"seq": 40}}
    )
    assert (await director.get("/v1/teams/team-elm", params={"position": "audit.3.40"})).status_code == 200
    assert (await director.get("/v1/teams/team-elm", params={"position": "audit.3.41"})).status_code == 202


@pytest.mark.parametrize("position", ["audit.3", "organisation.3.1", "audit.99.1"])
async def test_a_position_of_nothing_we_read_is_refused(director, position):
    assert (await director.get("/v1/teams/team-elm", params={"position": position})).status_code == 400


# -- who may read what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("manager-of-elm", "/v1/teams/team-elm", 200),
        ("manager-of-elm", "/v1/authorities/901", 200),
        ("manager-of-elm", "/v1/teams/team-birch", 404),
        ("manager-of-elm", "/v1/teams/team-nowhere", 404),
        ("manager-of-elm", "/v1/regions/alliance-north", 200),
        ("officer", "/v1/teams/team-birch", 200),
        ("lead-member", "/v1/authorities/901", 403),
        ("lead-member", "/v1/regions/alliance-north", 404),
        ("administrator", "/v1/authorities/901", 403),
        ("director-of-902", "/v1/authorities/901", 404),
        ("nobody", "/v1/teams/team-elm", 403),
    ],
)
async def test_who_reads_what(app, who, path, status):
    async with http.client(app, who) as talking:
        assert (await talking.get(path)).status_code == status


async def test_nothing_without_a_token_or_the_scope(app):
    async with http.client(app) as talking:
        assert (await talking.get("/v1/teams/team-elm")).status_code == 401
        unscoped = http.bearer("director", scopes=["audit:write"])
        assert (await talking.get("/v1/teams/team-elm", headers=unscoped)).status_code == 403


async def test_a_client_of_one_authority_reads_that_one_and_its_regions_totals(app):
    async with http.client(app, "client", authorities=["902"]) as talking:
        assert (await talking.get("/v1/authorities/902")).status_code == 200
        assert (await talking.get("/v1/authorities/901")).status_code == 404
        region = (await talking.get("/v1/regions/alliance-north", params=SPRING)).json()
        assert [child["figures"]["withheld"] for child in region["children"]] == [True, False]


# -- lists ----------------------------------------------------------------------------------------------------------


async def test_lists_are_by_name_and_continue_where_they_stopped(director):
    first = (await director.get("/v1/teams", params={"limit": 3})).json()
    assert [unit["name"] for unit in first["items"]] == ["Birch", "Elm", "Fern"]
    second = (await director.get("/v1/teams", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert ([unit["name"] for unit in second["items"]], second["next_cursor"]) == (["Hazel"], None)


async def test_a_cursor_is_good_for_its_own_list_and_reader_only(app, director):
    cursor = (await director.get("/v1/teams", params={"limit": 1})).json()["next_cursor"]
    assert (await director.get("/v1/service-areas", params={"cursor": cursor})).status_code == 400
    assert (await director.get("/v1/teams", params={"cursor": cursor[:-2]})).status_code == 400
    assert (await director.get("/v1/teams", params={"cursor": "!"})).status_code == 400
    other = await director.get("/v1/teams", params={"cursor": cursor}, headers=as_("analyst"))
    assert other.json()["type"].endswith("invalid-cursor")


async def test_a_list_says_where_it_goes_on_and_is_not_sent_twice(director):
    first = await director.get("/v1/teams", params={"limit": 3})
    assert 'rel="next"' in first.headers["link"]
    again = await director.get("/v1/teams", params={"limit": 3}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


# -- the rows behind a number ---------------------------------------------------------------------------------------


def every_count(part) -> list[dict]:
    """Each {code, count, measure} anywhere in an answer."""
    if isinstance(part, dict):
        own = [part] if {"code", "count", "measure"} <= part.keys() else []
        return own + [count for inner in part.values() for count in every_count(inner)]
    return [count for inner in part for count in every_count(inner)] if isinstance(part, list) else []


MODELS = {"grades": "audit_quality", "alerts": "practice_alerts", "feedback": "feedback_themes"}


@pytest.mark.parametrize("structure", ["as-then", "as-now"])
@pytest.mark.parametrize(
    "path",
    ["/v1/teams/team-elm", "/v1/service-areas/area-planning", "/v1/service-areas/area-duty", "/v1/authorities/901"],
)
async def test_behind_every_number_are_as_many_rows_as_it_says(director, path, structure):
    asked = {**SPRING, "structure": structure}
    total = (await director.get(path, params=asked)).json()["total"]
    checked = 0
    for part, model in MODELS.items():
        for count in every_count(total[part]):
            rows = await _all_rows(director, path, {**asked, "model": model, "measure": count["measure"]})
            assert len(rows) == count["count"], count
            checked += bool(rows)
    assert checked > 10


async def _all_rows(talking, path: str, asked: dict[str, str], limit: int = 50) -> list[dict]:
    rows: list[dict] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await talking.get(f"{path}/rows", params={**asked, **cursor, "limit": str(limit)})
        assert answer.status_code == 200
        body = answer.json()
        assert body["complete"]
        rows += body["items"]
        if body["next_cursor"] is None:
            return rows
        cursor = {"cursor": body["next_cursor"]}


async def test_page_by_page_there_are_the_same_rows(director):
    asked = {**SPRING, "model": "audit_quality", "measure": "OFSTED4.count"}
    by_five = await _all_rows(director, "/v1/authorities/901", asked, limit=5)
    assert by_five == await _all_rows(director, "/v1/authorities/901", asked)
    assert len(by_five) == 15


async def test_an_alert_that_was_reopened_twice_is_there_twice(director):
    rows = await _all_rows(
        director, "/v1/teams/team-elm", {**SPRING, "model": "practice_alerts", "measure": "reopened.count"}
    )
    assert [row["stream"] for row in rows] == ["alert-twice-reopened"] * 2


@pytest.mark.parametrize(
    ("measure", "stream", "facts"),
    [
        ("impact.IMPROVED", "alert-settled", {"kind": "ALERT", "impact": "IMPROVED"}),
        ("good_practice_shared.count", "alert-praise", {"shared_on": "2026-05-11"}),
        ("informal_settled.count", "informal_resolution-elm", {"kind": "INFORMAL", "settled_on": "2026-05-04"}),
    ],
)
async def test_a_row_says_what_became_of_it(director, measure, stream, facts):
    (row,) = await _all_rows(director, "/v1/teams/team-elm", {**SPRING, "model": "practice_alerts", "measure": measure})
    assert row["stream"] == stream
    assert facts.items() <= {fact["name"]: fact["value"] for fact in row["facts"]}.items()


async def test_rows_name_no_child_and_no_worker(director):
    asked = {**SPRING, "model": "audit_quality", "measure": "OFSTED4.count"}
    row = (await director.get("/v1/teams/team-elm/rows", params=asked)).json()["items"][0]
    assert set(row) == {"stream", "counted_in", "date", "team", "service_area", "authority", "facts"}
    assert {fact["name"] for fact in row["facts"]} <= {
        *("scale", "overall", "raw", "audit_type", "plan_type", "independence", "source", "regrades", "days"),
        "external",
    }


async def test_rows_outside_ones_reach_are_left_out_and_the_answer_says_so(app):
    asked = {**SPRING, "model": "audit_quality", "measure": "OFSTED4.count"}
    async with http.client(app, "manager-of-elm") as talking:
        body = (await talking.get("/v1/authorities/901/rows", params=asked)).json()
        assert {row["team"]["id"] for row in body["items"]} == {"team-elm"}
        assert body["complete"] is False
        inspection = {**SPRING, "model": "audit_quality", "measure": "OFSTED4E.count"}
        public = (await talking.get("/v1/regions/alliance-north/rows", params=inspection)).json()
        assert [row["authority"]["id"] for row in public["items"]] == ["901", "902"]


@pytest.mark.parametrize("measure", ["$where", "a.b.c.d.e.f", "", "OFSTED4..count", "cells|x"])
async def test_a_measure_that_is_none_is_refused(director, measure):
    asked = {"model": "audit_quality", "measure": measure}
    assert (await director.get("/v1/teams/team-elm/rows", params=asked)).status_code == 422


# -- CSV ------------------------------------------------------------------------------------------------------------


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("table", sorted(TABLES))
async def test_every_table_is_csv_with_one_header_and_lines_that_end_as_the_rfc_says(director, table):
    answer = await director.get("/v1/authorities/901", params={**SPRING, "table": table, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.count("\n") == answer.text.count("\r\n")
    widths = {len(row) for row in csv.reader(io.StringIO(answer.text, newline=""))}
    assert len(widths) == 1
    assert len(read(answer.text)) > 3


async def test_numbers_in_the_export_are_those_in_the_answer(director):
    body = (await director.get("/v1/authorities/901", params=SPRING)).json()
    shown = {row["scale"]: row["count"] for row in body["total"]["grades"]}
    exported = read((await director.get("/v1/authorities/901.csv", params=SPRING)).text)
    assert {row["scale"]: int(row["count"]) for row in exported if row["row"] == "TOTAL"} == shown
    parts = [row for row in exported if row["row"] == "PART" and row["scale"] == "OFSTED4"]
    assert sum(int(row["count"]) for row in parts) == shown["OFSTED4"]


async def test_csv_can_be_asked_for_by_its_media_type(director):
    answer = await director.get("/v1/teams", headers={"Accept": "text/csv"})
    assert [row["name"] for row in read(answer.text)] == ["Birch", "Elm", "Fern", "Hazel"]


async def test_rows_are_csv_too(director):
    asked = {**SPRING, "model": "feedback_themes", "measure": "received.count", "format": "csv", "excel": "true"}
    answer = await director.get("/v1/authorities/901/rows", params=asked)
    assert answer.text.startswith("\ufeffstream,")
    assert len(read(answer.text)) == 2
