"""The list of open alerts, and the service's own timer, in a real MongoDB."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from shared.event_store.mongo import MongoEventStore
from shared.foundations import InMemoryFoundations
from tests import http
from tests.escalation.service import Service, raise_alert, step

pytestmark = pytest.mark.connected


@pytest.fixture
async def service(mongo_database: Any):
    foundations = InMemoryFoundations()
    store = MongoEventStore(mongo_database)
    await store.prepare()
    foundations.store = store
    yield Service(foundations, mongo_database)
    await store.close()


async def until(client: Any, address: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What is there once it is true, or a TimeoutError."""
    async with asyncio.timeout(15):
        while True:
            found = (await client.get(address)).json()
            if true(found):
                return found
            await asyncio.sleep(0.05)


async def test_the_list_shows_open_alerts_within_reach_the_one_due_first_on_top(service: Service):
    async with service.person("staff-iro") as iro:
        later = await raise_alert(iro, effective_date="2026-03-09")
        sooner = await raise_alert(iro, effective_date="2026-03-03")
        fern = await raise_alert(iro, effective_date="2026-03-06", team_id="team-fern", allocated_worker=None)
        closed = await raise_alert(iro, effective_date="2026-03-05")
        await step(iro, f"{closed}/resolution", 1, outcome="OVERTAKEN_BY_EVENTS")
        await raise_alert(iro, alert_type="GOOD_PRACTICE")
        listed = await until(iro, "/v1/alerts", lambda found: len(found["items"]) == 3)
        first = (await iro.get("/v1/alerts", params={"limit": 2})).json()
        second = (await iro.get("/v1/alerts", params={"limit": 2, "after": first["next"]})).json()
        forged = [await iro.get("/v1/alerts", params={"after": one}) for one in ("canary", "MQ", "WzEsMl0", "e30")]
        seen = {
            staff_ref: [f"/v1/alerts/{one['id']}" for one in await listed_for(iro, staff_ref)]
            for staff_ref in ("staff-manager", "staff-other-manager", "staff-hos", "staff-worker", "staff-iro-2")
        }
        nobody = await iro.get("/v1/alerts", headers=http.bearer("staff-member"))
    assert [f"/v1/alerts/{one['id']}" for one in listed["items"]] == [sooner, fern, later]
    assert [one["id"] for one in first["items"] + second["items"]] == [one["id"] for one in listed["items"]]
    assert (second["next"], [one.status_code for one in forged]) == (None, [400] * 4)
    assert seen == {
        "staff-manager": [sooner, later],
        "staff-other-manager": [fern],
        "staff-hos": [sooner, fern, later],
        "staff-worker": [sooner, later],
        "staff-iro-2": [],
    }
    assert nobody.status_code == 403
    assert "narrative" not in str(listed)
    assert "child" not in str(listed)


async def listed_for(client: httpx2.AsyncClient, staff_ref: str) -> list[dict[str, Any]]:
    return list((await client.get("/v1/alerts", headers=http.bearer(staff_ref))).json()["items"])


async def test_the_running_service_notices_a_missed_deadline(service: Service):
    async with service.person("staff-iro") as iro:
        address = await raise_alert(iro)
        before = (await iro.get(address)).json()
        service.now = datetime(2026, 3, 11, 0, 1, tzinfo=UTC)
        after = await until(iro, address, lambda found: found["stage_deadline_missed"])
        assert (await iro.get("/livez")).status_code == 200
    assert (before["stage_deadline_missed"], before["stage_deadline"]) == (False, "2026-03-10")
    assert (after["version"], after["status"]) == (2, "AWAITING")
