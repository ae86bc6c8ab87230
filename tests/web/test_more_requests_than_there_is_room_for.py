"""Overload: whoever finds no room is told so at once, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import httpx2
import pytest
from fastapi import APIRouter

from shared.web import edge
from shared.web.identity import public
from tests import http
from tests.web.example import example_app
from tests.web.test_serving import Served, free_port, until_ready

OPEN = public("a test waits for it")


async def test_one_too_many_is_told_to_come_again_and_finds_room_later():
    router, go_on, begun = APIRouter(), asyncio.Event(), asyncio.Semaphore(0)

    @router.get("/waiting", dependencies=[OPEN])
    async def waiting() -> dict[str, bool]:
        begun.release()
        await go_on.wait()
        return {"done": True}

    async with http.client(example_app(router, settings=http.settings(requests_at_once=2))) as client:
        admitted = [asyncio.create_task(client.get("/waiting")) for _ in range(2)]
        for _ in admitted:
            await begun.acquire()
        refused = await client.get("/waiting")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await client.get("/livez")).status_code == 200
        go_on.set()
        assert [(await one).status_code for one in admitted] == [200, 200]
        assert (await client.get("/waiting")).status_code == 200


async def test_bodies_that_would_not_fit_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(edge, "BYTES_AT_ONCE", 1000)
    async with http.client(example_app(), "client-901", authorities=["901"]) as client:
        big = await client.post("/v1/notes", json={"words": "x" * 1000}, headers=http.new_key())
        assert big.status_code == 503
        small = await client.post("/v1/notes", json={"grade": "GOOD", "la_code": "901"}, headers=http.new_key())
        assert small.status_code == 201


async def test_512_connections_at_20_at_once_are_all_answered_and_no_refusal_waits_for_work():
    """The route takes a second: 512 of them one after the other in groups of 20 would take 26."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.web.serving", str(port)),
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "GOLDENTHREAD_REQUESTS_AT_ONCE": "20"},
    )
    served = Served(process, port)
    try:
        await until_ready(served)
        before = _resident_mb(process.pid)
        start = time.monotonic()
        statuses = await asyncio.gather(*(_status(served) for _ in range(512)))
        assert time.monotonic() - start < 20
        assert set(statuses) == {200, 503}
        assert statuses.count(200) >= 20
        assert statuses.count(503) >= 300
        assert _resident_mb(process.pid) - before < 64
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{served.url}/slow")).status_code == 200
    finally:
        process.terminate()
        await process.wait()


async def _status(served: Served) -> int:
    said = await served.wire(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return int(said.split(b" ", 2)[1])


def _resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
