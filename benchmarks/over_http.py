"""How fast one service process takes facts over HTTP: single commands, and batches of events of another system.

The client sends prepared bytes over plain sockets, so that it costs little beside the service it measures. The service
is the feedback service as it is installed, in a process of its own, on a real MongoDB; only its directory is filled
here instead of from Kafka.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import orjson
from pymongo import AsyncMongoClient

from deploy.issuer import LocalIssuer
from deploy.local.child import Child
from deploy.local.engine import free_ports
from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.calendar.clock import now
from shared.directory import Directory
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import Commit, NewCommit
from shared.foundations import InMemoryFoundations
from shared.privacy.keys import Keyring
from shared.published.organisation import AuthorityDescribedV1, Dated, ServiceAreaDescribedV1, TeamDescribedV1
from shared.web.service import serve

CONNECTIONS = 64  # of single commands
SENDERS = 4  # of batches
BATCH = 500
SECONDS = 6.0
WARM_SECONDS = 2.0
CHILDREN = 2_000
TEAM = "team-1"
SAID = "Nobody told me that she was leaving, and the new worker did not know what we had agreed in the spring."


async def measure(mongo_url: str) -> dict[str, float]:
    """Answers a second of one process.

    `http.post`: feedback posted over 64 connections, each answered 201 when it is durable; `http.post.nostore`: the
    same without an engine (see `_Foundations`). `intake.batch`: events in batches of 500 over four connections, each
    durable before its 201. `*.cpu_ms` is the processor time that the service spends on one of them.
    """
    found: dict[str, float] = {}
    async with _service(None) as service:
        found |= await _posts(service, "http.post.nostore")
    async with _service(mongo_url) as service:
        found |= await _posts(service, "http.post")
        found |= await _batches(service, "intake.batch")
    return found


# ---- what is sent ----------------------------------------------------------------------------------------------------


def _feedback(i: int) -> dict[str, Any]:
    """One in two is about one of 2,000 children, the other anonymous, whose words get a key of their own."""
    body = {
        "team_id": TEAM,
        "channel": "SURVEY",
        "source_system": "benchmark",
        "respondent_type": "PARENT",
        "received_on": date.today().isoformat(),  # noqa: DTZ011 - the service refuses what is not from today or before
        "rating": {"scale": "FFT", "value": "POOR"},
        "text": f"{SAID} ({i})",
    }
    return body | ({"anonymous": True} if i % 2 else {"child_ref": f"MOSAIC-{i % CHILDREN}"})


def _post(service: _Service) -> Iterator[bytes]:
    head = _head(service, "/v1/feedback", "application/json")
    for i in itertools.count():
        body = orjson.dumps(_feedback(i))
        yield b"%bIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % (head, _unique(), len(body), body)


def _batch(service: _Service) -> Iterator[bytes]:
    head = _head(service, "/v1/events", "application/cloudevents-batch+json")
    numbers = itertools.count()
    while True:
        body = orjson.dumps([_event(next(numbers)) for _ in range(BATCH)])
        yield b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


def _event(i: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": _unique().decode(),
        "source": "urn:benchmark",
        "type": "goldenthread.intake.feedback_received.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": _feedback(i),
    }


def _head(service: _Service, path: str, media: str) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{service.port}",
        f"Authorization: Bearer {service.token}",
        f"Content-Type: {media}",
        "",
    )
    return "\r\n".join(lines).encode()


def _unique() -> bytes:
    return secrets.token_hex(16).encode()


# ---- the client ------------------------------------------------------------------------------------------------------


class _Connection(asyncio.Protocol):
    """Sends one request after the other; counts those answered as wanted, and refuses any other answer."""

    def __init__(self, requests: Iterator[bytes], wanted: bytes, counted: bytes, until: float) -> None:
        self.count = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._wanted = wanted
        self._counted = counted
        self._until = until
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(self._wanted):
            self._end(AssertionError(self._buffer[:400]))
            return
        self.count += self._buffer.count(self._counted)
        self._buffer = b""
        if time.perf_counter() >= self._until:
            self._end(None)
        else:
            self._transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the service closed the connection"))

    def _end(self, failed: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(failed) if failed else self.done.set_result(None)
            self._transport.close()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


async def _run(port: int, requests: Sequence[Iterator[bytes]], wanted: bytes, counted: bytes, seconds: float) -> float:
    """How many were answered a second."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    open_ = [_Connection(one, wanted, counted, start + seconds) for one in requests]
    for connection in open_:
        await loop.create_connection(partial(_same, connection), "127.0.0.1", port)
    await asyncio.gather(*(connection.done for connection in open_))
    return sum(connection.count for connection in open_) / (time.perf_counter() - start)


