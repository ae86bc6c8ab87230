"""Kafka Connect with MongoDB's sink, which is no code at all; counters are one aggregation over what it wrote.

The settings are those that the connector's documentation names for throughput: several tasks, large polls, unordered
writes. Each event replaces itself under its own id, so one that comes again changes nothing.
`python -m benchmarks.peers.kafka_connect` prints its jars' pins anew after a version below has changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import Mongo, Peer
from benchmarks.peers.task import Task
from benchmarks.yardstick import Answer, expected
from deploy.local.child import Child
from deploy.local.engine import home
from deploy.local.jars import KAFKA_VERSION, kafka_jars, pinned_jars, pins_of, read_pins
from deploy.local.java import java

PINS = Path(__file__).with_name("kafka_connect-jars.sha256")
_CONNECT = f"org.apache.kafka:connect-runtime:{KAFKA_VERSION}"
# Taken alone: resolved together, the connector's own, older list of versions would decide Kafka's.
_SINK = (
    "org.mongodb.kafka:mongo-kafka-connect:2.0.1",
    "org.mongodb:mongodb-driver-sync:4.7.2",
    "org.mongodb:mongodb-driver-core:4.7.2",
    "org.mongodb:bson:4.7.2",
    "org.apache.avro:avro:1.12.0",
)


class KafkaConnect(Peer):
    """It counts its events as written; `finish` is the aggregation, and its time belongs to the drain."""

    name = "kafka_connect"
    note = "latency is of events only: its counters are as old as the last aggregation"

    @contextmanager
    def prepared(self) -> Iterator[None]:
        _jars()
        yield

    def start(self, task: Task) -> list[Child]:
        work = Path(task.work)
        for name, settings in (("worker", _worker(task)), ("sink", _sink(task))):
            lines = (f"{key}={value}\n" for key, value in settings.items())
            (work / f"{name}.properties").write_text("".join(lines))
        runtime, _ = java()
        main = "org.apache.kafka.connect.cli.ConnectStandalone"
        command: list[str | Path] = [runtime, "-Xmx1g", "-cp", ":".join(map(str, _jars())), main]
        return [Child([*command, work / "worker.properties", work / "sink.properties"], work / "log")]

    def counted(self, database: Mongo) -> int:
        return database.events.estimated_document_count()

    def finish(self, database: Mongo) -> float:
        begun = time.perf_counter()
        database.events.aggregate(_report(), allowDiskUse=True)
        return time.perf_counter() - begun

    def answer(self, database: Mongo) -> Answer:
        """Its facts are the events themselves, so what they say last is compared."""
        facts = expected(database.events.find(sort={"stream": 1, "version": 1}, allow_disk_use=True)).facts
        found = {document.pop("_id"): document for document in database.counters.find()}
        return Answer(facts, {id_: {n.replace(":", "."): by for n, by in doc.items()} for id_, doc in found.items()})


def _jars() -> list[Path]:
    return [*kafka_jars(), *pinned_jars(PINS, home() / f"kafka-connect-{KAFKA_VERSION}")]


def _worker(task: Task) -> dict[str, str]:
    return {
        "bootstrap.servers": task.kafka,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
        "offset.storage.file.filename": f"{task.work}/offsets",
        "listeners": "http://127.0.0.1:0",
        "plugin.discovery": "service_load",
        "consumer.auto.offset.reset": "earliest",
        "consumer.max.poll.records": "5000",
        "consumer.session.timeout.ms": "6000",
        "consumer.heartbeat.interval.ms": "2000",
    }


def _sink(task: Task) -> dict[str, str]:
    strategies = "com.mongodb.kafka.connect.sink.processor.id.strategy"
    return {
        "name": task.group,
        "connector.class": "com.mongodb.kafka.connect.MongoSinkConnector",
        "tasks.max": "2",
        "topics": task.source,
        "connection.uri": task.mongo,
        "database": task.database,
        "collection": "events",
        "document.id.strategy": f"{strategies}.PartialValueStrategy",
        "document.id.strategy.partial.value.projection.list": "id",
        "document.id.strategy.partial.value.projection.type": "AllowList",
        "document.id.strategy.overwrite.existing": "true",
        "writemodel.strategy": "com.mongodb.kafka.connect.sink.writemodel.strategy.ReplaceOneDefaultStrategy",
        "bulk.write.ordered": "false",
    }


def _report() -> list[Mapping[str, Any]]:
    """All counters from all events: the newest event of each stream and kind says what is counted, once."""
    documents = [{"$concat": [f"{level}|", f"$last.{level}", "|", "$last.period"]} for level in _LEVELS]
    return [
        {"$sort": {"stream": 1, "version": 1}},
        {"$group": {"_id": {"s": "$stream", "t": "$type"}, "last": {"$last": "$$ROOT"}, "n": {"$sum": 1}}},
        {"$project": {"pair": _pairs(), "document": documents}},
        {"$unwind": "$document"},
        {"$unwind": "$pair"},
        {"$group": {"_id": {"document": "$document", "k": "$pair.k"}, "n": {"$sum": "$pair.n"}}},
        {"$group": {"_id": "$_id.document", "counters": {"$push": {"k": "$_id.k", "v": "$n"}}}},
        {"$replaceWith": {"$mergeObjects": [{"_id": "$_id"}, {"$arrayToObject": "$counters"}]}},
        {"$merge": {"into": "counters", "whenMatched": "replace"}},
    ]


_LEVELS = ("team", "area", "region")


def _pairs() -> dict[str, Any]:
    """Names are joined by a colon, for a dot would be a path."""
    domains = {
        "$map": {
            "input": {"$objectToArray": "$last.data.domains"},
            "as": "d",
            "in": {"k": {"$concat": ["domains:", "$$d.k", ":", "$$d.v"]}, "n": 1},
        }
    }
    graded = {"$concatArrays": [[_pair("graded:", "$last.data.grade"), _EVENTS], domains]}
    raised = [_EVENTS, {"k": "alerts:raised", "n": 1}, _pair("severity:", "$last.data.severity")]
    branches = [
        {"case": {"$eq": ["$_id.t", "AuditGraded"]}, "then": graded},
        {"case": {"$eq": ["$_id.t", "AlertRaised"]}, "then": raised},
        {"case": {"$eq": ["$_id.t", "AlertResolved"]}, "then": [_EVENTS, {"k": "alerts:resolved", "n": 1}]},
    ]
    return {"$switch": {"branches": branches, "default": [_EVENTS, _pair("feedback:", "$last.data.rating")]}}


_EVENTS = {"k": "events", "n": "$n"}


def _pair(before: str, value: str) -> dict[str, Any]:
    return {"k": {"$concat": [before, value]}, "n": 1}


if __name__ == "__main__":
    for path, pin in pins_of(_CONNECT, _SINK).items():
        if path not in read_pins():  # Kafka's own are there already
            print(f"{pin}  {path}")
