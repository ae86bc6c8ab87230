"""What a process says of itself when it is stuck, starting or leaving, without any engine."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import httpx2
import pytest
import structlog
from pymongo.errors import AutoReconnect

from shared import pulse
from shared.patience import Patience
from shared.pulse import Pulses, beat
from shared.stopping import LEFT_BEHIND, ended
from shared.web import health
from shared.web.health import Health, answering
from tests.web.example import example_app
from tests.web.test_serving import free_port


def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


async def test_a_stuck_loop_is_told_of_while_it_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST_LAG_SECONDS", 0.8)
    told, port = Health({}, {}, structlog.get_logger()), free_port()
    beating = asyncio.create_task(told.beat())
    said: list[tuple[int, dict[str, Any]]] = []
    with answering(told, "127.0.0.1", port):
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(ask, port, "/livez") == (200, {"ok": True, "checks": {"loop": True}})
        asking = threading.Timer(1.2, lambda: said.append(ask(port, "/livez")))
        asking.start()
        time.sleep(2.0)  # noqa: ASYNC251 - this is the fault
        asking.join()
    beating.cancel()
    assert said == [(503, {"ok": False, "checks": {"loop": False}})]


async def test_the_three_questions_are_answered_from_a_thread() -> None:
    async def away() -> bool:
        raise AutoReconnect

    told, port = Health({"mongo": away}, {"work": lambda: False}, structlog.get_logger()), free_port()
    with answering(told, "127.0.0.1", port):
        asked = {path: await asyncio.to_thread(ask, port, path) for path in ("/livez", "/readyz", "/startupz", "/else")}
    assert [status for status, _ in asked.values()] == [503, 503, 503, 404]
    assert asked["/livez"][1]["checks"] == {"loop": True, "work": False}
    assert asked["/readyz"][1]["checks"] == {"started": False, "mongo": False}


async def test_what_waits_for_an_engine_lives_and_what_is_stuck_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LONGEST_SILENCE", 0.3)
    pulses, patience = Pulses(), Patience(base=0.001, cap=0.05)
    with pulses.of("batch"):
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            await patience.pause()
            assert pulses.alive()
        await asyncio.sleep(0.4)
        assert not pulses.alive()
        beat()
        assert pulses.alive()
    await asyncio.sleep(0.4)
    assert pulses.alive(), "what is over cannot be stuck"


async def test_a_service_answers_while_it_starts() -> None:
    come = asyncio.Event()

    async def engine() -> None:
        if not come.is_set():
            raise AutoReconnect

    app = example_app(start=[engine])
    app.state.answers_meanwhile = True
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://goldenthread.test") as client,
    ):
        statuses = [(await client.get(path)).status_code for path in ("/livez", "/startupz", "/readyz")]
        assert statuses == [200, 503, 503]
        refused = await client.get("/v1/notes/1")
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        come.set()
        async with asyncio.timeout(30):
            while (await client.get("/startupz")).status_code != 200:
                await asyncio.sleep(0.05)
        assert (await client.get("/v1/notes/1")).status_code == 401


async def test_a_step_that_hangs_is_left_behind() -> None:
    hung = asyncio.Event()
    assert not await ended(hung.wait(), seconds=0.05)
    assert await ended(asyncio.sleep(0), seconds=5)
    with pytest.raises(ValueError, match="its own fault"):
        await ended(failing(), seconds=5)


async def failing() -> None:
    raise ValueError("its own fault")


STUCK = """
import asyncio, time
from shared.stopping import until_told
async def work():
    try:
        print("working", flush=True)
        await asyncio.sleep(60)
    finally:
        time.sleep(60)
asyncio.run(until_told(work(), lambda: print("told", flush=True), seconds=0.5))
"""

ILL = """
from tests import http
from tests.web.example import example_app
from shared.web.service import serve
async def ill():
    raise ValueError("a secret")
serve(example_app(start=[ill]), http.settings(port=0))
"""


async def test_a_process_that_cannot_end_by_itself_is_out_in_time_and_says_so() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STUCK, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    process.send_signal(signal.SIGTERM)
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (LEFT_BEHIND, b"told\n")


async def test_a_start_that_no_engine_can_mend_ends_the_process_without_a_word_of_what_it_held() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ILL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert json.loads(out.splitlines()[-1])["error"] == "ValueError"
    assert b"a secret" not in out + err
