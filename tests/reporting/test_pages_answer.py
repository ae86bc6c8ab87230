"""The pages over example views: what they hold, what they leave out, and what they answer when something is wrong."""

import csv
import hashlib
import io
import re
from collections.abc import AsyncIterator
from html import unescape

import httpx2
import pytest

from services.reporting.dashboard import pages
from services.reporting.dashboard.audits import trend
from services.reporting.dashboard.charts import Point
from services.reporting.dashboard.places import Places
from services.reporting.dashboard.tables import exported
from services.reporting.dashboard.templating import STATIC, static_files
from services.reporting.dashboard.unit_page import key_figures, sections, table
from services.reporting.views import UnitView, Window
from shared.web.principal import Principal
from tests.browser.serving import pages_app
from tests.examples.a_view import ALDER, AUTHORITY, REGION, ExampleReports
from tests.http import bearer, client

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
YEAR = Window(first_month="2026-04", last_month="2027-03")
UNITS = ["/teams/team-alder", "/service-areas/area-plan", "/authorities/901", "/regions/north-thames"]


@pytest.fixture
async def reader() -> AsyncIterator[httpx2.AsyncClient]:
    async with client(pages_app(), "reader", authorities=["*"], headers=BROWSER) as talking:
        yield talking


@pytest.fixture
async def stranger() -> AsyncIterator[httpx2.AsyncClient]:
    async with client(pages_app(), headers=BROWSER) as talking:
        yield talking


async def seen(level: str, unit_id: str, window: Window = YEAR) -> tuple[UnitView, Places]:
    view = await ExampleReports().unit(Principal("reader"), level, unit_id, window)  # type: ignore[arg-type]
    return view, Places(level, unit_id, window)  # type: ignore[arg-type]


@pytest.mark.parametrize("page", ["/", *UNITS, "/status", "/about", "/accessibility", "/sign-in"])
async def test_every_page_has_one_heading_a_title_and_a_way_past_the_navigation(
    reader: httpx2.AsyncClient, page: str
) -> None:
    answer = await reader.get(page)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert re.search(r"<title>[^<]+ - Golden Thread</title>", answer.text)
    assert answer.text.index("Skip to main content") < answer.text.index("<header")


@pytest.mark.parametrize("page", ["/", *UNITS])
async def test_pages_bring_no_style_or_script_that_the_content_policy_forbids(
    reader: httpx2.AsyncClient, page: str
) -> None:
    answer = await reader.get(page)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]* src=)", answer.text)
    assert not re.search(r' on\w+="', answer.text)
    assert answer.headers["cache-control"] == "private, no-store"


async def test_numbers_on_a_page_equal_numbers_in_its_csv(reader: httpx2.AsyncClient) -> None:
    compared = 0
    for page in UNITS:
        html = (await reader.get(page)).text
        for name, body in re.findall(r'data-table="([^"]+)">(.*?)</table>', html, re.S):
            address = unescape(re.search(rf'href="([^"]*/tables/{name}\.csv[^"]*)"', html)[1])  # type: ignore[index]
            kept = await reader.get(address)
            assert kept.headers["content-type"] == "text/csv; charset=utf-8; header=present"
            lines = list(csv.reader(io.StringIO(kept.text)))
            assert as_numbers(lines[1:]) == as_numbers(cells(body))
            compared += 1
    assert compared > 30


def cells(body: str) -> list[list[str]]:
    rows = re.findall(r"<tr.*?</tr>", body, re.S)[1:]
    return [[shown(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)] for row in rows]


def shown(cell: str) -> str:
    seen_only = re.sub(r'<span class="govuk-visually-hidden">.*?</span>', "", cell)
    return unescape(re.sub(r"<[^>]+>", "", seen_only)).strip()


def as_numbers(rows: list[list[str]]) -> list[list[str | float]]:
    return [[float(c) if re.fullmatch(r"-?\d+(\.\d+)?", c) else c for c in row] for row in rows]


async def test_every_chart_has_its_table(reader: httpx2.AsyncClient) -> None:
    for page in UNITS:
        html = (await reader.get(page)).text
        charts = re.findall(r'<figure class="gt-figure" id="([^"]+)"', html)
        assert charts
        assert re.findall(r'data-of="([^"]+)"', html) == charts


async def test_a_number_leads_to_as_many_rows_as_it_counts(reader: httpx2.AsyncClient) -> None:
    view, places = await seen("authority", "901")
    found = table(view, places, "audits-over-time")
    assert found is not None
    total = found.rows[0][2]
    assert total.href is not None
    lines = list(csv.reader(io.StringIO((await reader.get(total.href.replace("/rows?", "/rows.csv?"))).text)))
    assert len(lines) - 1 == int(total.text)


async def test_long_lists_of_rows_come_a_page_at_a_time(reader: httpx2.AsyncClient) -> None:
    first = await reader.get("/authorities/901/rows?model=feedback_themes&measure=received")
    onward = unescape(re.search(r'href="([^"]*cursor=[^"]*)"', first.text)[1])  # type: ignore[index]
    second = await reader.get(onward)
    assert cells(second.text)[0] != cells(first.text)[0]


