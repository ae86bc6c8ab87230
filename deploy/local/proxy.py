"""Links that can be slow, cut or silent: a TCP proxy in front of any port of this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from deploy.local.engine import HOST

_CHUNK = 65_536
_IN_FLIGHT = 64  # chunks of one connection and direction that a slow link holds at most
_RESET = struct.pack("ii", 1, 0)  # linger for no time: the other side hears a reset instead of a farewell


@dataclass(slots=True)
class Link:
    """What lies in front of one port. Times are in seconds, `rate` in bytes a second and direction.

    A silent direction takes everything and delivers it only once it is healed, as a network does that loses packets;
    new connections are accepted all the while, and hear nothing. The port that is behind a cut link cannot be reached.
    """

    target: int
    port: int = 0
    latency: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    cut: bool = False
    silent: frozenset[str] = frozenset()  # of "up" (to the server) and "down" (to the client)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Proxies:
    """Proxies for as many ports as asked for. Methods may be called from any thread; start it with `with`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._links: dict[int, Link] = {}
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def front(self, target: int) -> int:
        """The port that stands in front of `target` from now on."""
        return asyncio.run_coroutine_threadsafe(self._open(Link(target)), self._loop).result()

    def slow(self, front: int, latency: float, jitter: float = 0.0, rate: float | None = None) -> None:
        """Delay what goes either way by `latency` and up to `jitter` more, at most `rate` bytes a second."""

        def change(link: Link) -> None:
            link.latency, link.jitter, link.rate = latency, jitter, rate

        self._change(front, change)

    def reset(self, front: int) -> None:
        """Break every connection there is; new ones work."""
        self._change(front, _break_all)

    def cut(self, front: int) -> None:
        """Break every connection there is, and refuse new ones."""

        def change(link: Link) -> None:
            link.cut = True
            _break_all(link)

        self._change(front, change)

    def silence(self, front: int, *directions: str) -> None:
        """Deliver nothing in these directions ("up" to the server, "down" to the client; neither named: both)."""

        def change(link: Link) -> None:
            link.silent = frozenset(directions or ("up", "down"))

        self._change(front, change)

    def heal(self, front: int) -> None:
        """As good as a wire again."""

        def change(link: Link) -> None:
            link.latency, link.jitter, link.rate, link.cut, link.silent = 0.0, 0.0, None, False, frozenset()

        self._change(front, change)

    def _change(self, front: int, change: Callable[[Link], None]) -> None:
        async def now() -> None:
            link = self._links[front]
            change(link)
            link.changed.set()
            link.changed = asyncio.Event()

        asyncio.run_coroutine_threadsafe(now(), self._loop).result()

    async def _open(self, link: Link) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _serve(link, reader, writer)

        server = await asyncio.start_server(serve, HOST, 0)
        self._servers.append(server)
        link.port = server.sockets[0].getsockname()[1]
        self._links[link.port] = link
        return link.port

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for link in self._links.values():
            _break_all(link)
        mine = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)


async def _serve(link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    link.writers.add(writer)
    behind: asyncio.StreamWriter | None = None
    try:
        if link.cut:
            return
        answers, behind = await asyncio.open_connection(HOST, link.target)
        link.writers.add(behind)
        up, down = _carry(link, "up", reader, behind), _carry(link, "down", answers, writer)
        carrying = [asyncio.ensure_future(up), asyncio.ensure_future(down)]
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
    except (OSError, asyncio.CancelledError):
        pass  # nobody serves behind us, or we are being closed: the client hears a reset
    finally:
        for each in (writer, behind):
            if each is not None:
                _break(each)
                link.writers.discard(each)


async def _carry(link: Link, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bring what one side says to the other, as late as the link has it; ends when either side is gone."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_IN_FLIGHT)

    async def deliver() -> None:
        while True:
            due, chunk = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            while direction in link.silent:
                await link.changed.wait()
            if not chunk:
                return
            if link.rate:
                await asyncio.sleep(len(chunk) / link.rate)
            writer.write(chunk)
            await writer.drain()

    delivering = asyncio.ensure_future(deliver())
    try:
        with suppress(OSError):
            chunk = None
            while chunk != b"":
                chunk = await reader.read(_CHUNK)  # nothing: that side is done
                late = link.latency + random.uniform(0, link.jitter)
                await under_way.put((loop.time() + late, chunk))
            await delivering
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)


def _break_all(link: Link) -> None:
    for writer in tuple(link.writers):
        _break(writer)


def _break(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
