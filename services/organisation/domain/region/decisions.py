"""What may be decided about a region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.organisation.domain.dating import at, check_within
from services.organisation.domain.region.events import RegionCreated, RegionEvent, RegionKind, RegionRenamed
from services.organisation.domain.region.state import Region
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class CreateRegion:
    region_id: str
    name: str
    kind: RegionKind
    effective_date: date


@dataclass(frozen=True, slots=True)
class RenameRegion:
    name: str
    effective_date: date


def create_region(command: CreateRegion, region: Region) -> list[RegionEvent]:
    created = RegionCreated(
        region_id=command.region_id, name=command.name, kind=command.kind, effective_date=command.effective_date
    )
    if region.created is not None and region.created != created:
        raise Refused("the id belongs to another region already", field="id")
    return [] if region.created else [created]


def rename_region(command: RenameRegion, region: Region) -> list[RegionEvent]:
    check_within(region.opened_on, None, command.effective_date, "region")
    if at(region.names, command.effective_date) == command.name:
        return []
    return [RegionRenamed(region_id=region.id, name=command.name, effective_date=command.effective_date)]
