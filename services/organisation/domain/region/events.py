"""What happens to a region or an alliance of authorities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent

RegionKind = Literal["REGION", "ALLIANCE"]


class RegionCreated(StoredEvent):
    """One of England's nine regions, or an alliance that authorities formed."""

    type: Literal["RegionCreated.v1"] = "RegionCreated.v1"
    region_id: str
    name: str
    kind: RegionKind
    effective_date: date


class RegionRenamed(StoredEvent):
    type: Literal["RegionRenamed.v1"] = "RegionRenamed.v1"
    region_id: str
    name: str
    effective_date: date


RegionEvent = Annotated[RegionCreated | RegionRenamed, Field(discriminator="type")]
