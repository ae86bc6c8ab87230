"""T38: a stream may break off at any moment: its reader has every number once and in order, or is told why not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, islice, pairwise
from typing import Any

import httpx2
import orjson
import pytest
from anyio import move_on_after

from services.reporting.app import create_app
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from services.reporting.sharing.numbering import cloud_event
from services.reporting.sharing.stream import RETRY, SLOW, Streams, Times
from shared.directory import Directory
from shared.published.improvement import SubscriptionTestedV1
from shared.web.tokens import LEEWAY_SECONDS
from tests import http
from tests.sharing.an_alliance import Alliance
from tests.tiers import by_tier, chances

A_MESSAGE = 800  # bytes of one, and more: now and then one comes whole
DISCONNECTS = by_tier(500, 2_000)
SNAPSHOT = "/v1/improvement/snapshot"
TIMES = Times(look=0)


@dataclass
class Reader:
    """Goes on behind the last number that came whole (`Last-Event-ID`), as a browser would. `broken` counts its own."""

    talking: httpx2.AsyncClient
    path: str
    numbers: list[int] = field(default_factory=list)
    broken: int = 0

    async def read(self, chance: random.Random, upto: int) -> None:
        """One connection, given up somewhere on the way to this number: mostly in the middle of a message."""
        last = self.numbers[-1] if self.numbers else 0
        left = chance.randrange(1, 1 + A_MESSAGE * max(1, upto - last))
        rest = b""
        headers = {"Last-Event-ID": str(last)} if last else {}
        async with self.talking.stream("GET", self.path, headers=headers) as answer:
            assert answer.status_code == 200
            async for some in answer.aiter_raw():
                *whole, rest = (rest + some[:left]).split(b"\n\n")
                self.numbers += [number for one in whole if (number := number_of(one)) is not None]
                left -= len(some)
                if left <= 0 or self.numbers[-1:] == [upto]:
                    break
        self.broken += 1


def number_of(message: bytes) -> int | None:
    """Of an event, whose data says the same number; None for a comment or a hint."""
    lines = dict(line.split(b": ", 1) for line in message.split(b"\n"))
    if b"id" not in lines:
        return None
    assert orjson.loads(lines[b"data"])["subscriptionseq"] == f"{int(lines[b'id']):020}"
    return int(lines[b"id"])


@asynccontextmanager
async def over_a_socket(mongo_client: Any, prefix: str) -> AsyncIterator[tuple[Alliance, httpx2.AsyncClient]]:
    """Reporting with a partner that has subscribed to the feed, and a client with that partner's token."""
    settings = http.settings(Settings, mongo_prefix=prefix)
    alliance = Alliance(mongo_client[settings.database("reporting")])
    app = create_app(settings, Borrowed(mongo_client, Directory(), alliance.store))
    await app.state.sharing.prepare()
    await alliance.add()
    await alliance.subscribes()
    await alliance.numbering.round()
    token = http.issuer().mint("elm-client", ("improvements:read",), partner="elm")
    try:
        async with http.served(app) as address:
            known = {"Authorization": f"Bearer {token}"}
            async with httpx2.AsyncClient(base_url=address, headers=known, timeout=30) as talking:
                yield alliance, talking
    finally:
        await mongo_client.drop_database(alliance.database.name)


async def appended(alliance: Alliance, numbers: Iterator[int], many: int) -> int:
    """So many more events; answers the newest number."""
    newest = 1
    for n in islice(numbers, many):
        newest = await alliance.events.append(
            "s1", cloud_event(SubscriptionTestedV1(), f"event-{n}", alliance.at, "urn:x", ""), alliance.at
        )
    return newest


async def test_a_reader_that_is_cut_off_five_hundred_times_misses_nothing_and_has_nothing_twice(
    mongo_client, mongo_database
) -> None:
    chance, more = chances("readers that are cut off"), count()
    async with over_a_socket(mongo_client, mongo_database.name) as (alliance, talking):
        reader = Reader(talking, "/v1/subscriptions/s1/stream")
        newest = await appended(alliance, more, 1)
        while reader.broken < DISCONNECTS:
            newest = max(newest, await appended(alliance, more, max(0, chance.randrange(6) - 3)))
            with suppress(httpx2.RemoteProtocolError):
                await reader.read(chance, newest)
        whole = random.Random(0)
        while reader.numbers[-1] < newest:
            await reader.read(whole, newest)
    assert reader.numbers == list(range(1, newest + 1))
    print(f"{reader.broken} disconnects, {newest} events, 0 missing, 0 twice, 0 out of order")


class Hours:
    """A clock that goes on by so many seconds whenever somebody looks at it."""

    def __init__(self, step: float) -> None:
        self.at, self.step = 0.0, step

    def __call__(self) -> float:
        self.at += self.step
        return self.at


async def trusted() -> bool:
    return True


async def expired() -> bool:
    return False


@pytest.fixture
async def subscribed(alliance: Alliance) -> Alliance:
    """With three events behind the greeting."""
    await alliance.add()
    await alliance.subscribes()
    await alliance.numbering.round()
    await appended(alliance, count(), 3)
    return alliance


