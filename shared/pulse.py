"""Signs of life of background work: what waits for an engine shows them, what is stuck does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST_SILENCE = 60.0  # seconds: no batch takes that long, and no pause between attempts


class Pulses:
    """The pieces of work of one process that are under way, and when each last showed that it lives."""

    def __init__(self) -> None:
        self._beats: dict[str, float] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """What happens inside, and in tasks begun inside, is this piece of work."""
        before = _current.get()
        _current.set((self, name))
        self._beats[name] = time.monotonic()
        try:
            yield
        finally:
            self._beats.pop(name, None)
            _current.set(before)

    def beat(self, name: str) -> None:
        if name in self._beats:
            self._beats[name] = time.monotonic()

    def alive(self) -> bool:
        """Nothing that is under way has been silent for too long. May be asked from another thread."""
        longest_ago = time.monotonic() - LONGEST_SILENCE
        return all(beat >= longest_ago for beat in list(self._beats.values()))


_current: ContextVar[tuple[Pulses, str] | None] = ContextVar("pulse", default=None)


def beat() -> None:
    """The work that this belongs to lives; nothing when it belongs to none."""
    if (current := _current.get()) is not None:
        pulses, name = current
        pulses.beat(name)
