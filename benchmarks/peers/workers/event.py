"""The event as a peer that validates declares it."""

from typing import Any

from pydantic import BaseModel


class Event(BaseModel):
    id: str
    type: str
    stream: str
    version: int
    at: str
    period: str
    region: str
    authority: str
    area: str
    team: str
    data: dict[str, Any]
