"""Eight clients append to a few streams, read them and go away: each call seems to happen at one moment of its time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.asynchronous.database import AsyncDatabase

from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import StreamMovedOn
from tests.event_store.behaviour import a_commit
from tests.event_store.linearizable import KEPT, MOVED_ON, READ, UNKNOWN, Call, by_trying, violations
from tests.event_store.whole import what_is_wrong
from tests.tiers import by_tier, chances, seeded

CLIENTS = 8
CALLS = 200
STREAMS = 3

History = dict[str, list[Call]]


class Client:
    """Decides on what it last saw, as a service does, and so is often late."""

    def __init__(self, store: MongoEventStore, name: str, rng: random.Random, history: History) -> None:
        self._store, self._name, self._rng, self._history = store, name, rng, history
        self._seen: dict[str, int] = defaultdict(int)
        self._sent = 0

    async def call(self, stream: str) -> None:
        chance = self._rng.random()
        if chance < 0.3:
            await self.read(stream)
        else:
            await self.append(stream, leaving=chance > 0.93)

    async def read(self, stream: str) -> None:
        called = time.perf_counter()
        commits = await self._store.read(stream)
        version = commits[-1].version if commits else 0
        self._seen[stream] = version
        ids = tuple(commit.id for commit in commits)
        self._history[stream].append(Call(READ, called, time.perf_counter(), version=version, ids=ids))

    async def append(self, stream: str, leaving: bool) -> None:
        self._sent += 1
        commit = a_commit(stream, self._seen[stream], self._rng.randint(1, 3), f"{self._name}-{self._sent}")
        asked = Call(UNKNOWN, time.perf_counter(), 0, commit.id, commit.after, len(commit.events))
        try:
            kept = await asyncio.wait_for(self._store.append(commit), self._rng.uniform(0, 0.02) if leaving else 60)
            kind, version = KEPT, kept.version
        except StreamMovedOn as refused:
            kind, version = MOVED_ON, refused.version or 0
        except TimeoutError:
            kind, version = UNKNOWN, 0
        self._seen[stream] = max(version, self._seen[stream])
        self._history[stream].append(replace(asked, kind=kind, version=version, returned=time.perf_counter()))


async def a_history(stores: list[MongoEventStore], number: int, calls: int, rng: random.Random) -> History:
    streams = [f"history-{number}-{i}" for i in range(STREAMS)]
    history: History = defaultdict(list)

    async def client(i: int) -> None:
        one = Client(stores[i % len(stores)], f"{number}-{i}", random.Random(rng.random()), history)
        for _ in range(calls // CLIENTS):
            await one.call(rng.choice(streams))

    await asyncio.gather(*(client(i) for i in range(CLIENTS)))
    await asyncio.gather(*(store.close() for store in stores))
    last = Client(stores[0], "last", rng, history)
    for stream in streams:
        await last.read(stream)
    return history


@pytest.mark.timeout(by_tier(300, 7_200))
async def test_every_history_of_concurrent_appends_is_linearizable(mongo_database: AsyncDatabase[Any]) -> None:
    rng = chances("linearizable appends")
    stores = [MongoEventStore(mongo_database) for _ in range(2)]
    await stores[0].prepare()
    kinds: dict[str, int] = defaultdict(int)
    for number in range(by_tier(20, 500)):
        history = await a_history(stores, number, CALLS, rng)
        for stream, calls in history.items():
            assert violations(calls) == [], (stream, calls)
            for call in calls:
                kinds[call.kind] += 1
    print(dict(kinds))
    assert all(kinds[kind] for kind in (KEPT, MOVED_ON, READ, UNKNOWN)), "each kind of outcome is to be met"
    assert await what_is_wrong(stores[0]) == []


# The checker.


def made_up(rng: random.Random, calls: int) -> list[Call]:
    """A linearizable history: each call happens at its own moment, and begins some time before and ends after it."""
    told: list[Call] = []
    log: tuple[str, ...] = ()
    version = 0
    for moment in range(1, calls + 1):
        called, returned = moment - rng.uniform(0, 3), moment + rng.uniform(0, 3)
        chance = rng.random()
        if chance < 0.4:
            n = rng.randint(1, 3)
            log += (f"c{moment}",)
            gone = rng.random() < 0.2
            told.append(Call(UNKNOWN if gone else KEPT, called, returned, f"c{moment}", version, n, version + n))
            version += n
        elif chance < 0.7 and version:
            told.append(Call(MOVED_ON, called, returned, f"c{moment}", rng.randrange(version), 1, version))
        else:
            told.append(Call(READ, called, returned, version=version, ids=log))
    return [*told, Call(READ, calls + 10, calls + 11, version=version, ids=log)]


@seeded
@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_no_linearizable_history_is_accused(rng: random.Random, calls: int) -> None:
    assert violations(made_up(rng, calls)) == []


@seeded
@settings(max_examples=600, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6), st.integers(0, 3))
def test_the_quick_answer_is_the_answer_of_a_search_through_every_order(
    rng: random.Random, calls: int, spoilt: int
) -> None:
    history = made_up(rng, calls)
    for _ in range(spoilt):
        i = rng.randrange(len(history) - 1)
        when = rng.uniform(0, calls)
        some = rng.choice([{"called": when, "returned": when + rng.uniform(0, 2)}, {"version": rng.randrange(6)}, {}])
        history[i] = replace(history[i], **some)
    assert (violations(history) == []) == by_trying(history)


def first(history: list[Call], kind: str) -> int:
    return next(i for i, call in enumerate(history) if call.kind == kind and call.version > 3)


def an_append_is_lost(history: list[Call]) -> None:
    lost = history[first(history, KEPT)].id
    for i, call in enumerate(history):
        history[i] = replace(call, ids=tuple(id_ for id_ in call.ids if id_ != lost))


def two_win_after_one_version(history: list[Call]) -> None:
    won = history[first(history, KEPT)]
    history.insert(0, replace(won, id="rival"))


def an_append_is_there_twice(history: list[Call]) -> None:
    history[-1] = replace(history[-1], ids=(*history[-1].ids, history[-1].ids[0]), version=history[-1].version + 1)


def a_read_is_stale(history: list[Call]) -> None:
    i = first(history, READ)
    history[i] = replace(history[i], called=history[-1].called + 1, returned=history[-1].called + 2)


def a_read_sees_what_nobody_has_asked_for_yet(history: list[Call]) -> None:
    i = first(history, READ)
    history[i] = replace(history[i], called=-20, returned=-10)


def a_read_misses_one_in_the_middle(history: list[Call]) -> None:
    i = first(history, READ)
    history[i] = replace(history[i], ids=history[i].ids[1:])


def an_append_is_refused_though_nobody_moved_the_stream(history: list[Call]) -> None:
    i = first(history, MOVED_ON)
    history[i] = replace(history[i], after=history[i].version)


def a_refusal_is_of_a_version_that_came_later(history: list[Call]) -> None:
    i = first(history, MOVED_ON)
    history[i] = replace(history[i], called=-20, returned=-10)


def a_refused_append_is_in_the_log(history: list[Call]) -> None:
    i = first(history, KEPT)
    history[i] = replace(history[i], kind=MOVED_ON)


def an_append_is_said_to_be_elsewhere(history: list[Call]) -> None:
    i = first(history, KEPT)
    history[i] = replace(history[i], version=history[i].version + 1)


def the_log_has_two_orders(history: list[Call]) -> None:
    i = first(history, READ)
    history[i] = replace(history[i], ids=history[i].ids[::-1])


def an_append_was_over_before_the_one_it_follows_began(history: list[Call]) -> None:
    i = first(history, KEPT)
    history[i] = replace(history[i], called=-20, returned=-10)


def something_unheard_of_is_in_the_log(history: list[Call]) -> None:
    history[-1] = replace(history[-1], ids=(*history[-1].ids, "nobody"), version=history[-1].version + 1)


SPOILT = [
    an_append_is_lost,
    two_win_after_one_version,
    an_append_is_there_twice,
    a_read_is_stale,
    a_read_sees_what_nobody_has_asked_for_yet,
    a_read_misses_one_in_the_middle,
    an_append_is_refused_though_nobody_moved_the_stream,
    a_refusal_is_of_a_version_that_came_later,
    a_refused_append_is_in_the_log,
    an_append_is_said_to_be_elsewhere,
    the_log_has_two_orders,
    an_append_was_over_before_the_one_it_follows_began,
    something_unheard_of_is_in_the_log,
]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_faulty_history_is_caught(spoil: Callable[[list[Call]], None]) -> None:
    for seed in range(20):
        history = made_up(random.Random(seed), 60)
        spoil(history)
        assert violations(history), (spoil.__name__, seed)