async def test_a_comment_comes_every_fifteen_seconds_of_silence_and_says_how_far_it_is(subscribed: Alliance) -> None:
    clock = Hours(0.5)
    messages = Streams(subscribed.events, SNAPSHOT, TIMES, clock).of("s1", 0, trusted, lambda: False)
    async with asyncio.timeout(20):
        told = [await anext(messages) for _ in range(5)]
        assert told[0] == RETRY
        moments = []
        for _ in range(3):
            assert await anext(messages) == b": ping 4\n\n"
            moments.append(clock.at)
        await appended(subscribed, count(3), 1)
        assert (await anext(messages)).startswith(b"id: 5\n")
    await messages.aclose()
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(15 <= gap < 18 for gap in gaps), gaps


async def test_a_stream_ends_within_a_minute_of_its_tokens_end(subscribed: Alliance) -> None:
    clock = Hours(0.25)
    messages = Streams(subscribed.events, SNAPSHOT, TIMES, clock).of("s1", 4, expired, lambda: False)
    async with asyncio.timeout(20):
        said = [one async for one in messages]
    assert said[0] == RETRY
    assert all(one.startswith(b": ping") for one in said[1:])
    assert clock.at + LEEWAY_SECONDS < 60


async def test_a_stream_ends_when_the_service_stops(subscribed: Alliance) -> None:
    messages = Streams(subscribed.events, SNAPSHOT, TIMES).of("s1", 4, trusted, lambda: True)
    assert [one async for one in messages] == [RETRY]


class Slow:
    """A log that is read for a moment. `read` counts what was read to its end."""

    read = 0

    async def oldest(self, _subscription: str) -> int:
        return 1

    async def after(self, *_where: Any) -> list[Any]:
        await asyncio.sleep(0.2)
        self.read += 1
        return []


async def test_a_read_is_finished_though_its_reader_has_gone() -> None:
    slow = Slow()
    messages = Streams(slow, SNAPSHOT, TIMES).of("s1", 0, trusted, lambda: False)
    assert await anext(messages) == RETRY
    with move_on_after(0.05):
        await anext(messages)
    assert slow.read == 1


async def test_who_is_slow_is_asked_to_come_again_and_goes_on_where_it_was(subscribed: Alliance) -> None:
    streams = Streams(subscribed.events, SNAPSHOT, TIMES, clock := Hours(0))
    messages = streams.of("s1", 0, trusted, lambda: False)
    assert [await anext(messages) for _ in range(2)][1].startswith(b"id: 1\n")
    clock.at += 5
    assert [one async for one in messages] == [SLOW]
    again = streams.of("s1", 1, trusted, lambda: False)
    assert [await anext(again) for _ in range(2)][1].startswith(b"id: 2\n")
    await again.aclose()


async def test_whoever_asks_behind_what_is_no_longer_kept_is_told_so_and_goes_on_from_the_snapshot(
    mongo_client, mongo_database
) -> None:
    path = "/v1/subscriptions/s1"
    async with over_a_socket(mongo_client, mongo_database.name) as (alliance, talking):
        alliance.later(minutes=1)
        await alliance.releases("old")
        await alliance.numbering.round()
        alliance.later(days=500)
        await alliance.releases("new")
        await alliance.numbering.round()
        await alliance.events.forget_before("s1", alliance.at)
        assert await alliance.events.oldest("s1") == 3
        answer = await talking.get(f"{path}/stream", headers={"Last-Event-ID": "1"})
        assert answer.text.split("\n\n")[1] == f"event: reset\ndata: {SNAPSHOT}"
        page = await talking.get(f"{path}/events?after=1")
        assert (page.status_code, page.headers["link"]) == (410, f'<{SNAPSHOT}>; rel="alternate"')
        standing = {one["event_id"] for one in (await talking.get(SNAPSHOT)).json()["items"]}
        assert standing == {"old", "new"}
        ends = (await talking.get(f"{path}/status")).json()
        assert (ends["oldest"], ends["newest"]) == (3, 3)
        onward = (await talking.get(f"{path}/events?after={ends['oldest'] - 1}")).json()
        assert [one["data"]["event_id"] for one in onward["items"]] == ["new"]


async def test_a_last_event_id_that_is_no_number_is_refused_naming_it(mongo_client, mongo_database) -> None:
    async with over_a_socket(mongo_client, mongo_database.name) as (_, talking):
        for number in (b"-1", b"x", b"1.5", "٣".encode()):
            answer = await talking.get("/v1/subscriptions/s1/stream", headers={b"Last-Event-ID": number})
            assert answer.status_code == 422, number
            assert [one["pointer"] for one in answer.json()["errors"]] == ["#/Last-Event-ID"]


async def test_a_partner_has_four_streams_at_a_time(mongo_client, mongo_database) -> None:
    async with over_a_socket(mongo_client, mongo_database.name) as (_, talking):
        open_ = [talking.stream("GET", "/v1/subscriptions/s1/stream") for _ in range(4)]
        assert [(await one.__aenter__()).status_code for one in open_] == [200] * 4
        refused = await talking.get("/v1/subscriptions/s1/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
        for one in open_:
            await one.__aexit__(None, None, None)
        async with asyncio.timeout(10):
            while True:
                async with talking.stream("GET", "/v1/subscriptions/s1/stream") as answer:
                    if answer.status_code == 200:
                        break
                await asyncio.sleep(0.02)
