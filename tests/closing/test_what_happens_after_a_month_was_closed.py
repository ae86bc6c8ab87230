"""Edge cases of closed periods: what is recorded later shows at once, and changes nothing that was published."""

from __future__ import annotations

from datetime import date

import pytest

from services.reporting.closing.restatements import RESTATEMENTS, Restatements
from services.reporting.closing.shelf import KeptShelf
from services.reporting.domain import periods
from services.reporting.reports.report import Asked
from shared.deciding.refusal import NotFound, Refused
from shared.published.audit import AuditWithdrawnV1
from shared.published.organisation import Dated, TeamDescribedV1
from shared.web.principal import Principal
from tests.closing.a_town import Town, cells, total
from tests.reporting.an_organisation import BEGAN
from tests.reporting.telling import BIRCH, ELM, FERN, a_graded_audit

CLOSED_ON = date(2026, 5, 8)
READER = Principal(subject="anybody")
"""The shelf asks nobody who they are: that is asked before and after."""


def asked(level: str = "authority", unit: str = "901", key: str = "2026-04", structure: str = "as-then") -> Asked:
    return Asked(level, unit, periods.named(key), structure)


async def report(town: Town, code: str = "R1", version: int | None = None, **of: str):
    return await KeptShelf(town.closing).report(READER, code, asked(**of), version)


async def an_april(town: Town) -> None:
    """Three audits in April, closed on the close day."""
    for n, (grade, place) in enumerate([("GOOD", ELM), ("INADEQUATE", ELM), ("GOOD", BIRCH)]):
        town.now(date(2026, 4, 20 + n))
        town.tell(f"audit-{n}", a_graded_audit(grade, place=place, effective_date=date(2026, 4, 20 + n)))
    await town.project()
    town.now(CLOSED_ON)
    await town.close("2026-04")


async def regraded(town: Town) -> None:
    town.now(date(2026, 5, 18))
    again = {"regrade": True, "regrade_reason": "CALIBRATION", "approver_role": "HEAD_OF_SAFEGUARDING_QA"}
    town.tell("audit-1", a_graded_audit("GOOD", effective_date=date(2026, 4, 21), **again))
    await town.project()


AREAS = ("service_area:area-planning", "service_area:area-duty")


def marked(found) -> set[str]:
    """The columns that are marked in the first row of R1's grades."""
    (grades,) = [table for table in found.tables if table.name == "grades"]
    return set(grades.rows[0].revised)


def restatements(found) -> list[dict]:
    return list(cells(found, "restatements").values())


async def test_audit_regraded_after_the_month_report_closed(town: Town):
    """Edge case 1."""
    await an_april(town)
    first = await report(town)
    assert (first.closing.version, total(first)["good"], total(first)["inadequate"]) == (1, 2, 1)

    await regraded(town)
    assert await report(town) == first, "what was published stands"
    pending = restatements(await report(town, "R14"))
    assert {one["state"] for one in pending} == {"PENDING"}
    of_total = {(one["unit"], one["column"]): one for one in pending if one["line"] == one["unit"]}
    cell = of_total["Authority 901", "Good"]
    assert (cell["old"], cell["new"], cell["reasons"], cell["events"]) == ("2", "3", "CALIBRATION", "audit-1")
    assert (cell["recorded_on"], cell["reason_approver"]) == ("2026-05-18", "HEAD_OF_SAFEGUARDING_QA")
    assert {unit for unit, _ in of_total} == {"Authority 901", "Planning", "Elm"}

    assert total(await report(town, key="2026-Q1"))["good"] == 3, "the quarter uses the new grade"

    town.later(days=1)
    outcome = await town.restate("2026-04")
    assert [type(told.event).__name__ for told in outcome.events] == ["ReportRestated"]
    second = await report(town)
    assert (second.closing.version, total(second)["good"]) == (2, 3)
    revised = marked(second)
    assert revised >= {"good", "inadequate", "good_or_better"}
    assert "outstanding" not in revised
    assert await report(town, version=1) == first, "the first version keeps what it said, and its hash"
    listed = restatements(await report(town, "R14"))
    assert {(one["state"], one["version"], one["approver"]) for one in listed} == {
        ("RESTATED", 2, "HEAD_OF_SAFEGUARDING_QA")
    }
    assert len(listed) == len(pending)


