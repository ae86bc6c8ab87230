"""What reporting does without being asked: it closes periods on their close day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.timer import Beginnings, CloseTimer
from services.reporting.closing.work import Closing
from shared.rounds import Rounds
from shared.web.service import Hook


class Background:
    """`start` and `stop` are the application's hooks, `alive` its check."""

    def __init__(self, closing: Closing, database: AsyncDatabase[Any], seconds: float) -> None:
        timer = CloseTimer(closing, Beginnings(database))
        self._rounds = Rounds("closing", (timer.look,), seconds)
        self.start: Sequence[Hook] = (
            closing.snapshots.prepare,
            closing.register.prepare,
            timer.prepare,
            self._rounds.start,
        )
        self.stop: Hook = self._rounds.stop
        self.alive = self._rounds.alive
