"""Who worked with a child, and when. Only what may keep somebody from auditing is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent


class InvolvementRecorded(StoredEvent):
    """`child` is the pseudonym; `role` SOCIAL_WORKER, or SUPERVISOR of the child's social worker.

    Both days included; `until` is None while it lasts. Said again of the same beginning it corrects the end.
    """

    type: Literal["InvolvementRecorded.v1"] = "InvolvementRecorded.v1"
    child: str
    staff_ref: str
    role: str
    since: date
    until: date | None = None


class InvolvementRetracted(StoredEvent):
    """It never was so: recorded of the wrong person or the wrong child."""

    type: Literal["InvolvementRetracted.v1"] = "InvolvementRetracted.v1"
    child: str
    staff_ref: str
    role: str
    since: date


InvolvementEvent = Annotated[InvolvementRecorded | InvolvementRetracted, Field(discriminator="type")]
