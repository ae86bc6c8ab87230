"""The alternatives, in the order in which they are measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.peers.environments import BUILD, environment
from benchmarks.peers.kafka_connect import KafkaConnect
from benchmarks.peers.peer import Peer, Worker, run_worker
from benchmarks.peers.postgres import LocalPostgres
from benchmarks.peers.sources import Source, Store
from benchmarks.peers.task import Task
from deploy.local.child import Child


def alternatives(topic: Source) -> list[Peer]:
    """All but Golden Thread; they read JSON from `topic`."""
    return [
        Worker(topic, "faststream_naive", "faststream", slow=True),
        Worker(topic, "faststream_batch", "faststream"),
        Worker(topic, "bytewax", settle=0.0, note="keeps its offsets with its state; last release of November 2024"),
        Worker(topic, "quixstreams", note="writes at its checkpoints, every 5 s"),
        KafkaConnect(topic),
        Worker(topic, "pathway"),
        EventSourcing(),
    ]


class EventSourcing(Peer):
    name = "eventsourcing"
    slow = True
    settle = 0.0
    note = "its projection follows its own store in PostgreSQL: there is no Kafka in it"

    def __init__(self) -> None:
        folder = BUILD / self.name
        packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        self._postgres = LocalPostgres(packages / "pgserver" / "pginstall" / "bin")
        self._store = Store(folder / "bin" / "python", self._postgres)
        super().__init__(self._store)

    @contextmanager
    def prepared(self) -> Iterator[None]:
        environment(self.name)
        with self._postgres:
            yield

    def start(self, task: Task) -> list[Child]:
        return [run_worker(self.name, self.name, task, self._store.environment())]
