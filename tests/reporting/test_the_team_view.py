"""R10: the page of a team, as it stood on the last day of the period."""

from __future__ import annotations

from datetime import date

from services.reporting.domain.periods import named
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.reports.drawing import drawn
from services.reporting.reports.report import Asked, Cell, Report, Sources
from services.reporting.reports.team_view import TEAM_VIEW
from services.reporting.structure import OfToday
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import InMemoryLibrary

LIBRARY = InMemoryLibrary(everything())


async def seen(period: str, team: str = "team-elm", today: date = NOW.date()) -> Report:
    sources = Sources(LIBRARY, OfToday(an_organisation(), today), ReportingPolicy())
    return await TEAM_VIEW.make(sources, Asked("team", team, named(period), "as-then"))


def rows(report: Report, table: str) -> list[tuple[Cell, ...]]:
    (found,) = [one for one in report.tables if one.name == table]
    return [row.cells for row in found.rows]


async def test_the_audits_of_twelve_months_stand_newest_first_without_those_that_do_not_count():
    found = rows(await seen("2026-06"), "cases")
    assert len(found) == 14
    days = [row[1] for row in found]
    assert days == sorted(days, reverse=True)
    assert found[-1] == (
        *("audit-elm-march", "2026-03-31", "QA_ROUTINE", "CIN", "OUTSTANDING", "OUTSTANDING", "RAW"),
        *("QA_OFFICER", "LINKED"),
    )
    assert not [row for row in found if row[0] in ("audit-elm-withdrawn", "audit-fern-before", "audit-inspection-901")]


async def test_an_audit_leaves_the_list_after_twelve_months():
    assert "audit-elm-march" in [row[0] for row in rows(await seen("2027-02", today=date(2027, 3, 1)), "cases")]
    assert "audit-elm-march" not in [row[0] for row in rows(await seen("2027-03", today=date(2027, 4, 1)), "cases")]


async def test_the_run_counts_good_or_better_month_by_month_under_the_whole():
    report = await seen("2026-06")
    found = rows(report, "run")
    assert found[0] == ("Twelve months", 14, 10, 3)
    assert [row[0] for row in found[1:]][::11] == ["Jul 2025", "Jun 2026"]
    assert found[-4:] == [("Mar 2026", 1, 1, 0), ("Apr 2026", 5, 3, 1), ("May 2026", 4, 3, 1), ("Jun 2026", 4, 3, 1)]
    assert [sum(int(row[n] or 0) for row in found[1:]) for n in (1, 2, 3)] == list(found[0][1:])
    drawing = drawn(next(table for table in report.tables if table.name == "run"))
    assert drawing is not None
    assert drawing.svg.count("<rect") > 6


async def test_an_action_is_open_until_somebody_else_saw_that_it_was_done():
    def short(found: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
        return [(row[0], *row[6:]) for row in found]

    april = [
        ("remedial_action-2", "2026-03-31", None, 30),
        ("remedial_action-1", "2026-05-05", "2026-04-28", 0),
        ("remedial_action-3", "2026-05-05", None, 0),
    ]
    assert short(rows(await seen("2026-04"), "actions_due")) == april
    may = [("remedial_action-2", "2026-03-31", None, 61), ("remedial_action-3", "2026-05-05", None, 26)]
    assert short(rows(await seen("2026-05"), "actions_due")) == may
    june = [("remedial_action-2", "2026-03-31", None, 91), ("remedial_action-3", "2026-05-05", "2026-06-03", 0)]
    assert short(rows(await seen("2026-06"), "actions_due")) == june


async def test_a_re_audit_is_due_until_it_was_done_or_found_impossible():
    may = rows(await seen("2026-05"), "re_audits_due")
    assert [(row[0], row[6], row[7]) for row in may] == [
        ("re_audit-march", "2026-03-30", 62),
        ("re_audit-elm", "2026-06-10", 0),
        ("re_audit-second", "2026-06-25", 0),
    ]
    assert may[2][1:5] == ("audit-again", 2, "INADEQUATE_OVERALL", "REQUIRES_IMPROVEMENT")
    assert [row[0] for row in rows(await seen("2026-06"), "re_audits_due")] == ["re_audit-march"]
    assert rows(await seen("2026-05", "team-birch"), "re_audits_due") != []
    assert rows(await seen("2026-06", "team-birch"), "re_audits_due") == []


async def test_while_the_period_lasts_days_are_counted_up_to_today():
    (waiting,) = rows(await seen("2026-07"), "re_audits_due")
    assert waiting[-1] == (NOW.date() - date(2026, 3, 30)).days


async def test_links_are_named_by_role_with_the_day_since_when_and_never_by_person():
    found = rows(await seen("2026-06", "team-birch"), "links")
    assert found == [
        ("QA_OFFICER", "2020-04-01"),
        ("IRO", "Nobody"),
        ("CP_CHAIR", "Nobody"),
        ("PRACTICE_DEVELOPMENT_WORKER", "Nobody"),
    ]


async def test_a_team_of_which_nothing_is_known_has_a_page():
    report = await seen("2026-06", "team-hazel")
    assert rows(report, "cases") == []
    assert rows(report, "run")[0] == ("Twelve months", 0, 0, 0)
