"""How long a region's view takes with ten years of England behind it, and how many documents it reads.

The totals of 6 million rows are laid down as they would be (`benchmarks.england`); no rows are, for no view reads
any. England's structure is published on its topic, and the real reporting service is started and asked.
"""

from __future__ import annotations

import asyncio
import http.client
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient, MongoClient
from pymongo.database import Database

from benchmarks import england
from deploy.installation import Process
from deploy.issuer import LocalIssuer
from deploy.local.engine import free_ports
from services.reporting.read_models import READ_MODELS
from shared.calendar.clock import local_date, now
from shared.event_store.partition import partition_of
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.topics import ALL, ORGANISATION, PARTITIONS, apply_topics
from shared.projecting.state import Generation, insert
from shared.published.envelope import Envelope

REGION, LARGEST = "south-east", "london"  # 19 authorities, 33 authorities
READER = "s-0001"
REQUESTS = 300  # at most, of each question
SECONDS = 5.0  # for each question, so that all is measured in about two minutes
LEAST = 30  # requests, however long they take
READY_SECONDS = 60.0


async def measure(mongo_url: str, kafka_url: str) -> dict[str, float]:
    """`region.p50_ms` and `region.p99_ms`: the view of a region over twelve months by the interface, and so on for
    each of the other questions; `.documents` is how many documents the database looked at for it. A person asks, who
    holds a role in the region; `region.open` is asked by a machine client that may open all of its authorities.
    """
    prefix = f"bench_{uuid.uuid4().hex[:8]}"
    await apply_topics(kafka_url, f"{prefix}.", only=ALL)
    await _publish_structure(kafka_url, f"{prefix}.{ORGANISATION.name}")
    async with AsyncMongoClient[Any](mongo_url) as client:
        try:
            await _lay_totals(client, f"{prefix}_reporting")
            with tempfile.TemporaryDirectory() as folder:
                return await asyncio.to_thread(_ask_all, Path(folder), mongo_url, kafka_url, prefix)
        finally:
            await client.drop_database(f"{prefix}_reporting")


