"""Callers that repeat themselves and callers that go away, over real sockets, uvicorn and a real MongoDB.

Whatever moment a request is cut off at, it was kept whole or not at all, what was acknowledged is there, and sending it
again settles it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn
from pymongo import AsyncMongoClient

from deploy.local.engine import HOST, free_ports
from shared.event_store.mongo import MongoEventStore
from shared.foundations import InMemoryFoundations
from shared.privacy.keys import Keyring
from shared.settings import ServiceSettings
from shared.web.access_log import MongoAccessLog
from tests import http
from tests.event_store.whole import what_is_wrong
from tests.feedback.service import SAID, Service, clock, feedback
from tests.tiers import by_tier, chances

pytestmark = pytest.mark.connected

AT_ONCE = 20
READ_BACK = 40  # of those that were cut off


@dataclass
class Served:
    """The feedback service: `system` posts to it, `person` reads, `store` is its log."""

    store: MongoEventStore
    system: httpx2.AsyncClient
    person: httpx2.AsyncClient


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), "the service did not start"
        await asyncio.sleep(0.02)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        await running


def talking(url: str, sub: str, *authorities: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=100)
    headers = http.bearer(sub, authorities=authorities)
    return httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, limits=limits, timeout=60)


@pytest.fixture
async def served(mongo_client: AsyncMongoClient[dict[str, Any]], mongo_database: Any) -> AsyncIterator[Served]:
    keys = mongo_client[f"{mongo_database.name}-keys"]
    foundations = InMemoryFoundations(clock)
    store = MongoEventStore(mongo_database, clock=clock)
    await store.prepare()
    foundations.store = store
    foundations.keyring = Keyring(keys, http.settings(ServiceSettings).master_key)
    foundations.access_log = MongoAccessLog(mongo_database, clock)
    async with (
        listening(Service(foundations).app) as url,
        talking(url, "client-901", "901") as system,
        talking(url, "staff-manager") as person,
    ):
        yield Served(store, system, person)
    await store.close()
    await mongo_client.drop_database(keys.name)


async def post(
    served: Served, key: dict[str, str], body: dict[str, Any], patience: float | None = None
) -> httpx2.Response | None:
    """None when the caller went away first: its connection is closed, whatever the service is doing."""
    try:
        return await asyncio.wait_for(served.system.post("/v1/feedback", json=body, headers=key), patience)
    except TimeoutError:
        return None


async def until_taken(served: Served, key: dict[str, str], body: dict[str, Any]) -> httpx2.Response:
    """As a client does: the same request again for as long as it is told to come back."""
    while True:
        answer = await post(served, key, body)
        assert answer
        if answer.status_code not in (429, 503):
            return answer
        await asyncio.sleep(min(1.0, float(answer.headers.get("retry-after", 1))))


@pytest.mark.parametrize("copies", [2, 7, 20, 50])
async def test_copies_of_one_request_of_which_half_are_cut_off_are_one_commit(served: Served, copies: int) -> None:
    rng, key, body = chances(f"{copies} copies"), http.new_key(), feedback()
    leaving = set(rng.sample(range(copies), copies // 2))
    answers = await asyncio.gather(
        *(post(served, key, body, rng.uniform(0, 0.3) if i in leaving else None) for i in range(copies))
    )
    said = [answer for answer in answers if answer and answer.status_code not in (429, 503)]
    said.append(await until_taken(served, key, body))
    assert {answer.status_code for answer in said} == {201}
    assert len({(answer.text, answer.headers["location"], answer.headers["etag"]) for answer in said}) == 1
    assert await served.store.commits.count_documents({}) == 1
    other = await until_taken(served, key, feedback(text="Something else."))
    assert other.status_code == 422, other.text
    assert await served.store.commits.count_documents({}) == 1
    assert await what_is_wrong(served.store) == []


@pytest.mark.timeout(by_tier(300, 3_600))
async def test_a_request_that_was_cut_off_was_kept_whole_or_not_at_all_and_settles_when_sent_again(
    served: Served,
) -> None:
    rng, tries = chances("cut off"), by_tier(300, 3_000)
    wanted = [(http.new_key(), feedback(text=f"{SAID} {i}")) for i in range(tries)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def cut_off(key: dict[str, str], body: dict[str, Any], patience: float) -> str | None:
        async with gate:
            answer = await post(served, key, body, patience)
        return answer.headers["location"] if answer and answer.status_code == 201 else None

    async def settle(key: dict[str, str], body: dict[str, Any]) -> str:
        async with gate:
            answer = await until_taken(served, key, body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    usual = await how_long_it_takes(served)
    told = await asyncio.gather(*(cut_off(key, body, rng.uniform(0, 2 * usual)) for key, body in wanted))
    await served.store.close()
    before = await served.store.commits.count_documents({}) - AT_ONCE
    settled = await asyncio.gather(*(settle(key, body) for key, body in wanted))
    acknowledged = sum(location is not None for location in told)
    print(f"{tries} requests: {acknowledged} acknowledged, {before - acknowledged} kept though cut off")
    assert acknowledged < tries, "some are to be cut off"
    assert all(then in (None, now) for then, now in zip(told, settled, strict=True)), "acknowledged, and elsewhere now"
    assert len(set(settled)) == tries
    assert await served.store.commits.count_documents({}) == tries + AT_ONCE
    assert await served.store.commits.distinct("n") == [1]
    assert await what_is_wrong(served.store) == []
    for i in rng.sample(range(tries), READ_BACK):
        shown = await served.person.get(settled[i])
        assert shown.json()["narrative"]["text"] == wanted[i][1]["text"]


async def how_long_it_takes(served: Served) -> float:
    """Seconds for a request among others on this machine, so that the cuts fall before, within and after the work."""
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(until_taken(served, http.new_key(), feedback()) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    return asyncio.get_running_loop().time() - began
