"""How long it takes from posting a fact until it is in the totals that a page would show, at 200 posts a second."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import date
from typing import Any

import httpx2
from pymongo import AsyncMongoClient

from deploy.installation import Installation
from services.reporting.read_models import feedback_themes
from shared.projecting.state import live

RATE, SECONDS, WARM = 200, 15, 100
PLACE = "901"


async def measure(installation: Installation) -> dict[str, float]:
    """`latency.p50_ms` and `latency.p99_ms`, over RATE * SECONDS posts of feedback to the running installation."""
    await _prepare(installation)
    token = installation.token("benchmark", ["events:write", "feedback:write", "read"], ["*"], minutes=60)
    async with (
        httpx2.AsyncClient(
            base_url=installation.address("feedback"), headers={"Authorization": f"Bearer {token}"}
        ) as web,
        AsyncMongoClient[Any](installation.mongo_url) as client,
    ):
        generation = await live(client[f"{installation.prefix}_reporting"], feedback_themes.READ_MODEL.name)
        watch = _Watch(generation)
        watching = asyncio.create_task(watch.run())
        try:
            for _ in range(WARM):
                await _post(web, watch)
            watch.latencies.clear()
            await _at_a_steady_rate(web, watch)
            async with asyncio.timeout(60):
                while len(watch.latencies) < RATE * SECONDS:
                    await asyncio.sleep(0.05)
        finally:
            watching.cancel()
    latencies = sorted(watch.latencies)
    return {
        "latency.p50_ms": latencies[len(latencies) // 2] * 1000,
        "latency.p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


async def _prepare(installation: Installation) -> None:
    """An authority to post about."""
    token = installation.token("benchmark", ["organisation:write", "read"], ["*"])
    async with httpx2.AsyncClient(
        base_url=installation.address("organisation"), headers={"Authorization": f"Bearer {token}"}
    ) as web:
        answer = await web.post(
            "/v1/authorities",
            json={"id": PLACE, "name": "Benchmark", "effective_date": "2020-01-01"},
            headers={"Idempotency-Key": "benchmark-authority"},
        )
        answer.raise_for_status()
    await asyncio.sleep(2)


async def _at_a_steady_rate(web: httpx2.AsyncClient, watch: _Watch) -> None:
    start = time.perf_counter()
    posts = []
    for i in range(RATE * SECONDS):
        if (early := start + i / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        posts.append(asyncio.create_task(_post(web, watch)))
    await asyncio.gather(*posts)


async def _post(web: httpx2.AsyncClient, watch: _Watch) -> None:
    sent = time.perf_counter()
    answer = await web.post(
        "/v1/feedback",
        json={
            "channel": "SURVEY",
            "source_system": "benchmark",
            "respondent_type": "PARENT",
            "received_on": date.today().isoformat(),  # noqa: DTZ011 - the service refuses what is not from today or before
            "la_code": PLACE,
        },
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    answer.raise_for_status()
    _, partition, seq = answer.headers["Golden-Thread-Position"].split(".")
    watch.expect(int(partition), int(seq), sent)


class _Watch:
    """Sees from outside when a position is in the totals, to within two milliseconds."""

    def __init__(self, generation: Any) -> None:
        self.latencies: list[float] = []
        self._generation = generation
        self._expected: dict[tuple[int, int], float] = {}
        self._reached: dict[int, int] = {}
        self._seen_at: dict[int, list[tuple[int, float]]] = {}

    def expect(self, partition: int, seq: int, sent: float) -> None:
        for reached, at in self._seen_at.get(partition, ()):
            if reached >= seq:  # it was visible before the answer of the post came back
                self.latencies.append(at - sent)
                return
        self._expected[partition, seq] = sent

    async def run(self) -> None:
        while True:
            marks = await self._generation.read_marks(range(8))
            at = time.perf_counter()
            for p, mark in marks.items():
                if mark.seq > self._reached.get(p, -1):
                    self._reached[p] = mark.seq
                    self._seen_at.setdefault(p, []).append((mark.seq, at))
            for (p, seq), sent in list(self._expected.items()):
                if self._reached.get(p, -1) >= seq:
                    self.latencies.append(at - sent)
                    del self._expected[p, seq]
            await asyncio.sleep(0.002)
