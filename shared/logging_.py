"""Logs as JSON lines, of listed fields only: what is not on the list is never written, whoever passes it."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
import structlog

# No bodies, no query strings, no ids of people or children: routes are templates, errors are class names.
FIELDS = frozenset(
    (
        *("timestamp", "level", "event", "service", "environment", "logger"),
        *("request_id", "method", "route", "status", "duration_ms"),
        *("error", "frames", "reason", "attempt", "outcome", "seconds", "count"),
        *("check", "ready", "topic", "partition", "seq", "generation", "read_model"),
    )
)
_LEVELS: Mapping[str, int] = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def logger(service: str, level: str = "INFO") -> Any:
    """A structlog logger that writes to standard output; it keeps no global state."""
    return structlog.wrap_logger(
        structlog.BytesLogger(sys.stdout.buffer) if hasattr(sys.stdout, "buffer") else structlog.BytesLogger(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_listed_fields,
            structlog.processors.JSONRenderer(serializer=_serialised),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    ).bind(service=service)


def only_listed_fields(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in fields.items() if name in FIELDS}


def frames(raised: BaseException) -> list[str]:
    """Where an exception came from, innermost last. Not what it says: that may quote what somebody wrote."""
    found = traceback.extract_tb(raised.__traceback__)[-8:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in found]


def _serialised(fields: Any, **_: Any) -> bytes:
    return orjson.dumps(fields, default=lambda value: type(value).__name__)


class _Libraries(logging.Handler):
    """Warnings of libraries: which one, and its message before any value was put into it."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log.warning(str(record.msg)[:200], logger=record.name, error=error)


def route_library_logs(log: Any) -> None:
    """Send what libraries log through `log`; called once, where a process starts."""
    root = logging.getLogger()
    root.handlers[:] = [_Libraries(log)]
    root.setLevel(logging.WARNING)
