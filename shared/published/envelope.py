"""What travels around every published event, and the base of their contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Published(BaseModel):
    """The data of an event that a service tells the world: a contract, apart from the inner event it came from.

    Writers refuse unknown fields; readers (`read`) ignore them, so that a field may be added later. `TYPE` is the
    CloudEvents type and carries the major version. No narrative, no child, no worker: only codes, dates and places.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TYPE: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of a published event.

    `seq` is its position in its partition of the source's log and `previous` the position of the event published
    before it there (-1 for the first), so that a reader can tell the next event, a repeat and a gap apart.
    `version` is the stream's version; versions of unpublished events are missing from what a reader sees.
    """

    id: str
    type: str
    source: str
    stream: str
    version: int
    partition: int
    seq: int
    previous: int
    generation: int
    la_code: str
    occurred_at: datetime
    recorded_at: datetime
    effective_date: date
    correlation: str
    causation: str | None = None
