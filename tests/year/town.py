"""One authority of 24 teams, its services on real engines in this process, and a clock that the test turns on.

The year is lived day by day: what people do goes over HTTP to the same applications that are installed, events go
over Kafka through the relays to the projector, which runs when figures are looked at, and those are asked of
reporting's own interface. Only the clock is not the real one, so that deadlines pass when the story says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import count
from typing import Any

import httpx2
from pymongo import AsyncMongoClient

from deploy.loading import people
from deploy.loading.posting import Command
from deploy.looking import Plant
from services.audit import app as audit
from services.audit.settings import Settings as AuditSettings
from services.organisation import app as organisation
from services.organisation.settings import Settings as OrganisationSettings
from services.reporting import app as reporting
from services.reporting.engines import Engines
from services.reporting.settings import Settings as ReportingSettings
from shared.directory import Directory
from shared.foundations import Foundations
from shared.settings import ServiceSettings
from tests import http

CODE = "901"
BEGAN = date(2025, 4, 1)
MACHINE = "loader"
FORMS = "/forms"
SELDOM = 3_600.0
PATIENCE = 120.0  # seconds for an answer: it is right figures that are looked at here, on a machine that has other work
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
SERVICES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "organisation": (organisation, OrganisationSettings, {}),
    "audit": (audit, AuditSettings, {"round_seconds": SELDOM}),  # rounds, and looks at periods, are made by hand
    "reporting": (
        reporting,
        ReportingSettings,
        dict.fromkeys(("closing_seconds", "sharing_seconds", "reading_seconds", "webhook_seconds"), SELDOM),
    ),
}


class Unexpected(AssertionError):
    """A service answered what the story did not expect."""


@cache
def bearer(who: str) -> dict[str, str]:
    """One token each, for the few minutes that the year takes."""
    return http.bearer(who, authorities=["*"] if who == MACHINE else ())


@dataclass
class Town:
    """The authority's installation. `today` is what every clock in it shows, at noon."""

    plant: Plant
    apps: Mapping[str, Any]
    directories: Mapping[str, Directory]
    web: Mapping[str, httpx2.AsyncClient]
    moment: list[datetime]
    asked: int = 0
    _keys: Any = field(default_factory=count)

    @property
    def today(self) -> date:
        return self.moment[0].date()

    def go_to(self, day: date) -> None:
        if day < self.today:
            raise ValueError("time goes one way")
        self.moment[0] = datetime.combine(day, time(12), UTC)

    async def post(self, who: str, service: str, path: str, body: Mapping[str, Any], *, expect: int = 0) -> Any:
        """What the service answers to this person; `expect` is a status other than success."""
        self.asked += 1
        headers = {
            **bearer(who),
            "Idempotency-Key": f"year-{next(self._keys)}",
            **({} if path.count("/") <= 2 else {"If-Match": "*"}),
        }
        answer = await self.web[service].post(path, json=dict(body), headers=headers)
        if answer.status_code != expect and (expect or answer.status_code not in (200, 201)):
            raise Unexpected(f"{who} POST {path} {dict(body)}: {answer.status_code} {answer.text}")
        return answer.json()

    async def tell(self, forms: Sequence[Mapping[str, Any]]) -> None:
        """What the forms of another system say of audits that were finished there, as one batch."""
        self.asked += len(forms)
        kind = "goldenthread.intake.audit_graded.v1"
        events = [
            {"specversion": "1.0", "id": one["external_ref"], "source": FORMS, "type": kind, "data": dict(one)}
            for one in forms
        ]
        headers = {**bearer(MACHINE), **BATCH}
        answer = await self.web["audit"].post("/v1/events", json=events, headers=headers)
        items = answer.json().get("items", [])
        if answer.status_code != 200 or any(item["status"] != 201 for item in items):
            raise Unexpected(f"events: {answer.status_code} {answer.text}")

    async def get(self, who: str, service: str, path: str, *, purpose: str = "", **query: str) -> Any:
        headers = {**bearer(who), **({"Golden-Thread-Purpose": purpose} if purpose else {})}
        answer = await self.web[service].get(path, params=query, headers=headers)
        if answer.status_code != 200:
            raise Unexpected(f"{who} GET {path} {query}: {answer.status_code} {answer.text}")
        return answer.json()

    async def round(self) -> None:
        """What the audit service does of its own accord."""
        await self.apps["audit"].state.background.round()

    async def close(self) -> None:
        """What reporting does of its own accord: it closes the periods whose day has come."""
        await self.apps["reporting"].state.background.round()

    async def level(self) -> None:
        """Everything that happened is counted."""
        for service in ("organisation", "audit"):
            await self.plant.relay(service).catch_up()
        projecting = asyncio.create_task(self.plant.projector().run())
        try:
            assert await self.plant.level(PATIENCE), "relay and projector get level"
        finally:
            projecting.cancel()
            await asyncio.wait([projecting])

    async def make(self) -> None:
        """Regions, the authority, its areas and teams, everybody in them and their links."""
        await self._tell([people.region_commands()])
        for stories in people.structure(CODE):
            await self._tell(stories)
        await self.told(self._knows_everybody)

    async def _tell(self, stories: list[list[Command]]) -> None:
        for story in stories:
            for command in story:
                if date.fromisoformat(str(command.body["effective_date"])) <= self.today:
                    await self.post(MACHINE, command.service, command.path, command.body)

    async def told(self, knows: Callable[[Directory], bool]) -> None:
        """Wait until every service knows what the organisation was told."""
        await self.plant.relay("organisation").catch_up()
        async with asyncio.timeout(30):
            while not all(knows(directory) for directory in self.directories.values()):
                await asyncio.sleep(0.05)

    def _knows_everybody(self, directory: Directory) -> bool:
        return all(
            directory.place(team.id, self.today)
            and directory.roles(team.manager, self.today)
            and team.id in directory.linked_teams(team.links["IRO"], self.today)
            for team in people.teams(CODE)
        )


@asynccontextmanager
async def town(mongo_url: str, kafka_url: str, prefix: str) -> AsyncIterator[Town]:
    """A town on the evening before its year begins."""
    moment = [datetime.combine(BEGAN, time(8), UTC)]
    given = {
        "request_seconds": PATIENCE,
        "mongo_url": mongo_url,
        "kafka_url": kafka_url,
        "topic_prefix": prefix,
        "mongo_prefix": prefix.strip("."),
    }
    settings = http.settings(ServiceSettings, **given)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncMongoClient[Any](mongo_url, tz_aware=True))
        plant = Plant(settings, client)
        await plant.apply_topics(1)
        apps, directories, web = {}, {}, {}
        for name, (module, kind, more) in SERVICES.items():
            known = http.settings(kind, **given, **more)
            on = Engines(known) if name == "reporting" else Foundations(name, known, lambda: moment[0])
            apps[name], directories[name] = module.create_app(known, on, clock=lambda: moment[0]), on.directory
            web[name] = await stack.enter_async_context(http.client(apps[name]))
        try:
            yield Town(plant, apps, directories, web, moment)
        finally:
            for service in (*SERVICES, "keys"):
                await client.drop_database(settings.database(service))
