"""Quix Streams with a BatchingSink, its documented class for sinks of one's own; at least once, as it comes."""

from pathlib import Path

from pymongo import MongoClient
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from benchmarks.peers.task import Task
from benchmarks.peers.workers.bulk import streams, writes

task = Task.given()


class ReportSink(BatchingSink):
    def setup(self) -> None:
        self._database = MongoClient(task.mongo)[task.database]

    def write(self, batch: SinkBatch) -> None:
        events = [item.value for item in batch]
        stored = {fact["_id"]: fact for fact in self._database.facts.find({"_id": {"$in": streams(events)}})}
        facts, counters = writes(events, stored)
        self._database.facts.bulk_write(facts)
        self._database.counters.bulk_write(counters, ordered=False)


def main() -> None:
    app = Application(
        broker_address=task.kafka,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        consumer_extra_config={"session.timeout.ms": 6000, "heartbeat.interval.ms": 2000},
        state_dir=Path(task.work) / "state",
    )
    events = app.dataframe(app.topic(task.source, value_deserializer="json", key_deserializer="str"))
    events.sink(ReportSink())
    app.run()


if __name__ == "__main__":
    main()
