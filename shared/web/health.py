"""Whether the process lives, whether it can serve, and whether it has started: three questions, three addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Response

from shared.web.identity import public

Check = Callable[[], Awaitable[bool]]
Alive = Callable[[], bool]

CHECK_SECONDS = 2.0
LONGEST_LAG_SECONDS = 5.0
_OPEN = public("says only whether the service works; the platform asks without a token")


class Health:
    """`ready` are checks of what the service depends on, `alive` of its own background tasks."""

    def __init__(self, ready: Mapping[str, Check], alive: Mapping[str, Alive], log: Any) -> None:
        self._ready = ready
        self._alive = alive
        self._log = log
        self._beat = time.monotonic()
        self.started = False
        self.stopping = False

    async def beat(self) -> None:
        """Runs while the service does: a loop that is stuck misses its beat."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(0.5)

    def lives(self) -> dict[str, bool]:
        on_time = time.monotonic() - self._beat < LONGEST_LAG_SECONDS
        return {"loop": on_time, **{name: check() for name, check in self._alive.items()}}

    async def serves(self) -> dict[str, bool]:
        names = list(self._ready)
        answers = await asyncio.gather(*(self._ask(name) for name in names))
        return {"started": self.started and not self.stopping, **dict(zip(names, answers, strict=True))}

    async def _ask(self, name: str) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._ready[name]()
        except Exception as failed:  # any failure means the same here; which one is in the log
            self._log.warning("not ready", check=name, error=type(failed).__name__)
            return False


def health_router(health: Health) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[_OPEN])

    @router.get("/livez")
    async def livez() -> Response:
        return _told(health.lives())

    @router.get("/readyz")
    async def readyz() -> Response:
        return _told(await health.serves())

    @router.get("/startupz")
    async def startupz() -> Response:
        return _told({"started": health.started})

    return router


def _told(checks: Mapping[str, bool]) -> Response:
    good = all(checks.values())
    return Response(
        orjson.dumps({"ok": good, "checks": checks}),
        200 if good else 503,
        {"Cache-Control": "no-store"},
        "application/json",
    )
