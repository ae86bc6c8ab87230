"""The HTTP feed as it happens: server-sent events that can be resumed, of one subscription."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import structlog
from anyio import CancelScope
from fastapi.responses import StreamingResponse
from pymongo.errors import PyMongoError
from starlette.types import Message, Receive, Scope, Send

from services.reporting.sharing.numbered import NumberedEvent, NumberedEvents
from shared.web.problems import Problem, is_passing

log = structlog.get_logger()

RETRY = b"retry: 3000\n\n"
SLOW = b"event: slow\ndata: go on behind your newest number\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
BATCH = 100
AT_ONCE = 4
"""Streams of one partner: a reader, its replacement, and somebody who looks."""

Still = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: between looks for new events, between pings, and between looks at the token.

    A token is good for half a minute longer than it says (`shared.web.tokens`): with that, a stream ends within a
    minute. A reader that makes us wait `slow` seconds for one event is sent away to come again, and left after `stuck`.
    """

    look: float = 0.5
    ping: float = 15.0
    token: float = 20.0
    slow: float = 5.0
    stuck: float = 30.0


@dataclass(frozen=True, slots=True)
class Streams:
    """What is sent is read when the one before was taken: a slow reader holds up nobody, and nothing piles up."""

    events: NumberedEvents
    snapshot: str
    times: Times = field(default_factory=Times)
    clock: Callable[[], float] = time.monotonic
    _open: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def room(self, partner: str) -> Iterator[None]:
        """One of the partner's streams. Raises a 429 Problem when it has as many as it may."""
        if self._open[partner] >= AT_ONCE:
            raise Problem("too-many", f"A partner has at most {AT_ONCE} streams.", headers={"Retry-After": "15"})
        self._open[partner] += 1
        try:
            yield
        finally:
            self._open[partner] -= 1

    async def of(
        self, subscription: str, after: int, still_trusted: Still, leaving: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Everything behind `after`, for as long as `still_trusted` says yes and the process is not `leaving`."""
        yield RETRY
        try:
            if after + 1 < await self.events.oldest(subscription):
                yield f"event: reset\ndata: {self.snapshot}\n\n".encode()
                return
            async for message in self._behind(subscription, after, still_trusted, leaving):
                before = self.clock()
                yield message
                if self.clock() - before >= self.times.slow:
                    yield SLOW
                    return
        except PyMongoError as error:
            if not is_passing(error):
                raise
            log.warning("stream ended", error=type(error).__name__)  # its reader comes again, and goes on

    async def _behind(
        self, subscription: str, after: int, still_trusted: Still, leaving: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        said = looked = self.clock()
        while not leaving():
            if self.clock() - looked >= self.times.token:
                if not await still_trusted():
                    return
                looked = self.clock()
            with CancelScope(shield=True):  # a read that is broken off costs the driver its connection
                events = await self.events.after(subscription, after, BATCH)
            for event in events:
                yield _message(event)
                after, said = event.number, self.clock()
            if self.clock() - said >= self.times.ping:
                yield f": ping {after}\n\n".encode()
                said = self.clock()
            if len(events) < BATCH:
                await asyncio.sleep(self.times.look)


class EventStream(StreamingResponse):
    """Ends when its reader goes away; one that takes nothing for `stuck` seconds is left, and its room with it."""

    def __init__(self, messages: AsyncIterator[bytes], room: AbstractContextManager[None], stuck: float) -> None:
        super().__init__(messages, headers=HEADERS, media_type="text/event-stream")
        self._room = room
        self._stuck = stuck

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A server of this version tells nobody that its client went before the next message: this one listens.
        listening = {**scope, "asgi": {**scope.get("asgi", {}), "spec_version": "2.3"}}
        with self._room:
            await super().__call__(listening, receive, send)

    async def stream_response(self, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._stuck):
                await send(message)

        try:
            await super().stream_response(patiently)
        except TimeoutError:
            log.warning("reader left behind")


def _message(event: NumberedEvent) -> bytes:
    return f"id: {event.number}\ndata: ".encode() + event.body + b"\n\n"
