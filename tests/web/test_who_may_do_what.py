"""The role table: decisions and query filters say the same, always."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.published.place import Place
from shared.web.identity import Identity
from shared.web.policy import ROLES, A, Action, C, Policy, R, Resource, U
from shared.web.policy import Resource as Of
from shared.web.principal import Principal
from shared.web.tokens import Claims
from tests.web.directory import AREAS, AUTHORITIES, PLACES, TEAMS, UNITS, Held, SmallDirectory, place_of

policy = Policy()


def person(*held: Held, links: frozenset[str] = frozenset()) -> Principal:
    directory = SmallDirectory({"p": held}, {"p": links})
    return Identity(None, directory, policy)._known(Claims("p", frozenset(), frozenset(), 0))  # type: ignore[arg-type]


def machine(*authorities: str) -> Principal:
    return Principal("m", authorities=frozenset(authorities))


def matches(document: dict[str, Any], query: dict[str, Any]) -> bool:
    """A tiny reading of MongoDB's queries, enough for those that the policy makes."""
    return all(_matches(document, name, wanted) for name, wanted in query.items())


def _matches(document: dict[str, Any], name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(matches(document, one) for one in wanted)
    if name == "$and":
        return all(matches(document, one) for one in wanted)
    value: Any = document
    for step in name.split("."):
        value = value[step]
    values = value if isinstance(value, list) else [value]
    return any(one in wanted["$in"] for one in values) if isinstance(wanted, dict) else wanted in values


helds = st.sampled_from(sorted(UNITS)).flatmap(
    lambda scope: st.builds(Held, st.sampled_from([*ROLES, "UNKNOWN"]), st.just(scope), st.sampled_from(UNITS[scope]))
)
people = st.builds(
    lambda held, links: person(*held, links=frozenset(links)),
    st.lists(helds, max_size=4),
    st.lists(st.sampled_from(sorted(TEAMS)), max_size=3),
)
machines = st.builds(lambda codes: machine(*codes), st.lists(st.sampled_from(["901", "902", "*"]), max_size=2))
principals = people | machines


@given(principals, st.sampled_from(Resource), st.sampled_from(Action), st.booleans(), st.booleans())
def test_the_filter_finds_exactly_what_a_decision_allows(who, resource, action, own, allocated):
    query = policy.mongo_filter(
        who, resource, action, under="place.", own={"by": "me"} if own else None, allocated={"for": "me"}
    )
    for place in PLACES:
        for is_own in (False, True):
            for is_allocated in (False, True):
                row = {
                    "place": place.model_dump(mode="json"),
                    "by": "me" if is_own else "x",
                    "for": "me" if is_allocated else "x",
                }
                allowed = policy.decide(who, resource, action, place, own=own and is_own, allocated=is_allocated)
                assert (query is not None and matches(row, query)) == allowed


@given(principals, st.sampled_from(Resource), st.sampled_from(Action))
def test_who_may_do_something_somewhere_may_do_it_at_some_place_or_for_a_reason(who, resource, action):
    somewhere = any(
        policy.decide(who, resource, action, place, own=True, allocated=True, on_need=True) for place in PLACES
    )
    assert policy.may(who, resource, action) or not somewhere


@given(people, st.sampled_from(Resource), st.sampled_from([C, U, A]))
def test_who_may_change_a_thing_may_read_it(who, resource, action):
    for place in PLACES:
        changes = policy.decide(who, resource, action, place, own=True, allocated=True)
        assert not changes or policy.decide(who, resource, R, place, own=True, allocated=True)


@given(people, st.sampled_from(Resource), st.sampled_from(Action), st.sampled_from(PLACES))
def test_nobody_reaches_into_an_authority_in_which_they_hold_nothing(who, resource, action, place):
    homes = {home.authority for home in who.homes.values()} | {place_of(t).authority for t in who.linked_teams}
    regions = {region for home in who.homes.values() for region in home.regions}
    if policy.decide(who, resource, action, place, own=True, allocated=True, on_need=True):
        assert place.authority in homes or regions & set(place.regions)


def test_without_a_role_nothing_is_allowed():
    nobody = person()
    for resource in Resource:
        for action in Action:
            assert policy.mongo_filter(nobody, resource, action) is None
            assert not any(policy.decide(nobody, resource, action, place, own=True) for place in PLACES)


def test_a_team_manager_reads_their_own_team_only():
    manager = person(Held("TEAM_MANAGER", "team", "a1-t1"))
    assert policy.decide(manager, Of.AUDIT, R, place_of("a1-t1"))
    assert not policy.decide(manager, Of.AUDIT, R, place_of("a1-t2"))
    assert policy.mongo_filter(manager, Of.AUDIT, R) == {"team": {"$in": ["a1-t1"]}}


def test_a_head_of_service_approves_actions_in_their_area_only():
    head = person(Held("HEAD_OF_SERVICE", "service_area", "a1"))
    assert policy.decide(head, Of.ACTIONS, A, place_of("a1-t2"))
    assert not policy.decide(head, Of.ACTIONS, A, place_of("a2-t1"))


def test_a_qa_officer_reads_linked_teams_and_what_was_allocated_to_them():
    officer = person(Held("QA_OFFICER", "authority", "901"), links=frozenset({"a1-t1"}))
    assert policy.decide(officer, Of.AUDIT, R, place_of("a1-t1"))
    assert not policy.decide(officer, Of.AUDIT, R, place_of("a2-t1"))
    assert policy.decide(officer, Of.AUDIT, R, place_of("a2-t1"), allocated=True)
    assert not policy.decide(officer, Of.AUDIT, R, place_of("b1-t1"), allocated=True)
    assert not policy.decide(officer, Of.IDENTIFIERS, R, place_of("a1-t1"))


def test_a_director_needs_a_purpose_to_see_who_a_child_is():
    director = person(Held("DCS", "authority", "901"))
    assert not policy.decide(director, Of.IDENTIFIERS, R, place_of("a1-t1"))
    assert policy.decide(director, Of.IDENTIFIERS, R, place_of("a1-t1"), on_need=True)
    assert policy.mongo_filter(director, Of.IDENTIFIERS, R) is None


def test_nobody_but_a_head_of_safeguarding_approves_about_audits():
    for role in ROLES:
        approves = policy.may(person(Held(role, "authority", "901")), Of.AUDIT, A)
        assert approves == (role == "HEAD_OF_SAFEGUARDING_QA")


def test_governance_roles_are_shown_no_report_before_releases_are_controlled():
    for role in ("LEAD_MEMBER", "CHIEF_EXECUTIVE", "BSCP_CHAIR", "IMPROVEMENT_PARTNER", "PARTNER_AUTHORITY"):
        governor = person(Held(role, "authority", "901"))
        assert policy.mongo_filter(governor, Of.REPORTS, R) is None
        assert not policy.sees_figures(governor, Place(authority="901"))


def test_everybody_who_reads_reports_in_an_authority_sees_its_figures_but_not_its_rows():
    head = person(Held("HEAD_OF_SERVICE", "service_area", "a1"))
    assert policy.sees_figures(head, Place(authority="901", regions=("north",)))
    assert policy.sees_figures(head, Place(authority="", regions=("north",)))
    assert policy.sees_figures(head, Place(service_area="a1", authority="901"))
    assert not policy.sees_figures(head, Place(service_area="a2", authority="901"))
    assert not policy.sees_figures(head, Place(authority="902"))
    assert not policy.sees_figures(head, Place(authority="", regions=("south",)))
    assert not policy.decide(head, Of.REPORTS, R, Place(authority="901"))


def test_a_machine_client_acts_for_its_authorities_and_approves_nothing():
    client = machine("901")
    assert policy.decide(client, Of.AUDIT, C, place_of("a1-t1"))
    assert not policy.decide(client, Of.AUDIT, C, place_of("b1-t1"))
    assert not policy.decide(client, Of.AUDIT, C, None)
    assert policy.decide(machine("*"), Of.ORGANISATION, C, None)
    assert not policy.may(machine("*"), Of.IDENTIFIERS, R)
    assert not any(policy.may(machine("*"), resource, A) for resource in Resource)


def test_the_table_names_units_that_exist():
    assert set(AREAS.values()) == set(AUTHORITIES)
