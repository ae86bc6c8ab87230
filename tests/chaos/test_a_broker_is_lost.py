"""A relay outlives the broker that leads its partitions: what readers hear is whole and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from deploy.local.cluster import KafkaCluster
from shared.event_store.store import NewCommit
from shared.messaging.topics import apply_topics
from tests.messaging.test_the_relay_sends_the_log import Publishing
from tests.projecting.toy import TOPIC, some_commits

pytestmark = [pytest.mark.connected, pytest.mark.chaos]

COMMITS = 200  # at each stage


async def test_what_two_relays_send_is_whole_and_in_order_though_a_broker_dies_and_another_freezes(
    kafka_cluster: KafkaCluster, mongo_client: AsyncMongoClient[Any], mongo_database: Any, topic_prefix: str
) -> None:
    await apply_topics(kafka_cluster.url, topic_prefix, replicas=3, only=(TOPIC,))
    publishing = Publishing(mongo_client, mongo_database.name, kafka_cluster.url, topic_prefix)
    await publishing.store.prepare()
    commits = some_commits(3 * COMMITS, seed=1)
    async with publishing.relayed(2):
        await append(publishing, commits[:COMMITS])
        await publishing.whole(60)
        appending = asyncio.create_task(append(publishing, commits[COMMITS : 2 * COMMITS]))
        await asyncio.to_thread(kafka_cluster.kill, 0)
        await appending
        await asyncio.to_thread(kafka_cluster.restart, 0)
        kafka_cluster.freeze(1)
        try:
            await append(publishing, commits[2 * COMMITS :])
            await asyncio.sleep(3)
        finally:
            kafka_cluster.thaw(1)
        taken = await publishing.whole(60)
    assert sum(map(len, taken.values())) > 2 * COMMITS


async def append(publishing: Publishing, commits: Sequence[NewCommit]) -> None:
    for commit in commits:
        await publishing.store.append(commit)
