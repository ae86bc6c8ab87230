"""Published events on Kafka: CloudEvents 1.0 in binary mode, hand-written because it is on the hot path.

The Kafka binding: every attribute but the data is a header `ce_<name>`, the value is the data. Written in binary
mode; structured mode is read as well. `cloudevents`, the official SDK, is the oracle in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol

import orjson
from pydantic import ValidationError

from shared.projecting.read_model import Told
from shared.published.envelope import Envelope, Published

Headers = list[tuple[str, bytes]]
Attributes = Mapping[str, bytes | None]
_NEEDED = (
    *("ce_type", "ce_subject", "ce_streamversion", "ce_sequence", "ce_previous"),
    *("ce_time", "ce_recordedtime", "ce_effectivedate"),
)


class KafkaRecord(Protocol):
    """What this codec needs of a record: aiokafka's `ConsumerRecord` has it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class Unreadable(Exception):
    """A record that cannot be read. `reason` says which part is at fault and repeats nothing of its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def headers_of(envelope: Envelope) -> Headers:
    """The record's headers. `sequence` is padded with zeros because CloudEvents compares it as a string."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_subject": envelope.stream,
        "ce_time": _moment(envelope.occurred_at),
        "ce_partitionkey": envelope.stream,
        "ce_sequence": f"{envelope.seq:020}",
        "ce_previous": f"{envelope.previous:020}" if envelope.previous >= 0 else "-1",
        "ce_streamversion": str(envelope.version),
        "ce_generation": str(envelope.generation),
        "ce_recordedtime": _moment(envelope.recorded_at),
        "ce_effectivedate": envelope.effective_date.isoformat(),
        "ce_lacode": envelope.la_code,
        "ce_correlationid": envelope.correlation,
        "ce_dataclassification": "internal",
        "content-type": "application/json",
    }
    if envelope.causation:
        attributes["ce_causationid"] = envelope.causation
    return [(name, value.encode()) for name, value in attributes.items()]


def value_of(data: Published) -> bytes:
    return data.model_dump_json().encode()


def position_of(headers: Attributes) -> tuple[int, int] | None:
    """(seq, previous) of a record, or None when it does not say: then it is none of ours."""
    try:
        seq, previous = int(headers["ce_sequence"] or b""), int(headers["ce_previous"] or b"")
    except (KeyError, ValueError):
        return None
    return (seq, previous) if -1 <= previous < seq < 2**63 else None


def stream_of(record: KafkaRecord) -> str:
    """The stream that the record says it belongs to, as well as that can be told."""
    return (record.key or b"").decode("utf-8", "replace") or f"unknown-{record.topic}-{record.partition}"


def decode(record: KafkaRecord, decoders: Mapping[str, type[Published]]) -> Told:
    """The event in the record, its data checked against its contract; unknown fields are ignored.

    Raises Unreadable for anything else: nothing that comes over the wire can raise another exception here.
    """
    return decode_parts(dict(record.headers), record.value, decoders, None)


def decode_parts(
    headers: Attributes,
    value: bytes | None,
    decoders: Mapping[str, type[Published]],
    position: tuple[int, int] | None,
) -> Told:
    """`decode` for a record of which headers, and perhaps the position, were read already."""
    try:
        if headers.get("content-type") != b"application/json":
            headers, value = _opened(headers, value)
        model = decoders.get(headers["ce_type"].decode())  # type: ignore[union-attr] # None is caught below
        if model is None:
            raise Unreadable("the type is not one that this reader knows")
        if not value:
            raise Unreadable("the record has no data")
        data = model.__pydantic_validator__.validate_json(value, extra="ignore")
        return _told(headers, model.TYPE, position, data)
    except ValidationError as error:
        fields = sorted({".".join(map(str, wrong["loc"])) or "data" for wrong in error.errors(include_input=False)})
        raise Unreadable(f"the data breaks its contract at {', '.join(fields)[:200]}") from None
    except (KeyError, AttributeError, TypeError):  # a header that is not there, or is null
        raise Unreadable(f"the attribute {_missing(headers)} is missing") from None
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Unreadable("an attribute is missing or malformed") from None


def _told(headers: Any, kind: str, position: tuple[int, int] | None, data: Any) -> Told:
    seq, previous = position or (int(headers["ce_sequence"]), int(headers["ce_previous"]))
    return Told(
        kind,
        headers["ce_subject"].decode(),
        int(headers["ce_streamversion"]),
        seq,
        previous,
        datetime.fromisoformat(headers["ce_time"].decode()),
        datetime.fromisoformat(headers["ce_recordedtime"].decode()),
        _date(headers["ce_effectivedate"]),
        data,
    )


@lru_cache(maxsize=1_000)  # events come in runs of the same few dates
def _date(text: bytes) -> date:
    return date.fromisoformat(text.decode())


def _missing(headers: Attributes) -> str:
    absent = (name for name in _NEEDED if headers.get(name) is None)
    return next(absent, "ce_").removeprefix("ce_")


def _opened(headers: Attributes, value: bytes | None) -> tuple[Attributes, bytes | None]:
    """The attributes and the data, whichever mode the record is in."""
    if not (headers.get("content-type") or b"").lower().startswith(b"application/cloudevents"):
        return headers, value
    event = orjson.loads(value or b"")
    if not isinstance(event, dict):
        raise ValueError("a structured event is an object")
    data = orjson.dumps(event.pop("data", None))
    return {f"ce_{name}": str(attribute).encode() for name, attribute in event.items()}, data


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_json(record: KafkaRecord) -> dict[str, Any]:
    """The record as a structured CloudEvent, for looking at; what cannot be read is said, not raised."""
    attributes = {
        name.removeprefix("ce_"): (value or b"").decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith("ce_")
    }
    try:
        data = orjson.loads(record.value or b"null")
    except orjson.JSONDecodeError:
        data = None
    return {**attributes, "data": data}
