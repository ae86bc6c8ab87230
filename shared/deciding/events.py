"""The base of every inner event: a frozen fact with an explicit stored name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StoredEvent(BaseModel):
    """A fact as one service keeps it for itself.

    Every subclass declares `type: Literal["AuditPlanned.v1"] = "AuditPlanned.v1"`. The string is a storage format
    and may never change; the class may be moved or renamed. When it happened, who did it and under which policy
    are in the commit's `Meta`, not here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str


class Part(BaseModel):
    """A value inside an event or a command: frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
