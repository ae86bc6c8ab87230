"""A decider: where an aggregate starts, and how events change it. Decisions are plain functions beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, E]):
    """What the store's edge needs to know of an aggregate.

    `category` is the first part of its stream names (`audit` in `audit-0192…`); `stored` turns a payload, already
    lifted to its newest version by `upcasts`, into an event.
    """

    category: str
    initial: S
    evolve: Callable[[S, E], S]
    stored: TypeAdapter[E]

    def stream(self, id_: str) -> str:
        return f"{self.category}-{id_}"

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        """The state after these events; `evolve` is total, so this raises nothing."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded
