"""What is kept of a closed period: written once, named by its hash, in one spelling."""

from __future__ import annotations

import json
from datetime import date

import pytest

from services.reporting.closing.canonical import canonical, content_of, digest
from services.reporting.closing.snapshots import Content, SnapshotDamaged
from services.reporting.closing.structure import (
    as_it_stood,
    directory_of,
    reported_units,
    structure_content,
    structure_from,
)
from services.reporting.domain import periods
from services.reporting.reports.report import Report
from shared.published.organisation import Dated, TeamDescribedV1
from tests.closing.a_town import Town
from tests.closing.test_what_happens_after_a_month_was_closed import an_april, regraded, report
from tests.reporting.an_organisation import BEGAN, an_organisation

APRIL = periods.named("2026-04")


def test_one_spelling_whatever_the_order():
    assert canonical({"b": 1, "a": [1.5, "é", None]}) == '{"a":[1.5,"é",null],"b":1}'.encode()
    assert digest(canonical({"a": 1, "b": 2})) == digest(canonical({"b": 2, "a": 1}))
    with pytest.raises(ValueError, match="Out of range"):
        canonical(float("nan"))


async def test_the_hash_of_a_report_is_not_about_when_and_by_whom_it_is_read(town: Town):
    await an_april(town)
    found = await report(town)
    bare = found.model_copy(update={"as_at": None, "closing": None, "complete": False})
    assert content_of(found) == content_of(bare)
    other = found.model_copy(update={"notes": (*found.notes, "x")})
    assert content_of(found) != content_of(other)
    assert Report.model_validate_json(content_of(found)).tables == found.tables


async def test_what_is_kept_is_never_written_again(town: Town):
    one = Content(b'{"a":1}', "example")
    await town.closing.snapshots.put([one])
    before = await town.database["snapshots"].find().to_list()
    await town.closing.snapshots.put([Content(b'{"a":1}', "the same by another name"), Content(b'{"a":2}', "another")])
    after = await town.database["snapshots"].find({"hash": one.hash}).to_list()
    assert after == before
    assert await town.closing.snapshots.get([one.hash]) == {one.hash: {"a": 1}}
    with pytest.raises(SnapshotDamaged):
        await town.closing.snapshots.get(["0" * 64])


async def test_a_restatement_adds_only_what_changed(town: Town):
    await an_april(town)
    before = {one["hash"]: one async for one in town.database["snapshots"].find()}
    await regraded(town)
    await town.restate("2026-04")
    after = {one["hash"]: one async for one in town.database["snapshots"].find()}
    assert before.items() <= after.items()
    added = sorted(one["of"] for hash_, one in after.items() if hash_ not in before)
    touched = ("R1", "R1 authority:901", "R1 service_area:area-planning", "R1 team:team-elm")
    assert {f"901 2026-04 {what}" for what in touched} <= set(added)
    assert not [one for one in added if "birch" in one]


async def test_closing_again_or_by_somebody_else_keeps_the_first_snapshot(town: Town):
    await an_april(town)
    first = await town.closing.period("901", "2026-04")
    await regraded(town)
    again = await town.close("2026-04")
    assert (again.events, again.version) == ((), first.version)
    assert await town.closing.period("901", "2026-04") == first


# -- the organisation as it stood ------------------------------------------------------------------------------------


def test_what_comes_later_is_not_in_the_structure_of_a_day():
    directory, on = an_organisation(), date(2026, 4, 30)
    before = structure_content(as_it_stood(directory, "901", on))
    names = (Dated(since=BEGAN, value="Fern"), Dated(since=date(2026, 5, 1), value="Bracken"))
    moved = (Dated(since=BEGAN, value="area-planning"), Dated(since=date(2026, 5, 15), value="area-duty"))
    closed_on = date(2026, 8, 1)
    directory.learn(
        TeamDescribedV1(
            team_id="team-fern", names=names, service_areas=moved, closed_on=closed_on, merged_into="team-elm"
        )
    )
    new = (Dated(since=date(2026, 5, 1), value="New"),)
    areas = (Dated(since=date(2026, 5, 1), value="area-duty"),)
    directory.learn(TeamDescribedV1(team_id="team-new", names=new, service_areas=areas))
    assert structure_content(as_it_stood(directory, "901", on)) == before
    assert structure_content(as_it_stood(directory, "901", closed_on)) != before


def test_the_structure_holds_one_authority_alone():
    units = as_it_stood(an_organisation(), "901", date(2026, 4, 30))
    known = directory_of(units)
    assert [one.authority_id for one in known.authorities()] == ["901"]
    assert {team.team_id for team in known.teams()} == {"team-birch", "team-elm", "team-fern", "team-hazel"}
    assert known.name("region", "alliance-north", date(2026, 4, 30)) == "North alliance"
    assert structure_from(json.loads(structure_content(units))) == units


def test_a_report_is_made_for_every_unit_that_was_open_in_the_period():
    directory = an_organisation()
    areas = (Dated(since=BEGAN, value="area-duty"),)

    def team(id_: str, since: date, closed_on: date | None) -> None:
        names = (Dated(since=since, value=id_),)
        directory.learn(TeamDescribedV1(team_id=id_, names=names, service_areas=areas, closed_on=closed_on))

    team("team-gone", BEGAN, date(2026, 4, 1))
    team("team-going", BEGAN, date(2026, 4, 2))
    team("team-coming", date(2026, 4, 30), None)
    team("team-to-come", date(2026, 5, 1), None)
    units = reported_units(as_it_stood(directory, "901", date(2026, 4, 30)), APRIL)
    found = {unit_id for level, unit_id in units if level == "team"}
    assert found >= {"team-going", "team-coming", "team-elm"}
    assert not found & {"team-gone", "team-to-come", "team-oak"}
