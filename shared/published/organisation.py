"""What the organisation service tells the world: each unit whole, as it stands now with its dated history.

The topic is compacted: the newest record of a unit is all that a reader needs. Dates are effective dates; a dated
entry holds from its date on, until the next entry's.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.published.envelope import Published


class Dated(BaseModel):
    """A value that holds from `since` on (inclusive)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: date
    value: str


class Span(BaseModel):
    """Something that holds from `since` (inclusive) until `until` (exclusive; None while it lasts)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: date
    until: date | None = None


class Membership(Span):
    """An authority's belonging to a region."""

    region_id: str


class Link(Span):
    """A person linked with a team as its QA_OFFICER, IRO, CP_CHAIR or PRACTICE_DEVELOPMENT_WORKER."""

    team_id: str
    link_type: str


class Holding(Span):
    """A role held over a unit: the scope says which kind of unit `unit_id` is."""

    role: str
    scope: Literal["team", "service_area", "authority", "region"]
    unit_id: str


class RegionDescribedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.region_described.v1"

    region_id: str
    names: tuple[Dated, ...]
    kind: Literal["REGION", "ALLIANCE"]


class AuthorityDescribedV1(Published):
    """`authority_id` is the la_code."""

    TYPE: ClassVar[str] = "goldenthread.authority_described.v1"

    authority_id: str
    names: tuple[Dated, ...]
    regions: tuple[Membership, ...]


class ServiceAreaDescribedV1(Published):
    TYPE: ClassVar[str] = "goldenthread.service_area_described.v1"

    service_area_id: str
    authority_id: str
    names: tuple[Dated, ...]
    closed_on: date | None = None


class TeamDescribedV1(Published):
    """`service_areas` are the team's service areas over time; `merged_into` names the team that took it over."""

    TYPE: ClassVar[str] = "goldenthread.team_described.v1"

    team_id: str
    names: tuple[Dated, ...]
    service_areas: tuple[Dated, ...]
    closed_on: date | None = None
    merged_into: str | None = None


class PersonDescribedV1(Published):
    """A person by opaque staff reference; never a name."""

    TYPE: ClassVar[str] = "goldenthread.person_described.v1"

    staff_ref: str
    holdings: tuple[Holding, ...]
    links: tuple[Link, ...]


OrganisationPublished = (
    RegionDescribedV1 | AuthorityDescribedV1 | ServiceAreaDescribedV1 | TeamDescribedV1 | PersonDescribedV1
)
