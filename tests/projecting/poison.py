"""Everything that may be wrong with a record: each kind makes a good one bad in its own way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.projecting.toy import FakeRecord

Spoil = Callable[[FakeRecord], FakeRecord]
BOOM = "BOOM"  # a mark that a faulty read model fails on


def _value(value: bytes | None) -> Spoil:
    return lambda record: replace(record, value=value)


def _data(**other: Any) -> Spoil:
    return lambda record: replace(record, value=json.dumps({**json.loads(record.value or b""), **other}).encode())


def _header(name: str, value: bytes | None) -> Spoil:
    return lambda record: replace(record, headers=[(n, value if n == name else v) for n, v in record.headers])


def _without(name: str) -> Spoil:
    return lambda record: replace(record, headers=[(n, v) for n, v in record.headers if n != name])


def _both(one: Spoil, other: Spoil) -> Spoil:
    return lambda record: other(one(record))


STRUCTURED = _header("content-type", b"application/cloudevents+json")

# The record says where it belongs, but not what happened: its stream is set aside from there on.
UNREADABLE: dict[str, Spoil] = {
    "not JSON": _value(b"{"),
    "zero bytes": _value(b"\0" * 64),
    "a megabyte of nothing": _value(b" " * 1_000_000),
    "nested too deep": _value(b"[" * 100_000),
    "objects nested too deep": _value(b'{"place":' * 50_000),
    "another shape": _value(b'{"team": 1, "marks": []}'),
    "a list": _value(b"[]"),
    "null": _value(b"null"),
    "a field of another type": _data(month=["2026-01"]),
    "a field is missing": _value(b'{"month": "2026-01", "mark": "A"}'),
    "a number beyond all bounds": _value(b'{"place": ' + b"9" * 10_000 + b', "month": "2026-01", "mark": "A"}'),
    "not a number": _value(b'{"place": NaN, "month": "2026-01", "mark": Infinity}'),
    "one key twice": _value(b'{"mark": "A", "mark": 1, "mark": "B"}'),
    "not UTF-8": _value(b'{"place": "\xff\xfe", "month": "2026-01", "mark": "A"}'),
    "half a surrogate": _value(b'{"place": "\\ud800", "month": "2026-01", "mark": "A"}'),
    "empty": _value(b""),
    "a tombstone": _value(None),
    "a version of the future": _header("ce_type", b"toy.marked.v2"),
    "a type that nobody knows": _header("ce_type", b"somebody.elses.v1"),
    "no type": _without("ce_type"),
    "a null header": _header("ce_time", None),
    "a header is missing": _without("ce_recordedtime"),
    "a day that does not exist": _header("ce_effectivedate", b"2026-02-31"),
    "a version beyond all bounds": _header("ce_streamversion", b"9" * 5_000),
    "a header that is not UTF-8": _header("ce_subject", b"\xff"),
    "another content type": _both(_header("content-type", b"text/plain"), _value(b"hello")),
    "a structured list": _both(STRUCTURED, _value(b"[1, 2]")),
    "a structured nothing": _both(STRUCTURED, _value(None)),
    "structured and nested too deep": _both(STRUCTURED, _value(b'{"data":' + b"[" * 100_000)),
    "a mark that the read model fails on": _data(mark=BOOM),
}

# The record does not say where it belongs: it is set aside, and what it should have been is sent again behind it.
STRAY: dict[str, Spoil] = {
    "no headers": lambda record: replace(record, headers=()),
    "no sequence": _without("ce_sequence"),
    "a null sequence": _header("ce_sequence", None),
    "a negative sequence": _header("ce_sequence", b"-7"),
    "a sequence beyond all bounds": _header("ce_sequence", b"9" * 30),
    "a sequence of words": _header("ce_sequence", b"seven"),
    "a predecessor that comes later": _header("ce_previous", b"99999999999999999999"[:18]),
}
