"""Three made-up authorities in two regions, and all five services on foundations in memory, seeded over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2
from fastapi import FastAPI
from pymongo import AsyncMongoClient

from services.audit import app as audit
from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.publishing import tell as tell_audit
from services.audit.settings import Settings as AuditSettings
from services.escalation import app as escalation
from services.escalation.publishing import tell as tell_escalation
from services.escalation.settings import Settings as EscalationSettings
from services.feedback import app as feedback
from services.feedback.publishing import tell as tell_feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.organisation import app as organisation
from services.organisation.settings import Settings as OrganisationSettings
from services.reporting import app as reporting
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings as ReportingSettings
from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.directory import Directory
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import unattended
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
from shared.published.place import Place
from tests import http
from tests.examples.a_re_audit import required
from tests.examples.an_action import agreed

BEGAN = date(2020, 4, 1)
NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
REGIONS = {"901": ("london",), "902": ("london",), "903": ("north",)}
AREAS = {"901-planning": "901", "901-duty": "901", "902-planning": "902", "903-planning": "903"}
TEAMS = {
    "901-elm": "901-planning",
    "901-fern": "901-planning",
    "901-birch": "901-duty",
    "902-oak": "902-planning",
    "903-ash": "903-planning",
}
PEOPLE = {f"head-{code}": ("HEAD_OF_SAFEGUARDING_QA", "authority", code) for code in REGIONS}
PEOPLE["qa-901"] = ("QA_OFFICER", "authority", "901")
TELL = {"audit": tell_audit, "escalation": tell_escalation, "feedback": tell_feedback}


def clock() -> datetime:
    return NOW


def named(name: str) -> tuple[Dated, ...]:
    return (Dated(since=BEGAN, value=name),)


def directory() -> Directory:
    known = Directory()
    for region in sorted({region for regions in REGIONS.values() for region in regions}):
        known.learn(RegionDescribedV1(region_id=region, names=named(region), kind="REGION"))
    for code, regions in REGIONS.items():
        joined = tuple(Membership(since=BEGAN, region_id=region) for region in regions)
        known.learn(AuthorityDescribedV1(authority_id=code, names=named(code), regions=joined))
    for area, code in AREAS.items():
        known.learn(ServiceAreaDescribedV1(service_area_id=area, authority_id=code, names=named(area)))
    for team, area in TEAMS.items():
        known.learn(TeamDescribedV1(team_id=team, names=named(team), service_areas=named(area)))
    for staff_ref, (role, scope, unit_id) in PEOPLE.items():
        holding = Holding.model_validate({"since": BEGAN, "role": role, "scope": scope, "unit_id": unit_id})
        known.learn(PersonDescribedV1(staff_ref=staff_ref, holdings=(holding,), links=()))
    return known


def nowhere() -> AsyncMongoClient[Any]:
    """A client of no server: whatever asks it anything fails soon."""
    return AsyncMongoClient("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=200, tz_aware=True)


def foundations() -> InMemoryFoundations:
    made = InMemoryFoundations(clock)
    made.directory = directory()
    return made


def applications(on: Mapping[str, InMemoryFoundations] | None = None) -> dict[str, FastAPI]:
    """All five; the routes that need a database are there, and the database is not."""
    on = on or {}
    made = {name: on.get(name) or foundations() for name in ("organisation", "audit", "escalation", "feedback")}
    lent = Borrowed(nowhere(), directory())
    return {
        "organisation": organisation.create_app(http.settings(OrganisationSettings), made["organisation"], clock),
        "audit": audit.create_app(http.settings(AuditSettings), made["audit"], clock),
        "escalation": escalation.create_app(http.settings(EscalationSettings), made["escalation"], clock),
        "feedback": feedback.create_app(http.settings(FeedbackSettings), made["feedback"], clock),
        "reporting": reporting.create_app(http.settings(ReportingSettings), lent, clock),
    }


@dataclass
class World:
    """The running services: `clients` talk to them without a token, `ids` are those of what was seeded."""

    on: dict[str, InMemoryFoundations]
    apps: dict[str, FastAPI]
    clients: dict[str, httpx2.AsyncClient]
    ids: dict[str, str] = field(default_factory=dict)

    async def create(self, service: str, path: str, **body: Any) -> str:
        """Made by a client that acts for everybody; answers its id."""
        headers = {**http.bearer("system", authorities=("*",)), **http.new_key()}
        answer = await self.clients[service].post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return str(answer.json()["id"])

    async def commits(self, service: str) -> list[Any]:
        store = self.on[service].store
        return [commit for p in range(store.partitions) for commit in await store.read_partition(p, -1, 10_000)]


AUDIT = {
    "audit_type": "QA_ROUTINE",
    "template_id": "front-door",
    "plan_type": "CONTACT",
    "team_id": "901-elm",
    "child_ref": "case-4711",
    "worker": "worker-1",
}
CASELOAD = {"team_id": "901-elm", "as_at": "2026-06-01", "open_cases": {"CIN": 41, "CP": 7}}
THEME = {
    "la_code": "901",
    "theme_code": "NEGLECT",
    "title": "Neglect in early years",
    "quarter": "2026-Q1",
    "rationale": "Three re-audits in a row.",
    "sample_size": 2,
    "auditors": [{"staff_ref": "qa-901", "role": "QA_OFFICER"}],
    "due_on": "2026-06-30",
}
CASES = [{"child_ref": f"case-{n}", "worker": "worker-1"} for n in range(3)]
FRAME = [{"team_id": "901-elm", "plan_type": "CONTACT", "cases": CASES}]
MEETING = {"planned_on": "2026-06-15", "on_behalf_of": "head-901"}
LEARNING = {
    "theme_code": "FATHERS",
    "source": "AUDIT",
    "learning": "Fathers are asked when somebody writes down that they were.",
    "on_behalf_of": "head-901",
}
ALERT = {
    "categories": ["DRIFT_DELAY"],
    "child_ref": "case-4711",
    "plan_type": "CLA",
    "team_id": "901-elm",
    "by_role": "IRO",
    "held_by": "officer-1",
    "narrative": "The plan of last summer was never begun.",
}
INFORMAL = {
    "categories": ["DRIFT_DELAY"],
    "child_ref": "case-4711",
    "plan_type": "CLA",
    "team_id": "901-elm",
    "by_role": "IRO",
    "held_by": "officer-1",
    "with_role": "TEAM_MANAGER",
    "settled": True,
}
FEEDBACK = {
    "team_id": "901-elm",
    "channel": "SURVEY",
    "source_system": "survey-tool",
    "respondent_type": "PARENT",
    "received_on": "2026-06-01",
    "text": "Nobody told me that she was leaving.",
}
CHANGE = {"team_id": "901-elm", "themes": ["COMMUNICATION"], "text": "We write before a worker leaves."}


ELM = Place(team="901-elm", service_area="901-planning", authority="901", regions=REGIONS["901"])
AGREED = agreed.model_copy(update={"place": ELM, "owner": "worker-1", "worker": "worker-1"})
REQUIRED = required.model_copy(update={"place": ELM})


@asynccontextmanager
async def running() -> AsyncIterator[World]:
    """The four writing services with one thing of each kind at team 901-elm, and reporting with nothing behind it."""
    on = {name: foundations() for name in ("organisation", "audit", "escalation", "feedback")}
    apps = applications(on)
    async with AsyncExitStack() as started:
        clients = {name: await started.enter_async_context(http.client(one)) for name, one in apps.items()}
        world = World(on, apps, clients)
        await _seed(world)
        yield world


async def _kept(world: World, decider: Decider[Any, Any], id_: str, event: StoredEvent) -> str:
    """What the audit service would have come to by itself, or only after a whole audit; answers the id."""
    asked = unattended(f"seed-{id_}", Actor(staff_ref="system", role="SYSTEM"), "901", NOW, NOW.date())
    await handle(world.on["audit"].store, decider, decider.stream(id_), lambda _: [event], asked)
    return id_


async def _expected(world: World) -> str:
    """One of the audits that June expects of Team Managers."""
    headers = {**http.bearer("system", authorities=("*",)), **http.new_key()}
    body = {"la_code": "901", "month": "2026-06"}
    answer = await world.clients["audit"].post("/v1/expectations", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["expectations"][0])


async def _seed(world: World) -> None:
    since = {"effective_date": BEGAN.isoformat()}
    await world.create("organisation", "/v1/regions", id="london", name="London", kind="REGION", **since)
    for code in REGIONS:
        await world.create("organisation", "/v1/authorities", id=code, name=code, **since)
    for area, code in AREAS.items():
        await world.create("organisation", "/v1/service-areas", id=area, authority_id=code, name=area, **since)
    for team, area in TEAMS.items():
        await world.create("organisation", "/v1/teams", id=team, service_area_id=area, name=team, **since)
    head = {"role": "HEAD_OF_SAFEGUARDING_QA", "scope": "authority", "unit_id": "901"}
    await world.create("organisation", "/v1/people/head-901/roles", **head, **since)
    said = await world.create("feedback", "/v1/feedback", **FEEDBACK)
    audit_id = await world.create("audit", "/v1/audits", **AUDIT)
    theme_id = await world.create("audit", "/v1/themes", **THEME)
    sample = {"theme_id": theme_id, "template_id": "front-door", "frame": FRAME}
    twice = [await world.create("audit", "/v1/audits", **{**AUDIT, "child_ref": "case-twice"}) for _ in range(2)]
    pair = {"kind": "PAIRED", "audit_a": twice[0], "audit_b": twice[1]}
    world.ids = {
        "audits": audit_id,
        "themes": theme_id,
        "samples": await world.create("audit", "/v1/samples", **sample),
        "pairs": await world.create("audit", "/v1/pairs", **pair),
        "four-r-meetings": await world.create("audit", "/v1/four-r-meetings", **MEETING, linked_audits=[audit_id]),
        "actions": await _kept(world, ACTION, "action-1", AGREED.model_copy(update={"audit_id": audit_id})),
        "re-audits": await _kept(world, RE_AUDIT, "again-1", REQUIRED.model_copy(update={"parent_audit_id": audit_id})),
        "learning-points": await world.create("audit", "/v1/learning-points", **LEARNING, links=[audit_id]),
        "alerts": await world.create("escalation", "/v1/alerts", **ALERT),
        "informal-resolutions": await world.create("escalation", "/v1/informal-resolutions", **INFORMAL),
        "feedback": said,
        "changes": await world.create("feedback", "/v1/changes", **CHANGE, feedback=[said]),
        "templates": "front-door",
        "audit-policies": "901",
        "audit-programmes": "901",
        "expectations": await _expected(world),
        "caseloads": await world.create("audit", "/v1/caseloads", **CASELOAD),
        "regions": "london",
        "authorities": "901",
        "service-areas": "901-planning",
        "teams": "901-elm",
        "people": "head-901",
    }
