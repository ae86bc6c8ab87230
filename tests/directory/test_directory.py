"""Who is where, on which date."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from shared.directory import Directory, Held
from shared.published.organisation import Dated, TeamDescribedV1
from shared.published.place import Place
from tests.examples.an_organisation import (
    AUTHORITY,
    DUTY,
    ELM,
    EVERYTHING,
    FOUNDED,
    LATER,
    LONDON,
    MID_QUARTER,
    PLANNING,
)

DAY = timedelta(days=1)


def directory(*units) -> Directory:
    known = Directory()
    for unit in units or EVERYTHING:
        known.learn(unit)
    return known


def test_a_team_stands_where_it_stood_on_that_date():
    before = Place(team="901-elm", service_area="901-duty", authority="901", regions=("london",))
    after = Place(team="901-elm", service_area="901-planning", authority="901", regions=("london",))
    known = directory()
    assert known.place("901-elm", MID_QUARTER - DAY) == before
    assert known.place("901-elm", MID_QUARTER) == after
    assert known.place("901-elm", LATER).regions == ("london", "ncl")


def test_a_team_has_no_place_before_it_began_after_it_ended_or_unknown():
    known = directory()
    assert known.place("901-elm", FOUNDED - DAY) is None
    assert known.place("901-fern", LATER - DAY).service_area == "901-planning"
    assert known.place("901-fern", LATER) is None
    assert known.place("901-nobody", LATER) is None


def test_a_team_has_no_place_until_its_authority_is_known():
    known = directory(ELM, DUTY)
    assert known.place("901-elm", FOUNDED) is None
    known.learn(AUTHORITY)
    assert known.place("901-elm", FOUNDED).authority == "901"


def test_the_order_of_learning_does_not_matter():
    for order in permutations((LONDON, AUTHORITY, DUTY, ELM)):
        assert directory(*order).place("901-elm", FOUNDED) == directory().place("901-elm", FOUNDED)


def test_an_authority_is_a_place_of_its_own():
    known = directory()
    assert known.authority_place("901", FOUNDED) == Place(authority="901", regions=("london",))
    assert known.authority_place("901", FOUNDED - DAY) is None
    assert known.authority_place("999", FOUNDED) is None
    assert known.service_area_authority("901-duty") == "901"
    assert known.service_area_authority("901-none") is None


def test_names_are_those_of_the_date():
    known = directory()
    assert known.name("team", "901-elm", MID_QUARTER) == "Elm"
    assert known.name("team", "901-elm", LATER) == "Elm and Fern"
    assert known.name("region", "london", FOUNDED - DAY) == "London"
    assert known.name("service_area", "901-none", LATER) == "901-none"


def test_roles_and_links_are_dated():
    known = directory()
    assert known.roles("s-100", FOUNDED) == (Held("TEAM_MANAGER", "team", "901-elm"),)
    assert known.roles("s-100", FOUNDED - DAY) == ()
    assert known.roles("nobody", FOUNDED) == ()
    assert known.linked_teams("s-200", FOUNDED) == {"901-elm", "901-fern"}
    assert known.linked_teams("s-200", FOUNDED, "IRO") == {"901-fern"}
    assert known.linked_teams("s-200", LATER) == {"901-fern"}


def test_a_link_passes_to_the_successor_on_the_day():
    known = directory()
    assert known.link_holder("901-elm", "QA_OFFICER", LATER - DAY) == "s-200"
    assert known.link_holder("901-elm", "QA_OFFICER", LATER) == "s-201"
    assert known.link_holder("901-elm", "IRO", LATER) is None
    assert known.linked_since("901-elm", "QA_OFFICER", LATER) == LATER
    assert known.linked_since("901-elm", "QA_OFFICER", LATER - DAY) < LATER - DAY
    assert known.linked_since("901-elm", "IRO", LATER) is None


def test_the_structure_is_listed_as_it_was():
    known = directory()
    assert known.teams_of("901-planning", FOUNDED) == ("901-fern",)
    assert known.teams_of("901-planning", MID_QUARTER) == ("901-elm", "901-fern")
    assert known.teams_of("901-planning", LATER) == ("901-elm",)
    assert known.areas_of("901", FOUNDED) == ("901-duty", "901-planning")
    assert known.areas_of("901", FOUNDED - DAY) == ()
    assert known.authorities_of("ncl", LATER) == ("901",)
    assert known.authorities_of("ncl", FOUNDED) == ()
    assert known.regions_of("901", LATER) == ("london", "ncl")
    assert [team.team_id for team in known.teams()] == ["901-elm", "901-fern"]
    assert [len(units) for units in (known.service_areas(), known.authorities(), known.regions())] == [2, 1, 1]


def test_a_closed_area_is_listed_no_more():
    known = directory()
    known.learn(DUTY.model_copy(update={"closed_on": LATER}))
    assert known.areas_of("901", LATER) == ("901-planning",)


def test_what_is_learnt_replaces_what_was_known():
    known = directory()
    known.learn(ELM.model_copy(update={"service_areas": (Dated(since=FOUNDED, value="901-planning"),)}))
    assert known.teams_of("901-duty", FOUNDED) == ()
    assert known.place("901-elm", FOUNDED).service_area == "901-planning"


def test_a_forgotten_unit_is_unknown():
    known = directory()
    streams = ("team-901-elm", "person-s-100", "region-london", "service_area-901-duty", "authority-901", "odd-thing")
    for stream in (*streams, *streams):
        known.forget(stream)
    assert known.place("901-elm", FOUNDED) is None
    assert known.roles("s-100", FOUNDED) == ()
    assert known.authority_place("901", FOUNDED) is None
    assert known.name("team", "901-elm", FOUNDED) == "901-elm"
    assert known.areas_of("901", FOUNDED) == ("901-planning",)
    assert known.authorities_of("ncl", LATER) == ()


dates = st.dates(date(2025, 1, 1), date(2025, 3, 1))
histories = st.lists(st.tuples(dates, st.sampled_from(["901-duty", "901-planning"])), min_size=1, max_size=8)


@given(st.dictionaries(st.sampled_from(["t1", "t2", "t3"]), histories), st.none() | dates, dates)
def test_places_equal_a_naive_recount_of_any_history(teams, closed_on, on):
    known = directory(LONDON, AUTHORITY, DUTY, PLANNING)
    expected = {}
    for id_, moves in teams.items():
        areas = tuple(Dated(since=since, value=value) for since, value in moves)
        known.learn(TeamDescribedV1(team_id=id_, names=areas[:1], service_areas=areas, closed_on=closed_on))
        expected[id_] = None
        for since, value in sorted(moves, key=lambda move: move[0]):
            if since <= on and not (closed_on and closed_on <= on):
                expected[id_] = value
    places = {id_: known.place(id_, on) for id_ in teams}
    assert {id_: place and place.service_area for id_, place in places.items()} == expected
    for area in ("901-duty", "901-planning"):
        assert known.teams_of(area, on) == tuple(sorted(id_ for id_, value in expected.items() if value == area))
