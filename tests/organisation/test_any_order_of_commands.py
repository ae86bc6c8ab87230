"""Whatever is asked of the organisation, in whatever order: nothing breaks, and asking twice changes nothing."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.organisation.domain.authority import decisions as authority
from services.organisation.domain.authority.state import DECIDER as AUTHORITY
from services.organisation.domain.person import decisions as person
from services.organisation.domain.person.state import DECIDER as PERSON
from services.organisation.domain.region import decisions as region
from services.organisation.domain.region.state import DECIDER as REGION
from services.organisation.domain.service_area import decisions as service_area
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from services.organisation.domain.team import decisions as team
from services.organisation.domain.team.state import DECIDER as TEAM
from services.organisation.publishing import describe
from shared.directory import Directory
from tests.examples.an_organisation import AUTHORITY as DESCRIBED
from tests.examples.an_organisation import DUTY, PLANNING, alliance, area, elsewhere, london, team_created
from tests.examples.an_organisation import authority as created
from tests.specification import asked_in_turn

dates = st.dates(date(2024, 3, 28), date(2024, 4, 12))
maybe = st.none() | dates
names = st.sampled_from(["Elm", "Oak", "Ash"])
areas = st.sampled_from([area("901-duty"), area("901-planning", on=date(2024, 4, 5)), elsewhere])
regions = st.sampled_from(
    [REGION.fold([one]) for one in (london, alliance, london.model_copy(update={"region_id": "south-east"}))]
)
existences = st.builds(person.Existence, dates, st.none() | st.just(date(2024, 4, 10)))
roles = st.sampled_from([("TEAM_MANAGER", "team", "901-elm"), ("QA_OFFICER", "authority", "901")])
links = st.sampled_from([("901-elm", "IRO"), ("901-elm", "QA_OFFICER"), ("901-oak", "IRO")])


def asking(decide, command, *args):
    """A strategy for a command with whatever else the decision is told, as a function of the state alone."""
    return st.builds(lambda command, *args: lambda state: decide(command, state, *args), command, *args)


def some(*strategies):
    return st.lists(st.one_of(*strategies), max_size=15)


others = st.sampled_from([TEAM.fold([team_created("901-oak", on=date(2024, 4, 3))]), TEAM.fold([team_created()])])
team_commands = some(
    asking(team.create_team, st.builds(team.CreateTeam, st.just("901-elm"), names, dates), areas),
    asking(team.rename_team, st.builds(team.RenameTeam, names, dates)),
    asking(team.move_team, st.builds(team.MoveTeam, dates), areas),
    asking(team.merge_team, st.builds(team.MergeTeam, dates), others),
    asking(team.close_team, st.builds(team.CloseTeam, dates)),
)


@given(team_commands, dates)
def test_a_team(commands, on):
    history = asked_in_turn(TEAM, commands)
    state = TEAM.fold(history)
    if state.created is None or state.authority_id != "901":
        return
    known = Directory()
    for unit in (DESCRIBED, DUTY, PLANNING, describe("team", state)):
        known.learn(unit)
    assert (known.place("901-elm", on) and known.place("901-elm", on).service_area) == recounted(history, on)


def recounted(history, on):
    """The team's service area on that date, from the events alone: the newest date wins, then the latest told."""
    told = {}
    for event in history:
        match event.type:
            case "TeamCreated.v1":
                told[event.effective_date] = event.service_area_id
            case "TeamMovedToServiceArea.v1":
                told[event.effective_date] = event.to_service_area_id
            case "TeamClosed.v1" | "TeamMerged.v1":
                told[event.effective_date] = None
    past = [since for since in told if since <= on]
    return told[max(past)] if past else None


@given(
    some(
        asking(
            region.create_region, st.builds(region.CreateRegion, st.just("london"), names, st.just("REGION"), dates)
        ),
        asking(region.rename_region, st.builds(region.RenameRegion, names, dates)),
    )
)
def test_a_region(commands):
    asked_in_turn(REGION, commands)


@given(
    some(
        asking(authority.create_authority, st.builds(authority.CreateAuthority, st.just("901"), names, dates)),
        asking(authority.rename_authority, st.builds(authority.RenameAuthority, names, dates)),
        asking(authority.join_region, st.builds(authority.JoinRegion, dates), regions),
        asking(authority.leave_region, st.builds(authority.LeaveRegion, dates), regions),
    ),
    dates,
)
def test_an_authority(commands, on):
    state = AUTHORITY.fold(asked_in_turn(AUTHORITY, commands))
    held = [span.what for span in state.regions if span.holds(on)]
    assert len([what for what in held if what[1] == "REGION"]) <= 1


@given(
    some(
        asking(
            service_area.create_service_area,
            st.builds(service_area.CreateServiceArea, st.just("901-duty"), names, dates),
            st.just(AUTHORITY.fold([created])),
        ),
        asking(service_area.rename_service_area, st.builds(service_area.RenameServiceArea, names, dates)),
        asking(
            service_area.close_service_area,
            st.builds(service_area.CloseServiceArea, dates),
            st.sampled_from([(), ("901-elm",)]),
        ),
    )
)
def test_a_service_area(commands):
    asked_in_turn(SERVICE_AREA, commands)


@given(
    some(
        asking(
            person.assign_role,
            st.builds(lambda what, on, until: person.AssignRole("s-1", *what, on, until), roles, dates, maybe),
            existences,
        ),
        asking(person.end_role, st.builds(lambda what, on: person.EndRole(*what, on), roles, dates)),
        asking(
            person.start_team_link,
            st.builds(lambda what, on, until: person.StartTeamLink("s-1", *what, on, until), links, dates, maybe),
            existences,
        ),
        asking(person.end_team_link, st.builds(lambda what, on: person.EndTeamLink(*what, on), links, dates)),
    ),
    dates,
)
def test_a_person(commands, on):
    state = PERSON.fold(asked_in_turn(PERSON, commands))
    held = [span.what for span in (*state.holdings, *state.links) if span.holds(on)]
    assert len(held) == len(set(held))
