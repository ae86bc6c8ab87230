"""Waiting for an engine that is away: longer each time, never in step with others, and never past a cancellation."""

from __future__ import annotations

import asyncio
import random

from shared.pulse import beat


class Patience:
    """Pauses between attempts: random up to a bound that doubles with each failure, from `base` to `cap` seconds."""

    def __init__(self, base: float = 0.05, cap: float = 5.0) -> None:
        self._base = base
        self._cap = cap
        self.failures = 0

    def restored(self) -> None:
        self.failures = 0

    async def pause(self) -> None:
        """Wait before the next attempt. Raises CancelledError when the task was cancelled in the attempt itself.

        A driver may answer a cancellation with an error of its own; a loop that takes it for a lost connection would
        then go on for ever.
        """
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        self.failures += 1
        beat()
        await asyncio.sleep(random.uniform(0, min(self._cap, self._base * 2**self.failures)))
