"""The escalation service in a small authority with a few people, with a clock that a test can move."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import orjson
from fastapi import FastAPI

from services.escalation.app import create_app
from services.escalation.settings import Settings
from shared.directory import Directory
from shared.foundations import InMemoryFoundations
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Membership,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)
from tests import http

LONG_AGO = date(2020, 4, 1)
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
CHILD_REF = "MOSAIC-7788991"
NARRATIVE = "The plan of last summer was never begun."

PEOPLE = {
    "staff-head": [("HEAD_OF_SAFEGUARDING_QA", "authority", "901")],
    "staff-dcs": [("DCS", "authority", "901")],
    "staff-od": [("OPERATIONAL_DIRECTOR", "authority", "901")],
    "staff-hos": [("HEAD_OF_SERVICE", "service_area", "area-901")],
    "staff-manager": [("TEAM_MANAGER", "team", "team-elm")],
    "staff-other-manager": [("TEAM_MANAGER", "team", "team-fern")],
    # Head of Service for the whole area, and of one team in it the manager as well.
    "staff-both": [("HEAD_OF_SERVICE", "service_area", "area-901"), ("TEAM_MANAGER", "team", "team-fern")],
    "staff-iro": [("IRO", "authority", "901")],
    "staff-iro-2": [("IRO", "authority", "901")],
    "staff-chair": [("CP_CHAIR", "authority", "901")],
    "staff-worker": [("SOCIAL_WORKER", "team", "team-elm")],
    "staff-analyst": [("PERFORMANCE_ANALYST", "authority", "901")],
    "staff-member": [("LEAD_MEMBER", "authority", "901")],
    "staff-elsewhere": [("IRO", "authority", "902")],
}


def organisation() -> Directory:
    directory = Directory()
    directory.learn(RegionDescribedV1(region_id="region-north", names=_named("North"), kind="REGION"))
    for code in ("901", "902"):
        regions = (Membership(since=LONG_AGO, region_id="region-north"),)
        directory.learn(AuthorityDescribedV1(authority_id=code, names=_named(code), regions=regions))
        directory.learn(ServiceAreaDescribedV1(service_area_id=f"area-{code}", authority_id=code, names=_named("Plan")))
    for team, code in (("team-elm", "901"), ("team-fern", "901"), ("team-oak", "902")):
        areas = (Dated(since=LONG_AGO, value=f"area-{code}"),)
        directory.learn(TeamDescribedV1(team_id=team, names=_named(team), service_areas=areas))
    for staff_ref, held in PEOPLE.items():
        holdings = [{"since": LONG_AGO, "role": role, "scope": scope, "unit_id": unit} for role, scope, unit in held]
        known = tuple(Holding.model_validate(one) for one in holdings)
        directory.learn(PersonDescribedV1(staff_ref=staff_ref, holdings=known, links=()))
    return directory


def _named(name: str) -> tuple[Dated, ...]:
    return (Dated(since=LONG_AGO, value=name),)


@dataclass
class Service:
    """`app` on `foundations`; everybody talks to the same one. `now` may be moved."""

    foundations: InMemoryFoundations = field(default_factory=InMemoryFoundations)
    database: Any = None
    now: datetime = NOW
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.foundations.directory = organisation()
        settings = http.settings(Settings, deadline_seconds=0.05)
        self.app = create_app(settings, self.foundations, lambda: self.now, self.database)

    def system(self, *authorities: str) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        """A client that is another system, for 901 when nothing is said."""
        codes = authorities or ("901",)
        return http.client(self.app, f"client-{'-'.join(codes)}", authorities=codes)

    def person(self, staff_ref: str) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        return http.client(self.app, staff_ref)

    async def stored(self) -> str:
        """Everything in the log, as text."""
        store = self.foundations.store
        parts = [await store.read_partition(p, -1, 10_000) for p in range(store.partitions)]
        return "\n".join(repr(commit) for commits in parts for commit in commits)


def concern(**other: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "categories": ["DRIFT_DELAY"],
        "child_ref": CHILD_REF,
        "plan_type": "CLA",
        "team_id": "team-elm",
        "risk": "HIGH",
        "narrative": NARRATIVE,
        "allocated_worker": "staff-worker",
        "effective_date": "2026-03-03",
    }
    return {name: value for name, value in {**body, **other}.items() if value is not None}


async def raise_alert(client: httpx2.AsyncClient, **other: Any) -> str:
    """An alert that was raised; answers its address."""
    answer = await client.post("/v1/alerts", json=concern(**other), headers=http.new_key())
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def step(client: httpx2.AsyncClient, address: str, version: int, **body: Any) -> httpx2.Response:
    return await client.post(address, json=body, headers=http.seen(version))


def fact(id_: str, kind: str, **data: Any) -> dict[str, Any]:
    """An event of the case system about its alert number 17."""
    known = {"la_code": "901", "external_ref": "17", **data}
    time = "2026-03-09T12:00:00Z"
    return {"specversion": "1.0", "id": id_, "source": "/case-system", "type": kind, "time": time, "data": known}


async def send(client: httpx2.AsyncClient, body: Any) -> httpx2.Response:
    kind = "application/cloudevents-batch+json" if isinstance(body, list) else "application/cloudevents+json"
    return await client.post("/v1/events", content=orjson.dumps(body), headers={"Content-Type": kind})
