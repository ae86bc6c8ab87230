"""A rebuild by several processes finds what one would, and says why when it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.messaging.topics import apply_topics
from shared.projecting import rebuilding
from shared.projecting.projection import Projection
from shared.projecting.rebuilding import Rebuild, TopicIncomplete, cell_errors, switch_to
from shared.projecting.state import Generation, read_generations
from tests.projecting.toy import MODEL, TOPIC, published_log


class Published:
    """A log on a topic, and the live generation that heard all of it."""

    def __init__(self, client: AsyncMongoClient[Any], database: AsyncDatabase[Any], kafka: str, prefix: str) -> None:
        self.client = client
        self.database = database
        self.kafka = kafka
        self.prefix = prefix
        self.log = published_log(400, 11)
        self.live = Generation(database, MODEL.name, 1)

    async def publish(self, *, but_last: bool = False) -> None:
        await apply_topics(self.kafka, self.prefix, only=(TOPIC,))
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        for partition, records in self.log.items():
            for record in records[: -1 if but_last else None]:
                headers = list(record.headers)
                await producer.send(f"{self.prefix}{TOPIC.name}", record.value, record.key, partition, headers=headers)
        await producer.stop()

    async def project(self) -> None:
        projection = Projection(self.client, self.live, MODEL)
        await projection.start()
        for records in self.log.values():
            await projection.take(records)
        await projection.stop()


@pytest.fixture
async def published(
    mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any], kafka_url: str, topic_prefix: str
) -> Published:
    found = Published(mongo_client, mongo_database, kafka_url, topic_prefix)
    await found.project()
    return found


@pytest.fixture
def by_processes(monkeypatch: pytest.MonkeyPatch, published: Published, mongo_url: str) -> Rebuild:
    monkeypatch.setattr(rebuilding, "FEW_EVENTS", 0)
    told = published
    return Rebuild(told.client, told.database, told.kafka, MODEL, told.prefix, mongo_url=mongo_url)


async def test_processes_build_together_what_the_projector_built_and_the_projector_goes_on_from_it(
    published: Published, by_processes: Rebuild
) -> None:
    await published.publish()
    report = await by_processes.run()
    assert (report.differences, report.switched, report.built) == ([], True, 2)
    assert report.rows == await published.live.rows.count_documents({}) > 0
    built = Generation(published.database, MODEL.name, 2)
    assert await cell_errors(built) == []
    assert "place_months" in await built.rows.index_information()
    assert (await read_generations(published.database, MODEL.name)).standby == (1,)
    projection = Projection(published.client, built, MODEL)
    await projection.start()
    for records in published.log.values():
        await projection.take(records)
    await projection.stop()
    assert projection.fold.counts["used"] == 0
    await switch_to(published.client, published.database, MODEL, 1)
    assert (await read_generations(published.database, MODEL.name)).live == 1


async def test_a_topic_that_lost_its_end_is_not_built_from_whoever_notices(
    published: Published, by_processes: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    await published.publish(but_last=True)
    with pytest.raises(TopicIncomplete, match="ends before the live generation does"):
        await by_processes.run()
    assert (await read_generations(published.database, MODEL.name)).all == (1,)


def test_shares_have_about_as_many_events_each_and_every_partition_once() -> None:
    limits = {0: 99, 1: 49, 2: 49, 3: -1, 4: 9, 5: 9}
    shares = rebuilding._shares(limits, 2)
    assert {p: limit for share in shares for p, limit in share.items()} == limits
    assert sorted(sum(limit + 1 for limit in share.values()) for share in shares) == [110, 110]
