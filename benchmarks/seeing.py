"""How long it takes from posting a fact until it is in the totals, at 200 posts a second, beside a bare alternative.

Three subjects, one after the other on the same engines, measured in the same way: `bare` is a producer, a topic and
the consumer of `bare.py`, `bare_http` has a route before them, and the third is the installation. While the bare ones
are measured our own processes are frozen. What is compared is the k-th sent with the k-th visible. A thread looks
from outside, with one small read of the majority's state each time, `RESOLUTION` seconds apart: every figure is too
large by that at most, ours and theirs alike.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient, MongoClient
from pymongo.read_concern import ReadConcern

from benchmarks import bare
from benchmarks.posting import Poster
from deploy.installation import Installation
from deploy.local.child import Child
from deploy.local.engine import free_ports
from services.reporting.read_models import feedback_themes
from shared.messaging.topics import FEEDBACK, PARTITIONS, Topic, apply_topics
from shared.projecting.state import live

RATE, SECONDS, WARM = 200, 15, 400
RESOLUTION = 0.003
LA, TEAMS, AREAS = "901", 12, 3

Send = Callable[[int], Awaitable[Any]]  # the k-th event, on its way when this returns
Count = Callable[[], int]  # how many events are visible


async def measure(installation: Installation) -> dict[str, float]:
    """`latency.*` in milliseconds: p50 and p99 of `bare`, `bare_http` and ours, our stages, our processor time."""
    found: dict[str, float] = {}
    with _frozen(installation):
        for name, subject in (("bare", _bare), ("bare_http", _bare_http)):
            async with subject(installation) as (send, count):
                found |= _percentiles(f"latency.{name}", (await _run(send, count))[0])
    return found | await _ours(installation)


# -- the method --------------------------------------------------------------------------------------------------------


async def _run(send: Send, count: Count) -> tuple[list[float], dict[int, float]]:
    """Seconds from the k-th sent to the k-th visible, sorted, and when each was sent (epoch); after a warm-up."""
    watch = _Watch(count)
    try:
        await _at_a_steady_rate(send, range(WARM))
        await watch.reached(WARM)
        sent = await _at_a_steady_rate(send, range(WARM, WARM + RATE * SECONDS))
        seen = await watch.reached(WARM + RATE * SECONDS)
    finally:
        await watch.stop()
    return sorted(at - sent[k] for k, at in enumerate(seen) if k >= WARM), sent


async def _at_a_steady_rate(send: Send, numbers: range) -> dict[int, float]:
    """Send them at RATE, whether or not the ones before were answered; when each was due to leave."""
    start = time.time()
    sent: dict[int, float] = {}
    sending = []
    for i, k in enumerate(numbers):
        if (early := start + i / RATE - time.time()) > 0:
            await asyncio.sleep(early)
        sent[k] = time.time()
        sending.append(asyncio.ensure_future(send(k)))
    await asyncio.gather(*sending)
    return sent


class _Watch:
    """Notes when the k-th event became visible."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._seen: list[float] = []
        self._stopped = threading.Event()
        self._looking = asyncio.create_task(asyncio.to_thread(self._look))

    async def stop(self) -> None:
        self._stopped.set()
        await self._looking

    async def reached(self, n: int) -> Sequence[float]:
        async with asyncio.timeout(90):
            while len(self._seen) < n and not self._looking.done():
                await asyncio.sleep(0.05)
        return self._seen

    def _look(self) -> None:
        while not self._stopped.wait(RESOLUTION):
            visible = self._count()
            self._seen += [time.time()] * (visible - len(self._seen))


def _percentiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}.p{percent}_ms": seconds[len(seconds) * percent // 100] * 1000 for percent in (50, 99)}


# -- the bare ones -----------------------------------------------------------------------------------------------------


@contextmanager
def _frozen(installation: Installation) -> Iterator[None]:
    """Nothing of ours runs beside the alternative."""
    children = [process.running() for process in installation.processes.values()]
    for child in children:
        child.freeze()
    try:
        yield
    finally:
        for child in children:
            child.thaw()


