"""Whether the process lives, whether it can serve, and whether it has started: three questions, three addresses.

Services answer them beside their routes. Processes without any (relay, projectors) answer from a thread of its own,
so that the answer comes also when the event loop is stuck.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
from fastapi import APIRouter, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.identity import public
from shared.web.problems import Problem, answer

Check = Callable[[], Awaitable[bool]]
Alive = Callable[[], bool]

LIVE, READY, STARTED = "/livez", "/readyz", "/startupz"
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
        self.starting: asyncio.Task[None] | None = None  # while requests are answered already

    async def beat(self) -> None:
        """Runs while the service does: a loop that is stuck misses its beat."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(0.5)

    def stop(self) -> None:
        """From now on not ready."""
        self.stopping = True

    def begun(self) -> bool:
        """False while the start is under way and requests come in already."""
        return self.starting is None or self.started

    def failed_to_start(self) -> BaseException | None:
        task = self.starting
        return task.exception() if task is not None and task.done() and not task.cancelled() else None

    def lives(self) -> dict[str, bool]:
        on_time = time.monotonic() - self._beat < LONGEST_LAG_SECONDS
        return {"loop": on_time, **{name: check() for name, check in self._alive.items()}}

    def has_started(self) -> dict[str, bool]:
        return {"started": self.started}

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

    @router.get(LIVE)
    async def livez() -> Response:
        return _response(health.lives())

    @router.get(READY)
    async def readyz() -> Response:
        return _response(await health.serves())

    @router.get(STARTED)
    async def startupz() -> Response:
        return _response(health.has_started())

    return router


def _response(checks: Mapping[str, bool]) -> Response:
    status, body = _told(checks)
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")


def _told(checks: Mapping[str, bool]) -> tuple[int, bytes]:
    good = all(checks.values())
    return 200 if good else 503, orjson.dumps({"ok": good, "checks": checks})


class NotBefore:
    """ASGI middleware: while the service starts, everything but its health is told to come again."""

    def __init__(self, app: ASGIApp, *, health: Health) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._health.begun() or scope["type"] != "http" or scope["path"] in (LIVE, READY, STARTED):
            await self._app(scope, receive, send)
            return
        problem = Problem("unavailable", "The service is starting.", headers={"Retry-After": "5"})
        await answer(problem, scope.get("goldenthread.request_id"))(scope, receive, send)


@contextmanager
def answering(health: Health, host: str, port: int) -> Iterator[None]:
    """Answer the three questions about this event loop at `port`, from a thread. Raises OSError when it is taken."""
    loop = asyncio.get_running_loop()

    class Asked(BaseHTTPRequestHandler):
        timeout = 3.0
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            status, body = _asked(health, loop, self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Who asks is nobody's news."""

    server = HTTPServer((host, port), Asked)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _asked(health: Health, loop: asyncio.AbstractEventLoop, path: str) -> tuple[int, bytes]:
    match path:
        case "/livez":
            return _told(health.lives())
        case "/startupz":
            return _told(health.has_started())
        case "/readyz":
            checking = asyncio.run_coroutine_threadsafe(health.serves(), loop)
            try:
                return _told(checking.result(CHECK_SECONDS + 1))
            except TimeoutError:
                checking.cancel()
                return _told({"loop": False})
        case _:
            return 404, b"{}"
