"""Work that a service does in the background, round after round: following its log, looking at the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


class Rounds:
    """Does all of `work` in order, waits `seconds`, and does it again until stopped.

    `start` and `stop` are the application's hooks. A failed round is logged and the next one does its work: what is
    done here must keep its place in the database, so that nothing is passed over. Stopping lets a round end instead
    of cancelling it: the driver may turn a cancellation into an error of its own.
    """

    def __init__(self, name: str, work: Sequence[Work], seconds: float) -> None:
        self._name = name
        self._work = work
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
                for one in self._work:
                    await one()
            except Exception as error:  # the loop goes on; the same work comes again in the next round
                log.warning("left for the next round", work=self._name, error=type(error).__name__)
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), self._seconds)
        except TimeoutError:
            return
