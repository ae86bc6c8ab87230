"""CloudEvents 1.0 as they arrive over HTTP: structured, binary, and many at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from shared.web import json_body
from shared.web.problems import Problem, error

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_NAME = re.compile(r"[a-z0-9]{1,20}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]{1,512}")
_REFERENCE = re.compile(r"[!-~]{1,512}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_REQUIRED = ("id", "source", "specversion", "type")
_KNOWN = frozenset((*_REQUIRED, "subject", "time", "datacontenttype", "dataschema"))

# A consumer that knows these extensions must refuse values of them that it does not know.
_LISTED: Mapping[str, frozenset[str]] = {
    "dataclassification": frozenset(("public", "internal", "confidential", "restricted")),
    "datacategory": frozenset(("non-sensitive", "standard", "sensitive", "special-category")),
    "dataregulation": frozenset(("GDPR",)),
}


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event as sent. `time` is in UTC; `extensions` hold every other attribute as text, a number or a truth."""

    id: str
    source: str
    type: str
    data: Any
    subject: str | None = None
    time: datetime | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def structured(raw: bytes) -> CloudEvent:
    """The event in a structured request. Raises Problem."""
    return from_object(json_body.read(raw))


def batch(raw: bytes) -> list[Any]:
    """The members of a batch, unread: each goes through `from_object` by itself. Raises Problem."""
    found = json_body.read(raw)
    if not isinstance(found, list):
        raise _refused("#", "list_type", "must be a list of events")
    return found


def from_object(found: Any) -> CloudEvent:
    """An event from its JSON format. Raises Problem 422 naming the attribute."""
    if not isinstance(found, dict):
        raise _refused("#", "object_type", "must be a JSON object")
    if "data_base64" in found:
        raise _refused("#/data_base64", "not_json", "is not accepted: data must be JSON")
    attributes = {name: value for name, value in found.items() if name != "data" and value is not None}
    return _event(attributes, found.get("data"))


def binary(headers: Iterable[tuple[bytes, bytes]], raw: bytes) -> CloudEvent:
    """The event in a binary request: attributes in `ce-` headers, data in the body. Raises Problem."""
    attributes: dict[str, Any] = {}
    for name, value in headers:
        if name.startswith(b"ce-"):
            attribute = name[3:].decode("latin-1")
            if attribute in attributes or attribute in ("datacontenttype", "data"):
                raise _refused("#", "header", "must have each attribute once, and the content type in its own header")
            attributes[attribute] = _header_text(value)
    return _event(attributes, json_body.read(raw) if raw else None)


def is_name(value: Any) -> bool:
    """Could this be an event's id or source?"""
    return isinstance(value, str) and _TEXT.fullmatch(value) is not None


def _header_text(value: bytes) -> str:
    """A header's value with its percent-encoding undone; lower case and needless encoding are accepted."""
    text = value.decode("latin-1").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    if not text.isascii() or _PERCENT.search(text):
        raise _refused("#", "header", "must have percent-encoded attributes in its headers")
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise _refused("#", "header", "must have attributes in UTF-8 in its headers") from None


def _event(attributes: dict[str, Any], data: Any) -> CloudEvent:
    for name in _REQUIRED:
        if name not in attributes:
            raise _refused(f"#/{name}", "missing", "is required")
    for name, value in attributes.items():
        _check(name, value)
    return CloudEvent(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        data=data,
        subject=attributes.get("subject"),
        time=_moment(attributes["time"]) if "time" in attributes else None,
        extensions={name: value for name, value in attributes.items() if name not in _KNOWN},
    )


def _check(name: str, value: Any) -> None:
    if not _NAME.fullmatch(name):
        raise _refused("#", "attribute_name", "must have attribute names of 1 to 20 lower-case letters and digits")
    pointer = f"#/{name}" if name in _KNOWN or name in _LISTED else "#"
    if isinstance(value, str):
        if not _TEXT.fullmatch(value):
            raise _refused(pointer, "attribute_text", "must have 1 to 512 characters and no control characters")
    elif name in _KNOWN or not isinstance(value, (bool, int)):
        raise _refused(pointer, "attribute_type", "must be text")
    _check_meaning(name, value, pointer)


def _check_meaning(name: str, value: Any, pointer: str) -> None:
    if name == "specversion" and value != "1.0":
        raise _refused(pointer, "specversion", "must be 1.0")
    if name in ("source", "dataschema") and not _REFERENCE.fullmatch(value):
        raise _refused(pointer, "uri_reference", "must be a URI reference")
    if name == "datacontenttype" and not _is_json(value):
        raise _refused(pointer, "not_json", "must be application/json")
    if name in _LISTED and value not in _LISTED[name]:
        raise _refused(pointer, "not_known", "must be a value that we know")


def _is_json(content_type: str) -> bool:
    media = media_type(content_type)
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _moment(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # a date that no calendar has: refused like any other text that is not a time
    raise _refused("#/time", "time", "must be a time such as 2026-04-30T12:00:00Z")


def _refused(pointer: str, code: str, detail: str) -> Problem:
    return Problem("invalid", errors=[error(pointer, code, detail)])
