"""The pages in a real browser: at every width, with the keyboard, without script, and under axe."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.http import token

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
UNITS = ["/teams/team-alder", "/service-areas/area-plan", "/authorities/901", "/regions/north-thames"]
ROWS = "/teams/team-alder/rows?model=audit_quality&measure=OFSTED4.overall.GOOD"
WRONG = "/teams/team-alder?from=2027-03&to=2026-04"
REPORT = "/authorities/901/reports/R1?period=2026-05"
TEAM_VIEW = "/teams/team-elm/reports/R10?period=2026-05"
ALLIANCE = "/regions/north-thames/improvement"
PAGES = [
    "/",
    *UNITS,
    ALLIANCE,
    ROWS,
    WRONG,
    REPORT,
    TEAM_VIEW,
    "/authorities/901/reports",
    "/status",
    "/about",
    "/accessibility",
    "/sign-in?failed=1",
]
PHONE = ["/", UNITS[2], ALLIANCE, ROWS, WRONG, REPORT, TEAM_VIEW]
TABLE_AS_SHOWN = """table => [...table.rows].slice(1).map(row => [...row.cells].map(cell => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(".govuk-visually-hidden").forEach(hidden => hidden.remove());
    return copy.textContent.trim();
}))"""

Opened = Callable[..., Page]


def sideways(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def paint(page: Page, rules: str) -> None:
    """Lay a style over the page, in the one way that its content policy leaves open."""
    page.evaluate(
        """rules => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rules);
        document.adoptedStyleSheets = [sheet]; }""",
        rules,
    )


def unfold(page: Page) -> None:
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_the_narrowest_phone(opened: Opened, path: str) -> None:
    page = opened(path, width=320)
    unfold(page)
    assert sideways(page) == 0


@pytest.mark.parametrize(("path", "width"), [*((path, 1280) for path in PAGES), *((path, 375) for path in PHONE)])
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(opened: Opened, path: str, width: int) -> None:
    page = opened(path, width=width)
    unfold(page)
    assert sideways(page) == 0
    # The shadows at the edges of tables are gradients, before which axe cannot tell a contrast.
    paint(page, ".gt-scroll { background: #fff }")
    page.evaluate(AXE)
    rules = {"runOnly": LEVELS, "rules": {"target-size": {"enabled": True}}}
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", rules)
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    unsure = [n["html"] for i in found["incomplete"] if i["id"] == "color-contrast" for n in i["nodes"]]
    assert [html for html in unsure if not html.startswith("<text")] == []  # the charts' own tests measure theirs
    assert len(found["passes"]) > 10


def test_the_keyboard_reaches_the_way_past_filters_and_data_in_reading_order(opened: Opened) -> None:
    page = opened("/authorities/901")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to main content"
    page.keyboard.press("Enter")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(focused(page))
        if reached[-1].startswith("Show the data"):
            break
    in_order = [reached.index(name) for name in ("from", "to", "period", "structure", "Show", "Audit quality")]
    assert in_order == sorted(in_order)
    page.keyboard.press("Enter")
    assert page.locator("details[open] table[data-table=audits-over-time]").is_visible()


def test_a_table_wider_than_the_phone_scrolls_with_the_keyboard(opened: Opened) -> None:
    page = opened("/authorities/901", width=320)
    region = page.locator("[role=region][aria-labelledby=audits-by-service-area-caption]")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert sideways(page) == 0


def test_what_has_the_focus_is_never_hidden(opened: Opened) -> None:
    page = opened("/teams/team-alder", width=375)
    for _ in range(45):
        page.keyboard.press("Tab")
        inside = """() => { const box = document.activeElement.getBoundingClientRect();
            return box.bottom > 0 && box.top < innerHeight && box.width > 0; }"""
        assert page.evaluate(inside), focused(page)


@pytest.mark.parametrize("path", UNITS)
def test_wide_spacing_of_text_loses_nothing(opened: Opened, path: str) -> None:
    page = opened(path, width=375)
    paint(page, "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }")
    assert sideways(page) == 0


def test_without_script_people_sign_in_filter_and_open_the_data(opened: Opened) -> None:
    page = opened("/teams/team-alder", script=False, signed_in=False)
    assert page.title() == "Sign in - Golden Thread"
    page.get_by_label("Access token").fill(token("reader", authorities=["*"]))
    page.get_by_role("button", name="Sign in").click()
    assert page.locator("h1").text_content() == "D&A Alder"
    page.get_by_label("Shown by").select_option("quarter")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "period=quarter" in page.url
    page.locator("summary").first.click()
    assert page.locator("details[open] th[scope=row]").nth(1).text_content() == "2026-Q1 (Apr-Jun 2026)"
    page.get_by_role("button", name="Sign out").click()
    assert page.title() == "Sign in - Golden Thread"


def test_a_token_that_proves_nothing_is_explained(opened: Opened) -> None:
    page = opened("/sign-in", signed_in=False)
    page.get_by_label("Access token").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    assert page.title() == "Error: Sign in - Golden Thread"
    assert page.get_by_role("alert").get_by_text("The access token is not valid").is_visible()


def test_a_number_leads_to_what_stands_behind_it_and_back(opened: Opened) -> None:
    page = opened("/service-areas/area-plan")
    number = page.locator("table[data-table=audits-by-team] tbody tr").nth(1).locator("a.gt-number").first
    counted = int(re.match(r"\d+", number.text_content() or "")[0])  # type: ignore[index]
    number.click()
    assert page.locator("table[data-table=rows] tbody tr").count() == counted
    page.get_by_role("link", name=re.compile("^Back to")).click()
    assert page.locator("h1").text_content() == "I&P Elm"


def test_every_chart_has_a_name_a_table_and_a_csv_with_the_same_numbers(opened: Opened) -> None:
    for path in UNITS:
        page = opened(path)
        unfold(page)
        assert page.locator("figure").count() == page.get_by_role("img").count() >= 4
        for table in page.locator("[data-of] table").all():
            link = table.locator("xpath=ancestor::div[@class='gt-table']").get_by_role("link", name="Download as CSV")
            kept = page.request.get(str(link.evaluate("a => a.href")))
            assert numbers(list(csv.reader(io.StringIO(kept.text())))[1:]) == numbers(table.evaluate(TABLE_AS_SHOWN))


def numbers(rows: list[list[str]]) -> list[list[str | float]]:
    return [[float(c) if re.fullmatch(r"-?\d+(\.\d+)?", c) else c for c in row] for row in rows]


def test_on_paper_what_is_folded_away_is_printed_and_the_filters_are_not(opened: Opened) -> None:
    page = opened("/authorities/901", width=800)
    page.emulate_media(media="print")
    assert page.locator("table[data-table=audits-over-time]").is_visible()
    assert not page.locator("form.gt-filters").is_visible()
    assert page.get_by_text("Correct as at 09:41, 3 events behind").is_visible()


def test_the_colours_and_the_font_are_the_councils_own(opened: Opened) -> None:
    page = opened("/")
    font, header = page.evaluate("""() => [getComputedStyle(document.querySelector("h1")).fontFamily,
        getComputedStyle(document.querySelector(".govuk-generic-header")).backgroundColor]""")
    assert font.startswith("system-ui")
    assert header == "rgb(18, 51, 43)"
    assert page.locator("svg.govuk-logo, [class*=crown], [class*=crest]").count() == 0
