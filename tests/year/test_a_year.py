"""A scripted year of one authority through the API: every report equals a recount that knows no service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import uuid4

import pytest

from deploy.report_commands import office
from services.reporting.domain import periods
from tests.year.days import CLOSES, HEAD
from tests.year.facts import Facts, as_now
from tests.year.recount import RECOUNTS
from tests.year.recount.cadence import r13_outstanding
from tests.year.recount.ground import AUTHORITY, Span, Table, Unit
from tests.year.recount.meetings import r3_by_unit
from tests.year.recount.monthly import COUNTED
from tests.year.story import Story
from tests.year.town import CODE, Town, town

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

QUARTERS = {
    "2025-Q1": ("2025-04", "2025-05", "2025-06"),
    "2025-Q2": ("2025-07", "2025-08", "2025-09"),
    "2025-Q3": ("2025-10", "2025-11", "2025-12"),
    "2025-Q4": ("2026-01", "2026-02", "2026-03"),
}
PERIODS = {**QUARTERS, **{month: (month,) for months in QUARTERS.values() for month in months}}
REGROUPED = (*QUARTERS, "2025-07", "2026-01", "2026-02", "2026-03")
"""The periods that are looked at by today's structure: a team moved in the middle of February."""
KEYED_BY = {"re_audits": "parent", "overdue": "parent"}
"""Tables whose rows are found by what a cell says, not by an id that nobody outside knows."""
WORDS = {"unit", "team", "meeting", "re_audit", "parent", "scale", "domain", "auditor_role", "plan_type", "grade"}
"""Columns that say what a row is about: it was found by that."""
MEETING = "four_r_meeting-"
SHOWN = 12


