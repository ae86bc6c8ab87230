"""The yardstick as Golden Thread does it: published records, and a read model of two pure functions.

The contract of the records is pydantic's; nothing here is known to the projector, and nothing in it knows of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal

from shared.event_store.partition import partition_of
from shared.messaging.cloudevents import Headers, headers_of, value_of
from shared.messaging.topics import Topic
from shared.projecting.read_model import ReadModel, Row, Told
from shared.published.envelope import Envelope, Published
from shared.published.place import Place

TOPIC = Topic("qa.yardstick")
PublishedRecord = tuple[int, bytes, bytes, Headers]  # partition, key, value, headers

Grade = Literal["outstanding", "good", "requires_improvement", "inadequate"]


class _Event(Published):
    place: Place
    period: str
    at: str


class AuditGraded(_Event):
    TYPE: ClassVar[str] = "yardstick.audit_graded.v1"

    grade: Grade
    domains: dict[str, Grade]


class AlertRaised(_Event):
    TYPE: ClassVar[str] = "yardstick.alert_raised.v1"

    severity: Literal["high", "medium", "low"]
    by: str
    note: str


class AlertResolved(_Event):
    TYPE: ClassVar[str] = "yardstick.alert_resolved.v1"

    outcome: Literal["action", "none", "learning"]
    by: str
    note: str


class FeedbackReceived(_Event):
    TYPE: ClassVar[str] = "yardstick.feedback_received.v1"

    rating: Literal["1", "2", "3", "4", "5"]
    from_: Literal["child", "parent", "carer", "partner"]
    text: str


_KINDS: Mapping[str, type[_Event]] = {
    one.__name__: one for one in (AuditGraded, AlertRaised, AlertResolved, FeedbackReceived)
}


def learn(row: Row | None, told: Told) -> Row | None:
    """The fact as it stands after the event, and the months in which its events count."""
    event: Any = told.data
    if row is None:
        row = {"kind": told.stream.partition("-")[0], "place": _place(event.place), "counted": []}
    now = {**row, "period": event.period, "at": event.at, "counted": [*row["counted"], event.period]}
    match event:
        case AuditGraded():
            now["grade"], now["domains"] = event.grade, event.domains
        case AlertRaised():
            now["severity"], now["status"] = event.severity, "open"
        case AlertResolved():
            now["outcome"], now["status"] = event.outcome, "resolved"
        case _:
            now["rating"], now["from"] = event.rating, event.from_
    return now


def _place(place: Place) -> dict[str, Any]:
    return {
        "team": place.team,
        "service_area": place.service_area,
        "authority": place.authority,
        "regions": list(place.regions),
    }


def cells(row: Row) -> list[str]:
    first, newest = row["counted"][0], row["period"]
    found = [f"{month}|events" for month in row["counted"]]
    match row["kind"]:
        case "audit":
            found.append(f"{newest}|graded.{row['grade']}")
            found += [f"{newest}|domains.{domain}.{grade}" for domain, grade in row["domains"].items()]
        case "alert":
            found += (f"{first}|alerts.raised", f"{first}|severity.{row['severity']}")
            if row["status"] == "resolved":
                found.append(f"{newest}|alerts.resolved")
        case _:
            found.append(f"{newest}|feedback.{row['rating']}")
    return found


READ_MODEL = ReadModel(
    name="yardstick",
    topic=TOPIC,
    decoders={kind.TYPE: kind for kind in _KINDS.values()},
    learn=learn,
    cells=cells,
)


def fact_of(row: Row) -> dict[str, Any]:
    """The row as the yardstick's fact, to be compared with what the verifier expects."""
    place = row["place"]
    bare = {k: v for k, v in row.items() if k not in ("_id", "v", "place", "counted", "cells", "months")}
    return {
        **bare,
        "version": row["v"],
        "at": row["at"],
        "region": place["regions"][0],
        "authority": place["authority"],
        "area": place["service_area"],
        "team": place["team"],
    }


def published(events: Iterable[Mapping[str, Any]]) -> Iterator[PublishedRecord]:
    """The yardstick's events as a relay would publish them."""
    heads = dict.fromkeys(range(TOPIC.partitions), -1)
    for event in events:
        p = partition_of(event["stream"], TOPIC.partitions)
        data = _data(event)
        at = datetime.fromisoformat(event["at"])
        envelope = Envelope(
            id=event["id"],
            type=data.TYPE,
            source="urn:goldenthread:yardstick",
            stream=event["stream"],
            version=event["version"],
            partition=p,
            seq=heads[p] + 1,
            previous=heads[p],
            generation=0,
            la_code=event["authority"],
            occurred_at=at,
            recorded_at=at.astimezone(UTC),
            effective_date=date.fromisoformat(event["at"][:10]),
            correlation=event["id"],
        )
        heads[p] += 1
        yield p, event["stream"].encode(), value_of(data), headers_of(envelope)


def _data(event: Mapping[str, Any]) -> _Event:
    said = {("from_" if name == "from" else name): value for name, value in event["data"].items()}
    place = Place(
        team=event["team"], service_area=event["area"], authority=event["authority"], regions=(event["region"],)
    )
    return _KINDS[event["type"]](place=place, period=event["period"], at=event["at"], **said)