async def test_backdated_finalisation_done_30_april_entered_12_may_after_close(town: Town):
    """Edge case 23: a late entry is a restatement of April, and not silently in May."""
    await an_april(town)
    town.now(date(2026, 5, 12))
    town.tell("audit-late", a_graded_audit("OUTSTANDING", place=FERN, effective_date=date(2026, 4, 30)))
    await town.project()
    may = await report(town, key="2026-05")
    assert (may.closing, total(may)["graded"]) == (None, 0)
    pending = restatements(await report(town, "R14"))
    assert {(one["reasons"], one["events"], one["recorded_on"]) for one in pending} == {
        ("LATE_ENTRY", "audit-late", "2026-05-12")
    }
    await town.restate("2026-04")
    assert total(await report(town))["outstanding"] == 1


async def test_an_audit_withdrawn_after_the_close_is_taken_out_by_a_restatement(town: Town):
    await an_april(town)
    town.now(date(2026, 5, 20))
    town.tell("audit-2", AuditWithdrawnV1(audit_id="2", reason="WRONG_CHILD", approver_role="HEAD_OF_SAFEGUARDING_QA"))
    await town.project()
    pending = restatements(await report(town, "R14", level="team", unit="team-birch"))
    assert {(one["unit"], one["reasons"]) for one in pending} == {("Birch", "WITHDRAWN")}
    await town.restate("2026-04")
    assert total(await report(town, level="team", unit="team-birch"))["graded"] == 0
    assert total(await report(town, level="team", unit="team-birch", version=1))["graded"] == 1
    elm = await report(town, level="team", unit="team-elm")
    assert total(elm)["graded"] == 2
    assert not any(row.revised for table in elm.tables for row in table.rows), "the other team's report is as it was"


async def test_what_is_recorded_of_later_months_is_no_restatement(town: Town):
    await an_april(town)
    town.now(date(2026, 5, 21))
    town.tell("audit-may", a_graded_audit("GOOD", effective_date=date(2026, 5, 20)))
    await town.project()
    assert restatements(await report(town, "R14")) == []
    assert (await town.restate("2026-04")).events == ()


async def test_a_regrade_that_ends_where_it_began_is_no_restatement(town: Town):
    await an_april(town)
    await regraded(town)
    town.tell("audit-1", a_graded_audit("INADEQUATE", effective_date=date(2026, 4, 21), regrade=True))
    await town.project()
    assert restatements(await report(town, "R14")) == []


async def test_a_past_that_is_restructured_is_a_restatement_of_names_and_lists(town: Town):
    await an_april(town)
    town.now(date(2026, 5, 20))
    renamed = (Dated(since=BEGAN, value="Elm"), Dated(since=date(2026, 4, 15), value="Elm and Ash"))
    areas = (Dated(since=BEGAN, value="area-planning"),)
    town.directory.learn(TeamDescribedV1(team_id="team-elm", names=renamed, service_areas=areas))
    pending = restatements(await report(town, "R14"))
    assert {(one["old"], one["new"], one["reasons"]) for one in pending} == {("Elm", "Elm and Ash", "RESTRUCTURED")}


async def test_a_team_that_is_moved_and_renamed_later_changes_nothing_of_a_closed_month(town: Town):
    """Edge case 2, the closed side: as-then stands, as-now is made anew and says so."""
    town.now(date(2026, 4, 22))
    town.tell("audit-fern", a_graded_audit("GOOD", place=FERN, effective_date=date(2026, 4, 22)))
    await an_april(town)
    before = await report(town)
    town.now(date(2026, 8, 3))
    names = (Dated(since=BEGAN, value="Fern"), Dated(since=date(2026, 7, 1), value="Bracken"))
    moves = ((BEGAN, "area-planning"), (date(2026, 7, 1), "area-duty"))
    areas = tuple(Dated(since=since, value=area) for since, area in moves)
    town.directory.learn(TeamDescribedV1(team_id="team-fern", names=names, service_areas=areas))
    assert await report(town) == before
    assert restatements(await report(town, "R14")) == []
    now = await report(town, structure="as-now")
    assert now.closing is None
    assert any("today's structure" in note for note in now.notes)
    counts = {key.partition("|")[0]: row["graded"] for key, row in cells(now).items()}
    then = {key.partition("|")[0]: row["graded"] for key, row in cells(before).items()}
    assert (then["service_area:area-planning"], counts["service_area:area-planning"]) == (3, 2)
    for one in (then, counts):
        assert one["authority:901"] == sum(n for key, n in one.items() if key in AREAS)


