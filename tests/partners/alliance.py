"""Six made-up authorities of one alliance, a quarter of their audits closed, and reporting on a real socket."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import httpx2
from pymongo import AsyncMongoClient

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from shared.calendar.clock import Clock, now
from shared.event_store.mongo import MongoEventStore
from shared.messaging.topics import PARTITIONS
from shared.published.organisation import (
    AuthorityDescribedV1,
    Holding,
    Membership,
    PersonDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)
from shared.published.place import Place
from tests import http
from tests.closing.a_town import Town, all_counted
from tests.reporting.an_organisation import BEGAN, called
from tests.reporting.telling import a_graded_audit

AUTHORITIES = ("901", "902", "903", "904", "905", "906")
TODAY = now().date()
YEAR = TODAY.year if date(TODAY.year, 7, 20) < TODAY else TODAY.year - 1
"""Of the last first quarter that can be closed: what is signed today is only believed today."""
MONTHS = (f"{YEAR}-04", f"{YEAR}-05", f"{YEAR}-06")
QUARTER = f"{YEAR}-Q1"
REGION = "alliance-north"
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
CANARY_TEAM, CANARY_CHILD, CANARY_WORKER = "Quokkabridge Ward", "Zephyrine Quillfeather", "staff-canary-7731"
TYPES = [
    "goldenthread.improvement_event_published.v1",
    "goldenthread.improvement_event_retracted.v1",
]


@dataclass
class Alliance:
    """`web` speaks to reporting over its socket; `address` is where it listens.

    `counts` is what only the authorities know: audits by authority, month, domain (or OVERALL) and grade.
    """

    town: Town
    app: Any
    web: httpx2.AsyncClient
    address: str
    settings: Settings
    counts: Counter[tuple[str, str, str, str]]
    _keys: Any = field(default_factory=count)

    async def post(self, who: str, path: str, body: Any = None, *, partner: str | None = None) -> httpx2.Response:
        issuer = http.issuer()
        token = issuer.mint(who, http.ALL_SCOPES, ["*"] if who == "machine" else (), 60, partner)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{next(self._keys)}"}
        if path.strip("/").count("/") > 1:
            headers["If-Match"] = "*"
        return await self.web.post(path, json=body or {}, headers=headers)

    async def right(self, who: str, path: str, body: Any = None, *, partner: str | None = None) -> Any:
        """What it answers when it is all right."""
        answer = await self.post(who, path, body, partner=partner)
        assert answer.status_code in (200, 201, 202), (path, body, answer.text)
        return answer.json()

    async def get(self, who: str, path: str, *, partner: str | None = None) -> httpx2.Response:
        issuer = http.issuer()
        token = issuer.mint(who, http.ALL_SCOPES, (), 60, partner)
        return await self.web.get(path, headers={"Authorization": f"Bearer {token}"})

    async def round(self) -> None:
        await self.app.state.sharing.round()

    async def released(self, la_code: str, period: str, kind: str = "GRADES", **words: Any) -> str:
        """Proposed by the analyst, approved by the Head; answers the release's id."""
        body = {"kind": kind, "la_code": la_code, "period": period, **words}
        id_ = str((await self.right(f"analyst-{la_code}", "/v1/releases", body))["id"])
        await self.right(f"head-{la_code}", f"/v1/releases/{id_}/approval")
        return id_

    async def subscribed(self, partner: str, protocol: str, **more: Any) -> str:
        body = {"protocol": protocol, "types": TYPES, **more}
        return str((await self.right("partner", "/v1/subscriptions", body, partner=partner))["id"])


@asynccontextmanager
async def alliance(
    mongo_client: AsyncMongoClient[Any],
    name: str,
    kafka_url: str,
    prefix: str,
    *,
    seed: int,
    least: int = 30,
    clock: Clock | None = None,
    also: Callable[[Town], None] | None = None,
    **more: Any,
) -> AsyncIterator[Alliance]:
    """With a quarter of `least` to `least + 15` audits a month in each authority, its months and itself closed.

    `clock` is what it goes by from then on (without one, time stands still). `also` happens in the town before
    anything is counted or closed; `more` are further settings.
    """
    settings = http.settings(Settings, mongo_prefix=name, kafka_url=kafka_url, topic_prefix=prefix, **more)
    database = mongo_client[settings.database("reporting")]
    town = Town(mongo_client, database)
    town.store = MongoEventStore(database, PARTITIONS, town.clock)
    town.closing = town.a_closing()
    await town.store.prepare()
    _settle(town)
    counts = _audit(town, random.Random(seed), least)
    if also is not None:
        also(town)
    await town.prepare()
    await _close(town)
    app = create_app(
        settings, Borrowed(mongo_client, town.directory, town.store, all_counted), clock=clock or town.clock
    )
    await app.state.sharing.prepare()
    async with http.served(app) as address, httpx2.AsyncClient(base_url=address, timeout=30) as web:
        yield Alliance(town, app, web, address, settings, counts)
        for hook in app.state.sharing.stop:
            await hook()
    await town.store.close()
    await mongo_client.drop_database(database.name)


def _settle(town: Town) -> None:
    """Each authority has one area and one team, whose names must never leave, an analyst and a Head."""
    for la_code in AUTHORITIES:
        member = (Membership(since=BEGAN, region_id=REGION),)
        town.directory.learn(
            AuthorityDescribedV1(authority_id=la_code, names=called(f"Authority {la_code}"), regions=member)
        )
        area, team = f"area-{la_code}", f"team-{la_code}"
        town.directory.learn(
            ServiceAreaDescribedV1(service_area_id=area, authority_id=la_code, names=called(f"{CANARY_TEAM} Area"))
        )
        areas = (called("x")[0].model_copy(update={"value": area}),)
        town.directory.learn(TeamDescribedV1(team_id=team, names=called(CANARY_TEAM), service_areas=areas))
        for role, who in (("PERFORMANCE_ANALYST", "analyst"), ("HEAD_OF_SAFEGUARDING_QA", "head")):
            held = Holding(since=BEGAN, role=role, scope="authority", unit_id=la_code)
            town.directory.learn(PersonDescribedV1(staff_ref=f"{who}-{la_code}", holdings=(held,), links=()))


def _audit(town: Town, chance: random.Random, least: int) -> Counter[tuple[str, str, str, str]]:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for la_code in AUTHORITIES:
        place = Place(team=f"team-{la_code}", service_area=f"area-{la_code}", authority=la_code, regions=(REGION,))
        for month in (4, 5, 6):
            for n in range(least + chance.randrange(16)):
                overall, voice = (chance.choices(GRADES, (8, 47, 37, 8))[0] for _ in range(2))
                day = date(YEAR, month, 1 + chance.randrange(28))
                domains = {"CHILD_VOICE": voice, "PLANNING": overall}
                audit = a_graded_audit(overall, place=place, effective_date=day, domains=domains)
                town.now(day, 12)
                town.tell(f"audit-{la_code}-{month}-{n}", audit)
                for domain, grade in {"OVERALL": overall, **domains}.items():
                    counts[la_code, f"{YEAR}-{month:02}", domain, grade] += 1
    return counts


async def _close(town: Town) -> None:
    for month in (5, 6, 7):
        town.now(date(YEAR, month, 20))
        for la_code in AUTHORITIES:
            await town.close(f"{YEAR}-{month - 1:02}", la_code)
    for la_code in AUTHORITIES:
        await town.close(QUARTER, la_code)
