"""What happens to a team."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent


class TeamCreated(StoredEvent):
    """`authority_id` is the service area's: a team never leaves its authority."""

    type: Literal["TeamCreated.v1"] = "TeamCreated.v1"
    team_id: str
    name: str
    service_area_id: str
    authority_id: str
    effective_date: date


class TeamRenamed(StoredEvent):
    type: Literal["TeamRenamed.v1"] = "TeamRenamed.v1"
    team_id: str
    name: str
    effective_date: date


class TeamMovedToServiceArea(StoredEvent):
    type: Literal["TeamMovedToServiceArea.v1"] = "TeamMovedToServiceArea.v1"
    team_id: str
    from_service_area_id: str
    to_service_area_id: str
    effective_date: date


class TeamMerged(StoredEvent):
    """The team ended and `into` took it over; what was counted for it stays its own."""

    type: Literal["TeamMerged.v1"] = "TeamMerged.v1"
    team_id: str
    into: str
    effective_date: date


class TeamClosed(StoredEvent):
    """`effective_date` is the first day on which it is closed."""

    type: Literal["TeamClosed.v1"] = "TeamClosed.v1"
    team_id: str
    effective_date: date


TeamEvent = Annotated[
    TeamCreated | TeamRenamed | TeamMovedToServiceArea | TeamMerged | TeamClosed, Field(discriminator="type")
]
