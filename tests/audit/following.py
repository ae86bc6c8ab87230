"""The larger made-up authority with a clock that can be moved, a register on a real database, and rounds by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.audit.app import create_app
from services.audit.following_up.re_audits import re_audit_id
from services.audit.settings import Settings
from shared.event_store.store import EventStore
from shared.foundations import InMemoryFoundations
from tests import http
from tests.audit.a_larger_town import learn_more, round_, told
from tests.audit.service import MOMENT, Service

HEAD, OTHER_HEAD, MODERATOR, MANAGER, WORKER = "head-1", "head-2", "qa-3", "tm-1", "sw-1"
PURPOSE = {"Golden-Thread-Purpose": "review"}


class TheClock:
    """What the service believes the time to be."""

    def __init__(self) -> None:
        self.now = MOMENT

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, day: str) -> None:
        self.now = datetime.fromisoformat(f"{day}T09:00:00").replace(tzinfo=UTC)


@dataclass
class Town(Service):
    clock: TheClock = field(default_factory=TheClock)
    database: Any = None

    async def round(self) -> None:
        await round_(self)

    async def rounds(self, many: int = 2) -> None:
        """What one round brings about may lead to something in the next."""
        for _ in range(many):
            await self.round()

    async def told(self, *kinds: type) -> list[Any]:
        return [one for one in await told(self) if isinstance(one, kinds)]

    async def version(self, path: str) -> int:
        answered = await self.get(HEAD, path)
        assert answered.status_code == 200, answered.text
        return int(answered.json()["version"])

    async def do(self, who: str, path: str, body: dict[str, Any], **more: str) -> Any:
        """A command to what is there, decided on how it stands."""
        thing = path.rpartition("/")[0]
        return await self.post(who, path, body, await self.version(thing), **more)

    async def done(self, who: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answered = await self.do(who, path, body)
        assert answered.status_code == 200, answered.text
        return dict(answered.json())

    async def graded(self, audit: str, overall: str, auditor: str = "qa-1", **domains: str) -> str:
        """Bring a planned audit to its final grade; domains not named are good, those not required are left out."""
        await self.steps(audit, (HEAD, "allocation", {"auditor_ref": auditor}), (auditor, "start", {}))
        required = (await self.get(HEAD, audit)).json()["required_domains"]
        given = [(domain, domains.get(domain, "GOOD")) for domain in required]
        grades = [(auditor, "domain-grades", {"domain": d, "grade": g, "rationale": "seen"}) for d, g in given]
        whole = {"grade": overall, "override_reason": "all in all"}
        judged = {"audit_quality": "THOROUGH", "overall": overall}
        await self.steps(
            audit,
            *grades,
            (auditor, "overall-grade", whole),
            (auditor, "submission", {}),
            (MODERATOR, "moderation", judged),
            (MODERATOR, "finalisation", {}),
        )
        return audit

    async def finalised(self, overall: str = "GOOD", **domains: str) -> str:
        """The address of an audit with this final grade."""
        return await self.graded(await self.planned(), overall, **domains)

    async def re_audit_of(self, audit: str) -> dict[str, Any] | None:
        """What is required for this audit, as the Head of Safeguarding and QA sees it; None when nothing is."""
        answered = await self.get(HEAD, f"/v1/re-audits/{re_audit_id(id_of(audit))}")
        return dict(answered.json()) if answered.status_code == 200 else None


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


@asynccontextmanager
async def town(database: Any = None, store: EventStore | None = None) -> AsyncIterator[Town]:
    """The log is in memory unless a `store` is given."""
    clock = TheClock()
    foundations = InMemoryFoundations(clock)
    foundations.store = store or foundations.store
    learn_more(foundations)
    app = create_app(http.settings(Settings, round_seconds=3600), foundations, clock, database)
    async with http.client(app) as talking:
        yield Town(app, foundations, talking, clock=clock, database=database)