@dataclass
class Lived:
    """The year as it was lived. `known` is what people knew of each period when it was closed."""

    town: Town
    facts: Facts
    known: Mapping[str, Facts]
    areas: Mapping[str, str]
    _shown: dict[Any, dict[str, Any]] = field(default_factory=dict)
    _recounted: dict[Any, dict[str, Table]] = field(default_factory=dict)

    @property
    def units(self) -> list[Unit]:
        return [Unit(), *(Unit(area) for area in sorted(set(self.areas.values())))]

    @cached_property
    def now(self) -> Facts:
        return as_now(self.facts, self.areas)

    def recounted(self, code: str, period: str, unit: Unit, facts: Facts) -> dict[str, Table]:
        key = (code, period, unit, id(facts))
        if key not in self._recounted:
            self._recounted[key] = RECOUNTS[code](facts, Span(PERIODS[period]), unit)
        return self._recounted[key]

    async def report(self, code: str, period: str, unit: Unit, **query: str) -> dict[str, Any]:
        whose = f"service-areas/{unit.area}" if unit.area else f"authorities/{CODE}"
        return await self._told(f"/v1/{whose}/reports/{code}", {"period": period, **query})

    async def as_closed(self, code: str, period: str, unit: Unit) -> dict[str, Any]:
        """The first version: where it is the only one, it is what everybody sees."""
        several = len((await self.period(period))["reports"][code]) > 1
        return await self.report(code, period, unit, **({"version": "1"} if several else {}))

    async def of_team(self, code: str, period: str, team: str) -> dict[str, Any]:
        return await self._told(f"/v1/teams/{team}/reports/{code}", {"period": period})

    async def period(self, key: str) -> dict[str, Any]:
        return await self._told(f"/v1/authorities/{CODE}/periods/{key}", {})

    async def _told(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        key = (path, *sorted(query.items()))
        if key not in self._shown:
            self._shown[key] = await self.town.get(HEAD, "reporting", path, **query)
        return self._shown[key]


@pytest.fixture(scope="module")
async def lived(mongo_url: str, kafka_url: str) -> AsyncIterator[Lived]:
    """The year, and a few days more in which what was late is done; then what came late is published too."""
    async with town(mongo_url, kafka_url, f"year{uuid4().hex[:8]}.") as one:
        await one.make()
        story = Story(one, seed=2025)
        await story.arrange()
        await story.days.live(date(2026, 4, 20))
        await one.round()
        await one.level()
        areas = {team: story.days.area_of(team, one.today) for team in story.days.teams}
        for key in CLOSES:
            await one.post(HEAD, "reporting", f"/v1/authorities/{CODE}/periods/{key}/restatement", {})
        yield Lived(one, story.days.facts, story.days.known, areas)


def test_it_was_a_year_worth_counting(lived: Lived) -> None:
    facts = lived.facts
    overall = [audit.overall for audit in facts.audits.values()]
    said = {
        "audits": len(overall),
        "inadequate": overall.count("INADEQUATE"),
        "themed": sum(audit.audit_type == "THEMED" for audit in facts.counting()),
        "re-audits": len(facts.re_audits),
        "done again": sum(one.done is not None for one in facts.re_audits),
        "pairs": len(facts.pairs),
        "actions": len(facts.actions),
        "meetings": len(facts.meetings),
        "moderated": sum(audit.moderated is not None for audit in facts.counting()),
        "exempted": sum(expected.exempted for expected in facts.expected),
        "late": sum(e.met_on is not None and e.met_on > e.last for e in facts.expected),
    }
    assert len(facts.expected) == 24 * 18 + 12 * 13 + 4 * 3
    assert said["audits"] > 600, said
    assert 0.06 < said["inadequate"] / said["audits"] < 0.1
    assert facts.themes == 2
    assert sum(audit.regraded for audit in facts.audits.values()) == 2
    assert sum(audit.withdrawn is not None for audit in facts.audits.values()) == 1
    assert min(said.values()) > 8, said


# -- cell by cell -----------------------------------------------------------------------------------------------------


def table(shown: Mapping[str, Any], name: str) -> Table:
    """Rows by key, cells by column; a table that a report leaves out when it is empty is empty."""
    found: Table = {}
    for one in (one for one in shown["tables"] if one["name"] == name):
        codes = [column["code"] for column in one["columns"]]
        for row in one["rows"]:
            cells = dict(zip(codes, row["cells"], strict=True))
            cells["unit"] = row["unit"]["id"] if row["unit"] else None
            found[cells[KEYED_BY[name]] if name in KEYED_BY else row["key"].removeprefix(MEETING)] = cells
    return found


def differences(expected: Table, found: Table) -> Iterator[str]:
    """A row that is left out says nothing, and one that nobody recounted must say nothing."""
    for key, row in expected.items():
        if key not in found and any(isinstance(cell, int) and cell for cell in row.values()):
            yield f"{key}: not in the report, recounted {row}"
        for column, cell in row.items() if key in found else ():
            if found[key][column] != cell:
                yield f"{key}, {column}: {found[key][column]} in the report, recounted {cell}"
    for key in found.keys() - expected.keys():
        if any(isinstance(cell, int) and cell for cell in found[key].values()):
            yield f"{key}: in the report {found[key]}, recounted nothing"


def differing(shown: Mapping[str, Any], recounted: Mapping[str, Table], unit: Unit) -> list[str]:
    """Every cell that is not as it was recounted."""
    return [
        f"{unit.key} {name}: {one}"
        for name, expected in recounted.items()
        for one in differences(expected, table(shown, name))
    ]


def said(wrong: list[str]) -> str:
    return "\n".join([f"{len(wrong)} cells differ", *wrong[:SHOWN]])


MOVED = f"{CODE}-damson"
OLD, NEW = Unit(f"{CODE}-duty"), Unit(f"{CODE}-intervention")

every_report = pytest.mark.parametrize("code", RECOUNTS)
every_period = pytest.mark.parametrize("period", PERIODS)


@every_period
@every_report
async def test_what_was_published_when_a_period_closed_is_what_people_then_knew(
    lived: Lived, code: str, period: str
) -> None:
    wrong = []
    for unit in lived.units:
        shown = await lived.as_closed(code, period, unit)
        wrong += differing(shown, lived.recounted(code, period, unit, lived.known[period]), unit)
    assert not wrong, said(wrong)


@every_period
@every_report
async def test_as_then_a_report_equals_the_recount(lived: Lived, code: str, period: str) -> None:
    wrong = []
    for unit in lived.units:
        shown = await lived.report(code, period, unit)
        wrong += differing(shown, lived.recounted(code, period, unit, lived.facts), unit)
    assert not wrong, said(wrong)


@pytest.mark.parametrize("period", REGROUPED)
@every_report
async def test_as_now_a_report_equals_the_recount_by_todays_areas(lived: Lived, code: str, period: str) -> None:
    wrong = []
    for unit in lived.units if period in QUARTERS else [Unit(), OLD, NEW]:
        shown = await lived.report(code, period, unit, structure="as-now")
        wrong += differing(shown, lived.recounted(code, period, unit, lived.now), unit)
    assert not wrong, said(wrong)


@every_report
async def test_every_figure_of_a_report_is_recounted(lived: Lived, code: str) -> None:
    """No column is left to itself, whichever is added to a report."""
    known: dict[str, set[str]] = {}
    for period in PERIODS:
        for name, rows in lived.recounted(code, period, Unit(), lived.facts).items():
            known.setdefault(name, set()).update(column for row in rows.values() for column in row)
    for unit in (Unit(), NEW):
        for one in (await lived.report(code, "2025-Q3", unit))["tables"]:
            if (code, one["name"]) not in COUNTED_APART:
                columns = {column["code"] for column in one["columns"]} - WORDS
                assert columns <= known[one["name"]], one["name"]


COUNTED_APART = {("R3", "by_unit"), ("R13", "outstanding")}
"""Tables that have a test of their own below."""


@every_period
async def test_a_meeting_counts_in_the_smallest_unit_that_held_its_teams(lived: Lived, period: str) -> None:
    for unit in lived.units:
        expected = r3_by_unit(lived.facts, Span(PERIODS[period]), unit)
        wrong = [*differences(expected, table(await lived.report("R3", period, unit), "by_unit"))]
        assert not wrong, said(wrong)


@every_period
async def test_whoever_has_not_done_theirs_is_listed(lived: Lived, period: str) -> None:
    for unit in lived.units:
        listed = table(await lived.report("R13", period, unit), "outstanding").values()
        expected = r13_outstanding(lived.facts, Span(PERIODS[period]), unit)
        shown = [{column: row[column] for column in expected[0]} for row in listed] if expected else [*listed]
        assert sorted(map(str, shown)) == sorted(map(str, expected)), unit.key


# -- one unit and another ---------------------------------------------------------------------------------------------

SUMMED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "R1": {
        "summary": ("expected", "exempted", "completed", "open_actions", "overdue_actions"),
        "grades": COUNTED,
    },
    "R2": {"totals": ("due", "due_on_time", "completed", "improved", "same", "declined", "overdue", "open")},
    "R3": {"by_unit": ("scheduled", "held", "cancelled")},
    "R5": {"agreement_by_unit": ("pairs",), "moderation_by_unit": ("audits", "moderated", "raised", "lowered")},
    "R13": {
        "cadence": ("expected", "exempted", "done", "late", "outstanding"),
        "coverage": ("open_cases", "cases_audited", "audits", "repeat_audits"),
    },
}


