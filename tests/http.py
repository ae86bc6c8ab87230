"""Talking to a service in a test: settings, tokens of a local issuer, and a client that needs no socket."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import uvicorn
from fastapi import FastAPI

from deploy.issuer import LocalIssuer
from shared.settings import ServiceSettings

ALL_SCOPES = (
    *("audit:write", "alert:write", "feedback:write", "organisation:write", "reports:write", "events:write"),
    *("read", "ops", "improvements:read", "subscriptions:write"),
)
WHOLE_RUN = 240.0
"""Minutes that a token is good for which a module makes when it is read, and sends when its turn comes."""
S = TypeVar("S", bound=ServiceSettings)


@cache
def issuer() -> LocalIssuer:
    return LocalIssuer.at(Path(tempfile.mkdtemp(prefix="issuer-")))


def settings(kind: type[S] = ServiceSettings, **given: Any) -> S:  # type: ignore[assignment]
    """Settings of a test installation that trusts the local issuer."""
    return kind(environment="test", jwks_file=issuer().jwks_file, **given)


def token(sub: str, scopes: Iterable[str] = ALL_SCOPES, authorities: Iterable[str] = (), minutes: float = 15) -> str:
    """A token of the local issuer; `authorities` make it a machine client's."""
    return issuer().mint(sub, scopes, authorities, minutes)


def bearer(
    sub: str, scopes: Iterable[str] = ALL_SCOPES, authorities: Iterable[str] = (), minutes: float = 15
) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(sub, scopes, authorities, minutes)}"}


def new_key() -> dict[str, str]:
    """The header that makes a creating request unique."""
    return {"Idempotency-Key": f'"{uuid.uuid4()}"'}


def seen(version: int) -> dict[str, str]:
    """The header that says which version a command was decided on."""
    return {"If-Match": f'"{version}"'}


@asynccontextmanager
async def client(
    app: FastAPI, sub: str | None = None, *, headers: Mapping[str, str] | None = None, authorities: Iterable[str] = ()
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client for the started application; with `sub`, every request carries that person's (or client's) token."""
    known = {**(bearer(sub, authorities=authorities) if sub else {}), **(headers or {})}
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://goldenthread.test", headers=known) as talking,
    ):
        yield talking


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of the application on a real socket, on this loop, to which the database's client is bound."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=2))
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        app.state.health.stopping = True  # streams end by themselves
        server.should_exit = True
        await running
