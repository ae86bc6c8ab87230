"""A small world for journeys: one authority with a service area, two teams and a few people, made over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from deploy.installation import Installation

AUTHORITY, AREA, TEAM, OTHER_TEAM = "901", "901-family", "901-elm", "901-fern"
SINCE = "2020-04-01"
PEOPLE = {
    "s-auditor": ("QA_OFFICER", "authority", AUTHORITY),
    "s-moderator": ("QA_OFFICER", "authority", AUTHORITY),
    "s-manager": ("TEAM_MANAGER", "team", TEAM),
    "s-head": ("HEAD_OF_SERVICE", "service_area", AREA),
    "s-quality": ("HEAD_OF_SAFEGUARDING_QA", "authority", AUTHORITY),
    "s-reviewer": ("IRO", "authority", AUTHORITY),
    "s-director": ("DCS", "authority", AUTHORITY),
    "s-stranger": ("DCS", "authority", "902"),
}


async def build_world(installation: Installation) -> None:
    """Make it, and wait until every service knows it."""
    token = installation.token("clerk", ["organisation:write", "read"], ["*"])
    async with httpx2.AsyncClient(
        base_url=installation.address("organisation"), headers={"Authorization": f"Bearer {token}"}
    ) as web:
        await _make(web, "regions", {"id": "london", "name": "London", "kind": "REGION"})
        await _make(web, "authorities", {"id": AUTHORITY, "name": "Northborough (demo)"})
        await _make(web, "authorities", {"id": "902", "name": "Elsewhere (demo)"})
        await _change(web, f"authorities/{AUTHORITY}/region-membership", {"region_id": "london"}, 1)
        await _make(web, "service-areas", {"id": AREA, "authority_id": AUTHORITY, "name": "Family"})
        for team in (TEAM, OTHER_TEAM):
            await _make(web, "teams", {"id": team, "service_area_id": AREA, "name": team.title()})
        for ref, (role, scope, unit) in PEOPLE.items():
            await _change(web, f"people/{ref}/roles", {"role": role, "scope": scope, "unit_id": unit}, 0)
        for ref, kind in (("s-auditor", "QA_OFFICER"), ("s-moderator", "QA_OFFICER"), ("s-reviewer", "IRO")):
            await _change(web, f"people/{ref}/links", {"team_id": TEAM, "link_type": kind}, 1)
    await asyncio.sleep(2)  # directories follow the topic


async def _make(web: httpx2.AsyncClient, what: str, body: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": f"world-{body['id']}", "If-None-Match": "*"}
    answer = await web.post(f"/v1/{what}", json={**body, "effective_date": SINCE}, headers=headers)
    assert answer.status_code == 201, answer.text


async def _change(web: httpx2.AsyncClient, what: str, body: dict[str, Any], version: int) -> None:
    headers = {"Idempotency-Key": f"world-{what}-{version}", "If-Match": f'"{version}"'}
    answer = await web.post(f"/v1/{what}", json={**body, "effective_date": SINCE}, headers=headers)
    assert answer.status_code in (200, 201), answer.text
