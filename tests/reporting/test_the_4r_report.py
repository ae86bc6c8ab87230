"""R3: the 4R meetings of a period."""

from __future__ import annotations

from datetime import date

import pytest

from shared.published.audit_cycle import RemedialActionVerificationFailedV1
from tests.reporting.a_cycle import FERN_IN_DUTY, WHOLE_901
from tests.reporting.cycle_telling import PLANNING, agreed, cancelled, completed, held, scheduled
from tests.reporting.reporting import made, rows, table
from tests.reporting.telling import BIRCH, ELM, FERN

THREE = {"place": WHOLE_901, "teams": (ELM, FERN, BIRCH)}
ABOUT_THREE = {"four_r_meeting-1": [scheduled(**THREE), held(**THREE, linked_audits=("1", "2", "3"))]}


async def found(histories, unit=("authority", "901"), period="2026-04", **asked):
    return await made("R3", unit, period, histories=histories, **asked)


def footer(report):
    return tuple(rows(report, "footer")["footer"][state] for state in ("scheduled", "held", "cancelled"))


async def test_4r_meeting_held_about_three_audits_in_different_teams():
    """Edge case 28: one meeting, three team rows, the footer counts 1."""
    report = await found(ABOUT_THREE)
    meetings = rows(report, "meetings").values()
    assert [row["team"] for row in meetings] == ["Birch", "Elm", "Fern"]
    assert {row["meeting"] for row in meetings} == {"four_r_meeting-1"}
    assert footer(report) == (1, 1, 0)
    assert rows(report, "by_unit")["authority:901:whole"]["held"] == 1


@pytest.mark.parametrize("team", ["team-elm", "team-fern", "team-birch"])
async def test_each_of_the_teams_sees_the_meeting_and_counts_it_once(team):
    report = await found(ABOUT_THREE, ("team", team))
    (row,) = table(report, "meetings").rows
    assert (row.unit.id, row.kind) == (team, "ITEM")
    assert footer(report) == (1, 1, 0)


@pytest.mark.parametrize(("structure", "planning"), [("as-then", ["Elm", "Fern"]), ("as-now", ["Elm"])])
async def test_an_area_sees_the_meetings_about_its_teams_wherever_they_count(structure, planning):
    report = await found(ABOUT_THREE, ("service_area", "area-planning"), structure=structure)
    assert [row["team"] for row in rows(report, "meetings").values()] == planning
    assert footer(report) == (1, 1, 0)
    assert rows(report, "by_unit")["service_area:area-planning"]["held"] == 0


async def test_a_meeting_about_two_teams_of_an_area_counts_in_the_area_and_in_neither_team():
    both = {"four_r_meeting-1": [held(place=PLANNING, teams=(ELM, FERN))]}
    by_unit = rows(await found(both, ("service_area", "area-planning")), "by_unit")
    assert by_unit["service_area:area-planning"]["held"] == by_unit["service_area:area-planning:whole"]["held"] == 1
    assert by_unit["team:team-elm"]["held"] == 0


async def test_a_row_says_who_was_there_what_was_decided_and_when_it_goes_on():
    (row,) = rows(await found({"four_r_meeting-1": [scheduled(), held()]}), "meetings").values()
    assert (row["date"], row["state"], row["roles"]) == ("2026-04-22", "HELD", "QA_OFFICER TEAM_MANAGER")
    assert (row["linked_audits"], row["linked_alerts"], row["decisions"], row["next"]) == (1, 1, 2, "2026-05-20")


async def test_actions_of_a_meeting_are_done_when_they_were_completed_by_the_end_of_the_period():
    failed = RemedialActionVerificationFailedV1(action_id="3", failed_on=date(2026, 4, 29), due_on=date(2026, 5, 20))
    histories = {
        "four_r_meeting-1": [held(actions=("1", "2", "3", "4"))],
        "remedial_action-1": [agreed(action_id="1"), completed(date(2026, 4, 30))],
        "remedial_action-2": [agreed(action_id="2"), completed(date(2026, 5, 1))],
        "remedial_action-3": [agreed(action_id="3"), completed(date(2026, 4, 28)), failed],
        "remedial_action-4": [agreed(action_id="4")],
    }
    (april,) = rows(await found(histories), "meetings").values()
    assert (april["actions"], april["actions_done"]) == (4, 1)
    (quarter,) = rows(await found(histories, period="2026-Q1"), "meetings").values()
    assert quarter["actions_done"] == 2


async def test_what_was_planned_and_what_was_called_off_count_in_their_own_months():
    planned = {"four_r_meeting-1": [scheduled(planned_on=date(2026, 5, 6)), cancelled(date(2026, 4, 30))]}
    assert footer(await found(planned)) == (0, 0, 1)
    assert footer(await found(planned, period="2026-05")) == (1, 0, 0)
    assert footer(await found(planned, period="2026-Q1")) == (1, 0, 1)
    (row,) = rows(await found(planned), "meetings").values()
    assert row["state"] == "CANCELLED"


async def test_a_team_that_moved_keeps_its_meetings_where_it_was():
    histories = {"four_r_meeting-1": [held(place=FERN_IN_DUTY, teams=(FERN_IN_DUTY,), held_on=date(2026, 5, 20))]}
    duty = await found(histories, ("service_area", "area-duty"), "2026-05")
    assert [row["team"] for row in rows(duty, "meetings").values()] == ["Fern"]
    assert footer(await found(histories, ("service_area", "area-planning"), "2026-05")) == (0, 0, 0)


async def test_a_region_counts_meetings_and_lists_none():
    report = await found(ABOUT_THREE, ("region", "alliance-north"))
    assert table(report, "meetings").rows == ()
    assert footer(report) == (1, 1, 0)
