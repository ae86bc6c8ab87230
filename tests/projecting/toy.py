"""A small read model and the log it reads, for the tests of the machinery: marks given to pieces of work."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.event_store.handling import Recorded
from shared.event_store.partition import partition_of
from shared.event_store.store import Actor, Meta, NewCommit, Payload
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.topics import Topic
from shared.projecting.read_model import ReadModel, Row, Told
from shared.published.envelope import Envelope, Published
from shared.published.place import Place

TOPIC = Topic("toy", partitions=4)
TEAMS = {"t1": ("a1", "901"), "t2": ("a1", "901"), "t3": ("a2", "901"), "t4": ("b1", "902")}


class Marked(StoredEvent):
    type: Literal["Marked.v1"] = "Marked.v1"
    team: str
    month: str
    mark: str


class Whispered(StoredEvent):
    """Stays inside."""

    type: Literal["Whispered.v1"] = "Whispered.v1"


class Dropped(StoredEvent):
    type: Literal["Dropped.v1"] = "Dropped.v1"


class MarkedV1(Published):
    TYPE: ClassVar[str] = "toy.marked.v1"
    place: Place
    month: str
    mark: str


class DroppedV1(Published):
    TYPE: ClassVar[str] = "toy.dropped.v1"


DECIDER: Decider[int, Any] = Decider("toy", 0, lambda n, _event: n + 1, TypeAdapter(Marked | Whispered | Dropped))


def place_of(team: str) -> Place:
    area, authority = TEAMS[team]
    return Place(team=team, service_area=area, authority=authority, regions=("london", "ncl"))


def tell(told: Recorded[Any]) -> Published | None:
    match told.event:
        case Marked(team=team, month=month, mark=mark):
            return MarkedV1(place=place_of(team), month=month, mark=mark)
        case Dropped():
            return DroppedV1()
        case _:
            return None


def learn(row: Row | None, told: Told) -> Row | None:
    match told.data:
        case MarkedV1() as marked:
            seen = (row or {"seen": 0})["seen"] + 1
            return {
                "place": marked.place.model_dump(mode="json"),
                "month": marked.month,
                "mark": marked.mark,
                "seen": seen,
            }
        case _:
            return None


def cells(row: Row) -> list[str]:
    # `again` grows with every event: a repeat that slipped through would show
    return [f"{row['month']}|mark.{row['mark']}", *[f"{row['month']}|again"] * row["seen"]]


MODEL = ReadModel("toy", TOPIC, {MarkedV1.TYPE: MarkedV1, DroppedV1.TYPE: DroppedV1}, learn, cells)

META = Meta(
    actor=Actor(staff_ref="s-1", role="QA_OFFICER"),
    la_code="901",
    occurred_at=datetime(2026, 4, 30, 9, tzinfo=UTC),
    effective_date=date(2026, 4, 30),
    correlation="c",
)


def a_commit(stream: str, after: int, *events: StoredEvent) -> NewCommit:
    payloads = [Payload(event.type, event.model_dump(mode="json", exclude={"type"})) for event in events]
    return NewCommit(f"{stream}@{after}", stream, after, payloads, META, "r")


def some_commits(n: int, seed: int, streams: int = 40) -> list[NewCommit]:
    """`n` commits on a few streams, in an order in which they can be appended."""
    rng = random.Random(seed)
    versions: dict[str, int] = {}
    commits: list[NewCommit] = []
    for _ in range(n):
        stream = f"toy-{rng.randrange(streams)}"
        events: list[StoredEvent] = []
        for _ in range(rng.choice((1, 1, 2))):
            kind = rng.random()
            month = f"2026-{rng.randrange(1, 13):02}"
            if kind < 0.75:
                events.append(Marked(team=rng.choice(sorted(TEAMS)), month=month, mark=rng.choice("ABC")))
            else:
                events.append(Whispered() if kind < 0.9 else Dropped())
        commits.append(a_commit(stream, versions.get(stream, 0), *events))
        versions[stream] = versions.get(stream, 0) + len(events)
    return commits


@dataclass(frozen=True)
class FakeRecord:
    """What a Kafka record shows of itself."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = field(default=())


def published_log(n: int, seed: int) -> dict[int, list[FakeRecord]]:
    """What a relay would have put on the topic, by partition."""
    rng = random.Random(seed)
    log: dict[int, list[FakeRecord]] = {p: [] for p in range(TOPIC.partitions)}
    seqs = dict.fromkeys(log, -1)
    last = dict.fromkeys(log, -1)
    versions: dict[str, int] = {}
    for i in range(n):
        stream = f"toy-{rng.randrange(12)}"
        p = partition_of(stream, TOPIC.partitions)
        versions[stream] = versions.get(stream, 0) + 1
        seqs[p] += 1
        kind = rng.random()
        if kind < 0.15:
            continue  # an event that is not published leaves a hole in `seq`, not in the chain
        data: Published = DroppedV1()
        if kind < 0.9:
            month = f"2026-{rng.randrange(1, 4):02}"
            data = MarkedV1(place=place_of(rng.choice(sorted(TEAMS))), month=month, mark=rng.choice("AB"))
        log[p].append(a_record(data, stream, versions[stream], p, seqs[p], last[p], len(log[p]), f"e{i}"))
        last[p] = seqs[p]
    return log


def a_record(
    data: Published, stream: str, version: int, partition: int, seq: int, previous: int, offset: int, id_: str = "e"
) -> FakeRecord:
    envelope = Envelope(
        id=id_,
        type=data.TYPE,
        source="/toy",
        stream=stream,
        version=version,
        partition=partition,
        seq=seq,
        previous=previous,
        generation=0,
        la_code="901",
        occurred_at=META.occurred_at,
        recorded_at=META.occurred_at,
        effective_date=META.effective_date,
        correlation="c",
    )
    return FakeRecord("toy", partition, offset, stream.encode(), value_of(data), headers_of(envelope))