async def test_a_file_that_would_leave_rows_out_is_refused(
    reader: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_ROWS", 10)
    monkeypatch.setattr(pages, "ROWS_A_TURN", 5)
    answer = await reader.get("/authorities/901/rows.csv?model=feedback_themes&measure=received")
    assert answer.status_code == 413
    assert "choose fewer months" in answer.text


async def test_a_team_month_shows_counts_and_no_percentage() -> None:
    view, places = await seen("team", ALDER.id)
    found = table(view, places, "audits-over-time")
    assert found is not None
    assert "good_or_better" not in [column.code for column in found.columns]
    assert not [cell for row in found.rows for cell in row if "%" in cell.text]


async def test_a_percentage_needs_ten_audits() -> None:
    short = Window(first_month="2026-04", last_month="2026-06", period="quarter")
    view, places = await seen("team", ALDER.id, short)
    assert view.total.grades[0].graded < 10
    tables = [one for section in sections(view, places) if section.name == "audits" for one in section.every_table()]
    assert not [cell for one in tables for row in one.rows for cell in row if "%" in cell.text]
    assert "%" not in key_figures(view)[0].aside


async def test_children_sum_to_their_parent_and_periods_to_the_whole() -> None:
    view, places = await seen("authority", AUTHORITY.id)
    for name in ("audits-by-service-area", "audits-over-time", "alerts-timeliness-by-service-area"):
        found = exported(table(view, places, name))  # type: ignore[arg-type]
        for column in range(1, 4):
            numbers = [row[column] for row in found.rows]
            assert numbers[0] == sum(numbers[1:])  # type: ignore[arg-type]


async def test_the_balance_of_alerts_adds_up_in_every_row() -> None:
    view, places = await seen("authority", AUTHORITY.id)
    for row in exported(table(view, places, "alerts-balance")).rows:  # type: ignore[arg-type]
        opening, raised, reopened, resolved, withdrawn, closing = row[1:7]
        assert opening + raised + reopened - resolved - withdrawn == closing  # type: ignore[operator]


async def test_ofsteds_judgements_stand_apart_from_our_audits() -> None:
    view, places = await seen("region", REGION.id)
    names = [section.name for section in sections(view, places)]
    assert names == ["audits", "alerts", "feedback", "ofsted-judgements"]
    judged = table(view, places, "ofsted-judgements")
    assert judged is not None
    assert [cell.text for cell in judged.rows[0]][:2] == ["Exampleton", "Good"]


async def test_what_is_not_shared_says_so_and_leads_nowhere(reader: httpx2.AsyncClient) -> None:
    view, places = await seen("region", REGION.id)
    found = table(view, places, "alerts-balance-by-authority")
    assert found is not None
    assert [cell.text for cell in found.rows[-1]] == ["Otherborough", *["x"] * 7]
    assert not [cell.href for cell in found.rows[-1] if cell.href]
    assert found.note == "x means not shared with you."


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (Point("Mar", 60.0, 50, 40.0, 75.0), "No clear change in good or better"),
        (Point("Mar", 90.0, 50, 80.1, 95.0), "More audits were good or better than at first"),
        (Point("Mar", 20.0, 50, 10.0, 29.9), "Fewer audits were good or better than at first"),
        (Point("Mar", 100.0, 3), "Too few audits to show a change"),
    ],
)
def test_a_change_is_claimed_only_where_the_intervals_part(last: Point, said: str) -> None:
    assert trend([Point("Apr", 50.0, 100, 30.0, 80.0), last]) == said
    assert len(said.split()) <= 10


async def test_without_a_session_a_browser_is_sent_to_sign_in_and_back(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/teams/team-alder?from=2026-04")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fteams%2Fteam-alder%3Ffrom%3D2026-04"


@pytest.mark.parametrize("address", ["/teams/none", "/nothing/here", "/teams/team-alder/tables/none.csv"])
async def test_what_is_not_there_is_a_page_for_browsers_and_a_problem_for_clients(
    reader: httpx2.AsyncClient, address: str
) -> None:
    page = await reader.get(address)
    assert page.status_code == 404
    assert "<h1" in page.text
    problem = await reader.get(address, headers={"Accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.status_code == 404


async def test_an_unknown_measure_is_refused_without_being_repeated(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/teams/team-alder/rows?model=audit_quality&measure=<script>alert(1)</script>")
    assert answer.status_code == 422
    assert "alert(1)" not in answer.text


async def test_a_wrong_month_is_explained_at_the_field_and_on_top(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/teams/team-alder?from=2026-13")
    assert answer.text.count("First month must be a year and a month, like 2026-04") == 2
    assert "<title>Error: D&amp;A Alder - Golden Thread</title>" in answer.text


async def test_a_failure_nobody_foresaw_is_a_page_that_tells_nothing_of_our_insides() -> None:
    app = pages_app()
    app.state.reports = None
    async with client(app, "reader", authorities=["*"], headers=BROWSER) as talking:
        answer = await talking.get("/teams/team-alder")
    assert answer.status_code == 500
    assert "Sorry, there is a problem with the service" in answer.text
    assert "NoneType" not in answer.text


async def test_static_files_are_open_kept_for_ever_and_free_of_what_a_council_may_not_use(
    stranger: httpx2.AsyncClient,
) -> None:
    page = await stranger.get("/sign-in")
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        answer = await stranger.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    for content in static_files().values():
        assert b"GDS Transport" not in content
        assert b"crest" not in content
        assert b"@font-face" not in content


async def test_the_files_are_those_that_provenance_names() -> None:
    said = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (STATIC / "PROVENANCE.md").read_text()))
    assert set(said) == {"govuk-frontend.min.css", "govuk-frontend.min.js"}
    for name, expected in said.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == expected


async def test_operators_see_how_far_each_read_model_has_come(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/status")
    rows = cells(re.search(r'data-table="read-models">(.*?)</table>', answer.text, re.S)[1])  # type: ignore[index]
    assert rows[1] == ["Practice alerts", "Streams parked", "1", "3", "2027-03-19 09:41:07", "1"]
    assert rows[2][1] == "Not known"


async def test_the_status_page_needs_the_scope_of_operators() -> None:
    async with client(pages_app(), headers={**BROWSER, **bearer("reader", ["read"], ["*"])}) as talking:
        assert (await talking.get("/status")).status_code == 403
        assert "Read models" not in (await talking.get("/")).text
