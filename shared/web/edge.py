"""The outermost layer of every service: limits, checks of raw bodies, headers, and one line in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.logging_ import frames
from shared.web import json_body
from shared.web.desk import new_id
from shared.web.health import LIVE, READY, STARTED
from shared.web.problems import Problem, answer

INTAKE = "/v1/events"
COMMAND_BYTES = 256 * 1024
LISTING = frozenset({"/v1/samples"})  # commands that carry a list, such as all open cases of an authority
LISTING_BYTES = 2 * 1024 * 1024
BATCH_BYTES = 8 * 1024 * 1024
BYTES_AT_ONCE = 64 * 1024 * 1024  # of bodies, in one process
MOST_HEADERS = 100
_WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BATCH = b"application/cloudevents-batch+json"

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class _Gone(Exception):
    """The client went away before its request was whole."""


class Edge:
    """ASGI middleware. Reads each body once, counted, and leaves it in the scope for the desk and the intake.

    `scripts` are hashes of the inline scripts that pages need. `seconds` is the time until an answer must begin.
    `at_once` is how many requests may be under way: one more is told to come again, at once and unread.
    """

    def __init__(
        self, app: ASGIApp, *, log: Any, seconds: float, at_once: int = 1_000, scripts: tuple[str, ...] = ()
    ) -> None:
        self._app = app
        self._log = log
        self._seconds = seconds
        self._room = _Room(at_once)
        policy = CONTENT_POLICY.format(scripts="".join(f" '{one}'" for one in scripts))
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"strict-transport-security", b"max-age=31536000"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["goldenthread.request_id"] = new_id()
        answering = _Answering(scope, send, self._headers)
        try:
            with self._room.of(scope):
                await self._within_time(scope, receive, answering)
        except _Gone:
            return
        except Problem as problem:
            await answering.refuse(scope, receive, problem)
        except Exception as raised:  # the client gets a problem without our insides; what it was is in the log
            self._log.error(
                "unexpected", error=type(raised).__name__, frames=frames(raised), request_id=_request_id(scope)
            )
            await answering.refuse(scope, receive, Problem("internal"))
        self._log_answer(scope, answering.status, time.perf_counter() - began)

    async def _within_time(self, scope: Scope, receive: Receive, answering: _Answering) -> None:
        try:
            async with asyncio.timeout(self._seconds) as answering.deadline:
                await self._app(scope, await _checked(scope, receive), answering)
        except TimeoutError:
            if answering.deadline is None or not answering.deadline.expired():
                raise
            raise Problem("unavailable", "It took too long.", headers={"Retry-After": "5"}) from None

    def _log_answer(self, scope: Scope, status: int, seconds: float) -> None:
        self._log.info(
            "answered",
            request_id=_request_id(scope),
            method=scope["method"] if scope["method"] in _KNOWN_METHODS else "OTHER",
            route=getattr(scope.get("route"), "path", None),
            status=status,
            duration_ms=round(seconds * 1000, 1),
            **_partner_of(scope),
        )


def _partner_of(scope: Scope) -> dict[str, str]:
    """What a partner asked for is in the log with its name, whether it was answered or refused."""
    partner = scope.get("goldenthread.partner")
    return {"partner": partner} if partner else {}


_KNOWN_METHODS = frozenset(("GET", "HEAD", "OPTIONS")) | _WITH_BODY


class _Room:
    """Counts the requests under way and the bytes of their bodies, and has no room for more than it was given."""

    def __init__(self, requests: int) -> None:
        self._requests = requests
        self._bytes = BYTES_AT_ONCE

    @contextmanager
    def of(self, scope: Scope) -> Iterator[None]:
        """Raises a 503 Problem when there is none. Whoever asks how the process is, is answered in any case."""
        if scope["path"] in (LIVE, READY, STARTED):
            yield
            return
        size = _announced(scope)
        if self._requests < 1 or self._bytes < size:
            raise Problem("unavailable", "There are too many requests at once.", headers={"Retry-After": "1"})
        self._requests -= 1
        self._bytes -= size
        try:
            yield
        finally:
            self._requests += 1
            self._bytes += size


def _announced(scope: Scope) -> int:
    """How large the body may become: what was announced, or what would be accepted."""
    if scope["method"] not in _WITH_BODY:
        return 0
    headers = dict(scope["headers"])
    limit = _limit(scope, headers)
    told = headers.get(b"content-length", b"")
    if not told and b"transfer-encoding" not in headers:
        return 0
    return min(int(told), limit) if told.isdigit() and len(told) <= 12 else limit


class _Answering:
    """`send`, with our headers on every response; the deadline ends when the response begins."""

    def __init__(self, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._extra = [*headers, (b"x-request-id", _request_id(scope).encode())]
        if scope["path"].startswith("/v1"):
            self._extra.append((b"cache-control", b"no-store"))
        self.deadline: asyncio.Timeout | None = None
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name for name, _ in message.get("headers", ())}
            extra = [(name, value) for name, value in self._extra if name not in present]
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
            if self.deadline is not None:
                self.deadline.reschedule(None)
        await self._send(message)

    async def refuse(self, scope: Scope, receive: Receive, problem: Problem) -> None:
        if self.status == 0:
            self.deadline = None
            await answer(problem, _request_id(scope))(scope, receive, self)


def _request_id(scope: Scope) -> str:
    return str(scope["goldenthread.request_id"])


async def _checked(scope: Scope, receive: Receive) -> Receive:
    """`receive` for the application, once everything that needs no route has been checked."""
    if len(scope["headers"]) > MOST_HEADERS:
        raise Problem("bad-request", "There are too many headers.")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise Problem("bad-request", "The address must not contain U+0000.")
    if scope["method"] not in _WITH_BODY:
        return receive
    headers = dict(scope["headers"])
    body = await _read(receive, headers, _limit(scope, headers))
    _check_body(scope["path"], headers, body)
    scope["goldenthread.body"] = body
    return _replay(body, receive)


def _limit(scope: Scope, headers: dict[bytes, bytes]) -> int:
    batch = scope["path"] == INTAKE and headers.get(b"content-type", b"").lower().startswith(_BATCH)
    if batch:
        return BATCH_BYTES
    return LISTING_BYTES if scope["path"] in LISTING else COMMAND_BYTES


async def _read(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    told = headers.get(b"content-length", b"0")
    if not told.isdigit() or len(told) > 12 or int(told) > limit:
        raise Problem("too-large", f"At most {limit} bytes are accepted here.")
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise Problem("too-large", f"At most {limit} bytes are accepted here.")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _check_body(path: str, headers: dict[bytes, bytes], body: bytes) -> None:
    if not body or path == INTAKE:  # the intake knows its own media types and reads its JSON itself
        return
    if b"content-encoding" in headers:
        raise Problem("media-type", "Bodies are accepted without a content encoding.")
    media, _, rest = headers.get(b"content-type", b"").decode("latin-1").partition(";")
    media = media.strip().lower()
    if media == "application/json" and "utf-16" not in rest.lower() and "utf-32" not in rest.lower():
        json_body.read(body)
    elif path.startswith("/v1") or media not in _FORMS:
        raise Problem("media-type", "This is accepted as application/json only.")
    elif b"%00" in body or b"\x00" in body:
        raise Problem("bad-request", "The form must not contain U+0000.")
