"""No alternative is wrong or slow by our fault, and ours is judged by the same eyes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.peers.comparing import Drained, Measured, ratios
from benchmarks.peers.environments import HERE
from benchmarks.peers.golden_thread import GoldenThread, records_on
from benchmarks.peers.kafka_connect import KafkaConnect
from benchmarks.peers.measuring import Drain, Engines, Killed, Latency, drain, kill
from benchmarks.peers.peer import Peer, Worker
from benchmarks.peers.sources import Topic
from benchmarks.peers.task import Task
from benchmarks.peers.workers.bulk import streams, writes
from benchmarks.yardstick import expected, generate, verify

EVENTS = tuple(generate(2000))
RIGHT = expected(EVENTS)
NOWHERE = Topic("nowhere:9092")


@pytest.fixture
def client(mongo_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield client


@pytest.fixture
def database(client: MongoClient[dict[str, Any]], topic_prefix: str) -> Iterator[Database[dict[str, Any]]]:
    name = f"{topic_prefix[:-1]}-peers"
    yield client[name]
    client.drop_database(name)


def test_the_bulk_writes_of_peers_make_the_right_answer(database: Database[dict[str, Any]]):
    for start in range(0, len(EVENTS), 300):
        batch = EVENTS[start : start + 300]
        stored = {fact["_id"]: fact for fact in database.facts.find({"_id": {"$in": streams(batch)}})}
        facts, counters = writes(batch, stored)
        database.facts.bulk_write(facts)
        database.counters.bulk_write(counters, ordered=False)
    peer = Worker(NOWHERE, "faststream_batch", "faststream")
    assert peer.counted(database) == len(EVENTS)
    assert verify(peer.answer(database), RIGHT).right


def test_the_aggregation_over_what_connect_wrote_makes_the_right_answer(database: Database[dict[str, Any]]):
    shuffled = random.Random(1).sample(EVENTS, len(EVENTS))  # it writes several partitions at once
    database.events.insert_many([{**event, "_id": {"id": event["id"]}} for event in shuffled])
    peer = KafkaConnect(NOWHERE)
    assert peer.counted(database) == len(EVENTS)
    assert not verify(peer.answer(database), RIGHT).right
    assert peer.finish(database) > 0
    assert verify(peer.answer(database), RIGHT).right


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.chaos
def test_golden_thread_is_right_by_the_same_yardstick(
    processes: int, kafka_url: str, mongo_url: str, client: MongoClient[dict[str, Any]]
):
    peer, engines = GoldenThread(records_on(kafka_url), processes), Engines(kafka_url, client, mongo_url)
    found = drain(peer, engines, 4000)
    assert found.verdict.right, found.verdict
    assert found.steady > 0
    assert found.peak_mb > 20 * processes
    killed = kill(peer, engines, 4000, 2, random.Random(processes))
    assert killed.at
    assert killed.counted == 4000
    assert killed.verdict.right, killed.verdict


def test_a_worker_is_told_what_its_task_is(monkeypatch: pytest.MonkeyPatch):
    task = Task("k:1", "mongodb://m", "d", "topic", "group", "/work")
    for name, value in task.environment().items():
        monkeypatch.setenv(name, value)
    assert Task.given() == task


def test_every_requirement_of_every_peer_is_pinned():
    lines = [line for file in HERE.glob("*.txt") for line in file.read_text().splitlines()]
    assert len(lines) > 100
    assert all(len(line.split("==")) == 2 for line in lines)


def test_golden_thread_is_compared_with_the_fastest_that_ends_right():
    measured = [
        _measured("faststream_batch", 4000, killed_right=False),
        _measured("kafka_connect", 9000),
        _measured("bytewax", 4400),
        _measured("golden_thread", 45_000),
        _measured("golden_thread_2", 90_000),
    ]
    assert [said.split(" times")[0] for said in ratios(measured)] == [
        "golden_thread / faststream_batch: 11.2",
        "golden_thread / kafka_connect: 5.0",
        "golden_thread_2 / golden_thread: 2.0",
    ]


def test_figures_are_named_after_the_peer_and_wrong_is_nought():
    figures = _measured("bytewax", 4400, killed_right=False).figures()
    assert figures["peers.bytewax.drain"] == 4400
    assert (figures["peers.bytewax.right"], figures["peers.bytewax.right_after_kill"]) == (1, 0)
    assert (figures["peers.bytewax.p50_ms"], figures["peers.bytewax.p99_ms"]) == (2, 3)
    assert figures["peers.bytewax.rss_mb"] == 100


def _measured(name: str, rate: float, *, killed_right: bool = True) -> Measured:
    right = verify(RIGHT, RIGHT)
    after = right if killed_right else replace(right, documents_wrong=1)
    drained = Drained(60_000, [Drain(rate, rate / 2, 100, right)])
    peer: Peer = Worker(NOWHERE, name)
    return Measured(peer, drained, None, Killed([1, 2], 60_000, after), Latency(2, 3, 1))
