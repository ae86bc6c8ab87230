"""An authority's organisation as it stood on one day: what is later is not in it, so that today changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from services.reporting.closing.canonical import canonical
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.structure import OfToday
from services.reporting.views import Level
from shared.directory import Directory
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Membership,
    OrganisationPublished,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)

Units = tuple[OrganisationPublished, ...]
_DESCRIBED: dict[str, type[OrganisationPublished]] = {
    described.TYPE: described
    for described in (RegionDescribedV1, AuthorityDescribedV1, ServiceAreaDescribedV1, TeamDescribedV1)
}


def as_it_stood(directory: Directory, authority: str, on: date) -> Units:
    """The authority, its regions, and every service area and team that it had up to that day, closed ones too."""
    ever = _ever(directory, authority)
    areas = {area.service_area_id for area in directory.service_areas() if area.authority_id == authority}
    return (
        *(_region(region, on) for region in directory.regions() if region.region_id in ever),
        *(_authority(one, on) for one in directory.authorities() if one.authority_id == authority),
        *(_area(one, on) for one in directory.service_areas() if one.service_area_id in areas and _began(one, on)),
        *(_team(one, on) for one in directory.teams() if _is_in(one, areas) and _began(one, on)),
    )


def directory_of(units: Iterable[OrganisationPublished]) -> Directory:
    directory = Directory()
    for unit in units:
        directory.learn(unit)
    return directory


def structure_of(units: Iterable[OrganisationPublished], span: Span) -> OfToday:
    """As on the period's last day."""
    return OfToday(directory_of(units), periods.last_day(span.months[-1]))


def structure_content(units: Units) -> bytes:
    """The organisation in its one spelling."""
    return canonical([{"type": unit.TYPE, **unit.model_dump(mode="json")} for unit in units])


def structure_from(content: list[dict[str, Any]]) -> Units:
    """What `structure_content` wrote."""
    return tuple(
        _DESCRIBED[one["type"]].model_validate({k: v for k, v in one.items() if k != "type"}) for one in content
    )


def reported_units(units: Units, span: Span) -> list[tuple[Level, str]]:
    """The authority, and each service area and team that was open on some day of the period."""
    first, last = periods.first_day(span.months[0]), periods.last_day(span.months[-1])

    def was_open(closed_on: date | None, names: tuple[Dated, ...]) -> bool:
        return min(name.since for name in names) <= last and (closed_on is None or closed_on > first)

    found: list[tuple[Level, str]] = []
    for unit in units:
        match unit:
            case AuthorityDescribedV1():
                found.append(("authority", unit.authority_id))
            case ServiceAreaDescribedV1() if was_open(unit.closed_on, unit.names):
                found.append(("service_area", unit.service_area_id))
            case TeamDescribedV1() if was_open(unit.closed_on, unit.names):
                found.append(("team", unit.team_id))
            case _:
                continue
    return found


def _ever(directory: Directory, authority: str) -> set[str]:
    joined = (one.regions for one in directory.authorities() if one.authority_id == authority)
    return {membership.region_id for memberships in joined for membership in memberships}


def _began(unit: ServiceAreaDescribedV1 | TeamDescribedV1, on: date) -> bool:
    return any(name.since <= on for name in unit.names)


def _is_in(team: TeamDescribedV1, areas: set[str]) -> bool:
    return any(entry.value in areas for entry in team.service_areas)


def _region(region: RegionDescribedV1, on: date) -> RegionDescribedV1:
    return region.model_copy(update={"names": _until(region.names, on) or region.names[:1]})


def _authority(authority: AuthorityDescribedV1, on: date) -> AuthorityDescribedV1:
    names = _until(authority.names, on) or authority.names[:1]
    return authority.model_copy(update={"names": names, "regions": tuple(_joined(authority.regions, on))})


def _area(area: ServiceAreaDescribedV1, on: date) -> ServiceAreaDescribedV1:
    return area.model_copy(update={"names": _until(area.names, on), "closed_on": _if_by(area.closed_on, on)})


def _team(team: TeamDescribedV1, on: date) -> TeamDescribedV1:
    closed_on = _if_by(team.closed_on, on)
    return team.model_copy(
        update={
            "names": _until(team.names, on),
            "service_areas": _until(team.service_areas, on),
            "closed_on": closed_on,
            "merged_into": team.merged_into if closed_on else None,
        }
    )


def _until(entries: Iterable[Dated], on: date) -> tuple[Dated, ...]:
    return tuple(entry for entry in entries if entry.since <= on)


def _joined(memberships: Iterable[Membership], on: date) -> Iterator[Membership]:
    for one in memberships:
        if one.since <= on:
            yield one if one.until is None or one.until <= on else one.model_copy(update={"until": None})


def _if_by(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None
