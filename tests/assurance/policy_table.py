"""The role table as a person can check it: for each role and resource, what may be done where.

    python -m tests.assurance.policy_table

writes the committed file again from the policy. Columns say whose thing it is, seen from the unit over which the role
is held. A cell lists actions (C create, R read, U progress, A approve); behind `own`, `allocated` or `purpose` stands
what is added when the thing is the person's own case, was allocated to them, or a purpose is given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from shared.calendar.clock import local_date
from shared.published.place import Place
from shared.web.policy import ROLES, Action, Policy, Resource
from shared.web.principal import Home, Principal
from tests.assurance.world import REGIONS, clock, directory
from tests.web.directory import Held

FILE = Path(__file__).parent / "policy_table.csv"

# Over which unit a role is usually held. Reviewing officers and the like are linked with teams: here with 901-elm.
HELD_OVER: Mapping[str, tuple[str, str]] = {
    "TEAM_MANAGER": ("team", "901-elm"),
    "SOCIAL_WORKER": ("team", "901-elm"),
    "HEAD_OF_SERVICE": ("service_area", "901-planning"),
    "PARTNER_AUTHORITY": ("authority", "901"),
}
LINKED = frozenset({"901-elm"})
WHERE = {
    "own_team": "901-elm",
    "other_team_of_own_area": "901-fern",
    "other_area_of_own_authority": "901-birch",
    "other_authority_of_own_region": "902-oak",
    "other_region": "903-ash",
}
CONDITIONS: Mapping[str, Mapping[str, bool]] = {
    "own": {"own": True},
    "allocated": {"allocated": True},
    "purpose": {"on_need": True},
}
MACHINES = {"machine of 901": frozenset({"901"}), "machine of all": frozenset({"*"})}
COLUMNS = ("who", "held_over", "resource", *WHERE)
policy = Policy()


def place(team: str) -> Place:
    found = directory().place(team, local_date(clock()))
    assert found is not None
    return found


PLACES = {column: place(team) for column, team in WHERE.items()}


def home(scope: str, unit_id: str) -> Home:
    code = unit_id[:3]
    return Home(None, frozenset({unit_id})) if scope == "region" else Home(code, frozenset(REGIONS[code]))


def person(role: str, scope: str, unit_id: str) -> Principal:
    homes = {(scope, unit_id): home(scope, unit_id)}
    return Principal("p", held=(Held(role, scope, unit_id),), linked_teams=LINKED, homes=homes)


def everybody() -> Iterator[tuple[str, str, Principal]]:
    """Each role over the unit it is usually held over, and clients that act for authorities."""
    for role in ROLES:
        scope, unit_id = HELD_OVER.get(role, ("authority", "901"))
        yield role, scope, person(role, scope, unit_id)
    for name, authorities in MACHINES.items():
        yield name, "token", Principal("m", authorities=authorities)


def cell(who: Principal, resource: Resource, there: Place) -> str:
    plain = _actions(who, resource, there)
    parts = [plain] if plain else []
    for word, condition in CONDITIONS.items():
        if more := "".join(a for a in _actions(who, resource, there, **condition) if a not in plain):
            parts.append(f"{word} {more}")
    return "; ".join(parts)


def _actions(who: Principal, resource: Resource, there: Place, **conditions: bool) -> str:
    return "".join(a.value for a in Action if policy.decide(who, resource, a, there, **conditions))


@cache
def lines() -> list[tuple[str, ...]]:
    """A line for each role and resource; where a role has nothing at all, its cells are empty."""
    return [
        (name, held_over, resource.value, *(cell(who, resource, there) for there in PLACES.values()))
        for name, held_over, who in everybody()
        for resource in Resource
    ]


@cache
def agreed() -> list[tuple[str, ...]]:
    with FILE.open(newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def main() -> None:
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(lines())


if __name__ == "__main__":
    main()
