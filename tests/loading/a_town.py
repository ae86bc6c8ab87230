"""Four services without engines that share one directory, which hears of the organisation as soon as it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2

from deploy.loading.posting import MACHINE, SCOPES, Poster
from services.audit.app import create_app as audit_app
from services.audit.settings import Settings as AuditSettings
from services.escalation.app import create_app as escalation_app
from services.escalation.settings import Settings as EscalationSettings
from services.feedback.app import create_app as feedback_app
from services.feedback.settings import Settings as FeedbackSettings
from services.organisation.app import create_app as organisation_app
from services.organisation.publishing import tellings
from services.organisation.settings import Settings as OrganisationSettings
from shared.directory import Directory
from shared.foundations import InMemoryFoundations
from tests import http

TODAY = date(2026, 7, 15)
APPS = {
    "organisation": (organisation_app, OrganisationSettings),
    "audit": (audit_app, AuditSettings),
    "escalation": (escalation_app, EscalationSettings),
    "feedback": (feedback_app, FeedbackSettings),
}


def clock() -> datetime:
    return datetime(2026, 7, 15, 9, tzinfo=UTC)


@dataclass
class Town(httpx2.AsyncBaseTransport):
    """Requests go to the service that is the host's name. `busy` requests are answered 503 first."""

    apps: dict[str, httpx2.ASGITransport] = field(default_factory=dict)
    foundations: dict[str, InMemoryFoundations] = field(default_factory=dict)
    busy: int = 0
    heard: dict[int, int] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.busy:
            self.busy -= 1
            return httpx2.Response(503, headers={"Retry-After": "0"})
        response = await self.apps[request.url.host].handle_async_request(request)
        if request.url.host == "organisation" and request.method == "POST":
            await self.hear()
        return response

    async def hear(self) -> None:
        """Tell everybody's directory what the organisation kept since the last time."""
        store = self.foundations["organisation"].store
        for partition in range(8):
            for commit in await store.read_partition(partition, self.heard.get(partition, -1), 10_000):
                self.heard[partition] = commit.last_seq
                for told in await tellings(store, commit):
                    if told is not None:
                        self.foundations["organisation"].directory.learn(told)

    async def kept(self) -> dict[str, int]:
        """How many commits each service has."""
        found: dict[str, int] = {}
        for name, on in self.foundations.items():
            commits = [await on.store.read_partition(p, -1, 1_000_000) for p in range(8)]
            found[name] = sum(map(len, commits))
        return found


def without_engines(_service: str) -> InMemoryFoundations:
    return InMemoryFoundations(clock)


@asynccontextmanager
async def town(
    foundations: Callable[[str], InMemoryFoundations] = without_engines,
) -> AsyncIterator[tuple[Town, Poster]]:
    """The services and a poster for them."""
    here, directory = Town(), Directory()
    async with AsyncExitStack() as stack:
        for name, (create, settings) in APPS.items():
            on = here.foundations[name] = foundations(name)
            on.directory = directory
            app: Any = create(http.settings(settings), on, clock)
            await stack.enter_async_context(app.router.lifespan_context(app))
            here.apps[name] = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx2.AsyncClient(transport=here))
        yield here, Poster(client, {name: f"http://{name}" for name in APPS}, token, patience=5)


def token(who: str) -> str:
    return http.token(who, SCOPES, ("*",) if who == MACHINE else ())
