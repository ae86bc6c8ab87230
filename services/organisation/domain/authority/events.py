"""What happens to a local authority."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent


class AuthorityCreated(StoredEvent):
    """`authority_id` is the official three-digit code; 9xx for made-up ones."""

    type: Literal["AuthorityCreated.v1"] = "AuthorityCreated.v1"
    authority_id: str
    name: str
    effective_date: date


class AuthorityRenamed(StoredEvent):
    type: Literal["AuthorityRenamed.v1"] = "AuthorityRenamed.v1"
    authority_id: str
    name: str
    effective_date: date


class AuthorityJoinedRegion(StoredEvent):
    type: Literal["AuthorityJoinedRegion.v1"] = "AuthorityJoinedRegion.v1"
    authority_id: str
    region_id: str
    kind: Literal["REGION", "ALLIANCE"]
    effective_date: date


class AuthorityLeftRegion(StoredEvent):
    type: Literal["AuthorityLeftRegion.v1"] = "AuthorityLeftRegion.v1"
    authority_id: str
    region_id: str
    kind: Literal["REGION", "ALLIANCE"]
    effective_date: date


AuthorityEvent = Annotated[
    AuthorityCreated | AuthorityRenamed | AuthorityJoinedRegion | AuthorityLeftRegion, Field(discriminator="type")
]
