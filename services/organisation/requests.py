"""Bodies of the organisation's HTTP interface.

Unlike elsewhere an effective date may lie in the future: a reorganisation is entered before it happens.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.organisation.domain.person.events import LinkType, Role, Scope
from services.organisation.domain.region.events import RegionKind

UnitId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
LaCode = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
StaffRef = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]


class DatedCommand(BaseModel):
    """`effective_date` is the local date from which it holds (default: today in London)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    occurred_at: AwareDatetime | None = None
    effective_date: date | None = None


class NewRegion(DatedCommand):
    id: UnitId
    name: Name
    kind: RegionKind


class NewAuthority(DatedCommand):
    id: LaCode
    name: Name


class NewServiceArea(DatedCommand):
    id: UnitId
    authority_id: LaCode
    name: Name


class NewTeam(DatedCommand):
    id: UnitId
    service_area_id: UnitId
    name: Name


class Renaming(DatedCommand):
    name: Name


class RegionNamed(DatedCommand):
    region_id: UnitId


class Move(DatedCommand):
    service_area_id: UnitId


class Merger(DatedCommand):
    into: UnitId


class Closure(DatedCommand):
    pass


class RoleGiven(DatedCommand):
    """`until` is the first day without the role."""

    role: Role
    scope: Scope
    unit_id: UnitId
    until: date | None = None


class RoleTaken(DatedCommand):
    role: Role
    scope: Scope
    unit_id: UnitId


class LinkMade(DatedCommand):
    team_id: UnitId
    link_type: LinkType
    until: date | None = None


class LinkEnded(DatedCommand):
    team_id: UnitId
    link_type: LinkType
