"""Engines of several members: each can be killed, frozen and brought back, and the others go on serving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from pymongo import MongoClient, WriteConcern

from deploy.local.cluster import KafkaCluster, MongoReplicaSet
from deploy.local.kafka_wire import cluster
from shared.messaging.topics import AUDIT, apply_topics

pytestmark = [pytest.mark.connected, pytest.mark.chaos]


@pytest.fixture(scope="module")
def brokers() -> Iterator[KafkaCluster]:
    with KafkaCluster(3) as started:
        yield started


@pytest.fixture(scope="module")
def members() -> Iterator[MongoReplicaSet]:
    with MongoReplicaSet(3) as started:
        yield started


def write(url: str, name: str) -> None:
    """A write that is answered by a majority only; the driver waits for the next primary and tries again."""
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=20_000) as client:
        things = client.kept.get_collection("things", write_concern=WriteConcern("majority", j=True))
        things.insert_one({"_id": name})


def written(url: str) -> set[str]:
    with MongoClient[dict[str, Any]](url) as client:
        return {thing["_id"] for thing in client.kept.things.find()}


def test_a_killed_primary_is_replaced_and_nothing_written_is_lost(members: MongoReplicaSet) -> None:
    write(members.url, "before")
    first = members.primary()
    members.kill(first)
    second = members.primary()
    assert second != first
    write(members.url, "while one is away")
    members.restart(first)
    assert {"before", "while one is away"} <= written(members.url)


def test_a_frozen_primary_is_replaced_and_follows_once_thawed(members: MongoReplicaSet) -> None:
    first = members.primary()
    members.freeze(first)
    try:
        second = members.primary()
        write(members.url, "while one is frozen")
    finally:
        members.thaw(first)
    assert second != first
    assert "while one is frozen" in written(members.url)
    assert members.primary() != first


async def test_records_survive_the_loss_of_a_broker(brokers: KafkaCluster) -> None:
    assert await apply_topics(brokers.url, "kept.", replicas=3, only=(AUDIT,)) == ["kept.qa.audit"]
    async with AIOKafkaProducer(bootstrap_servers=brokers.url, acks="all") as producer:
        for p in range(3):  # each broker leads one of them
            await producer.send_and_wait("kept.qa.audit", b"before %d" % p, partition=p)
        await asyncio.to_thread(brokers.kill, 1)
        for p in range(3):
            await producer.send_and_wait("kept.qa.audit", b"without %d" % p, partition=p)
        await asyncio.to_thread(brokers.restart, 1)
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers.url, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition("kept.qa.audit", p) for p in range(3)])
    found = {(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(6)}
    await consumer.stop()
    assert found == {b"%s %d" % (word, p) for word in (b"before", b"without") for p in range(3)}


def test_every_broker_knows_all_three(brokers: KafkaCluster) -> None:
    for member in brokers.members:
        assert {broker.node for broker in cluster("127.0.0.1", member.port).brokers} == {1, 2, 3}


def test_a_stopped_cluster_leaves_no_process_and_no_file_behind(tmp_path: Path) -> None:
    passing = MongoReplicaSet(1)
    with passing:
        assert passing.data.exists()
    assert not passing.data.exists()
    assert not any(member.alive() for member in passing.members)
