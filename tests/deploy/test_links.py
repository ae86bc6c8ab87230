"""A link that is slow, cut or silent is so for its clients only, and as good as new once healed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from deploy.local.engine import free_ports
from deploy.local.proxy import Proxies

HOST = "127.0.0.1"


@pytest.fixture
def proxies() -> Iterator[Proxies]:
    with Proxies() as started:
        yield started


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that answers what it hears."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while heard := await reader.read(65_536):
                writer.write(heard)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


class Caller:
    """One connection to the link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def at(cls, port: int) -> Caller:
        return cls(*await asyncio.open_connection(HOST, port))

    async def ask(self, what: bytes, patience: float = 10) -> bytes:
        self.writer.write(what)
        return await self.hear(len(what), patience)

    async def hear(self, size: int, patience: float = 10) -> bytes:
        async with asyncio.timeout(patience):
            return await self._reader.readexactly(size)


async def test_a_healthy_link_brings_everything_in_order(proxies: Proxies, echo: int) -> None:
    caller = await Caller.at(proxies.front(echo))
    much = bytes(range(256)) * 4_000
    assert await caller.ask(much) == much
    caller.writer.close()


async def test_a_slow_link_takes_its_time_both_ways_and_keeps_the_order(proxies: Proxies, echo: int) -> None:
    front = proxies.front(echo)
    caller = await Caller.at(front)
    proxies.slow(front, 0.1, jitter=0.05)
    began = time.monotonic()
    assert await caller.ask(b"ping") == b"ping"
    assert 0.2 <= time.monotonic() - began < 2
    parts = [b"%03d" % i for i in range(50)]
    for part in parts:
        caller.writer.write(part)
        await asyncio.sleep(0.002)
    assert await caller.hear(150) == b"".join(parts)
    caller.writer.close()


async def test_a_narrow_link_lets_only_so_much_through(proxies: Proxies, echo: int) -> None:
    front = proxies.front(echo)
    caller = await Caller.at(front)
    proxies.slow(front, 0, rate=200_000)
    began = time.monotonic()
    assert len(await caller.ask(bytes(100_000))) == 100_000
    assert time.monotonic() - began >= 0.5
    caller.writer.close()


async def test_a_reset_breaks_what_is_open_and_new_connections_work(proxies: Proxies, echo: int) -> None:
    front = proxies.front(echo)
    caller = await Caller.at(front)
    assert await caller.ask(b"ping") == b"ping"
    proxies.reset(front)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await caller.hear(1)
    again = await Caller.at(front)
    assert await again.ask(b"ping") == b"ping"
    again.writer.close()


async def test_a_cut_link_serves_nobody_until_it_is_healed(proxies: Proxies, echo: int) -> None:
    front = proxies.front(echo)
    proxies.cut(front)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await (await Caller.at(front)).ask(b"ping")
    proxies.heal(front)
    again = await Caller.at(front)
    assert await again.ask(b"ping") == b"ping"
    again.writer.close()


@pytest.mark.parametrize("directions", [(), ("up",), ("down",)])
async def test_a_silent_link_accepts_and_says_nothing_until_it_is_healed(
    proxies: Proxies, echo: int, directions: tuple[str, ...]
) -> None:
    front = proxies.front(echo)
    before = await Caller.at(front)
    assert await before.ask(b"ping") == b"ping"
    proxies.silence(front, *directions)
    new = await Caller.at(front)
    for caller in (before, new):
        with pytest.raises(TimeoutError):
            await caller.ask(b"ping", patience=0.2)
    proxies.heal(front)
    for caller in (before, new):
        assert await caller.hear(4) == b"ping"
        caller.writer.close()


async def test_where_nobody_serves_the_connection_ends_at_once(proxies: Proxies) -> None:
    (nobody,) = free_ports(1)
    front = proxies.front(nobody)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await (await Caller.at(front)).ask(b"ping", patience=5)
