"""The pages of reports over an example: what they hold, where they lead, and what they say when something is wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape

import httpx2
import pytest

from services.reporting.dashboard.report_filters import choices
from services.reporting.dashboard.report_page import in_short
from services.reporting.labels import label
from services.reporting.reports.drawing import drawn
from tests import http
from tests.browser.serving import pages_app
from tests.examples.a_report import AS_CLOSED, CLOSED, ITEMS, NONE, UNITS
from tests.reporting.test_pages_answer import BROWSER

R1 = "/authorities/901/reports/R1"
CLOSED_MAY = f"{R1}?period=2026-05&structure=as-then"


@pytest.fixture
async def reader() -> AsyncIterator[httpx2.AsyncClient]:
    async with http.client(pages_app(), "reader", authorities=["*"], headers=BROWSER) as talking:
        yield talking


@pytest.mark.parametrize("page", ["/authorities/901/reports", R1, CLOSED_MAY])
async def test_every_page_has_one_heading_and_a_title_and_no_style_or_script_of_its_own(reader, page):
    answer = await reader.get(page)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert re.search(r"<title>[^<]+ - Golden Thread</title>", answer.text)
    assert " style=" not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_page_of_a_unit_leads_to_its_reports_and_they_to_each(reader):
    unit = (await reader.get("/authorities/901")).text
    assert 'href="/authorities/901/reports"' in unit
    listed = (await reader.get("/authorities/901/reports")).text
    addresses = [unescape(found) for found in re.findall(r'href="(/authorities/901/reports/[^"]+)"', listed)]
    assert addresses == [
        f"{R1}?period=2027-02&structure=as-then",
        CLOSED_MAY,
        "/authorities/901/reports/R2?period=2027-02&structure=as-then",
    ]
    for address in addresses:
        assert (await reader.get(address)).status_code == 200


async def test_without_a_period_it_is_the_last_whole_month_and_open(reader):
    html = (await reader.get(R1)).text
    assert "Exampleton, February 2027" in html
    assert "As known now: these figures may still change." in html
    assert "what was published" not in html


async def test_a_closed_period_says_when_in_which_version_and_under_which_hash(reader):
    html = (await reader.get(CLOSED_MAY)).text
    assert "Closed on 5 June 2026." in html
    assert "Version 2, restated, from records until 5 June 2026 at 17:00 London time." in html
    assert CLOSED.closing is not None
    assert CLOSED.closing.hash in html
    assert "A figure marked <strong>r</strong> was restated" in html
    assert re.search(r"<td[^>]*>12 r</td>", html)
    assert "May 2026 (closed)" in html


async def test_a_closed_period_by_the_structure_of_today_leads_to_what_was_published(reader):
    html = (await reader.get(f"{R1}?period=2026-05&structure=as-now")).text
    assert "As known now: these figures may still change." in html
    (published,) = re.findall(r'href="([^"]+)">what was published', html)
    assert unescape(published) == CLOSED_MAY


async def test_every_version_of_a_closed_period_can_be_read(reader):
    html = (await reader.get(CLOSED_MAY)).text
    (first,) = re.findall(r'href="([^"]+)">Version 1, as it was closed', html)
    assert "Version 2, shown here" in html
    as_closed = (await reader.get(unescape(first))).text
    assert AS_CLOSED.closing is not None
    assert AS_CLOSED.closing.hash in as_closed
    assert "A figure marked" not in as_closed
    file = unescape(re.findall(r'href="([^"]+R1\.pdf[^"]*)"', as_closed)[0])
    assert "version=1" in file


async def test_units_below_lead_to_their_own_report_of_the_same_period(reader):
    html = (await reader.get(CLOSED_MAY)).text
    assert 'href="/service-areas/area-duty/reports/R1?period=2026-05&amp;structure=as-then"' in html
    assert 'href="/teams/team-birch/reports/R1?period=2026-05&amp;structure=as-then"' in html


async def test_every_table_can_be_taken_away_and_so_can_the_whole(reader):
    html = (await reader.get(CLOSED_MAY)).text
    files = [unescape(found) for found in re.findall(r'href="([^"]+)" download', html)]
    assert len(files) == 5
    for address in files:
        answer = await reader.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="R1-901-2026-05-v2.')


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=2026-13", "Select a month or a quarter"),
        ("period=2027-04", "The period must not lie in the future"),
        ("structure=as-if", "Select the teams as they were then or as they are now"),
        ("version=last", "A version is a number from 1"),
    ],
)
async def test_what_was_picked_wrongly_is_explained_above_the_usual_report(reader, query, said):
    answer = await reader.get(f"{R1}?{query}")
    assert answer.status_code == 200
    assert "<title>Error: R1 " in answer.text
    assert "There is a problem" in answer.text
    assert said in answer.text
    assert "Exampleton, February 2027" in answer.text


async def test_an_address_of_nothing_is_a_page_for_browsers(reader):
    for address in ("/authorities/902/reports", "/authorities/902/reports/R1", f"{R1}.docx"):
        answer = await reader.get(address)
        assert answer.status_code in (404, 422)
        assert "<h1" in answer.text


def test_the_period_picker_has_two_years_and_every_closed_or_shown_period():
    months, quarters = choices("2019-07", date(2027, 3, 19), ["2024-05", "2023-Q4"])
    assert [one.key for one in months][:2] == ["2027-03", "2027-02"]
    assert [one.key for one in months][-2:] == ["2024-05", "2019-07"]
    assert [one.key for one in quarters if one.closed] == ["2023-Q4"]
    assert quarters[0].key == "2026-Q4"
    assert len({one.key for one in (*months, *quarters)}) == len(months) + len(quarters)


def test_a_chart_draws_the_outermost_rows_once_and_leaves_totals_and_symbols_out():
    drawing = drawn(UNITS)
    assert drawing is not None
    said = re.findall(r">([^<]+)</text>", drawing.svg)
    assert "Duty and" in said
    assert "All" not in said
    assert not [words for words in said if "Alder" in words]
    withheld = UNITS.rows[1].model_copy(update={"cells": (UNITS.rows[1].cells[0], *["x"] * 9)})
    assert drawn(UNITS.model_copy(update={"rows": (UNITS.rows[0], withheld)})) is None


def test_numbers_that_are_no_parts_of_one_whole_have_a_bar_each():
    columns = ("unit", ("expected", "graded"))
    drawing = drawn(UNITS.model_copy(update={"chart": columns, "parts": False}))
    assert drawing is not None
    said = re.findall(r">([^<]+)</text>", drawing.svg)
    assert said[:2] == ["Expected", "Graded"]
    assert said[-2:] == ["24", "24"]
    assert "48" not in said


def test_a_table_that_is_not_worth_drawing_has_no_chart():
    assert drawn(ITEMS) is None
    assert drawn(NONE.model_copy(update={"chart": ("unit", ("expected",))})) is None
    five = ("unit", ("expected", "outstanding", "good", "requires_improvement", "inadequate"))
    assert drawn(UNITS.model_copy(update={"chart": five})) is None


def test_ids_are_shown_by_their_beginning_and_told_whole():
    cell = in_short("audit-128cc943-b53a-5387-a106-cb3a1afa03e4, the second")
    assert (cell.text, cell.whole) == (
        "audit-128cc943, the second",
        "audit-128cc943-b53a-5387-a106-cb3a1afa03e4, the second",
    )
    assert in_short("I&P Elm").whole == ""


def test_a_code_that_means_something_else_in_a_column_reads_so_there():
    assert label("MULTI_AGENCY") == "Partnership working"
    assert label("MULTI_AGENCY", "audit_type") == "Multi-agency"