@asynccontextmanager
async def _bare(installation: Installation) -> AsyncIterator[tuple[Send, Count]]:
    async with _consumer(installation) as (name, _, count):
        producer = bare.producer(str(installation.kafka_url))
        await producer.start()
        try:

            async def send(k: int) -> None:
                body = _bare_body(k)
                await producer.send_and_wait(name, orjson.dumps(body), key=body["id"].encode())

            yield send, count
        finally:
            await producer.stop()


@asynccontextmanager
async def _bare_http(installation: Installation) -> AsyncIterator[tuple[Send, Count]]:
    async with _consumer(installation) as (_, environment, count):
        (port,) = free_ports(1)
        with _child("serve", {**environment, bare.PORT: str(port)}):
            async with Poster(f"http://127.0.0.1:{port}", "/feedback", {}) as poster:
                await _listens(port)

                async def send(k: int) -> None:
                    await poster.post(orjson.dumps(_bare_body(k)), str(k))

                yield send, count


@asynccontextmanager
async def _consumer(installation: Installation) -> AsyncIterator[tuple[str, dict[str, str], Count]]:
    """The consumer at work: the name of its topic and database, its environment, and how many events it counted."""
    name = f"bare_{uuid.uuid4().hex[:8]}"
    mongo_url, kafka_url = str(installation.mongo_url), str(installation.kafka_url)
    await apply_topics(kafka_url, only=(Topic(name),))
    environment = {bare.KAFKA: kafka_url, bare.MONGO: mongo_url, bare.NAME: name}
    with MongoClient[Any](mongo_url) as client:
        counters = client[name].get_collection("counters", read_concern=ReadConcern("majority"))

        def count() -> int:
            region = counters.find_one({"_id": bare.REGION}, {"events": 1})
            return int(region["events"]) if region else 0

        try:
            with _child("consume", environment):
                yield name, environment, count
        finally:
            client.drop_database(name)


@contextmanager
def _child(what: str, environment: Mapping[str, str]) -> Iterator[None]:
    child = Child([sys.executable, "-m", "benchmarks.bare", what], Path(os.devnull), environment)
    try:
        yield
    finally:
        child.stop(5)


