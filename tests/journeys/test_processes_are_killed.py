"""Every process is killed in turn while posts come in: what was acknowledged is there once, and totals are right."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from pymongo import AsyncMongoClient

from deploy.installation import Installation
from deploy.looking import Plant
from services.reporting.read_models import feedback_themes
from shared.projecting.reading import Cells
from shared.projecting.state import live
from shared.settings import ServiceSettings
from tests.journeys.world import AUTHORITY, TEAM, build_world

pytestmark = [pytest.mark.connected, pytest.mark.chaos, pytest.mark.timeout(280)]

POSTERS = 8
BETWEEN = 40  # posts acknowledged before the next kill
SEED = 20190301


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with engines of its own: this one gets hurt."""
    installation = Installation()
    installation.start()
    try:
        yield installation
    finally:
        installation.stop()


@dataclass
class Load:
    """Posts feedback until told to stop; each post is sent with the same key until it is acknowledged."""

    installation: Installation
    acknowledged: dict[str, str] = field(default_factory=dict)  # key -> where it can be read
    repeats: int = 0
    longest_stall: float = 0.0
    stopping: bool = False

    async def run(self) -> None:
        token = self.installation.token("load", ["feedback:write", "read"], ["*"])
        async with httpx2.AsyncClient(
            base_url=self.installation.address("feedback"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
        ) as web:
            await asyncio.gather(*(self._poster(web, i) for i in range(POSTERS)))

    async def goes_on(self) -> None:
        """Wait until posts are acknowledged again: each fault is to hit a running load."""
        before = len(self.acknowledged)
        async with asyncio.timeout(60):
            while len(self.acknowledged) < before + BETWEEN:
                await asyncio.sleep(0.05)

    async def _poster(self, web: httpx2.AsyncClient, number: int) -> None:
        rng = random.Random(SEED + number)
        while not self.stopping:
            began = time.monotonic()
            await self._post(web, uuid.uuid4().hex, rng)
            self.longest_stall = max(self.longest_stall, time.monotonic() - began)

    async def _post(self, web: httpx2.AsyncClient, key: str, rng: random.Random) -> None:
        body = {
            "channel": rng.choice(["SURVEY", "TEXT", "FOCUS_GROUP"]),
            "source_system": "survey-tool",
            "respondent_type": "PARENT",
            "received_on": "2026-04-15",
            "team_id": TEAM,
            "text": "we felt listened to",
        }
        while True:
            try:
                answer = await web.post("/v1/feedback", json=body, headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                self.repeats += 1
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in (200, 201):
                self.acknowledged[key] = answer.headers["Location"]
                return
            assert answer.status_code == 503, answer.text
            self.repeats += 1
            await asyncio.sleep(0.1)


async def test_every_acknowledged_post_is_kept_once_and_every_total_equals_a_recount(
    installation: Installation,
) -> None:
    await build_world(installation)
    load = Load(installation)
    loading = asyncio.create_task(load.run())
    kills = list(_victims(installation))
    for name, kill, revive in kills:
        await load.goes_on()
        await asyncio.to_thread(kill)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(revive)
        print(f"killed {name}, acknowledged so far {len(load.acknowledged)}")
    await load.goes_on()
    load.stopping = True
    await loading
    await _check(installation, load)
    print(
        f"faults {len(kills)}, acknowledged {len(load.acknowledged)}, sent again {load.repeats}, lost 0, duplicated 0, "
        f"longest stall {load.longest_stall:.1f} s"
    )
    assert load.repeats > 0, "nothing failed, so nothing was proved"


def _victims(installation: Installation) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    for name in ("feedback", "relay", "projector-0"):
        process = installation.processes[name]
        yield name, process.running().kill, process.start
    assert installation.kafka is not None
    yield "kafka", installation.kafka.kill, installation.kafka.restart
    assert installation.mongo is not None
    yield "mongod", installation.mongo.kill, installation.mongo.restart


async def _check(installation: Installation, load: Load) -> None:
    settings = ServiceSettings(
        environment="test",
        mongo_url=str(installation.mongo_url),
        kafka_url=str(installation.kafka_url),
        mongo_prefix=installation.prefix,
    )
    async with AsyncMongoClient[Any](settings.mongo_url, tz_aware=True) as client:
        plant = Plant(settings, client)
        assert await plant.level(60), await plant.lags()
        assert await plant.verify() == []
        streams = [f"feedback-{where.rpartition('/')[2]}" for where in load.acknowledged.values()]
        assert len(set(streams)) == len(load.acknowledged)
        commits = plant.store("feedback").commits
        kept = [commit["stream"] async for commit in commits.find({"stream": {"$regex": "^feedback-"}}, {"stream": 1})]
        assert sorted(kept) == sorted(streams)
        cells = Cells(await live(plant.reporting, feedback_themes.READ_MODEL.name))
        for level, unit in (("team", TEAM), ("authority", AUTHORITY), ("region", "london")):
            totals = await cells.sum(level, [unit], ["2026-04"])
            received = sum(
                n for months in totals.values() for m, n in months["2026-04"].items() if m == "received.count"
            )
            assert received == len(load.acknowledged), (level, totals)
