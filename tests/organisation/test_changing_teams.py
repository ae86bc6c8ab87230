"""What may happen to a team."""

from datetime import date, timedelta

from services.organisation.domain.team.decisions import (
    CloseTeam,
    CreateTeam,
    MergeTeam,
    MoveTeam,
    RenameTeam,
    close_team,
    create_team,
    merge_team,
    move_team,
    rename_team,
)
from services.organisation.domain.team.events import TeamClosed, TeamMerged, TeamMovedToServiceArea, TeamRenamed
from services.organisation.domain.team.state import DECIDER, Team
from tests.examples.an_organisation import (
    FOUNDED,
    LATER,
    MID_QUARTER,
    assessment,
    elm,
    elsewhere,
    planning,
    team_created,
)
from tests.specification import specification

DAY = timedelta(days=1)
team = specification(DECIDER)
create = CreateTeam("901-elm", "Elm", FOUNDED)
moved = TeamMovedToServiceArea(
    team_id="901-elm",
    from_service_area_id="901-duty",
    to_service_area_id="901-planning",
    effective_date=MID_QUARTER,
)
closed = TeamClosed(team_id="901-elm", effective_date=LATER)
merged = TeamMerged(team_id="901-elm", into="901-fern", effective_date=LATER)
fern = DECIDER.fold([team_created("901-fern")])


def test_a_team_begins_in_an_open_service_area():
    team.given([]).when(create_team, create, assessment).then([elm])
    team.given([]).when(create_team, CreateTeam("901-elm", "Elm", FOUNDED - DAY), assessment).then_refused(
        "no such open service area", field="service_area_id"
    )


def test_creating_it_again_the_same_changes_nothing_and_otherwise_is_refused():
    team.given([elm, moved]).when(create_team, create, assessment).then_nothing()
    team.given([elm]).when(create_team, CreateTeam("901-elm", "Oak", FOUNDED), assessment).then_refused(
        "another team", field="id"
    )


def test_a_team_moves_in_the_middle_of_a_quarter():
    state = team.given([elm]).when(move_team, MoveTeam(MID_QUARTER), planning).then([moved])
    assert [entry.value for entry in state.service_areas] == ["901-duty", "901-planning"]


def test_a_move_told_for_the_past_holds_until_the_next_known_one():
    back = MoveTeam(FOUNDED + DAY)
    state = team.given([elm, moved]).when(move_team, back, planning).then_some(TeamMovedToServiceArea)
    assert [entry.since for entry in state.service_areas] == [FOUNDED, FOUNDED + DAY, MID_QUARTER]


def test_of_two_moves_on_one_day_the_later_told_counts():
    state = (
        team.given([elm, moved]).when(move_team, MoveTeam(MID_QUARTER), assessment).then_some(TeamMovedToServiceArea)
    )
    assert [entry.value for entry in state.service_areas] == ["901-duty", "901-duty"]


def test_a_team_never_leaves_its_authority():
    team.given([elm]).when(move_team, MoveTeam(LATER), elsewhere).then_refused("authority", field="service_area_id")


def test_a_closed_team_is_neither_moved_nor_renamed_after_its_end():
    team.given([elm, closed]).when(move_team, MoveTeam(LATER), planning).then_refused("closed on that date")
    team.given([elm, closed]).when(rename_team, RenameTeam("Oak", LATER)).then_refused("closed on that date")


def test_what_happened_before_its_end_may_still_be_told():
    team.given([elm, closed]).when(move_team, MoveTeam(MID_QUARTER), planning).then([moved])


def test_nothing_happens_to_a_team_before_it_exists():
    team.given([elm]).when(close_team, CloseTeam(FOUNDED - DAY)).then_refused("did not exist")
    team.given([]).when(close_team, CloseTeam(LATER)).then_refused("no such team")


def test_a_team_is_not_closed_before_a_change_that_is_known():
    team.given([elm, moved]).when(close_team, CloseTeam(MID_QUARTER)).then_refused("dated on or after")
    team.given([elm, moved]).when(close_team, CloseTeam(LATER)).then([closed])


def test_a_team_is_merged_into_an_open_one_of_the_same_authority():
    state = team.given([elm]).when(merge_team, MergeTeam(LATER), fern).then([merged])
    assert (state.closed_on, state.merged_into) == (LATER, "901-fern")
    team.given([elm]).when(merge_team, MergeTeam(LATER), Team()).then_refused("no such open team", field="into")
    team.given([elm]).when(merge_team, MergeTeam(LATER), DECIDER.fold([elm])).then_refused("itself", field="into")


def test_a_team_ends_once():
    team.given([elm, merged]).when(close_team, CloseTeam(LATER)).then_refused("closed already")
    team.given([elm, closed]).when(close_team, CloseTeam(date(2027, 1, 1))).then_refused("closed already")


def test_a_new_name_holds_from_its_date():
    renamed = TeamRenamed(team_id="901-elm", name="Oak", effective_date=LATER)
    team.given([elm]).when(rename_team, RenameTeam("Oak", LATER)).then([renamed])
    team.given([elm]).when(rename_team, RenameTeam("Elm", LATER)).then_nothing()
