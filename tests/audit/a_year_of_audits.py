"""An authority whose audits come from another system, on a database, with a clock that a test moves by hand."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import httpx2
from pymongo.asynchronous.database import AsyncDatabase

from services.audit.app import create_app
from services.audit.background import Background
from services.audit.publishing import DECIDERS, tell
from services.audit.register import Register
from services.audit.settings import Settings
from shared.event_store.handling import recorded
from shared.foundations import InMemoryFoundations
from shared.published.envelope import Published
from tests import http
from tests.audit.service import Service, learn

EVENTS = "/v1/events"
MACHINE = http.bearer("902-form", authorities=("902", "903"), minutes=http.WHOLE_RUN)


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def on(self, day: date, hour: int = 12) -> None:
        self.now = datetime.combine(day, time(hour), UTC)


@dataclass
class Year(Service):
    """The service, and what a test does with it in the course of a year."""

    clock: Clock = None  # type: ignore[assignment]
    database: AsyncDatabase[Any] = None  # type: ignore[assignment]

    @property
    def background(self) -> Background:
        return self.app.state.background  # type: ignore[no-any-return]

    @property
    def register(self) -> Register:
        return Register(self.foundations.store, self.database)

    async def database_forgets_where_it_was(self) -> None:
        await self.database["cursors"].delete_many({})

    async def round(self) -> None:
        await self.background.round()

    async def settle(self) -> None:
        """Rounds until nothing follows from anything any more, and the register knows it."""
        before = -1
        while (events := await self.events()) != before:
            before = events
            await self.round()

    async def events(self) -> int:
        store = self.foundations.store
        return sum([await store.head(partition) + 1 for partition in range(store.partitions)])

    async def opened(self, month: str, la_code: str = "902") -> dict[str, Any]:
        answered = await self.talking.post(
            "/v1/expectations", json={"la_code": la_code, "month": month}, headers={**MACHINE, **http.new_key()}
        )
        assert answered.status_code == 200, answered.text
        return answered.json()  # type: ignore[no-any-return]

    async def graded(self, effective_date: str, team: str = "alder", **more: Any) -> str:
        """Another system's audit; answers its id here."""
        data = {
            "external_ref": str(uuid.uuid4()),
            "audit_type": "QA_ROUTINE",
            "template_id": "front-door",
            "plan_type": "CONTACT",
            "team_id": team,
            "effective_date": effective_date,
            "overall": "GOOD",
            "domains": {"CHILD_VOICE": "GOOD"},
            "auditor_ref": "qa-1",
            "auditor_role": "QA_OFFICER",
            **more,
        }
        answered = await self.told("audit_graded", data)
        assert answered.status_code in (200, 201), answered.text
        return str(answered.json()["id"])

    async def told(self, kind: str, data: Mapping[str, Any], id_: str | None = None) -> httpx2.Response:
        event = {
            "specversion": "1.0",
            "type": f"goldenthread.intake.{kind}.v1",
            "source": "https://forms.example",
            "id": id_ or str(uuid.uuid4()),
            "data": data,
        }
        headers = {**MACHINE, "Content-Type": "application/cloudevents+json"}
        return await self.talking.post(EVENTS, json=event, headers=headers)

    async def withdrawn(self, audit_id: str, reason: str = "WRONG_CHILD") -> None:
        version = (await self.get("head-1", f"/v1/audits/{audit_id}")).headers["etag"].strip('"')
        answered = await self.post("head-1", f"/v1/audits/{audit_id}/withdrawal", {"reason": reason}, int(version))
        assert answered.status_code == 200, answered.text

    async def expectations(self, who: str = "head-1", **asked: str) -> list[dict[str, Any]]:
        """The whole list, page by page."""
        items: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            query = "&".join(f"{name}={value}" for name, value in {**asked, "limit": "7", **after}.items())
            answered = await self.get(who, f"/v1/expectations?{query}")
            assert answered.status_code == 200, answered.text
            items += answered.json()["items"]
            if answered.json()["next"] is None:
                return items
            after = {"after": answered.json()["next"]}

    async def standing(self, **asked: str) -> dict[tuple[str, str, str], tuple[str, str | None]]:
        """By month, cadence and team: the standing, and the day on which it was met."""
        return {
            (one["month"], one["cadence"], one["place"]["team"]): (one["standing"], one["met_on"])
            for one in await self.expectations(**asked)
        }

    async def everything_told(self) -> list[Published]:
        """What the relay would publish, partition by partition."""
        store = self.foundations.store
        commits = [commit for p in range(store.partitions) for commit in await store.read_partition(p, -1, 10_000)]
        told = (tell(one) for commit in commits for one in recorded(DECIDERS[commit.stream.partition("-")[0]], commit))
        return [published for published in told if published is not None]


@asynccontextmanager
async def a_year(database: AsyncDatabase[Any], began: date = date(2026, 4, 20)) -> AsyncIterator[Year]:
    """Authority 902: team Alder with two linked QA Officers, Birch with one of them; nothing is opened yet."""
    clock = Clock(datetime.combine(began, time(12), UTC))
    foundations = InMemoryFoundations(clock)
    learn(foundations.directory)
    app = create_app(http.settings(Settings, round_seconds=3600), foundations, clock, database)
    async with http.client(app) as talking:
        yield Year(app, foundations, talking, clock=clock, database=database)
