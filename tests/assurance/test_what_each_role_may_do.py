"""Every role on every resource, everywhere: as agreed in the table, and the same for a decision and for a query."""

from __future__ import annotations

import itertools

import pytest

from shared.published.place import Place
from shared.web.policy import ROLES, Action, Policy, Resource
from tests.assurance.policy_table import CONDITIONS, LINKED, PLACES, agreed, cell, everybody, lines, person, policy
from tests.web.test_who_may_do_what import matches

UNITS = {
    "team": ("901-elm", "901-fern", "901-birch", "902-oak", "903-ash"),
    "service_area": ("901-planning", "901-duty", "902-planning", "903-planning"),
    "authority": ("901", "902", "903"),
    "region": ("london", "north"),
}
HOLDINGS = [(scope, unit) for scope, units in UNITS.items() for unit in units]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_was_agreed_and_nothing_else(role: str):
    agreed_here = [line for line in agreed() if line[0] == role]
    assert agreed_here == [line for line in lines() if line[0] == role]
    assert len(agreed_here) == len(Resource)


def test_the_table_is_complete():
    assert agreed() == lines()
    assert len(agreed()) == (len(ROLES) + 2) * len(Resource)


def test_a_table_that_grants_more_would_be_noticed():
    """The test can see the fault: a manager who may approve audits, and a filter that forgets the unit."""
    wider = Policy({**ROLES, "TEAM_MANAGER": {**ROLES["TEAM_MANAGER"], Resource.AUDIT: ROLES["DCS"][Resource.AUDIT]}})
    manager = next(who for name, _, who in everybody() if name == "TEAM_MANAGER")
    there = PLACES["own_team"]
    assert any(
        wider.decide(manager, Resource.AUDIT, a, there) != policy.decide(manager, Resource.AUDIT, a, there)
        for a in Action
    )
    assert cell(manager, Resource.AUDIT, there) == "CRU"


def document(there: Place, *, own: bool, allocated: bool) -> dict[str, object]:
    return {
        "place": there.model_dump(mode="json"),
        "by": "me" if own else "somebody",
        "for": "me" if allocated else "somebody",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_query_finds_exactly_what_a_decision_allows_over_any_unit(role: str):
    """Every unit the role can be held over x resource x action x place x own or not x allocated or not."""
    cells = 0
    for (scope, unit), resource, action in itertools.product(HOLDINGS, Resource, Action):
        who = person(role, scope, unit)
        query = policy.mongo_filter(who, resource, action, under="place.", own={"by": "me"}, allocated={"for": "me"})
        for there, own, allocated in itertools.product(PLACES.values(), (False, True), (False, True)):
            allowed = policy.decide(who, resource, action, there, own=own, allocated=allocated)
            found = query is not None and matches(document(there, own=own, allocated=allocated), query)
            assert found == allowed, (role, scope, unit, resource, action, there)
            cells += 1
    assert cells == len(HOLDINGS) * len(Resource) * len(Action) * len(PLACES) * 4


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reaches_a_thing_of_another_region(role: str):
    for (scope, unit), resource, action in itertools.product(HOLDINGS, Resource, Action):
        if unit.startswith("903") or unit == "north":
            continue
        who = person(role, scope, unit)
        conditions = {name: True for one in CONDITIONS.values() for name in one}
        assert not policy.decide(who, resource, action, PLACES["other_region"], **conditions)


@pytest.mark.parametrize("role", ROLES)
def test_what_concerns_no_authority_is_for_no_person(role: str):
    for (scope, unit), resource, action in itertools.product(HOLDINGS, Resource, Action):
        assert not policy.decide(person(role, scope, unit), resource, action, None, own=True, allocated=True)


def test_whoever_is_linked_with_a_team_reaches_no_other_by_it():
    assert frozenset({"901-elm"}) == LINKED
    for role in ("PRACTICE_DEVELOPMENT_WORKER", "QA_OFFICER"):
        who = person(role, "authority", "901")
        for column, there in PLACES.items():
            assert policy.decide(who, Resource.REPORTS, Action.R, there) == (column == "own_team")
