"""One way to build every service's HTTP application, and one way to run it."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from pymongo.errors import PyMongoError
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from shared.calendar.clock import Clock, now
from shared.event_store.store import OutcomeUnknown, StoreBusy
from shared.logging_ import frames, logger, route_library_logs
from shared.patience import Patience
from shared.settings import ServiceSettings
from shared.stopping import ended, leave_at_once_until_served, leave_in_time
from shared.web import problems
from shared.web.description import describe
from shared.web.edge import Edge
from shared.web.health import Alive, Check, Health, NotBefore, health_router
from shared.web.identity import COOKIE, SECURE_COOKIE, Identity, KnowsPeople, NobodyKnown, public
from shared.web.policy import Policy, authorisation_of
from shared.web.tokens import Tokens, tokens_for

Hook = Callable[[], Awaitable[Any]]

IN_FLIGHT_SECONDS = 11  # for requests that were taken; every answer begins within ten
FAREWELL_SECONDS = 1.0  # still accepting, not ready, each answer the last on its connection
_AWAY = (PyMongoError, KafkaError, OSError, OutcomeUnknown, StoreBusy)


def build(
    name: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    directory: KnowsPeople | None = None,
    policy: Policy | None = None,
    tokens: Tokens | None = None,
    start: Sequence[Hook] = (),
    stop: Sequence[Hook] = (),
    ready: Mapping[str, Check] | None = None,
    alive: Mapping[str, Alive] | None = None,
    static: Mapping[str, Path] | None = None,
    scripts: tuple[str, ...] = (),
    clock: Clock = now,
) -> FastAPI:
    """The service as an ASGI application.

    `start` hooks run in order before requests are taken; one that meets an engine that is away is tried again until
    it is there. `stop` hooks run in order after the last request was answered, each for a few seconds at most.
    `ready` are asynchronous checks for /readyz, `alive` checks of background tasks for /livez. `static` mounts
    folders of files that everybody may read. `scripts` are CSP hashes of inline scripts. Raises Unguarded when a
    route declares no authorisation.
    """
    log = logger(name, settings.log_level)
    health = Health(ready or {}, alive or {}, log)
    app = FastAPI(
        title=f"Golden Thread: {name}",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"logs": False},
        lifespan=_lifespan(health, start, stop, log),
    )
    app.state.identity = Identity(
        tokens or tokens_for(settings),
        directory or NobodyKnown(),
        policy or Policy(),
        public_origin=settings.public_url.rstrip("/") if settings.public_url else None,
        cookie=SECURE_COOKIE if settings.in_production else COOKIE,
        clock=clock,
    )
    app.state.settings = settings
    app.state.log = log
    app.state.health = health
    app.state.answers_meanwhile = False  # only `serve` has addresses to answer at before the start is over
    _add_routes(app, settings, [health_router(health), *routers], static or {})
    app.add_middleware(NotBefore, health=health)
    app.add_middleware(
        Edge, log=log, seconds=settings.request_seconds, at_once=settings.requests_at_once, scripts=scripts
    )
    problems.install(app)
    return app


def _add_routes(
    app: FastAPI, settings: ServiceSettings, routers: Sequence[APIRouter], static: Mapping[str, Path]
) -> None:
    for router in routers:
        app.include_router(router)
    if not settings.in_production:
        app.include_router(_description_router(app))
    check_every_route_is_guarded(app)
    for path, folder in static.items():
        app.mount(path, StaticFiles(directory=folder))
    describe(app)


def check_every_route_is_guarded(app: FastAPI) -> None:
    """Raises Unguarded naming the first route that says nothing about who may use it."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, Mount):
            authorisation_of(route)


def _description_router(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json", dependencies=[public("the description of the interface holds no data")])
    async def description() -> dict[str, Any]:
        return app.openapi()

    return router


def _lifespan(health: Health, start: Sequence[Hook], stop: Sequence[Hook], log: Any) -> Callable[[FastAPI], Any]:
    async def begin() -> None:
        for hook in start:
            await _patiently(hook, log)
        health.started = True

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        beating = asyncio.create_task(health.beat())
        starting = asyncio.create_task(begin())
        try:
            if app.state.answers_meanwhile:
                health.starting = starting
            else:
                await starting
            yield
        finally:
            health.stopping = True
            starting.cancel()
            await asyncio.wait([starting], timeout=1.0)
            await _all(stop, log)
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    return lifespan


async def _patiently(hook: Hook, log: Any) -> None:
    """A service that starts while an engine is away waits for it, not ready, instead of ending."""
    patience = Patience()
    while True:
        try:
            await hook()
            return
        except _AWAY as error:
            log.warning("waiting for an engine", error=type(error).__name__)
            await patience.pause()


async def _all(hooks: Sequence[Hook], log: Any) -> None:
    """Every hook, even when one before it failed or hangs; the first failure is raised at the end."""
    failures: list[Exception] = []
    for hook in hooks:
        try:
            if not await ended(hook()):
                log.warning("a step of the stop was left behind")
        except Exception as failed:  # kept, and raised below
            failures.append(failed)
    if failures:
        raise failures[0]


class _Server(uvicorn.Server):
    """Answers from the first moment, also while the service starts, and leaves in order.

    Told to stop: not ready and each answer the last on its connection, then no new connections, then the requests in
    flight, then the stop hooks; all of it within `shared.stopping.STOP_SECONDS`.
    """

    def __init__(self, config: uvicorn.Config, health: Health) -> None:
        super().__init__(config)
        self._health = health

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            leave_in_time()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._health.failed_to_start() is not None

    async def main_loop(self) -> None:
        await super().main_loop()
        self._health.stopping = True
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        if self._health.started:
            await asyncio.sleep(FAREWELL_SECONDS)


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run the application until the process is told to stop; logs go to standard output as JSON lines.

    Raises SystemExit when the start failed for another reason than an engine that is away.
    """
    route_library_logs(app.state.log)
    gc.collect()
    gc.freeze()  # what was built until here stays: collections need not look through it again
    gc.set_threshold(100_000, 20, 20)  # a batch makes some 50,000 objects that live until it is answered, few cycles
    health: Health = app.state.health
    app.state.answers_meanwhile = True
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=IN_FLIGHT_SECONDS,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=65536,
    )
    signal.signal(signal.SIGTERM, leave_at_once_until_served)
    with suppress(KeyboardInterrupt):
        _Server(config, health).run()
    if (failed := health.failed_to_start()) is not None:
        app.state.log.error("did not start", error=type(failed).__name__, frames=frames(failed))
        raise SystemExit(1)
