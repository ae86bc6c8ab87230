"""What may happen to regions, authorities, service areas, and people's roles and links."""

from datetime import timedelta

from services.organisation.domain.authority import decisions as authority_decisions
from services.organisation.domain.authority.decisions import JoinRegion, LeaveRegion, join_region, leave_region
from services.organisation.domain.authority.events import AuthorityJoinedRegion, AuthorityLeftRegion
from services.organisation.domain.authority.state import DECIDER as AUTHORITY
from services.organisation.domain.person.decisions import (
    AssignRole,
    EndRole,
    EndTeamLink,
    Existence,
    StartTeamLink,
    assign_role,
    end_role,
    end_team_link,
    start_team_link,
)
from services.organisation.domain.person.events import RoleEnded, TeamLinkEnded, TeamLinkStarted
from services.organisation.domain.person.state import DECIDER as PERSON
from services.organisation.domain.region.decisions import CreateRegion, RenameRegion, create_region, rename_region
from services.organisation.domain.region.events import RegionRenamed
from services.organisation.domain.region.state import DECIDER as REGION
from services.organisation.domain.service_area.decisions import (
    CloseServiceArea,
    CreateServiceArea,
    close_service_area,
    create_service_area,
)
from services.organisation.domain.service_area.events import ServiceAreaClosed
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from tests.examples.an_organisation import (
    FOUNDED,
    LATER,
    MID_QUARTER,
    alliance,
    area_created,
    authority,
    in_london,
    linked,
    london,
    manager,
)
from tests.specification import specification

DAY = timedelta(days=1)
region_spec, authority_spec = specification(REGION), specification(AUTHORITY)
area_spec, person_spec = specification(SERVICE_AREA), specification(PERSON)
LONDON, ALLIANCE = REGION.fold([london]), REGION.fold([alliance])
OTHER = REGION.fold([london.model_copy(update={"region_id": "south-east"})])
AUTHORITY_901 = AUTHORITY.fold([authority])
OPEN = Existence(FOUNDED)
link = StartTeamLink("s-200", "901-elm", "QA_OFFICER", FOUNDED)


def test_a_region_is_created_once_and_renamed_from_a_date():
    region_spec.given([]).when(create_region, CreateRegion("london", "London", "REGION", FOUNDED)).then([london])
    region_spec.given([london]).when(create_region, CreateRegion("london", "London", "ALLIANCE", FOUNDED)).then_refused(
        "another region", field="id"
    )
    region_spec.given([london]).when(rename_region, RenameRegion("Greater London", LATER)).then(
        [RegionRenamed(region_id="london", name="Greater London", effective_date=LATER)]
    )


def test_an_authority_is_in_one_region_at_a_time_but_in_several_alliances():
    joined = AuthorityJoinedRegion(authority_id="901", region_id="ncl", kind="ALLIANCE", effective_date=LATER)
    authority_spec.given([authority]).when(join_region, JoinRegion(FOUNDED), LONDON).then([in_london])
    authority_spec.given([authority, in_london]).when(join_region, JoinRegion(LATER), ALLIANCE).then([joined])
    authority_spec.given([authority, in_london]).when(join_region, JoinRegion(LATER), OTHER).then_refused(
        "one region at a time"
    )


def test_an_authority_changes_its_region_by_leaving_the_old_one_first():
    left = AuthorityLeftRegion(authority_id="901", region_id="london", kind="REGION", effective_date=LATER)
    authority_spec.given([authority, in_london]).when(leave_region, LeaveRegion(LATER), LONDON).then([left])
    authority_spec.given([authority, in_london, left]).when(join_region, JoinRegion(LATER), OTHER).then_some(
        AuthorityJoinedRegion
    )


def test_an_authority_is_renamed_only_from_when_it_exists():
    command = authority_decisions.RenameAuthority("Thornbury", FOUNDED - DAY)
    authority_spec.given([authority]).when(authority_decisions.rename_authority, command).then_refused("did not exist")


def test_a_service_area_needs_its_authority():
    command = CreateServiceArea("901-duty", "Area 901-duty", FOUNDED)
    area_spec.given([]).when(create_service_area, command, AUTHORITY_901).then([area_created("901-duty")])
    area_spec.given([]).when(create_service_area, command, AUTHORITY.initial).then_refused(
        "no such authority", field="authority_id"
    )


def test_a_service_area_is_closed_only_when_its_teams_are_gone():
    given = area_spec.given([area_created("901-duty")])
    given.when(close_service_area, CloseServiceArea(LATER), ("901-elm",)).then_refused("moved or closed first")
    given.when(close_service_area, CloseServiceArea(LATER), ()).then(
        [ServiceAreaClosed(service_area_id="901-duty", effective_date=LATER)]
    )


def test_a_role_is_assigned_over_a_unit_that_exists():
    command = AssignRole("s-100", "TEAM_MANAGER", "team", "901-elm", FOUNDED)
    person_spec.given([]).when(assign_role, command, OPEN).then([manager])
    person_spec.given([]).when(assign_role, command, Existence(None)).then_refused("no such open unit", field="unit_id")
    person_spec.given([]).when(assign_role, command, Existence(FOUNDED - DAY, FOUNDED)).then_refused("open unit")


def test_a_role_is_not_held_twice_at_once():
    command = AssignRole("s-100", "TEAM_MANAGER", "team", "901-elm", MID_QUARTER)
    person_spec.given([manager]).when(assign_role, command, OPEN).then_refused("holds already")


def test_a_role_assigned_by_mistake_is_taken_back_on_the_same_day_and_may_be_given_again():
    command = EndRole("TEAM_MANAGER", "team", "901-elm", FOUNDED)
    ended = RoleEnded(staff_ref="s-100", role="TEAM_MANAGER", scope="team", unit_id="901-elm", effective_date=FOUNDED)
    state = person_spec.given([manager]).when(end_role, command).then([ended])
    assert not state.holdings[0].holds(FOUNDED)
    again = AssignRole("s-100", "TEAM_MANAGER", "team", "901-elm", FOUNDED)
    person_spec.given([manager, ended]).when(assign_role, again, OPEN).then([manager])


def test_a_role_that_is_not_held_cannot_end():
    command = EndRole("TEAM_MANAGER", "team", "901-elm", FOUNDED - DAY)
    person_spec.given([manager]).when(end_role, command).then_refused("only what holds", field="effective_date")


def test_links_are_dated_and_follow_one_another():
    ended = TeamLinkEnded(staff_ref="s-200", team_id="901-elm", link_type="QA_OFFICER", effective_date=LATER)
    person_spec.given([]).when(start_team_link, link, OPEN).then([linked])
    person_spec.given([linked]).when(end_team_link, EndTeamLink("901-elm", "QA_OFFICER", LATER)).then([ended])
    again = StartTeamLink("s-200", "901-elm", "QA_OFFICER", LATER)
    person_spec.given([linked, ended]).when(start_team_link, again, OPEN).then_some(TeamLinkStarted)


def test_an_overlapping_identical_link_is_refused():
    again = StartTeamLink("s-200", "901-elm", "QA_OFFICER", LATER)
    person_spec.given([linked]).when(start_team_link, again, OPEN).then_refused("holds already")


def test_a_link_never_ends_before_it_begins():
    backwards = StartTeamLink("s-200", "901-elm", "QA_OFFICER", LATER, LATER)
    person_spec.given([]).when(start_team_link, backwards, OPEN).then_refused("before it has begun", field="until")
