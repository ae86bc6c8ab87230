"""What reporting does without being asked: it closes periods on their close day, and what its other parts do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.timer import Beginnings, CloseTimer
from services.reporting.closing.work import Closing
from shared.rounds import Rounds
from shared.web.health import Alive
from shared.web.service import Hook


class Part(Protocol):
    """Another part of the service that works by itself."""

    @property
    def start(self) -> Sequence[Hook]: ...
    @property
    def stop(self) -> Sequence[Hook]: ...
    @property
    def alive(self) -> Mapping[str, Alive]: ...


class Background:
    """`start` and `stop` are the application's hooks, `alive` its checks, those of `parts` among them."""

    def __init__(self, closing: Closing, database: AsyncDatabase[Any], seconds: float, parts: Sequence[Part]) -> None:
        timer = CloseTimer(closing, Beginnings(database))
        self._rounds = Rounds("closing", (timer.look,), seconds)
        self.start: Sequence[Hook] = (
            closing.snapshots.prepare,
            closing.register.prepare,
            timer.prepare,
            self._rounds.start,
            *(hook for part in parts for hook in part.start),
        )
        self.stop: Sequence[Hook] = (self._rounds.stop, *(hook for part in parts for hook in part.stop))
        self.alive: Mapping[str, Alive] = {"closing": self._rounds.alive}
        for part in parts:
            self.alive = {**self.alive, **part.alive}

    async def round(self) -> None:
        """One look by hand. Raises an ExceptionGroup of what failed."""
        await self._rounds.round()
