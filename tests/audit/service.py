"""The audit service on foundations in memory, in a small made-up authority."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2
from fastapi import FastAPI

from services.audit.app import create_app
from services.audit.settings import Settings
from shared.directory import Directory
from shared.foundations import InMemoryFoundations
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Link,
    Membership,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)
from tests import http

LONG_AGO = date(2020, 4, 1)
MOMENT = datetime(2026, 4, 20, 12, 0, tzinfo=UTC)


def clock() -> datetime:
    return MOMENT


def named(name: str) -> tuple[Dated, ...]:
    return (Dated(since=LONG_AGO, value=name),)


def person(staff_ref: str, role: str, scope: str, unit_id: str, *links: str) -> PersonDescribedV1:
    held = Holding(since=LONG_AGO, role=role, scope=scope, unit_id=unit_id)  # type: ignore[arg-type]
    linked = tuple(Link(since=LONG_AGO, team_id=team, link_type="QA_OFFICER") for team in links)
    return PersonDescribedV1(staff_ref=staff_ref, holdings=(held,), links=linked)


def learn(directory: Directory) -> None:
    """Authority 902 with the area Duty, whose teams are Alder and Birch, and 903 with nobody in it."""
    directory.learn(RegionDescribedV1(region_id="E12000007", names=named("London"), kind="REGION"))
    membership = (Membership(since=LONG_AGO, region_id="E12000007"),)
    for code in ("902", "903"):
        directory.learn(AuthorityDescribedV1(authority_id=code, names=named(code), regions=membership))
    directory.learn(ServiceAreaDescribedV1(service_area_id="duty", authority_id="902", names=named("Duty")))
    directory.learn(ServiceAreaDescribedV1(service_area_id="far", authority_id="903", names=named("Far")))
    for team, area in (("alder", "duty"), ("birch", "duty"), ("far-team", "far")):
        areas = (Dated(since=LONG_AGO, value=area),)
        directory.learn(TeamDescribedV1(team_id=team, names=named(team), service_areas=areas))
    for somebody in (
        person("qa-1", "QA_OFFICER", "authority", "902", "alder"),
        person("qa-2", "QA_OFFICER", "authority", "902", "alder", "birch"),
        person("tm-1", "TEAM_MANAGER", "team", "alder"),
        person("sw-1", "SOCIAL_WORKER", "team", "alder"),
        person("head-1", "HEAD_OF_SAFEGUARDING_QA", "authority", "902"),
        person("analyst-1", "PERFORMANCE_ANALYST", "authority", "902"),
        person("far-1", "TEAM_MANAGER", "team", "far-team"),
    ):
        directory.learn(somebody)


@dataclass
class Service:
    """One running service; `as_` speaks for one person."""

    app: FastAPI
    foundations: InMemoryFoundations
    talking: httpx2.AsyncClient
    plan: dict[str, Any] = field(
        default_factory=lambda: {
            "audit_type": "QA_ROUTINE",
            "template_id": "front-door",
            "plan_type": "CONTACT",
            "team_id": "alder",
            "child_ref": "case-4711",
            "worker": "sw-1",
        }
    )

    async def post(self, who: str, path: str, body: Any, version: int | None = None, **more: str) -> httpx2.Response:
        headers = {**http.bearer(who), **(http.new_key() if version is None else http.seen(version)), **more}
        return await self.talking.post(path, json=body, headers=headers)

    async def get(self, who: str, path: str, **headers: str) -> httpx2.Response:
        return await self.talking.get(path, headers={**http.bearer(who), **headers})

    async def planned(self, **update: Any) -> str:
        """The address of a new audit."""
        answered = await self.post("qa-1", "/v1/audits", {**self.plan, **update})
        assert answered.status_code == 201, answered.text
        return answered.headers["location"]

    async def steps(self, audit: str, *steps: tuple[str, str, dict[str, Any]]) -> int:
        """Ask these one after the other; answers the version that they led to."""
        version = int((await self.get("head-1", audit)).headers["etag"].strip('"'))
        for who, what, body in steps:
            answered = await self.post(who, f"{audit}/{what}", body, version)
            assert answered.status_code == 200, (what, answered.text)
            version = answered.json()["version"]
        return version

    async def started(self, **plan: Any) -> str:
        audit = await self.planned(**plan)
        await self.steps(audit, ("qa-1", "allocation", {"auditor_ref": "qa-1"}), ("qa-1", "start", {}))
        return audit

    async def submitted(self, grade: str = "GOOD", **plan: Any) -> str:
        audit = await self.started(**plan)
        required = (await self.get("qa-1", audit)).json()["required_domains"]
        graded = [("qa-1", "domain-grades", {"domain": d, "grade": grade, "rationale": "seen"}) for d in required]
        await self.steps(audit, *graded, ("qa-1", "overall-grade", {"grade": grade}), ("qa-1", "submission", {}))
        return audit


@asynccontextmanager
async def running() -> AsyncIterator[Service]:
    foundations = InMemoryFoundations(clock)
    learn(foundations.directory)
    app = create_app(http.settings(Settings), foundations, clock)
    async with http.client(app) as talking:
        yield Service(app, foundations, talking)
