"""Work that a service does in the background, round after round: following its log, looking at the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


class Rounds:
    """Does `first` in order and then all of `work`, waits `seconds`, and does it again until stopped.

    What is in `first` is what the rest relies on: when it fails, the round ends there. The rest is independent: what
    fails does not keep the others from their turn. Failures are logged and the next round does that work: it must keep
    its place in the database, so that nothing is passed over. `start` and `stop` are the application's hooks. Stopping
    lets a round end instead of cancelling it: the driver may turn a cancellation into an error of its own.
    """

    def __init__(self, name: str, work: Sequence[Work], seconds: float, first: Sequence[Work] = ()) -> None:
        self._name = name
        self._work = work
        self._first = first
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._stopping.clear()
        self._running.add(asyncio.create_task(self.run(), name=self._name))

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._running)
        self._running.clear()

    def alive(self) -> bool:
        return not any(task.done() for task in self._running)

    async def run(self) -> None:
        """Round after round until stopped."""
        while not self._stopping.is_set():
            try:
                await self.round()
            except ExceptionGroup as failed:  # the loop goes on; the same work comes again in the next round
                kinds = sorted({type(error).__name__ for error in failed.exceptions})
                log.warning("left for the next round", work=self._name, errors=kinds)
            await self._pause()

    async def round(self) -> None:
        """All of it once. Raises an ExceptionGroup of what failed, after everything had its turn."""
        failed: list[Exception] = []
        for one in (*self._first, *self._work):
            try:
                await one()
            except Exception as error:  # collected, and raised together below
                failed.append(error)
                if one in self._first:
                    break
        if failed:
            raise ExceptionGroup(f"a round of {self._name}", failed)

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), self._seconds)
        except TimeoutError:
            return
