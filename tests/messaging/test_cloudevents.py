"""The codec against the official SDK, and against everything that is not an event."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.cloudevents import Unreadable, decode, position_of, stream_of
from tests.projecting.toy import MODEL, FakeRecord, MarkedV1, a_record, place_of

MARKED = MarkedV1(place=place_of("t1"), month="2026-04", mark="A")
RECORD = a_record(MARKED, "toy-1", 3, 0, 7, 5, 0, id_="c.0")


def test_a_record_reads_back_as_it_was_told() -> None:
    told = decode(RECORD, MODEL.decoders)
    assert (told.type, told.stream, told.version, told.seq, told.previous) == ("toy.marked.v1", "toy-1", 3, 7, 5)
    assert told.data == MARKED
    assert position_of(dict(RECORD.headers)) == (7, 5)


def test_the_official_sdk_reads_our_records() -> None:
    assert RECORD.value is not None
    message = KafkaMessage(headers=dict(RECORD.headers), key=RECORD.key, value=RECORD.value)
    event = from_binary_event(message, JSONFormat())
    assert event.get_id() == "c.0"
    assert event.get_type() == "toy.marked.v1"
    assert event.get_subject() == "toy-1"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("sequence") == "00000000000000000007"
    assert event.get_data() == json.loads(RECORD.value)


def test_structured_mode_is_read_as_well() -> None:
    attributes = {
        name.removeprefix("ce_"): value.decode() for name, value in RECORD.headers if name.startswith("ce_") and value
    }
    whole = {**attributes, "datacontenttype": "application/json", "data": json.loads(RECORD.value or b"")}
    headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    assert decode(replace(RECORD, headers=headers, value=json.dumps(whole).encode()), MODEL.decoders).data == MARKED


def test_a_field_that_a_reader_does_not_know_is_ignored() -> None:
    richer = json.dumps({**json.loads(RECORD.value or b""), "added_later": 1}).encode()
    assert decode(replace(RECORD, value=richer), MODEL.decoders).data == MARKED


def without(name: str) -> FakeRecord:
    return replace(RECORD, headers=[(n, v) for n, v in RECORD.headers if n != name])


def having(name: str, value: bytes | None) -> FakeRecord:
    return replace(RECORD, headers=[*without(name).headers, (name, value)])


@pytest.mark.parametrize(
    "record",
    [
        replace(RECORD, value=None),
        replace(RECORD, value=b""),
        replace(RECORD, value=b"not json"),
        replace(RECORD, value=b"[]"),
        replace(RECORD, value=b"null"),
        replace(RECORD, value=b"\xff\xfe"),
        replace(RECORD, value=b'{"place":' * 5000),
        replace(RECORD, value=b"{}"),
        replace(RECORD, value=b'{"place":{"authority":"901"},"month":1e999,"mark":NaN}'),
        replace(RECORD, headers=()),
        without("ce_type"),
        without("ce_subject"),
        having("ce_type", b"toy.marked.v2"),
        having("ce_type", None),
        having("ce_type", b"\xff"),
        having("ce_time", b"yesterday"),
        having("ce_streamversion", b"three"),
        having("ce_effectivedate", b"2026-02-30"),
        having("ce_sequence", b"9" * 5000),
    ],
)
def test_what_is_not_an_event_is_unreadable_and_nothing_worse(record: FakeRecord) -> None:
    with pytest.raises(Unreadable):
        decode(record, MODEL.decoders)
    position_of(dict(record.headers))
    stream_of(record)


def test_the_reason_names_the_field_and_never_the_value() -> None:
    record = replace(RECORD, value=b'{"place":{"authority":"901"},"month":"2026-04","mark":["Jane Smith"]}')
    with pytest.raises(Unreadable) as unreadable:
        decode(record, MODEL.decoders)
    assert "mark" in unreadable.value.reason
    assert "Jane" not in str(unreadable.value)


@given(st.binary(), st.lists(st.tuples(st.sampled_from([n for n, _ in RECORD.headers]), st.none() | st.binary())))
def test_no_bytes_can_raise_anything_else(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    record = replace(RECORD, value=value, headers=[*RECORD.headers, *headers])
    with contextlib.suppress(Unreadable):
        decode(record, MODEL.decoders)
    position_of(dict(record.headers))
