"""Processes are told to stop under load, and started while an engine is away: they leave in time, and they wait."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest

from deploy.installation import Installation, Process
from deploy.local.engine import Engine
from shared.stopping import LEFT_BEHIND
from tests.journeys.test_processes_are_killed import Load, _check
from tests.journeys.world import AUTHORITY, build_world
from tests.tiers import by_tier

pytestmark = [pytest.mark.connected, pytest.mark.chaos, pytest.mark.timeout(by_tier(290, 6_000))]

STOPS = by_tier(8, 200)  # and a dozen more below, with engines away
AWAY_SECONDS = by_tier(8, 600)
VICTIMS = ("feedback", "relay", "projector-0", "reporting")
GRACE = 25.0  # seconds: what a platform gives before it kills
ASLEEP = 0.5


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with engines of its own: these go away."""
    installation = Installation()
    installation.start()
    try:
        asyncio.run(build_world(installation))
        yield installation
    finally:
        installation.stop()


@dataclass
class Readers:
    """Look at a page of figures again and again, each on a connection that it keeps. `seen` counts what they get."""

    installation: Installation
    seen: Counter[str] = field(default_factory=Counter)
    stopping: bool = False

    async def run(self) -> None:
        await asyncio.gather(*(self._reader() for _ in range(4)))

    async def _reader(self) -> None:
        token = self.installation.token("reader", ["read"], ["*"])
        async with httpx2.AsyncClient(
            base_url=self.installation.address("reporting"), headers={"Authorization": f"Bearer {token}"}, timeout=15
        ) as web:
            span = {"from": "2026-04", "to": "2026-06", "period": "quarter"}
            while not self.stopping:
                try:
                    answer = await web.get(f"/v1/authorities/{AUTHORITY}", params=span)
                    self.seen[str(answer.status_code)] += 1
                    if answer.status_code == 503:
                        assert int(answer.headers["Retry-After"]) > 0
                except httpx2.TransportError as error:  # while it is down, or on a connection that just closed
                    self.seen[type(error).__name__] += 1
                await asyncio.sleep(0.05)


@asynccontextmanager
async def under_load(installation: Installation) -> AsyncIterator[tuple[Load, Readers]]:
    load, readers = Load(installation), Readers(installation)
    running = [asyncio.create_task(load.run()), asyncio.create_task(readers.run())]
    try:
        await load.goes_on()
        yield load, readers
    finally:
        load.stopping = readers.stopping = True
        await asyncio.gather(*running)


async def told_to_stop(process: Process) -> tuple[float, int | None]:
    """How long it took to leave, in seconds, and its exit code."""
    child, began = process.running(), time.monotonic()
    child.terminate()
    assert await asyncio.to_thread(child.wait, GRACE), f"{process.name} did not leave:\n{child.said()[-2000:]}"
    return time.monotonic() - began, child.exit_code


async def test_whoever_is_told_to_stop_under_load_leaves_in_order(installation: Installation) -> None:
    longest: Counter[str] = Counter()
    async with under_load(installation) as (load, readers):
        for name in itertools.islice(itertools.cycle(VICTIMS), STOPS):
            process = installation.processes[name]
            seconds, code = await told_to_stop(process)
            assert code == 0, f"{name} ended with {code}:\n{process.running().said()[-2000:]}"
            longest[name] = max(longest[name], round(seconds * 1000))
            process.start()
            if name in ("feedback", "reporting"):
                await asyncio.to_thread(installation.wait_until_ready, [name])
            await load.goes_on()
    assert set(readers.seen) <= {"200", "503", "ConnectError", "ReadError", "RemoteProtocolError"}, readers.seen
    assert readers.seen["200"] > STOPS
    await _check(installation, load)
    print(
        f"{STOPS} stops under load: longest in ms {dict(longest)}; posts acknowledged {len(load.acknowledged)}, "
        f"sent again {load.repeats}, lost 0; readers saw {dict(readers.seen)}"
    )


async def test_an_engine_that_is_frozen_keeps_nobody_from_leaving(installation: Installation) -> None:
    for engine in (installation.mongo, installation.kafka):
        assert engine is not None
        names = ("feedback", "reporting", "relay", "projector-0")
        async with under_load(installation) as (load, _):
            engine.freeze()
            try:
                await asyncio.sleep(ASLEEP)
                left = await asyncio.gather(*(told_to_stop(installation.processes[name]) for name in names))
            finally:
                engine.thaw()
            print(engine.name, "frozen:", {n: (round(s, 1), code) for n, (s, code) in zip(names, left, strict=True)})
            assert all(code in (0, LEFT_BEHIND) for _, code in left)
            for name in names:
                installation.processes[name].start()
            await asyncio.to_thread(installation.wait_until_ready, ["feedback", "reporting"])
            await load.goes_on()


@pytest.mark.parametrize("away", ["mongo", "kafka"])
async def test_a_service_that_starts_while_an_engine_is_away_says_so_and_waits(
    installation: Installation, away: str
) -> None:
    engine: Engine | None = getattr(installation, away)
    assert engine is not None
    process = installation.processes["feedback"]
    await told_to_stop(process)
    await asyncio.to_thread(engine.kill)
    process.start()
    async with httpx2.AsyncClient(base_url=installation.address("feedback"), timeout=10) as web:
        await until_it_answers(web)
        health = {path: await web.get(path) for path in ("/livez", "/startupz", "/readyz")}
        assert [answer.status_code for answer in health.values()] == [200, 503, 503]
        checks = json.loads(health["/readyz"].content)["checks"]
        assert checks["started"] is False
        assert checks["mongo" if away == "mongo" else "directory"] is False
        refused = await web.post("/v1/feedback", json={}, headers={"Idempotency-Key": "any"})
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(refused.headers["Retry-After"]) > 0
        seconds, code = await told_to_stop(process)
        print(f"{away} away: left after {seconds:.1f} s with {code}")
        assert code == 0
        process.start()
        await until_it_answers(web)
        await asyncio.to_thread(engine.restart)
        await asyncio.to_thread(installation.wait_until_ready, ["feedback"])
        assert (await web.get("/startupz")).status_code == 200


async def until_it_answers(web: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                assert (await web.get("/livez")).status_code == 200
                return
            except httpx2.TransportError:
                await asyncio.sleep(0.1)


STILL_WELL = [("feedback", "/livez"), ("feedback", "/readyz"), ("relay", "/livez"), ("projector-0", "/livez")]


async def test_kafka_may_be_away_for_long_while_commands_are_kept(installation: Installation) -> None:
    assert installation.kafka is not None
    async with under_load(installation) as (load, _), httpx2.AsyncClient(timeout=10) as web:
        await asyncio.to_thread(installation.kafka.kill)
        until = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < until:
            await load.goes_on()
            for name, paths in (
                ("feedback", ("/livez", "/readyz")),
                ("relay", ("/livez",)),
                ("projector-0", ("/livez",)),
            ):
                for path in paths:
                    answer = await web.get(f"{installation.address(name)}{path}")
                    assert answer.status_code == 200, (name, path, answer.text)
        kept = len(load.acknowledged)
        await asyncio.to_thread(installation.kafka.restart)
    print(f"kafka away for {AWAY_SECONDS} s: {kept} posts acknowledged meanwhile")
