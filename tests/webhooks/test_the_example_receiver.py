"""The example for partners, as a process: what is not genuine, or not of now, is refused and nothing of it kept."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from services.reporting.sharing.webhooks import signing
from services.reporting.sharing.webhooks.signing import ID, SIGNATURE, TIMESTAMP
from shared.calendar.clock import now

PROGRAM = Path(__file__).parents[2] / "examples" / "webhook_consumer.py"
ORIGIN = "quality.council.example"
STALE = timedelta(minutes=5, seconds=2)
ALGORITHMS = ("ed25519", "hmac")


def event(number: int) -> bytes:
    said = {"id": f"e{number}", "subscriptionseq": f"{number:020}", "dataclassification": "internal", "data": {}}
    return json.dumps(said).encode()


def sealed(key: signing.SigningKey, number: int, at: datetime, body: bytes | None = None) -> dict[str, str]:
    """As the public library signs where it can (HMAC only), as we do where it cannot."""
    id_, content = f"e{number}", event(number) if body is None else body
    if not key.text.startswith("whsec_"):
        return dict(signing.signed([key], id_, at, content))
    signature = Webhook(key.text).sign(id_, at, content.decode())
    return {ID: id_, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: signature}


@dataclass
class Endpoint:
    """The running program. `kept` is all that it has in its file."""

    talking: httpx2.AsyncClient
    file: Path
    process: asyncio.subprocess.Process

    async def sent(self, headers: dict[str, str], body: bytes) -> int:
        return (await self.talking.post("/", content=body, headers=headers)).status_code

    async def asked(self, origin: str) -> httpx2.Response:
        return await self.talking.options(
            "/", headers={"WebHook-Request-Origin": origin, "WebHook-Request-Rate": "120"}
        )

    @property
    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]


@asynccontextmanager
async def running(file: Path, *keys: str) -> AsyncIterator[Endpoint]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAM), "--port", "0", "--origin", ORIGIN, "--into", str(file)),
        env={**os.environ, "GT_KEYS": " ".join(keys)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        said = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        port = said.partition("port ")[2].partition(";")[0]
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as talking:
            yield Endpoint(talking, file, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_only_what_is_genuine_and_of_now_is_kept(tmp_path: Path, algorithm: signing.Algorithm) -> None:
    key, other = signing.new_key(algorithm), signing.new_key(algorithm)
    foreign = signing.new_key("hmac" if algorithm == "ed25519" else "ed25519")
    async with running(tmp_path / "inbox", key.shown) as endpoint:
        genuine = sealed(key, 1, now())
        assert await endpoint.sent(genuine, event(1)) == 204
        before = endpoint.kept
        assert before == [json.loads(event(1))]
        refused = {
            "replayed": (genuine, event(1)),
            "signed by somebody else": (sealed(other, 2, now()), event(2)),
            "signed with a key of the other kind": (sealed(foreign, 2, now()), event(2)),
            "altered": (sealed(key, 2, now()), event(3)),
            "under another id": ({**sealed(key, 2, now()), ID: "e3"}, event(2)),
            "at another time": ({**sealed(key, 2, now()), TIMESTAMP: str(int(now().timestamp()) - 9)}, event(2)),
            "too long ago": (sealed(key, 2, now() - STALE), event(2)),
            "too far ahead": (sealed(key, 2, now() + STALE), event(2)),
            "without a signature": ({**sealed(key, 2, now()), SIGNATURE: ""}, event(2)),
            "with no header at all": ({}, event(2)),
            "no event": (sealed(key, 2, now(), b"[]"), b"[]"),
        }
        answers = {why: await endpoint.sent(headers, body) for why, (headers, body) in refused.items()}
        assert answers == dict.fromkeys(refused, 401)
        assert endpoint.kept == before
        assert await endpoint.sent(sealed(key, 2, now() - STALE + timedelta(seconds=12)), event(2)) == 204
        assert len(endpoint.kept) == 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_the_same_event_signed_anew_is_taken_and_kept_once(tmp_path: Path, algorithm: signing.Algorithm) -> None:
    """As when it is sent again: also by a program that was killed and has forgotten what it saw, but not its file."""
    key, present = signing.new_key(algorithm), now()
    for again in range(2):
        async with running(tmp_path / "inbox", key.shown) as endpoint:
            for seconds in (10, 5):
                at = present - timedelta(seconds=seconds - again)
                assert await endpoint.sent(sealed(key, 1, at), event(1)) == 204
            assert [one["id"] for one in endpoint.kept] == ["e1"]


async def test_while_keys_change_either_kind_is_believed(tmp_path: Path) -> None:
    keys = [signing.new_key(algorithm) for algorithm in ALGORITHMS]
    async with running(tmp_path / "inbox", *(key.shown for key in keys)) as endpoint:
        for number, key in enumerate(keys, start=1):
            assert await endpoint.sent(sealed(key, number, now()), event(number)) == 204
        both = signing.signed(keys, "e3", now(), event(3))
        assert await endpoint.sent(dict(both), event(3)) == 204
    assert len(endpoint.kept) == 3


async def test_without_a_key_it_consents_and_believes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as endpoint:
        consent = await endpoint.asked(ORIGIN)
        assert (consent.headers["WebHook-Allowed-Origin"], consent.headers["WebHook-Allowed-Rate"]) == (ORIGIN, "120")
        assert "WebHook-Allowed-Origin" not in (await endpoint.asked("evil.example")).headers
        assert await endpoint.sent(sealed(signing.new_key("hmac"), 1, now()), event(1)) == 401
    assert endpoint.kept == []
