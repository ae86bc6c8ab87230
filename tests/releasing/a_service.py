"""Reporting of a town that has closed April: on a real database, with a store that can be cut short."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2

from services.reporting.app import create_app
from services.reporting.domain.disclosure_ledger.state import DECIDER as LEDGERS
from services.reporting.domain.disclosure_ledger.state import LEDGER
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Commit, NewCommit, OutcomeUnknown
from shared.published.organisation import Holding, PersonDescribedV1
from tests import http
from tests.closing.a_town import Town, all_counted
from tests.reporting.an_organisation import BEGAN
from tests.reporting.telling import BIRCH, ELM, a_graded_audit

RELEASES = "/v1/releases"
APRIL, CLOSED_ON = "2026-04", date(2026, 5, 8)
OF_APRIL = (("OUTSTANDING", 7), ("GOOD", 20), ("REQUIRES_IMPROVEMENT", 9), ("INADEQUATE", 2))
PEOPLE = (
    ("hqa", "HEAD_OF_SAFEGUARDING_QA", "901"),
    ("hqa-of-902", "HEAD_OF_SAFEGUARDING_QA", "902"),
    ("partner", "PARTNER_AUTHORITY", "901"),
)
LEARNED = {
    "kind": "LEARNING",
    "la_code": "901",
    "period": "2026-Q1",
    "theme_code": "FATHERS",
    "summary": "Fathers are asked earlier, and plans are better for it.",
}
FIGURES = {"kind": "GRADES", "la_code": "901", "period": APRIL}


class StoreThatIsCutShort(InMemoryEventStore):
    """Loses the next commit to a stream of this category before it is kept, as a process that dies would."""

    cut: str | None = None

    async def append(self, commit: NewCommit) -> Commit:
        if self.cut is not None and commit.stream.startswith(self.cut):
            self.cut = None
            raise OutcomeUnknown(commit.id)
        return await super().append(commit)


@dataclass
class Service:
    town: Town
    store: StoreThatIsCutShort
    app: Any
    talking: httpx2.AsyncClient

    async def get(self, path: str, who: str = "hqa") -> httpx2.Response:
        return await self.talking.get(path, headers=http.bearer(who))

    async def post(self, path: str, who: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.talking.post(path, json=body or {}, headers={**http.bearer(who), **headers})

    async def propose(self, body: Any, who: str = "analyst") -> str:
        answer = await self.post(RELEASES, who, body, **http.new_key())
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    async def ask(self, path: str, who: str = "hqa", body: Any = None, version: int | None = None) -> httpx2.Response:
        seen = {"If-Match": "*", **http.new_key()} if version is None else http.seen(version)
        return await self.post(path, who, body, **seen)

    async def released(self) -> list[Any]:
        """What the ledger keeps."""
        commits = await self.store.read(LEDGERS.stream(LEDGER))
        return [event for commit in commits for event in commit.events]


@asynccontextmanager
async def a_service(mongo_client: Any, prefix: str, **given: Any) -> AsyncIterator[Service]:
    """`given` are settings."""
    settings = http.settings(Settings, mongo_prefix=prefix, **given)
    database = mongo_client[settings.database("reporting")]
    town = Town(mongo_client, database)
    store = StoreThatIsCutShort(clock=town.clock)
    town.store = store
    town.closing = town.a_closing()
    for name, role, authority in PEOPLE:
        held = Holding(since=BEGAN, role=role, scope="authority", unit_id=authority)
        town.directory.learn(PersonDescribedV1(staff_ref=name, holdings=(held,), links=()))
    _tell(town)
    await town.prepare()
    town.now(CLOSED_ON)
    await town.close(APRIL)
    app = create_app(settings, Borrowed(mongo_client, town.directory, store, all_counted), clock=town.clock)
    try:
        async with http.client(app) as talking:
            yield Service(town, store, app, talking)
    finally:
        await mongo_client.drop_database(database.name)


def _tell(town: Town) -> None:
    n = 0
    for grade, count in OF_APRIL:
        for _ in range(count):
            n += 1
            place = ELM if n % 2 else BIRCH
            town.tell(f"audit-{n}", a_graded_audit(grade, place=place, effective_date=date(2026, 4, 1 + n % 28)))
