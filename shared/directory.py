"""The organisation as every service knows it: who is where, on which date, held in memory.

It learns whole units from the topic `qa.organisation`, in any order; `shared.messaging.directory_feed` keeps it fed.
Reading never waits, and learning happens between two steps of the one event loop, so a reader sees a unit whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar, assert_never

from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Link,
    OrganisationPublished,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    Span,
    TeamDescribedV1,
)
from shared.published.place import Place

Scope = Literal["team", "service_area", "authority", "region"]


@dataclass(frozen=True, slots=True)
class Held:
    """A role held over one unit: `scope` says which kind of unit `unit_id` is."""

    role: str
    scope: Scope
    unit_id: str


class Directory:
    """Units and people by id, with their dated history. Ids that it does not know answer None or nothing."""

    def __init__(self) -> None:
        self._regions: dict[str, RegionDescribedV1] = {}
        self._authorities: dict[str, AuthorityDescribedV1] = {}
        self._areas: dict[str, ServiceAreaDescribedV1] = {}
        self._teams: dict[str, TeamDescribedV1] = {}
        self._people: dict[str, PersonDescribedV1] = {}
        self._names: dict[tuple[str, str], _History] = {}
        self._team_areas: dict[str, _History] = {}
        # Who ever belonged to a unit; whether on a given date is asked of the member itself.
        self._ever_in_area: dict[str, set[str]] = {}
        self._ever_in_authority: dict[str, set[str]] = {}
        self._ever_in_region: dict[str, set[str]] = {}
        self._ever_linked: dict[str, set[str]] = {}

    def learn(self, published: OrganisationPublished) -> None:
        """Take this as the unit's whole truth in place of what was known of it."""
        match published:
            case RegionDescribedV1():
                self._learn_region(published)
            case AuthorityDescribedV1():
                self._learn_authority(published)
            case ServiceAreaDescribedV1():
                self._learn_service_area(published)
            case TeamDescribedV1():
                self._learn_team(published)
            case PersonDescribedV1():
                self._learn_person(published)
            case _:
                assert_never(published)

    def forget(self, stream: str) -> None:
        """Know the unit of this stream (`team-901-team-elm`) no longer; an unknown one is no matter."""
        kind, _, id_ = stream.partition("-")
        match kind:
            case "region":
                self._regions.pop(id_, None)
            case "authority":
                self._forget_authority(id_)
            case "service_area":
                self._forget_service_area(id_)
            case "team":
                self._forget_team(id_)
            case "person":
                self._forget_person(id_)
            case _:
                return
        self._names.pop((kind, id_), None)

    def place(self, team_id: str, on: date) -> Place | None:
        """Where the team stood on that date (as-then); None when unknown or not open on that date."""
        team = self._teams.get(team_id)
        if team is None or _closed(team.closed_on, on):
            return None
        area_id = self._team_areas[team_id].at(on)
        area = self._areas.get(area_id) if area_id else None
        # An authority not learned yet would answer a place without its regions, and be counted nowhere regional.
        if area is None or area.authority_id not in self._authorities:
            return None
        regions = self.regions_of(area.authority_id, on)
        return Place(team=team_id, service_area=area_id, authority=area.authority_id, regions=regions)

    def authority_place(self, la_code: str, on: date) -> Place | None:
        """The place of something that concerns the whole authority; None when unknown on that date."""
        names = self._names.get(("authority", la_code))
        known = names is not None and names.at(on) is not None
        return Place(authority=la_code, regions=self.regions_of(la_code, on)) if known else None

    def service_area_authority(self, service_area_id: str) -> str | None:
        area = self._areas.get(service_area_id)
        return area.authority_id if area else None

    def name(self, kind: Scope, id_: str, on: date) -> str:
        """What the unit was called on that date: before its first name the first, and the id itself when unknown."""
        names = self._names.get((kind, id_))
        return (names.at(on) or names.first) if names else id_

    def roles(self, staff_ref: str, on: date) -> tuple[Held, ...]:
        person = self._people.get(staff_ref)
        holdings = _holding(person.holdings, on) if person else []
        return tuple(Held(held.role, held.scope, held.unit_id) for held in holdings)

    def holders(self, role: str, scope: Scope, unit_id: str, on: date) -> tuple[str, ...]:
        """Who holds this role over this very unit on that date, sorted. It looks at everybody: for rare questions."""
        held = Held(role, scope, unit_id)
        return tuple(sorted(ref for ref in self._people if held in self.roles(ref, on)))

    def linked_teams(self, staff_ref: str, on: date, link_type: str | None = None) -> frozenset[str]:
        """The teams this person is linked with on that date, by this type of link or by any."""
        return frozenset(link.team_id for link in self._links(staff_ref, on) if link_type in (None, link.link_type))

    def link_holder(self, team_id: str, link_type: str, on: date) -> str | None:
        """Who is linked with the team on that date; of several the one whose link began last."""
        found = self._linked(team_id, link_type, on)
        return max(found)[1] if found else None

    def linked_since(self, team_id: str, link_type: str, on: date) -> date | None:
        """Since when that person is linked; None when on that date nobody is."""
        found = self._linked(team_id, link_type, on)
        return max(found)[0] if found else None

    def link_holders(self, team_id: str, link_type: str, on: date) -> tuple[str, ...]:
        """Everybody who is linked with the team on that date, sorted."""
        return tuple(sorted({staff_ref for _, staff_ref in self._linked(team_id, link_type, on)}))

    def teams(self) -> tuple[TeamDescribedV1, ...]:
        """Every team ever, by id."""
        return tuple(team for _, team in sorted(self._teams.items()))

    def service_areas(self) -> tuple[ServiceAreaDescribedV1, ...]:
        return tuple(area for _, area in sorted(self._areas.items()))

    def authorities(self) -> tuple[AuthorityDescribedV1, ...]:
        return tuple(authority for _, authority in sorted(self._authorities.items()))

    def regions(self) -> tuple[RegionDescribedV1, ...]:
        return tuple(region for _, region in sorted(self._regions.items()))

    def teams_of(self, service_area_id: str, on: date) -> tuple[str, ...]:
        """Ids of the teams open in the service area on that date, sorted."""
        ever = self._ever_in_area.get(service_area_id, ())
        return tuple(sorted(id_ for id_ in ever if self._area_of(id_, on) == service_area_id))

    def areas_of(self, authority_id: str, on: date) -> tuple[str, ...]:
        """Ids of the service areas open in the authority on that date, sorted."""
        return tuple(sorted(id_ for id_ in self._ever_in_authority.get(authority_id, ()) if self._area_open(id_, on)))

    def authorities_of(self, region_id: str, on: date) -> tuple[str, ...]:
        """Ids of the authorities belonging to the region on that date, sorted."""
        ever = self._ever_in_region.get(region_id, ())
        return tuple(sorted(id_ for id_ in ever if region_id in self.regions_of(id_, on)))

    def regions_of(self, authority_id: str, on: date) -> tuple[str, ...]:
        """Ids of the regions and alliances the authority belongs to on that date, sorted."""
        authority = self._authorities.get(authority_id)
        return tuple(sorted({span.region_id for span in _holding(authority.regions, on)})) if authority else ()

    def _area_of(self, team_id: str, on: date) -> str | None:
        closed = _closed(self._teams[team_id].closed_on, on)
        return None if closed else self._team_areas[team_id].at(on)

    def _area_open(self, area_id: str, on: date) -> bool:
        began = self._names["service_area", area_id].at(on) is not None
        return began and not _closed(self._areas[area_id].closed_on, on)

    def _linked(self, team_id: str, link_type: str, on: date) -> list[tuple[date, str]]:
        return [
            (link.since, staff_ref)
            for staff_ref in self._ever_linked.get(team_id, ())
            for link in self._links(staff_ref, on)
            if link.team_id == team_id and link.link_type == link_type
        ]

    def _links(self, staff_ref: str, on: date) -> list[Link]:
        person = self._people.get(staff_ref)
        return _holding(person.links, on) if person else []

    def _learn_region(self, region: RegionDescribedV1) -> None:
        self._regions[region.region_id] = region
        self._names["region", region.region_id] = _History(region.names)

    def _learn_authority(self, authority: AuthorityDescribedV1) -> None:
        id_ = authority.authority_id
        self._forget_authority(id_)
        self._authorities[id_] = authority
        self._names["authority", id_] = _History(authority.names)
        _index(self._ever_in_region, (span.region_id for span in authority.regions), id_)

    def _learn_service_area(self, area: ServiceAreaDescribedV1) -> None:
        id_ = area.service_area_id
        self._forget_service_area(id_)
        self._areas[id_] = area
        self._names["service_area", id_] = _History(area.names)
        _index(self._ever_in_authority, (area.authority_id,), id_)

    def _learn_team(self, team: TeamDescribedV1) -> None:
        id_ = team.team_id
        self._forget_team(id_)
        self._teams[id_] = team
        self._names["team", id_] = _History(team.names)
        self._team_areas[id_] = _History(team.service_areas)
        _index(self._ever_in_area, (dated.value for dated in team.service_areas), id_)

    def _learn_person(self, person: PersonDescribedV1) -> None:
        self._forget_person(person.staff_ref)
        self._people[person.staff_ref] = person
        _index(self._ever_linked, (link.team_id for link in person.links), person.staff_ref)

    def _forget_authority(self, id_: str) -> None:
        if known := self._authorities.pop(id_, None):
            _unindex(self._ever_in_region, (span.region_id for span in known.regions), id_)

    def _forget_service_area(self, id_: str) -> None:
        if known := self._areas.pop(id_, None):
            _unindex(self._ever_in_authority, (known.authority_id,), id_)

    def _forget_team(self, id_: str) -> None:
        if known := self._teams.pop(id_, None):
            _unindex(self._ever_in_area, (dated.value for dated in known.service_areas), id_)
            del self._team_areas[id_]

    def _forget_person(self, id_: str) -> None:
        if known := self._people.pop(id_, None):
            _unindex(self._ever_linked, (link.team_id for link in known.links), id_)


class _History:
    """Dated values in order, looked up by halving. Of several on one date the last given holds."""

    __slots__ = ("_since", "_values")

    def __init__(self, entries: Iterable[Dated]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.since)
        self._since = [entry.since for entry in ordered]
        self._values = [entry.value for entry in ordered]

    def at(self, on: date) -> str | None:
        """The value that held on that date; None before the first."""
        i = bisect_right(self._since, on)
        return self._values[i - 1] if i else None

    @property
    def first(self) -> str:
        return self._values[0] if self._values else ""


def _closed(closed_on: date | None, on: date) -> bool:
    """Closing holds from its date on, as every dated entry does: the day before is the last open one."""
    return closed_on is not None and on >= closed_on


SpanT = TypeVar("SpanT", bound=Span)


def _holding(spans: Iterable[SpanT], on: date) -> list[SpanT]:
    return [span for span in spans if span.since <= on and not _closed(span.until, on)]


def _index(members: dict[str, set[str]], units: Iterable[str], member: str) -> None:
    for unit in units:
        members.setdefault(unit, set()).add(member)


def _unindex(members: dict[str, set[str]], units: Iterable[str], member: str) -> None:
    for unit in set(units):
        members[unit].discard(member)
