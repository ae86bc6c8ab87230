"""A client that costs little: HTTP/1.1 on kept connections, so that what is measured is the service and not this."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class Poster:
    """Posts JSON to one address; as many connections as there are posts at once, each used again and again."""

    def __init__(self, address: str, path: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(address)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        fields = {"Host": f"{self._host}:{self._port}", "Content-Type": "application/json", **headers}
        self._head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._free: list[Stream] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for _, writer in self._free:
            writer.close()

    async def post(self, body: bytes, key: str) -> Answer:
        """Raises RuntimeError when the answer is not a success."""
        request = f"{self._head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        stream = await self._stream()
        try:
            answer = await _exchange(stream, request)
        except (ConnectionError, asyncio.IncompleteReadError):  # closed as idle at this very moment: once more, anew
            stream = await asyncio.open_connection(self._host, self._port)
            answer = await _exchange(stream, request)
        self._free.append(stream)
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status}: {answer.body[:500]!r}")
        return answer

    async def _stream(self) -> Stream:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # the service closes connections that were idle for long
                return reader, writer
        return await asyncio.open_connection(self._host, self._port)


async def _exchange(stream: Stream, request: bytes) -> Answer:
    reader, writer = stream
    writer.write(request)
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
    return Answer(int(first.split(" ", 2)[1]), headers, await reader.readexactly(int(headers.get("content-length", 0))))
