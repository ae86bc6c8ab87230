"""Where meetings and learning points count: units as they were on one day."""

from __future__ import annotations

from datetime import date

from services.audit.domain.audit.events import AuditPlanned, Result
from shared.deciding.refusal import Refused
from shared.directory import Directory
from shared.published.place import Place


def of_audit(directory: Directory, planned: AuditPlanned, result: Result | None, on: date) -> Place:
    """The audit's team as it stood that day; one that was closed then stands where the audit counts."""
    kept = result.place if result else planned.place
    if kept.team is None:
        return directory.authority_place(kept.authority, on) or kept
    return directory.place(kept.team, on) or kept.model_copy(
        update={"regions": directory.regions_of(kept.authority, on)}
    )


def of_team(directory: Directory, team_id: str, on: date, field: str) -> Place:
    place = directory.place(team_id, on)
    if place is None:
        raise _unknown(field)
    return place


def of_unit(
    directory: Directory, team_id: str | None, service_area_id: str | None, la_code: str | None, on: date
) -> Place | None:
    """The smallest of the units that are named, None when none is.

    Refused when it was not open that day, or is not in the others.
    """
    if team_id is not None:
        place = of_team(directory, team_id, on, "team_id")
    elif service_area_id is not None:
        place = _of_service_area(directory, service_area_id, on)
    elif la_code is not None:
        found = directory.authority_place(la_code, on)
        if found is None:
            raise _unknown("la_code")
        place = found
    else:
        return None
    if service_area_id not in (None, place.service_area):
        raise Refused("the team is not in that service area on that day", field="service_area_id")
    if la_code not in (None, place.authority):
        raise Refused("this is not in that authority", field="la_code")
    return place


def _of_service_area(directory: Directory, service_area_id: str, on: date) -> Place:
    authority = directory.service_area_authority(service_area_id)
    if authority is None or service_area_id not in directory.areas_of(authority, on):
        raise _unknown("service_area_id")
    return Place(service_area=service_area_id, authority=authority, regions=directory.regions_of(authority, on))


def _unknown(field: str) -> Refused:
    return Refused("nothing of that name was open on that day", field=field)
