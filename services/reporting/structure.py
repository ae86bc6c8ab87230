"""The units of a report: which there are, how they lie in each other, and who may see figures of which.

As-then attributes everything to the structure on its effective date; as-now regroups teams by today's structure. A
closed team counts in its last service area, a merged one in the service area of the team that took it over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from services.reporting.views import Level, Unit
from shared.directory import Directory
from shared.published.organisation import (
    TeamDescribedV1,
)
from shared.published.place import Place
from shared.web.policy import REGIONAL, REPORTS, Policy, R
from shared.web.principal import Principal


class OfToday:
    """The structure as it stands on one day, closed teams included."""

    def __init__(self, directory: Directory, today: date) -> None:
        self.directory = directory
        self.today = today

    def unit(self, level: Level, unit_id: str) -> Unit:
        return Unit(level=level, id=unit_id, name=self.directory.name(level, unit_id, self.today))

    def ids(self, level: Level) -> list[str]:
        """Every unit of the level, closed ones too."""
        match level:
            case "team":
                return [team.team_id for team in self.directory.teams()]
            case "service_area":
                return [area.service_area_id for area in self.directory.service_areas()]
            case "authority":
                return [authority.authority_id for authority in self.directory.authorities()]
            case "region":
                return [region.region_id for region in self.directory.regions()]

    def place(self, level: Level, unit_id: str) -> Place | None:
        """Where the unit lies; a region is a Place whose authority is "". None for a unit that does not exist."""
        match level:
            case "team":
                area = self._area(unit_id)
                return None if area is None else self._inside(area, team=unit_id)
            case "service_area":
                return self._inside(unit_id)
            case "authority":
                return self._authority(unit_id) if unit_id in self._authorities else None
            case "region":
                return Place(authority="", regions=(unit_id,)) if unit_id in self._regions else None

    def above(self, level: Level, unit_id: str) -> list[tuple[Level, str]]:
        """The units above this one, from the authority down."""
        place = self.place(level, unit_id)
        if place is None or level in ("authority", "region"):
            return []
        authority: list[tuple[Level, str]] = [("authority", place.authority)]
        if level == "team" and place.service_area is not None:
            return [*authority, ("service_area", place.service_area)]
        return authority

    def teams_in(self, service_areas: Iterable[str]) -> dict[str, str]:
        """The teams that count today in any of these service areas, with their service area."""
        wanted = set(service_areas)
        found = {team: self._area(team) for team in self._teams}
        return {team: area for team, area in found.items() if area is not None and area in wanted}

    def areas_in(self, authority: str) -> list[str]:
        """Every service area of the authority, closed ones too."""
        return [a.service_area_id for a in self.directory.service_areas() if a.authority_id == authority]

    def ever_in(self, region: str) -> list[str]:
        """Every authority that ever belonged to the region, sorted: whatever counted in it is theirs."""
        authorities = self.directory.authorities()
        return [a.authority_id for a in authorities if any(span.region_id == region for span in a.regions)]

    @cached_property
    def _teams(self) -> dict[str, TeamDescribedV1]:
        return {team.team_id: team for team in self.directory.teams()}

    @cached_property
    def _authorities(self) -> frozenset[str]:
        return frozenset(self.ids("authority"))

    @cached_property
    def _regions(self) -> frozenset[str]:
        return frozenset(self.ids("region"))

    def _area(self, team_id: str) -> str | None:
        """The service area in which the team counts today."""
        team, seen = self._teams.get(team_id), {team_id}
        while team is not None and self._is_over(team) and team.merged_into in self._teams.keys() - seen:
            seen.add(team.merged_into)
            team = self._teams[team.merged_into]
        begun = [] if team is None else [entry for entry in team.service_areas if entry.since <= self.today]
        return max(begun, key=lambda entry: entry.since).value if begun else None

    def _is_over(self, team: TeamDescribedV1) -> bool:
        return team.closed_on is not None and team.closed_on <= self.today

    def _inside(self, area: str, team: str | None = None) -> Place | None:
        authority = self.directory.service_area_authority(area)
        if authority is None:
            return None
        return Place(team=team, service_area=area, authority=authority, regions=self._regions_of(authority))

    def _authority(self, authority: str) -> Place:
        return Place(authority=authority, regions=self._regions_of(authority))

    def _regions_of(self, authority: str) -> tuple[str, ...]:
        return tuple(sorted(self.directory.regions_of(authority, self.today)))


class Reach:
    """What one reader may see."""

    def __init__(self, reader: Principal, structure: OfToday, policy: Policy) -> None:
        self._reader = reader
        self._structure = structure
        self._policy = policy

    def sees(self, level: Level, unit_id: str) -> bool:
        """May the reader see the figures of this unit? No for a unit that does not exist."""
        place = self._structure.place(level, unit_id)
        if place is None:
            return False
        return (
            self._sees_region(unit_id, place) if level == "region" else self._policy.sees_figures(self._reader, place)
        )

    def authorities(self) -> list[str]:
        """The authorities whose figures the reader may see."""
        homes = {self._reader.home(held).authority for held in self._reader.held}
        known = self._structure.ids("authority") if self._reader.is_machine else sorted(homes, key=str)
        return [one for one in known if one is not None and self.sees("authority", one)]

    def has_all_of(self, level: Level, unit_id: str) -> bool:
        """Does everything that counts in this unit lie within reach, each single row of it?"""
        place = self._structure.place(level, unit_id)
        return place is not None and self._policy.decide(self._reader, REPORTS, R, place)

    def query(self) -> dict[str, Any] | None:
        """What finds the rows within reach, or None when there can be none."""
        return self._policy.mongo_filter(self._reader, REPORTS, R, under="place.")

    def sees_released(self, region: str) -> bool:
        """May the reader see what was released in this region? No for a region that does not exist."""
        place = self._structure.place("region", region)
        if place is None:
            return False
        if self._policy.decide(self._reader, REGIONAL, R, place):
            return True
        members = self._structure.directory.authorities_of(region, self._structure.today)
        return self._reader.is_machine and any(
            self._policy.decide(self._reader, REGIONAL, R, Place(authority=member)) for member in members
        )

    def _sees_region(self, region: str, place: Place) -> bool:
        """Sums as they are: governance and partners, who read no reports, are shown what was released instead."""
        reads_reports = self._reader.is_machine or self._policy.sees_figures(self._reader, place)
        return reads_reports and self.sees_released(region)
