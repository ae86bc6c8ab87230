"""What a read model is: two pure functions, and which events they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.messaging.topics import Topic
from shared.published.envelope import Published

Row = dict[str, Any]


@dataclass(slots=True)  # not frozen: one is made for every event, and freezing triples what that costs
class Told:
    """A published event as a read model hears it. Positions are those of `Envelope`."""

    type: str
    stream: str
    version: int
    seq: int
    previous: int
    occurred_at: datetime
    recorded_at: datetime
    effective_date: date
    data: Any


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A read model over one topic.

    `learn(row, told)` answers the row of the event's stream as it is after the event (a new dict, BSON-ready, with
    `place` in it), or None when the stream has nothing to show. `cells(row)` answers the row's contributions: each
    `"YYYY-MM|measure"` counts one; a measure is a dotted path such as `OFSTED4.overall.GOOD`. Totals are sums of
    contributions, so a change of a row changes totals by the difference of two such lists.
    `decoders` are the types it learns from. A record of any other type is parked: nobody said that it may be missed.
    """

    name: str
    topic: Topic
    decoders: Mapping[str, type[Published]]
    learn: Callable[[Row | None, Told], Row | None]
    cells: Callable[[Row], list[str]]
