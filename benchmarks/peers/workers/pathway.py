"""pathway with persistence: the newest event of each audit, exploded to counted names, grouped by document.

Its own writer for MongoDB asks for server 8, so the documented observer class writes instead.
"""

import os
from typing import Any

import pathway as pw
from pymongo import MongoClient, UpdateOne

from benchmarks.peers.task import Task
from benchmarks.yardstick import changes, counter_ids, fact_of

task = Task.given()
database = MongoClient(task.mongo)[task.database]


class Event(pw.Schema):
    id: str
    type: str
    stream: str
    version: int
    at: str
    period: str
    region: str
    authority: str
    area: str
    team: str
    data: pw.Json


@pw.udf(deterministic=True)
def measures(
    type: str,  # noqa: A002 - the column's name
    region: str,
    area: str,
    team: str,
    period: str,
    data: pw.Json,
) -> list[tuple[str, str]]:
    event = {"type": type, "region": region, "area": area, "team": team, "period": period, "data": data.value}
    names = [name for name in changes(event, None) if name != "events"]
    return [(id_, name) for id_ in counter_ids(event) for name in names]


@pw.udf(deterministic=True)
def happened(region: str, area: str, team: str, period: str) -> list[tuple[str, str]]:
    event = {"region": region, "area": area, "team": team, "period": period}
    return [(id_, "events") for id_ in counter_ids(event)]


class Counters(pw.io.python.ConnectorObserver):
    def __init__(self) -> None:
        self._changed: dict[str, dict[str, int]] = {}

    def on_change(self, key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
        document = self._changed.setdefault(row["document"], {})
        if is_addition:
            document[row["name"]] = row["n"]
        else:
            document.setdefault(row["name"], 0)

    def on_time_end(self, time: int) -> None:
        if self._changed:
            database.counters.bulk_write(
                [UpdateOne({"_id": id_}, {"$set": names}, upsert=True) for id_, names in self._changed.items()],
                ordered=False,
            )
            self._changed = {}


class Facts(pw.io.python.ConnectorObserver):
    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []

    def on_change(self, key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
        if is_addition:
            self._events.append({**row, "data": row["data"].value})

    def on_time_end(self, time: int) -> None:
        if self._events:
            now: dict[str, dict[str, Any]] = {}
            for event in sorted(self._events, key=lambda event: event["version"]):
                now.setdefault(event["stream"], {}).update(fact_of(event))
            database.facts.bulk_write(
                [UpdateOne({"_id": stream}, {"$set": fact}, upsert=True) for stream, fact in now.items()],
                ordered=False,
            )
            self._events = []


def measured(events: pw.Table) -> pw.Table:
    this = pw.this
    return events.select(counted=measures(this.type, this.region, this.area, this.team, this.period, this.data))


def report(events: pw.Table) -> pw.Table:
    """(document, name, n), kept up to date."""
    audits = events.filter(events.type == "AuditGraded")
    newest = audits.groupby(audits.stream).reduce(audits.stream, row=pw.reducers.argmax(audits.version))
    others = events.filter(events.type != "AuditGraded")
    all_ = events.select(counted=happened(events.region, events.area, events.team, events.period))
    counted = pw.Table.concat_reindex(measured(audits.ix(newest.row)), measured(others), all_).flatten(pw.this.counted)
    names = counted.select(document=pw.this.counted[0], name=pw.this.counted[1])
    return names.groupby(names.document, names.name).reduce(names.document, names.name, n=pw.reducers.count())


def main() -> None:
    settings = {
        "bootstrap.servers": task.kafka,
        "group.id": task.group,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "6000",
        "heartbeat.interval.ms": "2000",
    }
    events = pw.io.kafka.read(
        settings, topic=task.source, schema=Event, format="json", autocommit_duration_ms=100, name="events"
    )
    pw.io.python.write(report(events), Counters())
    pw.io.python.write(events, Facts())
    kept = pw.persistence.Backend.filesystem(os.path.join(task.work, "state"))
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        persistence_config=pw.persistence.Config(kept, snapshot_interval_ms=1000),
    )


if __name__ == "__main__":
    main()