def sums(shown: Mapping[str, Any], name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, Any, Any]]:
    """Of each column what the first row says, and what the rows right below it come to."""
    (one,) = [one for one in shown["tables"] if one["name"] == name]
    codes = [column["code"] for column in one["columns"]]
    rows = [
        row for row in one["rows"] if "auditor_role" not in codes or row["cells"][codes.index("auditor_role")] == "ALL"
    ]
    for column in columns:
        cells = [(row["depth"], row["cells"][codes.index(column)]) for row in rows]
        parts = [cell for depth, cell in cells if depth == 1 and cell != "x"]
        yield column, cells[0][1] if cells[0][1] != "x" else 0, sum(parts)


@pytest.mark.parametrize("structure", ["as-then", "as-now"])
@every_report
async def test_children_sum_to_their_parents(lived: Lived, code: str, structure: str) -> None:
    query = {} if structure == "as-then" else {"structure": structure}
    for period in PERIODS if structure == "as-then" else QUARTERS:
        for unit in lived.units:
            shown = await lived.report(code, period, unit, **query)
            for name, columns in SUMMED[code].items():
                for column, whole, parts in sums(shown, name, columns):
                    assert parts == whole, f"{period} {unit.key} {name} {column}"


@pytest.mark.parametrize("code", ["R1", "R13"])
async def test_a_teams_own_report_says_what_its_area_says_of_it(lived: Lived, code: str) -> None:
    name = {"R1": "summary", "R13": "cadence"}[code]
    for team, area in lived.areas.items():
        own = table(await lived.of_team(code, "2025-Q3", team), name)[f"team:{team}"]
        then = area if team != MOVED else OLD.area
        above = table(await lived.report(code, "2025-Q3", Unit(then)), name)[f"team:{team}"]
        assert own == above, team


