"""What a kind of row is: the events of its streams, what they make of a row, and where the row counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.projecting.read_model import Row
from shared.published.envelope import Published

Learn = Callable[[Row | None, Any, date], Row | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`learn` is given the row of this kind, one of `events`, and the event's effective date; it answers a new row.

    A row has `place`, and `date`: the day that describes it best.
    """

    name: str
    events: tuple[type[Published], ...]
    learn: Learn
    cells: Callable[[Row], Iterator[str]]


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
