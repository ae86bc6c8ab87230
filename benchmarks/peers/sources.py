"""Where a peer's events come from: a topic, or the store of a library that reads no topic."""

from __future__ import annotations

import asyncio
import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.peers.environments import ROOT
from benchmarks.peers.postgres import USER, LocalPostgres
from benchmarks.yardstick import Event, encode, generate

Record = tuple[int | None, bytes, bytes, Sequence[tuple[str, bytes]]]  # partition (None: by key), key, value, headers
Post = Callable[[], Awaitable[None]]

_MORE_THAN_EVER_POSTED = 10**6


class Source(ABC):
    """The yardstick's events in the form that one kind of peer reads. Several of them may be filled side by side."""

    def __init__(self) -> None:
        self._filled: dict[int, str] = {}

    def filled(self, n: int) -> str:
        """The name of one that holds the first n events: filled once, read by many runs."""
        if n not in self._filled:
            self._filled[n] = asyncio.run(self._fill(n))
        return self._filled[n]

    @abstractmethod
    async def create(self) -> str:
        """The name of a new, empty one."""

    @abstractmethod
    def posting(self, name: str, linger_ms: int = 0) -> AbstractAsyncContextManager[Post]:
        """What posts the next event each time it is called. Leaving waits until all are taken."""

    async def _fill(self, n: int) -> str:
        name = await self.create()
        async with self.posting(name, linger_ms=5) as post:
            for _ in range(n):
                await post()
        return name


def as_json(events: Iterable[Event]) -> Iterator[Record]:
    return ((None, event["stream"].encode(), encode(event), ()) for event in events)


class Topic(Source):
    """Records on a topic. Its name ends with `suffix`; `records` makes what is published of the events."""

    def __init__(
        self,
        kafka: str,
        suffix: str = "",
        partitions: int = 6,
        records: Callable[[Iterable[Event]], Iterator[Record]] = as_json,
    ) -> None:
        super().__init__()
        self._kafka = kafka
        self._suffix = suffix
        self._partitions = partitions
        self._records = records

    async def create(self) -> str:
        name = f"peers-{uuid.uuid4().hex[:8]}{self._suffix}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, self._partitions, 1)])
        finally:
            await admin.close()
        return name

    @asynccontextmanager
    async def posting(self, name: str, linger_ms: int = 0) -> AsyncIterator[Post]:
        records = self._records(generate(_MORE_THAN_EVER_POSTED))
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, enable_idempotence=True, linger_ms=linger_ms, max_batch_size=262144
        )
        await producer.start()

        async def post() -> None:
            partition, key, value, headers = next(records)
            await producer.send(name, value, key, partition, headers=headers)

        try:
            yield post
        finally:
            await producer.stop()


class Store(Source):
    """The eventsourcing library's own store: a process in its environment appends what we write to it."""

    def __init__(self, python: Path, postgres: LocalPostgres) -> None:
        super().__init__()
        self._python = python
        self._postgres = postgres

    def environment(self) -> dict[str, str]:
        host, port = self._postgres.url.split(":")
        return {"POSTGRES_HOST": host, "POSTGRES_PORT": port, "POSTGRES_USER": USER}

    async def create(self) -> str:
        name = f"peers_{uuid.uuid4().hex[:8]}"
        await asyncio.to_thread(self._postgres.create_database, name)
        return name

    @asynccontextmanager
    async def posting(self, name: str, linger_ms: int = 0) -> AsyncIterator[Post]:
        events = generate(_MORE_THAN_EVER_POSTED)
        program = (str(self._python), "-m", "benchmarks.peers.workers.eventsourcing_store", name)
        environment = {**os.environ, **self.environment(), "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(*program, stdin=asyncio.subprocess.PIPE, env=environment)
        pipe = process.stdin
        assert pipe is not None

        async def post() -> None:
            pipe.write(encode(next(events)) + b"\n")
            await pipe.drain()

        try:
            yield post
        finally:
            pipe.close()
            if await process.wait():
                raise ChildProcessError(f"appending to {name} ended with {process.returncode}")
