"""The feedback service without engines, in a small authority with a few people."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.settings import Settings
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
NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
SAID = "Nobody told me that she was leaving."
CHILD_REF = "MOSAIC-7788991"

PEOPLE = {
    "staff-head": ("HEAD_OF_SAFEGUARDING_QA", "authority", "901"),
    "staff-manager": ("TEAM_MANAGER", "team", "team-elm"),
    "staff-other-manager": ("TEAM_MANAGER", "team", "team-fern"),
    "staff-analyst": ("PERFORMANCE_ANALYST", "authority", "901"),
    "staff-pdw": ("PRACTICE_DEVELOPMENT_WORKER", "authority", "901"),
    "staff-iro": ("IRO", "authority", "901"),
    "staff-complaints": ("COMPLAINTS_MANAGER", "authority", "901"),
    "staff-qa": ("QA_OFFICER", "authority", "901"),
    "staff-member": ("LEAD_MEMBER", "authority", "901"),
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
    for staff_ref, (role, scope, unit_id) in PEOPLE.items():
        holding = Holding.model_validate({"since": LONG_AGO, "role": role, "scope": scope, "unit_id": unit_id})
        linked = Link(since=LONG_AGO, team_id="team-elm", link_type="PRACTICE_DEVELOPMENT_WORKER")
        links = (linked,) if role == "PRACTICE_DEVELOPMENT_WORKER" else ()
        directory.learn(PersonDescribedV1(staff_ref=staff_ref, holdings=(holding,), links=links))
    return directory


def _named(name: str) -> tuple[Dated, ...]:
    return (Dated(since=LONG_AGO, value=name),)


def clock() -> datetime:
    return NOW


@dataclass
class Service:
    """`app` on `foundations`; everybody talks to the same one."""

    foundations: InMemoryFoundations = field(default_factory=lambda: InMemoryFoundations(clock))
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.foundations.directory = organisation()
        self.app = create_app(http.settings(Settings), self.foundations, clock)

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


def feedback(**other: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "team_id": "team-elm",
        "channel": "SURVEY",
        "source_system": "survey-tool",
        "respondent_type": "YOUNG_PERSON",
        "received_on": "2026-04-14",
        "experienced_on": "2026-01-10",
        "consent_publish": True,
        "child_ref": CHILD_REF,
        "rating": {"scale": "FFT", "value": "POOR"},
        "text": SAID,
    }
    return {name: value for name, value in {**body, **other}.items() if value is not None}


ANONYMOUS = {"anonymous": True, "child_ref": None, "rating": None, "channel": "TEXT", "respondent_type": "UNKNOWN"}


async def receive(client: httpx2.AsyncClient, **other: Any) -> str:
    """Feedback that was taken in; answers its address."""
    answer = await client.post("/v1/feedback", json=feedback(**other), headers=http.new_key())
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def command(client: httpx2.AsyncClient, address: str, version: int, **body: Any) -> httpx2.Response:
    return await client.post(address, json=body, headers=http.seen(version))
