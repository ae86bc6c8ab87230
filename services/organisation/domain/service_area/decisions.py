"""What may be decided about a service area."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from services.organisation.domain.authority.state import Authority
from services.organisation.domain.dating import at, check_within
from services.organisation.domain.service_area.events import (
    ServiceAreaClosed,
    ServiceAreaCreated,
    ServiceAreaEvent,
    ServiceAreaRenamed,
)
from services.organisation.domain.service_area.state import ServiceArea
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class CreateServiceArea:
    service_area_id: str
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class RenameServiceArea:
    name: str
    effective_date: date


@dataclass(frozen=True, slots=True)
class CloseServiceArea:
    effective_date: date


def create_service_area(command: CreateServiceArea, area: ServiceArea, authority: Authority) -> list[ServiceAreaEvent]:
    on = command.effective_date
    if authority.opened_on is None or on < authority.opened_on:
        raise Refused("there is no such authority on that date", field="authority_id")
    created = ServiceAreaCreated(
        service_area_id=command.service_area_id, authority_id=authority.id, name=command.name, effective_date=on
    )
    if area.created is not None and area.created != created:
        raise Refused("the id belongs to another service area already", field="id")
    return [] if area.created else [created]


def rename_service_area(command: RenameServiceArea, area: ServiceArea) -> list[ServiceAreaEvent]:
    check_within(area.opened_on, area.closed_on, command.effective_date, "service area")
    if at(area.names, command.effective_date) == command.name:
        return []
    return [ServiceAreaRenamed(service_area_id=area.id, name=command.name, effective_date=command.effective_date)]


def close_service_area(
    command: CloseServiceArea, area: ServiceArea, open_teams: Collection[str]
) -> list[ServiceAreaEvent]:
    """`open_teams` are those that would be left in it on the closing date."""
    on = command.effective_date
    if area.closed_on == on:
        return []
    if area.closed_on is not None:
        raise Refused("the service area is closed already, on another date")
    check_within(area.opened_on, None, on, "service area")
    if any(entry.since >= on for entry in area.names):
        raise Refused("a change of the service area is dated on or after its closing", field="effective_date")
    if open_teams:
        raise Refused("its teams have to be moved or closed first")
    return [ServiceAreaClosed(service_area_id=area.id, effective_date=on)]