async def test_months_sum_to_their_quarter(lived: Lived) -> None:
    for quarter, months in QUARTERS.items():
        for unit in lived.units:
            whole = table(await lived.report("R1", quarter, unit), "grades")
            parts = [table(await lived.report("R1", month, unit), "grades") for month in months]
            for key, row in whole.items():
                for column in COUNTED:
                    assert row[column] == sum(part[key][column] for part in parts if key in part), f"{quarter} {key}"


# -- a team that moved ------------------------------------------------------------------------------------------------


async def test_as_then_a_team_that_moved_in_mid_quarter_counts_in_both_of_its_areas(lived: Lived) -> None:
    then = table(await lived.report("R1", "2025-Q4", Unit()), "grades")
    parts = [then[f"{area.key}/team:{MOVED}|OFSTED4"]["graded"] for area in (OLD, NEW)]
    assert all(parts)
    assert sum(parts) == sum(
        a.team == MOVED and a.on >= date(2026, 1, 1) and a.on < date(2026, 4, 1) for a in lived.facts.counting()
    )


async def test_as_now_it_counts_in_the_new_one_alone_and_nothing_is_lost(lived: Lived) -> None:
    for period in QUARTERS:
        then = table(await lived.report("R1", period, Unit()), "grades")
        now = table(await lived.report("R1", period, Unit(), structure="as-now"), "grades")
        mine = [row["graded"] for key, row in then.items() if key.endswith(f"team:{MOVED}|OFSTED4")]
        assert now[f"{NEW.key}/team:{MOVED}|OFSTED4"]["graded"] == sum(mine)
        assert f"{OLD.key}/team:{MOVED}|OFSTED4" not in now
        whole = f"{AUTHORITY}|OFSTED4"
        assert now[whole]["graded"] == then[whole]["graded"]


# -- closed periods ---------------------------------------------------------------------------------------------------


@every_period
async def test_a_period_was_closed_on_its_day_without_anybody_asking(lived: Lived, period: str) -> None:
    shown = await lived.period(period)
    assert shown["state"] == "CLOSED"
    assert shown["closed_on"] == CLOSES[period].isoformat()
    assert shown["pending"]["cells"] == 0


async def test_a_period_is_published_once_more_when_what_people_know_of_it_changed(lived: Lived) -> None:
    for period in PERIODS:
        versions = (await lived.period(period))["reports"]
        for code in RECOUNTS:
            changed = any(
                lived.recounted(code, period, unit, lived.known[period])
                != lived.recounted(code, period, unit, lived.facts)
                for unit in lived.units
            )
            assert (len(versions[code]) > 1) >= changed, f"{period} {code}"
    assert len((await lived.period("2025-05"))["reports"]["R1"]) == 2
    assert len((await lived.period("2025-06"))["reports"]["R13"]) == 2, "an audit entered late was of a case of June"


@pytest.mark.parametrize("period", ["2025-05"])
async def test_a_closed_period_made_again_from_the_events_has_the_same_hash(lived: Lived, period: str) -> None:
    one = lived.town
    async with office(one.plant, lambda: one.moment[0]) as reporting:
        found = await reporting.verified(CODE, periods.named(period), lambda _what, _done, _of: None)
    assert found.good, [again for again in found.versions if not again.same]