def _same(connection: _Connection) -> _Connection:
    return connection


async def _posts(service: _Service, name: str) -> dict[str, float]:
    requests = [_post(service)] * CONNECTIONS
    counted = wanted = b"HTTP/1.1 201"
    await _run(service.port, requests, wanted, counted, WARM_SECONDS)
    return await _measured(service, name, requests, wanted, counted)


async def _batches(service: _Service, name: str) -> dict[str, float]:
    prepared = list(itertools.islice(_batch(service), 200))  # encoding them meanwhile would cost the service's cores
    unused = iter(prepared)
    requests = [unused] * SENDERS
    wanted, counted = b"HTTP/1.1 200", b'"status":201'
    await _run(service.port, requests, wanted, counted, WARM_SECONDS / 2)
    return await _measured(service, name, requests, wanted, counted)


async def _measured(
    service: _Service, name: str, requests: Sequence[Iterator[bytes]], wanted: bytes, counted: bytes
) -> dict[str, float]:
    before, start = service.cpu_seconds(), time.perf_counter()
    rate = await _run(service.port, requests, wanted, counted, SECONDS)
    answered = rate * (time.perf_counter() - start)
    return {name: rate, f"{name}.cpu_ms": (service.cpu_seconds() - before) / answered * 1000}


# ---- the service -----------------------------------------------------------------------------------------------------


@dataclass
class _Service:
    port: int
    token: str
    child: Child

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _service(mongo_url: str | None) -> AsyncIterator[_Service]:
    """The service as a child process; without a MongoDB it keeps nothing."""
    prefix = f"bench_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as folder:
        issuer = LocalIssuer.at(Path(folder))
        (port,) = free_ports(1)
        environment = {
            **os.environ,
            "GOLDENTHREAD_ENVIRONMENT": "test",
            "GOLDENTHREAD_JWKS_FILE": str(issuer.jwks_file),
            "GOLDENTHREAD_MONGO_URL": mongo_url or "",
            "GOLDENTHREAD_MONGO_PREFIX": prefix,
            "GOLDENTHREAD_PORT": str(port),
        }
        child = Child([sys.executable, "-m", "benchmarks.over_http"], Path(folder) / "service.log", environment)
        try:
            await _until_ready(port, child)
            yield _Service(port, issuer.mint("benchmark", ["events:write", "feedback:write"], ["901"]), child)
        finally:
            child.stop(10)
            if mongo_url:
                async with AsyncMongoClient[Any](mongo_url) as client:
                    await client.drop_database(f"{prefix}_feedback")
                    await client.drop_database(f"{prefix}_keys")


async def _until_ready(port: int, child: Child) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient() as web:
        while True:
            if not child.alive():
                raise RuntimeError(child.said())
            try:
                if (await web.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.1)


class _Foundations(InMemoryFoundations):
    """What the measured service stands on.

    With a MongoDB: the event store and the keyring as installed. Without: a store that acknowledges and forgets and a
    keyring on a shelf in memory, so that of the whole path only what an engine does is left out: encoding and
    inserting the commit, and finding and keeping the keys of children and of anonymous words. Tokens, limits, checks
    of the body, the decision, the seals, the answer and the log line are the same.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        _fill(self.directory)
        if not settings.mongo_url:
            self.store = _Forgetful()
            return
        client = AsyncMongoClient[Any](settings.mongo_url, tz_aware=True)
        store = MongoEventStore(client[settings.database("feedback")])
        self.store = store
        self.keyring = Keyring(client[settings.database("keys")], settings.master_key)
        self.start = (store.prepare, self.keyring.prepare)
        self.stop = (store.close, client.close)


class _Forgetful(InMemoryEventStore):
    async def append(self, commit: NewCommit) -> Commit:
        return Commit(
            commit.id, 0, 0, commit.stream, 1, tuple(commit.events), commit.meta, commit.request, recorded_at=now()
        )


def _fill(directory: Directory) -> None:
    since = date(2020, 4, 1)
    named = (Dated(since=since, value="Benchmark"),)
    directory.learn(AuthorityDescribedV1(authority_id="901", names=named, regions=()))
    directory.learn(ServiceAreaDescribedV1(service_area_id="area-1", authority_id="901", names=named))
    areas = (Dated(since=since, value="area-1"),)
    directory.learn(TeamDescribedV1(team_id=TEAM, names=named, service_areas=areas))


if __name__ == "__main__":
    chosen = Settings()
    serve(create_app(chosen, _Foundations(chosen)), chosen)