async def _publish_structure(kafka_url: str, topic: str) -> None:
    """Every unit, as a relay would publish it."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_url, enable_idempotence=True, linger_ms=5)
    await producer.start()
    heads = dict.fromkeys(range(PARTITIONS), -1)
    at = datetime(2026, 4, 1, 9, tzinfo=UTC)
    try:
        for n, (stream, unit) in enumerate(england.structure(READER, (REGION, LARGEST))):
            p = partition_of(stream, PARTITIONS)
            envelope = Envelope(
                id=f"{n}",
                type=unit.TYPE,
                source="/benchmark",
                stream=stream,
                version=1,
                partition=p,
                seq=heads[p] + 1,
                previous=heads[p],
                generation=0,
                la_code="000",
                occurred_at=at,
                recorded_at=at,
                effective_date=england.BEGAN,
                correlation="benchmark",
            )
            heads[p] += 1
            await producer.send(topic, value_of(unit), stream.encode(), p, headers=headers_of(envelope))
        await producer.flush()
    finally:
        await producer.stop()


async def _lay_totals(client: AsyncMongoClient[Any], database: str) -> None:
    years = [str(year) for year in range(_today().year - 9, _today().year + 1)]
    at = datetime.now(UTC)
    for model in READ_MODELS:
        generation = Generation(client[database], model.name, 1)
        await generation.prepare()
        documents = england.cells_of(model.name, years)
        while chunk := list(islice(documents, 1_000)):
            await insert(generation.cells, chunk)
        marks = [
            {"_id": generation.mark_id(p), "generation": generation.name, "seq": n, "offset": n, "at": at}
            for p, n in enumerate([250_000] * PARTITIONS)
        ]
        await generation.marks.insert_many(marks)


def _ask_all(folder: Path, mongo_url: str, kafka_url: str, prefix: str) -> dict[str, float]:
    (port,) = free_ports(1)
    issuer = LocalIssuer.at(folder / "issuer")
    environment = {
        "GOLDENTHREAD_ENVIRONMENT": "test",
        "GOLDENTHREAD_MONGO_URL": mongo_url,
        "GOLDENTHREAD_KAFKA_URL": kafka_url,
        "GOLDENTHREAD_MONGO_PREFIX": prefix,
        "GOLDENTHREAD_TOPIC_PREFIX": f"{prefix}.",
        "GOLDENTHREAD_JWKS_FILE": str(issuer.jwks_file),
        "GOLDENTHREAD_PORT": str(port),
    }
    command = [sys.executable, "-m", "deploy.cli", "serve", "reporting"]
    serving = Process("reporting", command, environment, folder / "reporting.log")
    serving.start()
    try:
        with MongoClient[Any](mongo_url) as client:
            database = client[f"{prefix}_reporting"]
            person = _Asking(port, issuer.mint(READER, ["read"], minutes=60), database)
            machine = _Asking(port, issuer.mint("benchmark", ["read"], ["*"], minutes=60), database)
            person.wait_until_ready()
            return {
                figure: value
                for name, (asking, path) in _questions(person, machine).items()
                for figure, value in asking.all(name, path)
            }
    finally:
        serving.running().stop(10)


def _questions(person: _Asking, machine: _Asking) -> dict[str, tuple[_Asking, str]]:
    """Who asks what, by the name of its figures. The page offers at most five years, the interface ten."""
    today = _today()
    last = f"{today:%Y-%m}"
    year, ten, five = (f"from={_months_before(today, n)}&to={last}" for n in (11, 119, 59))
    return {
        "region": (person, f"/v1/regions/{REGION}?{year}"),
        "region.as_now": (person, f"/v1/regions/{REGION}?{year}&structure=as-now"),
        "region.quarters": (person, f"/v1/regions/{REGION}?{year}&period=quarter"),
        "region.month": (person, f"/v1/regions/{REGION}?from={last}&to={last}"),
        "region.ten_years": (person, f"/v1/regions/{REGION}?{ten}&period=quarter"),
        "region.page": (person, f"/regions/{REGION}"),
        "region.page.as_now": (person, f"/regions/{REGION}?structure=as-now"),
        "region.page.five_years": (person, f"/regions/{REGION}?{five}&period=quarter"),
        "region.largest": (person, f"/v1/regions/{LARGEST}?{year}"),
        "region.largest.page": (person, f"/regions/{LARGEST}"),
        "region.open": (machine, f"/v1/regions/{REGION}?{year}"),
        "region.open.largest": (machine, f"/v1/regions/{LARGEST}?{year}"),
    }


class _Asking:
    """Somebody who asks one thing after the other over one connection."""

    def __init__(self, port: int, token: str, database: Database[Any]) -> None:
        self._web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        self._database = database

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except ConnectionError:
                self._web.close()
            time.sleep(0.2)
        raise TimeoutError("reporting is not ready")

    def get(self, path: str) -> tuple[int, bytes]:
        self._web.request("GET", path, headers=self._headers)
        answer = self._web.getresponse()
        return answer.status, answer.read()

    def all(self, name: str, path: str) -> Iterator[tuple[str, float]]:
        """Every figure of this question."""
        yield f"{name}.documents", self._documents(path)
        until = time.monotonic() + SECONDS
        times: list[float] = []
        while len(times) < LEAST or (len(times) < REQUESTS and time.monotonic() < until):
            times.append(self._seconds(path))
        times.sort()
        yield f"{name}.p50_ms", times[len(times) // 2] * 1000
        yield f"{name}.p99_ms", times[len(times) * 99 // 100] * 1000

    def _seconds(self, path: str) -> float:
        begun = time.perf_counter()
        status, body = self.get(path)
        assert status == 200, (path, status, body[:300])
        return time.perf_counter() - begun

    def _documents(self, path: str) -> int:
        """How many documents the database looked at to answer this once, by its own profiler."""
        self._database.command("profile", 2)
        try:
            self._seconds(path)
        finally:
            self._database.command("profile", 0)
        looked = {"op": {"$in": ["query", "getmore", "command"]}, "ns": {"$not": {"$regex": "system"}}}
        found = sum(int(one.get("docsExamined", 0)) for one in self._database["system.profile"].find(looked))
        self._database.drop_collection("system.profile")
        assert found
        return found


def _today() -> date:
    return local_date(now())


def _months_before(day: date, months: int) -> str:
    index = day.year * 12 + day.month - 1 - months
    return f"{index // 12}-{index % 12 + 1:02}"
