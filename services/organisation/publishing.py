"""What the organisation tells the world: every unit whole, as it stands after what happened to it.

The topic is compacted, so the newest record of a unit must be all that a reader needs. Nothing here is private: the
organisation keeps codes, dates, names of units and opaque staff references, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.organisation.domain.authority.state import DECIDER as AUTHORITY
from services.organisation.domain.authority.state import Authority
from services.organisation.domain.dating import Entries
from services.organisation.domain.person.state import DECIDER as PERSON
from services.organisation.domain.person.state import Person
from services.organisation.domain.region.state import DECIDER as REGION
from services.organisation.domain.region.state import Region
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from services.organisation.domain.service_area.state import ServiceArea
from services.organisation.domain.team.state import DECIDER as TEAM
from services.organisation.domain.team.state import Team
from shared.deciding.decider import Decider
from shared.event_store.handling import recorded
from shared.event_store.store import Commit, EventStore
from shared.published.envelope import Published
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Link,
    Membership,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)

DECIDERS: dict[str, Decider[Any, Any]] = {d.category: d for d in (REGION, AUTHORITY, SERVICE_AREA, TEAM, PERSON)}


async def tellings(store: EventStore, commit: Commit) -> list[Published | None]:
    """One for each event of the commit: only after the last one is the unit told, as it stood at that version."""
    decider = DECIDERS[commit.stream.partition("-")[0]]
    until_then = [known for known in await store.read(commit.stream) if known.version <= commit.version]
    state = decider.fold(told.event for known in until_then for told in recorded(decider, known))
    return [None] * (len(commit.events) - 1) + [describe(decider.category, state)]


def describe(category: str, state: Any) -> Published:
    """The unit of that category in the words of its contract."""
    return _DESCRIPTIONS[category](state)


def _region(region: Region) -> RegionDescribedV1:
    return RegionDescribedV1(region_id=region.id, names=_dated(region.names), kind=region.kind)


def _authority(authority: Authority) -> AuthorityDescribedV1:
    regions = tuple(
        Membership(region_id=span.what[0], since=span.since, until=span.until) for span in authority.regions
    )
    return AuthorityDescribedV1(authority_id=authority.id, names=_dated(authority.names), regions=regions)


def _service_area(area: ServiceArea) -> ServiceAreaDescribedV1:
    return ServiceAreaDescribedV1(
        service_area_id=area.id,
        authority_id=area.authority_id,
        names=_dated(area.names),
        closed_on=area.closed_on,
    )


def _team(team: Team) -> TeamDescribedV1:
    return TeamDescribedV1(
        team_id=team.id,
        names=_dated(team.names),
        service_areas=_dated(team.service_areas),
        closed_on=team.closed_on,
        merged_into=team.merged_into,
    )


def _person(person: Person) -> PersonDescribedV1:
    return PersonDescribedV1(
        staff_ref=person.id,
        holdings=tuple(
            Holding.model_validate(
                {**dict(zip(("role", "scope", "unit_id"), s.what, strict=True)), "since": s.since, "until": s.until}
            )
            for s in person.holdings
        ),
        links=tuple(Link(team_id=s.what[0], link_type=s.what[1], since=s.since, until=s.until) for s in person.links),
    )


def _dated(entries: Entries) -> tuple[Dated, ...]:
    return tuple(Dated(since=entry.since, value=entry.value) for entry in entries)


_DESCRIPTIONS: Mapping[str, Callable[[Any], Published]] = {
    "region": _region,
    "authority": _authority,
    "service_area": _service_area,
    "team": _team,
    "person": _person,
}
