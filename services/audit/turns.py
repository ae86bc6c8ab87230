"""One at a time for each child: whoever says which audit came before must know of the one that is just being kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Of one process. A child whose turn nobody has or awaits is forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, child: str | None) -> AsyncIterator[None]:
        """This child's turn; what is about no child waits for nobody."""
        if child is None:
            yield
            return
        lock = self._locks.setdefault(child, asyncio.Lock())
        async with lock:
            yield
