"""A route that is new or asks for something else needs its line in the matrix: nobody opens a door by accident."""

from __future__ import annotations

import pytest

from shared.web.policy import ROLES, Action, Policy, Resource
from shared.web.principal import Principal
from tests.assurance.matrix import agreed, everything, lines
from tests.http import ALL_SCOPES

AGREED = agreed()
DONE = lines(everything())
WRITES = {
    "audit": "audit:write",
    "escalation": "alert:write",
    "feedback": "feedback:write",
    "reporting": "reports:write",
}


@pytest.mark.parametrize("service", sorted({line[0] for line in DONE}))
def test_every_route_asks_for_what_was_agreed(service: str):
    done = {line for line in DONE if line[0] == service}
    agreed_here = {line for line in AGREED if line[0] == service}
    assert done - agreed_here == set(), "new or changed: python -m tests.assurance.matrix, and read the difference"
    assert agreed_here - done == set(), "no longer there"


def test_the_matrix_is_sorted_and_says_nothing_twice():
    assert sorted(set(AGREED)) == AGREED


def test_a_route_is_guarded_or_says_why_not():
    for service, method, path, scope, resource, action, because in AGREED:
        guarded = scope in ALL_SCOPES and resource in Resource.__members__ and action in Action.__members__
        assert guarded != bool(because), (service, method, path)


def test_what_is_open_to_everybody_are_pages_without_data():
    opened = {path for *_, path, scope, _, _, _ in (line for line in AGREED) if not scope}
    assert opened == {
        *("/livez", "/readyz", "/startupz", "/openapi.json"),
        *("/sign-in", "/sign-out", "/about", "/accessibility", "/static/{name}", "/schemas/{name}/{version}"),
    }


def test_reading_needs_the_scope_to_read_and_writing_another():
    for service, method, path, scope, _, action, because in AGREED:
        if because:
            continue
        if method == "GET":
            assert (scope, action) in {("read", "R"), ("ops", "R"), ("improvements:read", "R")}, (service, path)
        else:
            assert scope.endswith(":write"), (service, path)
            expected = {WRITES.get(service), "events:write" if path == "/v1/events" else "organisation:write"}
            expected |= {"subscriptions:write"} if service == "reporting" else set()
            assert scope in expected, (service, path)


def test_every_route_is_of_use_to_somebody():
    """A right that no role and no client has is a mistake in the route or in the table."""
    policy = Policy()
    machine = Principal("m", authorities=frozenset({"*"}))
    granted = {
        (resource, letter)
        for rights in ROLES.values()
        for resource, rows in rights.items()
        for letters, _ in rows
        for letter in letters
    }
    for service, _, path, _, resource, action, because in AGREED:
        if not because:
            by_person = (resource, action) in granted
            assert by_person or policy.may(machine, Resource(resource), Action(action)), (service, path)