async def test_several_restatements_keep_every_version_and_every_mark(town: Town):
    await an_april(town)
    await regraded(town)
    await town.restate("2026-04")
    town.now(date(2026, 6, 2))
    town.tell("audit-late", a_graded_audit("OUTSTANDING", place=BIRCH, effective_date=date(2026, 4, 30)))
    await town.project()
    pending = restatements(await report(town, "R14"))
    news = [one for one in pending if one["state"] == "PENDING"]
    assert {one["events"] for one in news} == {"audit-late"}, "what was restated is no reason any more"
    await town.restate("2026-04")
    versions = [await report(town, version=n) for n in (1, 2, 3)]
    assert [total(one)["graded"] for one in versions] == [3, 3, 4]
    assert len({one.closing.hash for one in versions}) == 3
    assert marked(versions[2]) >= {"good", "inadequate", "outstanding"}, "marked since the close, not since last time"


async def test_a_month_and_what_was_listed_of_it_sum_to_the_quarter(town: Town):
    """What was published of three months, and the differences listed since, are together what the quarter says."""
    await an_april(town)
    town.now(date(2026, 5, 20))
    town.tell("audit-may", a_graded_audit("GOOD", effective_date=date(2026, 5, 20)))
    await town.project()
    town.now(date(2026, 6, 5))
    await town.close("2026-05")
    town.tell("audit-late", a_graded_audit("GOOD", effective_date=date(2026, 4, 30)))
    town.tell("audit-later", a_graded_audit("GOOD", place=FERN, effective_date=date(2026, 5, 6)))
    await town.project()
    months = [await report(town, key=key) for key in ("2026-04", "2026-05", "2026-06")]
    closed = sum(total(month)["good"] for month in months)
    listed = [one for key in ("2026-04", "2026-05") for one in restatements(await report(town, "R14", key=key))]
    whole = ("R1", "Authority 901", "Authority 901", "grades", "Good")
    named = ("report", "unit", "line", "table", "column")
    of_total = [one for one in listed if tuple(one[name] for name in named) == whole]
    later = sum(int(one["new"]) - int(one["old"]) for one in of_total)
    assert (closed, later) == (3, 2)
    assert total(await report(town, key="2026-Q1"))["good"] == closed + later


async def test_a_quarter_is_closed_from_what_is_known_and_not_from_what_its_months_said(town: Town):
    await an_april(town)
    await regraded(town)
    for key, day in (("2026-05", date(2026, 6, 5)), ("2026-06", date(2026, 7, 7)), ("2026-Q1", date(2026, 7, 14))):
        town.now(day)
        await town.close(key)
    quarter = await report(town, key="2026-Q1")
    assert (quarter.closing.version, total(quarter)["good"]) == (1, 3)
    assert total(await report(town, key="2026-04"))["good"] == 2, "nobody has approved April's restatement"


async def test_whoever_approves_says_which_differences_they_saw(town: Town):
    await an_april(town)
    await regraded(town)
    period = (await town.closing.period("901", "2026-04")).state
    seen = (await town.closing.pending("901", periods.named("2026-04"), period)).hash
    town.tell("audit-late", a_graded_audit("GOOD", effective_date=date(2026, 4, 30)))
    await town.project()
    with pytest.raises(Refused, match="other figures differ"):
        await town.restate("2026-04", seen=seen)
    now = (await town.closing.pending("901", periods.named("2026-04"), period)).hash
    assert (await town.restate("2026-04", seen=now)).events


async def test_another_authority_s_late_entries_are_not_ours(town: Town):
    await an_april(town)
    town.now(date(2026, 5, 12))
    elsewhere = ELM.model_copy(update={"team": "team-oak", "service_area": "area-other", "authority": "902"})
    town.tell("audit-other", a_graded_audit("GOOD", place=elsewhere, effective_date=date(2026, 4, 30)))
    await town.project()
    assert restatements(await report(town, "R14")) == []


async def test_a_version_that_there_is_not_is_not_found(town: Town):
    await an_april(town)
    for wrong in ({"version": 2}, {"version": 1, "key": "2026-05"}, {"version": 1, "structure": "as-now"}):
        with pytest.raises(NotFound):
            await report(town, **wrong)


async def test_of_an_open_period_nothing_is_restated(town: Town):
    found = await report(town, "R14", key="2026-05")
    assert restatements(found) == []
    assert "not closed" in found.notes[0]
    made = await Restatements(town.closing).report("901", asked(), found.unit)
    assert made.code == RESTATEMENTS.code
