"""The promises on a real MongoDB, and those that only an engine can break."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, WriteError

from shared.event_store.mongo import MongoEventStore, chain_breaks
from shared.event_store.store import OutcomeUnknown, StoreBusy
from tests.event_store.behaviour import (
    EventStoreBehaviour,
    a_commit,
    assert_dense,
    streams_of_one_partition,
    whole_partition,
)

pytestmark = pytest.mark.connected


@pytest.fixture
async def store(mongo_database: AsyncDatabase[Any]) -> MongoEventStore:
    store = MongoEventStore(mongo_database)
    await store.prepare()
    return store


class TestMongo(EventStoreBehaviour):
    @pytest.fixture
    def store(self, store: MongoEventStore) -> MongoEventStore:
        return store


async def test_rival_processes_leave_one_dense_chain(mongo_database: AsyncDatabase[Any]) -> None:
    rivals = [MongoEventStore(mongo_database) for _ in range(3)]
    await rivals[0].prepare()
    streams = streams_of_one_partition(300)
    kept = await asyncio.gather(*(rivals[i % 3].append(a_commit(stream)) for i, stream in enumerate(streams)))
    assert len({commit.seq for commit in kept}) == 300
    assert_dense(await whole_partition(rivals[0], 0))
    assert await chain_breaks(rivals[0].commits, 0) == []


async def test_a_change_behind_the_stores_back_breaks_the_chain(store: MongoEventStore) -> None:
    for stream in streams_of_one_partition(5):
        await store.append(a_commit(stream))
    await store.commits.update_one({"p": 0, "seq": 2}, {"$set": {"events.0.data.what": "something else"}})
    assert await chain_breaks(store.commits, 0) == ["partition 0: the chain breaks at position 2"]


async def test_a_missing_commit_shows_as_a_gap(store: MongoEventStore) -> None:
    for stream in streams_of_one_partition(4):
        await store.append(a_commit(stream))
    await store.commits.delete_one({"p": 0, "seq": 1})
    assert "partition 0: position 2 where 1 should be" in await chain_breaks(store.commits, 0)


async def test_a_payload_that_cannot_be_stored_fails_alone(store: MongoEventStore) -> None:
    streams = streams_of_one_partition(20)
    spoiled = a_commit(streams[7])
    spoiled.events[0].data["number"] = 2**70  # type: ignore[index]
    commits = [a_commit(stream) for stream in streams]
    commits[7] = spoiled
    outcomes = await asyncio.gather(*(store.append(commit) for commit in commits), return_exceptions=True)
    assert isinstance(outcomes[7], OverflowError)
    assert sum(isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert_dense(await whole_partition(store, 0))


async def test_the_database_itself_refuses_a_document_that_is_no_commit(store: MongoEventStore) -> None:
    with pytest.raises(WriteError):
        await store.commits.insert_one({"_id": "x", "p": 0, "seq": 0})


async def test_when_the_queue_is_full_the_answer_is_busy_and_nothing_is_kept(
    mongo_database: AsyncDatabase[Any],
) -> None:
    store = MongoEventStore(mongo_database, waiting=10)
    await store.prepare()
    streams = streams_of_one_partition(40)
    outcomes = await asyncio.gather(*(store.append(a_commit(s)) for s in streams), return_exceptions=True)
    busy = [s for s, outcome in zip(streams, outcomes, strict=True) if isinstance(outcome, StoreBusy)]
    assert len(busy) == 30
    assert all([await store.find(f"{stream}@0") is None for stream in busy])
    assert_dense(await whole_partition(store, 0))


class _Lossy:
    """A collection whose inserts sometimes happen and sometimes do not, and whose answer is lost either way."""

    def __init__(self, collection: Any, seed: int) -> None:
        self._collection = collection
        self._random = random.Random(seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    async def insert_many(self, documents: Any, ordered: bool) -> Any:
        fate = self._random.random()
        if fate < 0.3:
            raise AutoReconnect("lost before")
        answer = await self._collection.insert_many(documents, ordered=ordered)
        if fate < 0.6:
            raise AutoReconnect("lost after")
        return answer


async def test_a_lost_answer_is_read_back_never_guessed(store: MongoEventStore) -> None:
    store._writer._commits = _Lossy(store.commits, seed=20190301)  # type: ignore[assignment]
    streams = streams_of_one_partition(60)
    for group in range(0, 60, 3):
        await asyncio.gather(*(store.append(a_commit(stream)) for stream in streams[group : group + 3]))
    run = await whole_partition(store, 0)
    assert len(run) == 60
    assert_dense(run)
    assert await chain_breaks(store.commits, 0) == []


async def test_an_outcome_that_stays_unknown_is_said_to_be_unknown(
    store: MongoEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.event_store.mongo.DEADLINE", 0.2)
    writer = store._writer
    real = writer._commits

    class Dead:
        def __getattr__(self, name: str) -> Any:
            raise AutoReconnect("gone")

    writer._commits = Dead()  # type: ignore[assignment]
    stream = streams_of_one_partition(1)[0]
    with pytest.raises(OutcomeUnknown):
        await store.append(a_commit(stream))
    writer._commits = real
    kept = await store.append(a_commit(stream))
    assert kept.first_version == 1


async def test_closing_lets_what_waits_go_through(store: MongoEventStore) -> None:
    tasks = [asyncio.create_task(store.append(a_commit(stream))) for stream in streams_of_one_partition(50)]
    await asyncio.sleep(0)
    await store.close()
    assert [(await task).first_version for task in tasks] == [1] * 50


async def test_a_batch_sent_again_is_answered_whole_as_the_first_time(store: MongoEventStore) -> None:
    commits = [a_commit(f"thing-{i}") for i in range(200)]
    first = await asyncio.gather(*(store.append(commit) for commit in commits[:150]))
    again = await asyncio.gather(*(store.append(commit) for commit in commits))
    assert [(one.partition, one.seq) for one in again[:150]] == [(one.partition, one.seq) for one in first]
    for partition in range(store.partitions):
        assert_dense(await whole_partition(store, partition))
        assert await chain_breaks(store.commits, partition) == []
