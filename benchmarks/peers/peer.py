"""What the measuring needs to know of a peer, and what most peers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pymongo.database import Database

from benchmarks.peers.environments import ROOT, environment
from benchmarks.peers.sources import Source
from benchmarks.peers.task import Task
from benchmarks.yardstick import Answer, Fact, flat, without_zeros
from deploy.local.child import Child

Mongo = Database[dict[str, Any]]


class Peer(ABC):
    """One alternative, or Golden Thread.

    A slow one is given the first 6,000 events only, and measured once. `settle` is how many seconds it may stand still
    after a kill before it reads on: its group's session, which is set to the shortest that the broker allows.
    """

    name: str
    slow = False
    settle = 6.0
    note = ""  # what a reader of its figures must know

    def __init__(self, source: Source) -> None:
        self.source = source

    @abstractmethod
    def prepared(self) -> AbstractContextManager[None]:
        """Install what it needs, and start what it needs beside its processes. Errors: CannotRun, EngineMissing."""

    @abstractmethod
    def start(self, task: Task) -> list[Child]:
        """Start its processes; they may be killed and started again with the same task."""

    def counted(self, database: Mongo) -> int:
        """How many events are visible in its answer, seen from outside."""
        regions = database.counters.find({"_id": {"$gte": "region|", "$lt": "region}"}}, {"events": 1})
        return sum(document.get("events", 0) for document in regions)

    def finish(self, database: Mongo) -> float:
        """Make what its answer still lacks when all events are in; answers in how many seconds. Most lack nothing."""
        del database
        return 0.0

    def answer(self, database: Mongo) -> Answer:
        facts: dict[str, Fact] = {str(fact.pop("_id")): fact for fact in database.facts.find()}
        counters = {str(document.pop("_id")): without_zeros(flat(document)) for document in database.counters.find()}
        return Answer(facts, counters)


class Worker(Peer):
    """A peer that is one script of `workers`, run in its own environment."""

    def __init__(
        self, source: Source, name: str, installed: str = "", *, slow: bool = False, settle: float = 6.0, note: str = ""
    ) -> None:
        super().__init__(source)
        self.name = name
        self.slow = slow
        self.settle = settle
        self.note = note
        self._installed = installed or name

    @contextmanager
    def prepared(self) -> Iterator[None]:
        environment(self._installed)
        yield

    def start(self, task: Task) -> list[Child]:
        return [run_worker(self._installed, self.name, task, {})]


def run_worker(installed: str, name: str, task: Task, further: dict[str, str]) -> Child:
    command: list[str | Path] = [environment(installed) / "bin" / "python", "-m", f"benchmarks.peers.workers.{name}"]
    return Child(command, Path(task.work) / "log", {**task.environment(), **further, "PYTHONPATH": str(ROOT)})
