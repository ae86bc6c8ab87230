"""A small directory: two regions, two authorities, four service areas, eight teams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from shared.published.place import Place
from shared.web.principal import Holds

AUTHORITIES = {"901": ("north",), "902": ("alliance", "south")}
AREAS = {"a1": "901", "a2": "901", "b1": "902", "b2": "902"}
TEAMS = {f"{area}-t{n}": area for area in AREAS for n in (1, 2)}
REGIONS = ("north", "south", "alliance")


@dataclass(frozen=True)
class Held:
    role: str
    scope: str
    unit_id: str


@dataclass
class SmallDirectory:
    people: dict[str, tuple[Holds, ...]] = field(default_factory=dict)
    links: dict[str, frozenset[str]] = field(default_factory=dict)

    def roles(self, staff_ref: str, on: date) -> Iterable[Holds]:
        return self.people.get(staff_ref, ())

    def linked_teams(self, staff_ref: str, on: date) -> frozenset[str]:
        return self.links.get(staff_ref, frozenset())

    def place(self, team_id: str, on: date) -> Place | None:
        return place_of(team_id) if team_id in TEAMS else None

    def service_area_authority(self, service_area_id: str) -> str | None:
        return AREAS.get(service_area_id)

    def regions_of(self, authority: str, on: date) -> Iterable[str]:
        return AUTHORITIES.get(authority, ())


def place_of(team_id: str) -> Place:
    area = TEAMS[team_id]
    return Place(team=team_id, service_area=area, authority=AREAS[area], regions=AUTHORITIES[AREAS[area]])


PLACES = (
    *(place_of(team) for team in TEAMS),
    *(Place(authority=code, regions=regions) for code, regions in AUTHORITIES.items()),
)
UNITS = {"team": tuple(TEAMS), "service_area": tuple(AREAS), "authority": tuple(AUTHORITIES), "region": REGIONS}
