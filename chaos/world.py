"""The small made-up world that chaos runs in: two authorities of one region, and what is posted about their teams."""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx2

from deploy.installation import Installation
from deploy.loading.settling import MOMENTS
from services.audit.domain.template.defaults import PRACTICE
from services.audit.reactions import audit_id
from services.escalation.requests import CaseSystemFact

REGION = "chaos-region"
SINCE = "2020-04-01"
MONTHS = ("2026-04", "2026-05")
SOURCE = "urn:goldenthread:chaos"
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
MEASURES = {"audit": "OFSTED4.count", "escalation": "good_practice.count", "feedback": "received.count"}
MODELS = {"audit": "audit_quality", "escalation": "practice_alerts", "feedback": "feedback_themes"}
LEVELS = {"team": "teams", "area": "service-areas", "authority": "authorities", "region": "regions"}
_PATIENCE = 60.0  # seconds for the organisation to be known everywhere

Effect = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Team:
    """A team and everything above it."""

    id: str
    area: str
    authority: str

    def effect(self, service: str, month: str) -> Effect:
        """What one post about this team adds one to."""
        return {
            "team": self.id,
            "area": self.area,
            "authority": self.authority,
            "region": REGION,
            "month": month,
            "measure": MEASURES[service],
        }


TEAMS = tuple(
    Team(f"{la}-{area}-{team}", f"{la}-{area}", la)
    for la, area, team in product(("901", "902"), ("assess", "care"), ("elm", "fern"))
)


def units() -> Iterator[tuple[str, str]]:
    """Every unit as (level, id)."""
    yield "region", REGION
    for level in ("authority", "area"):
        for unit in sorted({getattr(team, level) for team in TEAMS}):
            yield level, unit
    for team in TEAMS:
        yield "team", team.id


async def build(installation: Installation) -> None:
    """Make the organisation over HTTP, and wait until the services know it. Raises HTTPStatusError, TimeoutError."""
    token = installation.token("chaos-clerk", ["organisation:write", "read"], ["*"])
    async with httpx2.AsyncClient(
        base_url=installation.address("organisation"), headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as web:
        await _make(web, "regions", {"id": REGION, "name": "Region", "kind": "REGION"})
        for la in sorted({team.authority for team in TEAMS}):
            await _make(web, "authorities", {"id": la, "name": f"Authority {la}"})
            await _join(web, la)
        for area, la in sorted({(team.area, team.authority) for team in TEAMS}):
            await _make(web, "service-areas", {"id": area, "authority_id": la, "name": area})
        for team in TEAMS:
            await _make(web, "teams", {"id": team.id, "service_area_id": team.area, "name": team.id})
        async with asyncio.timeout(_PATIENCE):
            while not {team.id for team in TEAMS} <= await _known(web):
                await asyncio.sleep(0.2)
    await asyncio.sleep(MOMENTS)


async def _make(web: httpx2.AsyncClient, what: str, body: Mapping[str, str]) -> None:
    headers = {"Idempotency-Key": f"chaos-{body['id']}", "If-None-Match": "*"}
    (await web.post(f"/v1/{what}", json={**body, "effective_date": SINCE}, headers=headers)).raise_for_status()


async def _join(web: httpx2.AsyncClient, la: str) -> None:
    membership = {"region_id": REGION, "effective_date": SINCE}
    headers = {"Idempotency-Key": f"chaos-region-{la}", "If-Match": '"1"'}
    answer = await web.post(f"/v1/authorities/{la}/region-membership", json=membership, headers=headers)
    answer.raise_for_status()


async def _known(web: httpx2.AsyncClient) -> set[str]:
    return {one["team_id"] for one in (await web.get("/v1/teams")).raise_for_status().json()["items"]}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to post: where to, what, what it adds to, and the row by which it will be known."""

    op: str
    service: str
    body: Mapping[str, Any]
    effect: Effect
    row: str | None


def command(dice: random.Random, op: str) -> Item:
    """Feedback as a person's client sends it. The service names the row."""
    team, month, told = _said(dice)
    return Item(op, "feedback", {**told, "team_id": team.id}, team.effect("feedback", month), None)


def event(dice: random.Random, op: str, service: str) -> Item:
    """The same, an alert or a finished audit, as another system tells it; it knows the row beforehand."""
    team, month, told = _said(dice)
    if service == "feedback":
        id_ = str(uuid.UUID(bytes=hashlib.sha256(op.encode()).digest()[:16]))
        kind, data, row = "feedback_received", {**told, "team_id": team.id, "feedback_id": id_}, f"feedback-{id_}"
    elif service == "escalation":
        data = _alert(dice, op, team, month)
        fact = CaseSystemFact(la_code=team.authority, external_ref=op, by_role="IRO")
        kind, row = "alert_raised", f"alert-{fact.alert_id}"
    else:
        kind, data, row = "audit_graded", _audit(dice, op, team, month), f"audit-{audit_id(SOURCE, op)}"
    body = {
        "specversion": "1.0",
        "type": f"goldenthread.intake.{kind}.v1",
        "source": SOURCE,
        "id": op,
        "time": f"{month}-15T12:00:00Z",
        "data": data,
    }
    return Item(op, service, body, team.effect(service, month), row)


def _said(dice: random.Random) -> tuple[Team, str, dict[str, Any]]:
    month = dice.choice(MONTHS)
    told = {
        "channel": dice.choice(("SURVEY", "TEXT", "FOCUS_GROUP")),
        "source_system": "chaos",
        "respondent_type": dice.choice(("PARENT", "CHILD", "CARER")),
        "received_on": f"{month}-15",
    }
    return dice.choice(TEAMS), month, told


def _alert(dice: random.Random, op: str, team: Team, month: str) -> dict[str, Any]:
    return {
        "la_code": team.authority,
        "external_ref": op,
        "raised_on": f"{month}-15",
        "by_role": "IRO",
        "alert_type": "GOOD_PRACTICE",  # no clock runs for it: the service would go on telling of deadlines long passed
        "categories": [dice.choice(("PERMANENCE", "PLAN_QUALITY"))],
        "child_ref": f"child-{op}",
        "plan_type": "CIN",
        "team_id": team.id,
        "held_by": "s-reviewer",
    }


def _audit(dice: random.Random, op: str, team: Team, month: str) -> dict[str, Any]:
    return {
        "external_ref": op,
        "audit_type": "THEMED",
        "template_id": PRACTICE.template_id,
        "template_version": PRACTICE.version,
        "plan_type": "CIN",
        "team_id": team.id,
        "effective_date": f"{month}-15",
        "overall": dice.choice(GRADES),
        "domains": {one.code: dice.choice(GRADES) for one in PRACTICE.domains if "CIN" in one.plan_types},
        "auditor_role": "QA_OFFICER",
        "independence": "INDEPENDENT",
    }
