"""`goldenthread sandbox`: what the sender does about every endpoint that fails in a way of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.sandbox import ENDPOINTS, Request, Sandbox
from services.reporting.outgoing.guard import Outgoing, Rules
from tests.webhooks.a_partner import PARTNER, Elm
from tests.webhooks.receiver import Receiver

OUTCOMES = {
    "/works": ("active", None, [("DELIVERED", 204, None)]),
    "/slow": ("active", None, [("UNREACHED", None, "TIMEOUT")]),
    "/fails": ("active", None, [("BUSY", 500, None)]),
    "/busy": ("active", None, [("BUSY", 429, None)]),
    "/gone": ("off", "GONE", [("GONE", 410, None)]),
    "/refuses": ("off", "CONSENT_REFUSED", []),
    "/redirects": ("active", None, [("REFUSED", 302, None)]),
}


@pytest.fixture
def came() -> list[Request]:
    return []


@pytest.fixture
def sandbox(came: list[Request]) -> Iterator[Sandbox]:
    made = Sandbox(0, came.append, patience=1.0)
    serving = threading.Thread(target=made.serve)
    serving.start()
    yield made
    made.close()
    serving.join()


@pytest.fixture
async def elm(mongo_database: Any, sandbox: Sandbox) -> Elm:
    """With a webhook at each endpoint, of which each was asked for its consent."""
    receiver = Receiver()
    receiver.port = int(sandbox.authority.rpartition(":")[2])
    made = Elm(mongo_database, receiver)
    rules = Rules(loopback=frozenset({sandbox.authority}), environment="test")
    made.outgoing = Outgoing(rules, seconds=0.5)
    made.sender = made.another_sender()
    await made.prepare()
    for path in ENDPOINTS:
        await made.subscribe(path.strip("/"), path)
    await made.webhooks.activate_all()
    return made


async def outcomes(elm: Elm, path: str) -> tuple[str, str | None, list[tuple[str, int | None, str | None]]]:
    known = await elm.sharing.subscription(path.strip("/"), PARTNER)
    tried = [one["attempts"] for one in await elm.webhooks.log(known, 0, 10)]
    said = [(one["outcome"], one["status"], one["reason"]) for attempts in tried for one in attempts]
    return known.state.status, known.state.off, said


async def test_every_endpoint_shows_what_the_sender_does(elm: Elm, came: list[Request]) -> None:
    assert set(OUTCOMES) == set(ENDPOINTS)
    for path in ENDPOINTS:
        await elm.released("a", subscription=path.strip("/"))
    await elm.sender.round()
    assert {path: await outcomes(elm, path) for path in ENDPOINTS} == OUTCOMES
    asked = [one.path for one in came if one.method == "OPTIONS"]
    assert sorted(asked) == sorted(ENDPOINTS)
    await elm.later(seconds=6)
    again = {path for path in ENDPOINTS if len((await outcomes(elm, path))[2]) == 2}
    assert again == {"/slow", "/fails", "/redirects"}
    await elm.later(seconds=30)
    assert len((await outcomes(elm, "/busy"))[2]) == 2
    posted = {one.path for one in came if one.method == "POST"}
    assert "/refuses" not in posted
    assert {one.number for one in came if one.method == "POST"} == {1}


async def test_the_command_tells_of_each_request() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "sandbox", "--port", "0", "--json"),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            first = (await process.stderr.readline()).decode()
            authority = first.split("/works")[0].removeprefix("http://")
            outgoing = Outgoing(Rules(loopback=frozenset({authority}), environment="test"))
            answer = await outgoing.ask("POST", f"http://{authority}/fails", (), {"webhook-id": "e1"}, b"{}")
            told = json.loads(await process.stdout.readline())
        assert answer.status == told["status"] == 500
        assert (told["method"], told["path"], told["id"]) == ("POST", "/fails", "e1")
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0
