"""One way to build every service's HTTP application, and one way to run it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from shared.calendar.clock import Clock, now
from shared.logging_ import logger, route_library_logs
from shared.settings import ServiceSettings
from shared.web import problems
from shared.web.description import describe
from shared.web.edge import Edge
from shared.web.health import Alive, Check, Health, health_router
from shared.web.identity import COOKIE, SECURE_COOKIE, Identity, KnowsPeople, NobodyKnown, public
from shared.web.policy import Policy, authorisation_of
from shared.web.tokens import Tokens, tokens_for

Hook = Callable[[], Awaitable[Any]]


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

    `start` hooks run in order before requests are taken, `stop` hooks in order after the last one was answered.
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
        lifespan=_lifespan(health, start, stop),
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
    _add_routes(app, settings, [health_router(health), *routers], static or {})
    app.add_middleware(Edge, log=log, seconds=settings.request_seconds, scripts=scripts)
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


def _lifespan(health: Health, start: Sequence[Hook], stop: Sequence[Hook]) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        beating = asyncio.create_task(health.beat())
        try:
            for begin in start:
                await begin()
            health.started = True
            yield
        finally:
            health.stopping = True
            await _all(stop)
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    return lifespan


async def _all(hooks: Sequence[Hook]) -> None:
    """Every hook, even when one before it failed; the first failure is raised at the end."""
    failures: list[Exception] = []
    for hook in hooks:
        try:
            await hook()
        except Exception as failed:  # kept, and raised below
            failures.append(failed)
    if failures:
        raise failures[0]


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run the application until the process is told to stop; logs go to standard output as JSON lines."""
    route_library_logs(app.state.log)
    gc.collect()
    gc.freeze()  # what was built until here stays: collections need not look through it again
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=65536,
    )
