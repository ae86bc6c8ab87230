"""bytewax with recovery: state keyed by stream, then by document of counters; whole states are written."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from pymongo import MongoClient, ReplaceOne

from benchmarks.peers.task import Task
from benchmarks.yardstick import Event, Fact, changes, counter_ids, fact_of

task = Task.given()


class Part(StatelessSinkPartition):
    def __init__(self, name: str) -> None:
        self._collection = MongoClient(task.mongo)[task.database][name]

    def write_batch(self, items: list[tuple[str, dict[str, Any]]]) -> None:
        newest = dict(items)
        self._collection.bulk_write(
            [ReplaceOne({"_id": id_}, document, upsert=True) for id_, document in newest.items()], ordered=False
        )


class Mongo(DynamicSink):
    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Part:
        return Part(self._name)


def learn(before: Fact | None, event: Event) -> tuple[Fact, Any]:
    now = {**(before or {}), **fact_of(event)}
    return now, (now, changes(event, before), counter_ids(event))


def count(document: dict[str, Any] | None, changed: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    document = document if document is not None else {}
    for path, by in changed.items():
        *above, last = path.split(".")
        inner = document
        for name in above:
            inner = inner.setdefault(name, {})
        inner[last] = inner.get(last, 0) + by
    return document, document


def flow() -> Dataflow:
    report = Dataflow("report")
    source = KafkaSource(task.kafka.split(","), [task.source], batch_size=1000, tail=True)
    events = op.map("decode", op.input("in", report, source), lambda message: json.loads(message.value))
    learned = op.stateful_map("learn", op.key_on("stream", events, lambda event: event["stream"]), learn)
    op.output("facts", op.map("fact", learned, lambda kept: (kept[0], kept[1][0])), Mongo("facts"))
    changed = op.flat_map("documents", learned, lambda kept: [(id_, kept[1][1]) for id_ in kept[1][2]])
    op.output("counters", op.stateful_map("count", changed, count), Mongo("counters"))
    return report


def main() -> None:
    kept = Path(task.work) / "recovery"
    if not kept.exists():
        kept.mkdir()
        init_db_dir(kept, 1)
    recovery = RecoveryConfig(str(kept), timedelta(seconds=0))
    cli_main(flow(), workers_per_process=1, epoch_interval=timedelta(seconds=1), recovery_config=recovery)


if __name__ == "__main__":
    main()
