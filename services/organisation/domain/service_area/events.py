"""What happens to a service area: the group of teams under a Head of Service."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent


class ServiceAreaCreated(StoredEvent):
    type: Literal["ServiceAreaCreated.v1"] = "ServiceAreaCreated.v1"
    service_area_id: str
    authority_id: str
    name: str
    effective_date: date


class ServiceAreaRenamed(StoredEvent):
    type: Literal["ServiceAreaRenamed.v1"] = "ServiceAreaRenamed.v1"
    service_area_id: str
    name: str
    effective_date: date


class ServiceAreaClosed(StoredEvent):
    """`effective_date` is the first day on which it is closed."""

    type: Literal["ServiceAreaClosed.v1"] = "ServiceAreaClosed.v1"
    service_area_id: str
    effective_date: date


ServiceAreaEvent = Annotated[ServiceAreaCreated | ServiceAreaRenamed | ServiceAreaClosed, Field(discriminator="type")]