async def _listens(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _bare_body(k: int) -> dict[str, str]:
    team = k % TEAMS
    return {
        "id": uuid.uuid4().hex,
        "channel": "SURVEY",
        "respondent_type": "PARENT",
        "received_on": _today(),
        "team_id": f"bench-{team}",
        "service_area_id": f"bench-{team % AREAS}",
    }


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 - the service refuses what is not from today or before


# -- ours --------------------------------------------------------------------------------------------------------------


async def _ours(installation: Installation) -> dict[str, float]:
    await _prepare(installation)
    token = installation.token("benchmark", ["events:write", "feedback:write", "read"], ["*"])
    answered: dict[int, float] = {}
    positions: dict[tuple[int, int], int] = {}
    with MongoClient[Any](installation.mongo_url) as client:
        headers = {"Authorization": f"Bearer {token}"}
        async with Poster(installation.address("feedback"), "/v1/feedback", headers) as poster:
            await _warm(await _visible(installation, client), poster)
            count = await _visible(installation, client)

            async def send(k: int) -> None:
                answer = await poster.post(orjson.dumps(_body(k)), uuid.uuid4().hex)
                answered[k] = time.time()
                _, partition, seq = answer.headers["golden-thread-position"].split(".")
                positions[int(partition), int(seq)] = k

            before = installation_cpu(installation)
            latencies, sent = await _run(send, count)
            events = WARM + RATE * SECONDS
            spent = {n: (s - before[n]) / events * 1000 for n, s in installation_cpu(installation).items()}
    stages = {
        "answered": [answered[k] - at for k, at in sent.items()],
        "published": [at - sent[k] for k, at in (await _published(installation, positions)).items() if k in sent],
    }
    return {
        **_percentiles("latency", latencies),
        **{k: v for name, times in stages.items() for k, v in _percentiles(f"latency.{name}", sorted(times)).items()},
        **{f"latency.cpu.{name}_ms": ms for name, ms in spent.items()},
    }


def _body(k: int) -> dict[str, str]:
    return {
        "channel": "SURVEY",
        "source_system": "benchmark",
        "respondent_type": "PARENT",
        "received_on": _today(),
        "team_id": f"bench-{k % TEAMS}",
    }


async def _visible(installation: Installation, client: MongoClient[Any]) -> Count:
    """How many events of this run the live totals hold: a mark moves in the transaction that makes them visible."""
    database = f"{installation.prefix}_reporting"
    async with AsyncMongoClient[Any](installation.mongo_url) as asking:
        generation = await live(asking[database], feedback_themes.READ_MODEL.name)
    marks = client[database].get_collection(generation.marks.name, read_concern=ReadConcern("majority"))
    wanted = {"_id": {"$in": [generation.mark_id(p) for p in range(PARTITIONS)]}}

    def positions() -> int:
        return sum(int(mark["seq"]) + 1 for mark in marks.find(wanted, {"seq": 1}))

    before = positions()
    return lambda: positions() - before


async def _published(installation: Installation, positions: Mapping[tuple[int, int], int]) -> dict[int, float]:
    """When the relay handed each event to Kafka's client: the timestamp of its record, to the millisecond."""
    topic = f"{installation.topic_prefix}{FEEDBACK.name}"
    consumer = AIOKafkaConsumer(bootstrap_servers=installation.kafka_url, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[int, float] = {}
    try:
        consumer.assign([TopicPartition(topic, p) for p in range(PARTITIONS)])
        async with asyncio.timeout(60):
            while len(found) < len(positions):
                for records in (await consumer.getmany(timeout_ms=1_000)).values():
                    for record in records:
                        k = positions.get((record.partition, int(dict(record.headers)["ce_sequence"])))
                        if k is not None:
                            found[k] = record.timestamp / 1000
    finally:
        await consumer.stop()
    return found


def installation_cpu(installation: Installation) -> dict[str, float]:
    """Seconds of processor time that each process has used, engines and this one included."""
    pids = {name: process.running().pid for name, process in installation.processes.items()}
    pids |= {
        name: engine.pid for name, engine in (("kafka", installation.kafka), ("mongod", installation.mongo)) if engine
    }
    return {name: _cpu(pid) for name, pid in {**pids, "client": os.getpid()}.items()}


def _cpu(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def _prepare(installation: Installation) -> None:
    """An authority of a region, with service areas and teams to post about."""
    token = installation.token("benchmark", ["organisation:write", "read"], ["*"])
    since = {"effective_date": "2020-01-01"}
    await _tell(installation, token, "regions", {"id": "bench", "name": "Benchmark", "kind": "REGION", **since})
    await _tell(installation, token, "authorities", {"id": LA, "name": "Benchmark", **since})
    await _tell(installation, token, f"authorities/{LA}/region-membership", {"region_id": "bench", **since})
    for n in range(AREAS):
        area = {"id": f"bench-{n}", "authority_id": LA, "name": f"Area {n}", **since}
        await _tell(installation, token, "service-areas", area)
    for n in range(TEAMS):
        team = {"id": f"bench-{n}", "service_area_id": f"bench-{n % AREAS}", "name": f"Team {n}", **since}
        await _tell(installation, token, "teams", team)


async def _warm(count: Count, poster: Poster) -> None:
    """Until the service has heard of every team, and what was posted about them is visible."""
    for team in range(TEAMS):
        await _accepted(poster, orjson.dumps(_body(team)), uuid.uuid4().hex)
    async with asyncio.timeout(60):
        while count() < TEAMS:
            await asyncio.sleep(0.05)


async def _accepted(poster: Poster, body: bytes, key: str) -> None:
    """Post until it is accepted: what it hangs on may not have come round yet."""
    async with asyncio.timeout(60):
        while True:
            try:
                await poster.post(body, key)
            except RuntimeError:
                await asyncio.sleep(0.1)
            else:
                return


async def _tell(installation: Installation, token: str, path: str, body: Mapping[str, str]) -> None:
    headers = {"Authorization": f"Bearer {token}"} | ({} if "id" in body else {"If-Match": '"1"'})
    async with Poster(installation.address("organisation"), f"/v1/{path}", headers) as poster:
        await _accepted(poster, orjson.dumps(body), f"{path}-{body.get('id')}")
