"""A scripted year of one authority through the API: every report equals a recount that knows no service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from typing import Any

import pytest

from tests.year import recount
from tests.year.facts import Facts
from tests.year.recount import Span, Table
from tests.year.story import HEAD, Story
from tests.year.town import CODE, Town, town

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]

QUARTERS = {
    "2025-Q1": ("2025-04", "2025-05", "2025-06"),
    "2025-Q2": ("2025-07", "2025-08", "2025-09"),
    "2025-Q3": ("2025-10", "2025-11", "2025-12"),
    "2025-Q4": ("2026-01", "2026-02", "2026-03"),
}
PERIODS = {**QUARTERS, **{month: (month,) for months in QUARTERS.values() for month in months}}
RECOUNTS: Mapping[str, Callable[[Facts, Span], dict[str, Table]]] = {
    "R1": recount.r1,
    "R2": recount.r2,
    "R3": recount.r3,
    "R5": recount.r5,
    "R13": recount.r13,
}


@pytest.fixture(scope="module")
async def lived(mongo_url: str, kafka_url: str) -> AsyncIterator[tuple[Town, Facts]]:
    """The year, and a few days more in which what was late is done."""
    async with town(mongo_url, kafka_url, "year.") as one:
        await one.make()
        story = Story(one, seed=2025)
        await story.arrange()
        await story.live(date(2026, 4, 20))
        await one.level()
        yield one, story.facts


async def report(one: Town, code: str, period: str, **query: str) -> dict[str, Any]:
    path = f"/v1/authorities/{CODE}/reports/{code}"
    shown: dict[str, Any] = await one.get(HEAD, "reporting", path, period=period, **query)
    return shown


def table(shown: Mapping[str, Any], name: str) -> Table:
    (found,) = [one for one in shown["tables"] if one["name"] == name]
    codes = [column["code"] for column in found["columns"]]
    return {row["key"]: dict(zip(codes, row["cells"], strict=True)) for row in found["rows"]}


def test_it_was_a_year_worth_counting(lived: tuple[Town, Facts]) -> None:
    _, facts = lived
    overall = [audit.overall for audit in facts.counting()]
    said = {
        "audits": len(overall),
        "inadequate": overall.count("INADEQUATE"),
        "re-audits": len(facts.re_audits),
        "pairs": len(facts.pairs),
        "actions": len(facts.actions),
        "meetings": len(facts.meetings),
        "moderated": sum(audit.moderated is not None for audit in facts.counting()),
        "late": sum(e.met_on is not None and e.met_on > e.last for e in facts.expected),
    }
    print(said)
    assert len(facts.expected) == 24 * 18 + 12 * 30
    assert said["audits"] > 700
    assert said["inadequate"] / said["audits"] > 0.05
    assert min(said.values()) > 8


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("code", RECOUNTS)
async def test_a_report_equals_the_recount(lived: tuple[Town, Facts], code: str, period: str) -> None:
    one, facts = lived
    shown = await report(one, code, period)
    for name, expected in RECOUNTS[code](facts, Span(PERIODS[period])).items():
        found = table(shown, name)
        for key, row in expected.items():
            assert key in found or not any(row.values()), f"{name}: {key} is missing"
            got = {column: found[key][column] for column in row} if key in found else row
            assert got == row, f"{name}: {key}"


@pytest.mark.parametrize("period", QUARTERS)
async def test_every_re_audit_due_or_done_is_listed(lived: tuple[Town, Facts], period: str) -> None:
    one, facts = lived
    found = table(await report(one, "R2", period), "re_audits").values()
    listed = [(row["parent"], row["due"], row["done"], row["outcome"]) for row in found]
    assert sorted(listed, key=str) == recount.r2_items(facts, Span(PERIODS[period]))


@pytest.mark.parametrize("period", QUARTERS)
async def test_a_meeting_has_a_row_for_each_of_its_teams(lived: tuple[Town, Facts], period: str) -> None:
    one, facts = lived
    assert len(table(await report(one, "R3", period), "meetings")) == recount.r3_rows(facts, Span(PERIODS[period]))


async def test_as_now_moves_a_teams_history_and_loses_nothing(lived: tuple[Town, Facts]) -> None:
    """The team moved in mid-quarter: as-then it counts in both areas, as-now in the new one alone."""
    one, _ = lived
    then = table(await report(one, "R1", "2025-Q4"), "grades")
    now = table(await report(one, "R1", "2025-Q4", structure="as-now"), "grades")
    damson = f"team:{CODE}-damson|OFSTED4"
    old, new = f"service_area:{CODE}-duty", f"service_area:{CODE}-intervention"
    assert then[f"{old}/{damson}"]["graded"] + then[f"{new}/{damson}"]["graded"] == now[f"{new}/{damson}"]["graded"]
    assert f"{old}/{damson}" not in now
    assert then[f"{recount.AUTHORITY}|OFSTED4"]["graded"] == now[f"{recount.AUTHORITY}|OFSTED4"]["graded"]
