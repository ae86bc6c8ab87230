"""A partner's receiver on a real socket, which answers as the test tells it to and remembers what it got."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

CONSENT = {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}


@dataclass(frozen=True)
class Got:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    sni: str | None


@dataclass(frozen=True)
class Say:
    """One answer. `status` 0 hangs up without any, -1 never answers."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


HANG_UP, SILENCE = Say(0), Say(-1)


class Receiver:
    """`script` are the answers to come; behind its end every delivery is taken. OPTIONS is answered with consent."""

    def __init__(self, script: Sequence[Say] = (), tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.script = list(script)
        self.consent: Mapping[str, str] = CONSENT
        self.got: list[Got] = []
        self.asked: list[Got] = []
        self.connections = 0
        self._host = host
        self._tls = tls
        self._names: list[str | None] = []
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self._names.append(name)

    @property
    def authority(self) -> str:
        return f"{self._host}:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.got]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            got = await self._read(reader)
            await self._answer(got, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the sender hung up, or was killed: that is what some tests are about
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Got:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Got(method, target, headers, body, self._names[-1] if self._names else None)

    async def _answer(self, got: Got, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if got.method == "OPTIONS":
            self.asked.append(got)
            say = Say(200, self.consent)
        else:
            self.got.append(got)
            say = self.script.pop(0) if self.script else Say()
        if say.status == -1:
            await reader.read()
        if say.status <= 0:
            return
        lines = [f"HTTP/1.1 {say.status} Said", *(f"{name}: {value}" for name, value in say.headers.items())]
        length = [] if say.status == 204 else [f"Content-Length: {len(say.body)}"]
        writer.write("\r\n".join([*lines, *length, "Connection: close", "", ""]).encode() + say.body)
        await writer.drain()
