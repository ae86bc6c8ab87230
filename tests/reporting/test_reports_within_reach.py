"""How much of a report one reader sees: figures as on the units' own pages, single things only within reach."""

from __future__ import annotations

from typing import Any

import pytest

from services.reporting.reports.reach import within_reach
from services.reporting.reports.report import Report, ReportColumn, ReportRow, ReportTable
from services.reporting.structure import OfToday, Reach
from services.reporting.views import Level
from shared.web.policy import Policy
from shared.web.principal import Home, Principal
from tests.reporting.an_organisation import NOW, an_organisation

DIRECTORY = an_organisation()
STRUCTURE = OfToday(DIRECTORY, NOW.date())
AUTHORITY: tuple[Level, str] = ("authority", "901")


def person(staff_ref: str) -> Principal:
    """As the service knows them: roles, links and where their units lie."""
    today = NOW.date()
    held = DIRECTORY.roles(staff_ref, today)
    places = {(one.scope, one.unit_id): STRUCTURE.place(one.scope, one.unit_id) for one in held}
    homes = {key: Home(place.authority, frozenset(place.regions)) for key, place in places.items() if place}
    return Principal(staff_ref, held=held, linked_teams=DIRECTORY.linked_teams(staff_ref, today), homes=homes)


def row(key: str, kind: Any, unit: tuple[Level, str] | None = None) -> ReportRow:
    place = STRUCTURE.unit(*unit) if unit else None
    return ReportRow(key=key, kind=kind, cells=(key, 3, "2026-05-14", "words"), unit=place, revised=("n",))


ROWS = (
    row("total", "TOTAL"),
    row("area", "PART", ("service_area", "area-planning")),
    row("elm", "PART", ("team", "team-elm")),
    row("birch", "PART", ("team", "team-birch")),
    row("of-elm", "ITEM", ("team", "team-elm")),
    row("of-birch", "ITEM", ("team", "team-birch")),
    row("of-planning", "ITEM", ("service_area", "area-planning")),
    row("of-the-whole", "ITEM"),
    row("footer", "FOOTER"),
)
COLUMNS = (
    ReportColumn(code="name", label="Name", kind="text"),
    ReportColumn(code="n", label="N"),
    ReportColumn(code="day", label="Day", kind="date"),
    ReportColumn(code="said", label="Said", kind="text"),
)


def seen(staff_ref: str, unit: tuple[Level, str] = AUTHORITY) -> Report:
    report = Report(
        code="R2",
        title="Re-audits",
        unit=STRUCTURE.unit(*unit),
        structure="as-then",
        period="2026-05",
        period_kind="month",
        period_label="May 2026",
        tables=(ReportTable(name="all", caption="All", columns=COLUMNS, rows=ROWS),),
    )
    return within_reach(report, Reach(person(staff_ref), STRUCTURE, Policy()))


@pytest.mark.parametrize(
    ("who", "keys"),
    [
        ("director", ["of-elm", "of-birch", "of-planning", "of-the-whole"]),
        ("head-of-planning", ["of-elm", "of-planning"]),
        ("manager-of-elm", ["of-elm"]),
        ("officer", ["of-birch"]),
    ],
)
def test_single_things_are_for_those_whose_reach_has_all_of_their_unit(who: str, keys: list[str]):
    report = seen(who)
    assert [one.key for one in report.tables[0].rows if one.kind == "ITEM"] == keys
    assert report.complete == (who == "director")


def test_figures_of_a_team_below_are_for_those_who_may_see_that_team():
    rows = {one.key: one for one in seen("manager-of-elm").tables[0].rows}
    assert rows["elm"].cells == ("elm", 3, "2026-05-14", "words")
    assert rows["birch"].cells == ("birch", "x", "x", "words")
    assert rows["birch"].revised == ()


def test_figures_of_units_directly_below_are_for_everybody_who_reads_the_unit():
    rows = {one.key: one for one in seen("manager-of-elm").tables[0].rows}
    assert rows["area"].cells == ("area", 3, "2026-05-14", "words")
    assert {"total", "footer"} <= rows.keys()


def test_in_a_region_figures_are_for_those_who_may_see_that_unit():
    rows = {one.key: one for one in seen("manager-of-elm", ("region", "alliance-north")).tables[0].rows}
    assert rows["area"].cells[1] == "x"
    assert rows["elm"].cells[1] == 3
