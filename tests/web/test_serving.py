"""A served process: it ends what it began, and logs nothing but JSON lines of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest


@dataclass
class Served:
    process: asyncio.subprocess.Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def wire(self, raw: bytes) -> bytes:
        """What the server says to these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            await writer.drain()
            return await asyncio.wait_for(reader.read(65536), 10)
        finally:
            writer.close()
            await writer.wait_closed()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def until_ready(served: Served) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            try:
                if (await client.get(f"{served.url}/readyz")).status_code == 200:
                    return
            except httpx2.HTTPError:
                await asyncio.sleep(0.1)
    raise AssertionError("the service did not become ready")


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.web.serving", str(port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await until_ready(Served(process, port))
        yield Served(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Served]:
    async with serving() as found:
        yield found


async def test_a_request_in_flight_is_answered_before_the_process_ends():
    async with serving() as served, httpx2.AsyncClient(trust_env=False) as client:
        asked = asyncio.create_task(client.get(f"{served.url}/slow"))
        await asyncio.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)
        assert (await asked).json() == {"done": True}
        out, _ = await asyncio.wait_for(served.process.communicate(), 10)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["event"] == "closed"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\nx",
        b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: 2\r\n\r\n{x",
    ],
)
async def test_bytes_that_are_hardly_http_are_refused(served: Served, raw: bytes):
    said = await served.wire(raw)
    assert said.split(b" ", 2)[1][:1] == b"4"
    assert b"server:" not in said.lower()
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{served.url}/livez")).status_code == 200
