"""Engines of several members, of our own: the suite's shared ones must never be hurt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.cluster import KafkaCluster, MongoReplicaSet


@pytest.fixture(scope="package")
def kafka_cluster() -> Iterator[KafkaCluster]:
    """Three brokers; a test that hurts one heals it again."""
    with KafkaCluster(3) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def replica_set() -> Iterator[MongoReplicaSet]:
    """Three members of one set; a test that hurts one heals it again."""
    with MongoReplicaSet(3) as cluster:
        yield cluster
