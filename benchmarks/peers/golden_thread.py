"""Golden Thread, measured like the others: its projector with the yardstick's read model, in one process or more."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from benchmarks.peers.environments import ROOT
from benchmarks.peers.peer import Mongo, Peer
from benchmarks.peers.sources import Topic
from benchmarks.peers.task import Task
from benchmarks.yardstick import Answer, Counters, Fact, add, without_zeros
from benchmarks.yardstick_model import READ_MODEL, TOPIC, fact_of, published
from deploy.local.child import Child
from shared.projecting.totals import flat

_DATABASE = "_reporting"  # what the projector's settings put behind their prefix
_ROWS, _CELLS = f"{READ_MODEL.name}.rows.1", f"{READ_MODEL.name}.cells.1"
_LEVELS = {"team": "team", "service_area": "area", "region": "region"}


def records_on(kafka: str) -> Topic:
    """The topic of Golden Thread's own: published records instead of plain JSON."""
    return Topic(kafka, f".{TOPIC.name}", TOPIC.partitions, published)


class GoldenThread(Peer):
    """It owns its partitions by its slot and reads on from its marks, so nothing has to run out after a kill."""

    settle = 0.0

    def __init__(self, source: Topic, processes: int = 1) -> None:
        super().__init__(source)
        self.name = "golden_thread" if processes == 1 else f"golden_thread_{processes}"
        self._processes = processes

    def prepared(self) -> AbstractContextManager[None]:
        return nullcontext()  # its environment is the one that this runs in

    def start(self, task: Task) -> list[Child]:
        return [self._start(task, str(slot)) for slot in range(self._processes)]

    def _start(self, task: Task, slot: str) -> Child:
        command = [sys.executable, "-m", "benchmarks.worker", "--slot", slot, "--slots", str(self._processes)]
        settings = {
            "PYTHONPATH": str(ROOT),
            "GOLDENTHREAD_ENVIRONMENT": "test",
            "GOLDENTHREAD_MONGO_URL": task.mongo,
            "GOLDENTHREAD_KAFKA_URL": task.kafka,
            "GOLDENTHREAD_MONGO_PREFIX": task.database.removesuffix(_DATABASE),
            "GOLDENTHREAD_TOPIC_PREFIX": task.source.removesuffix(TOPIC.name),
        }
        return Child(command, Path(task.work) / f"log-{slot}", settings)

    def counted(self, database: Mongo) -> int:
        months = {f"m.{month:02}.events": 1 for month in range(1, 13)}
        regions = database[_CELLS].find({"level": "region"}, months)
        return sum(month.get("events", 0) for document in regions for month in document.get("m", {}).values())

    def answer(self, database: Mongo) -> Answer:
        facts: dict[str, Fact] = {row["_id"]: fact_of(row) for row in database[_ROWS].find()}
        counters: defaultdict[str, Counters] = defaultdict(dict)
        for document in database[_CELLS].find({"level": {"$in": list(_LEVELS)}}):  # each slot has its own
            for month, counted in document["m"].items():
                level = _LEVELS[document["level"]]
                add(counters[f"{level}|{document['unit']}|{document['year']}-{month}"], dict(flat(counted)))
        return Answer(facts, {id_: without_zeros(document) for id_, document in counters.items()})
