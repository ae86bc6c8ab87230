"""The directory's feed against a real Kafka."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from services.reporting.engines import Engines
from services.reporting.settings import Settings as ReportingSettings
from shared.directory import Directory
from shared.event_store.partition import partition_of
from shared.foundations import Foundations
from shared.messaging import consuming
from shared.messaging.cloudevents import headers_of, value_of
from shared.messaging.directory_feed import DirectoryFeed
from shared.messaging.topics import ORGANISATION, apply_topics
from shared.published.envelope import Envelope
from tests import http
from tests.examples.an_organisation import ELM, EVERYTHING, FOUNDED, LATER, MID_QUARTER

AT = datetime(2026, 6, 1, tzinfo=UTC)
STREAMS = {
    "region": "region_id",
    "authority": "authority_id",
    "service_area": "service_area_id",
    "team": "team_id",
    "person": "staff_ref",
}


def stream_of(unit) -> str:
    category = unit.TYPE.removeprefix("goldenthread.").removesuffix("_described.v1")
    return f"{category}-{getattr(unit, STREAMS[category])}"


class Topic:
    """Writes as the relay does."""

    def __init__(self, producer, name):
        self.producer, self.name = producer, name

    async def tell(self, unit, version=1, **changed):
        stream = stream_of(unit)
        partition = partition_of(stream, ORGANISATION.partitions)
        envelope = Envelope(
            id=f"{stream}.{version}",
            type=unit.TYPE,
            source="organisation",
            stream=stream,
            version=version,
            partition=partition,
            seq=version,
            previous=version - 1,
            generation=0,
            la_code="901",
            occurred_at=AT,
            recorded_at=AT,
            effective_date=FOUNDED,
            correlation="c",
        )
        await self.send(stream, changed.get("value", value_of(unit)), changed.get("headers", headers_of(envelope)))

    async def send(self, stream, value, headers=()):
        partition = partition_of(stream, ORGANISATION.partitions)
        await self.producer.send_and_wait(self.name, value, stream.encode(), partition, headers=list(headers))


@pytest.fixture
async def topic(kafka_url, topic_prefix):
    await apply_topics(kafka_url, topic_prefix, only=(ORGANISATION,))
    async with AIOKafkaProducer(bootstrap_servers=kafka_url) as producer:
        yield Topic(producer, f"{topic_prefix}{ORGANISATION.name}")


@pytest.fixture
def fed(kafka_url, topic_prefix):
    @asynccontextmanager
    async def fed():
        feed = DirectoryFeed(Directory(), http.settings(kafka_url=kafka_url, topic_prefix=topic_prefix))
        await feed.start()
        try:
            async with asyncio.timeout(20):
                await feed.caught_up()
            yield feed, feed.directory
        finally:
            await feed.stop()

    return fed


async def soon(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_empty_topic_is_caught_up_at_once(topic, fed):
    async with fed() as (_, known):
        assert known.teams() == ()


async def test_everything_is_known_after_catching_up(topic, fed):
    for unit in EVERYTHING:
        await topic.tell(unit)
    async with fed() as (feed, known):
        assert known.place("901-elm", MID_QUARTER).service_area == "901-planning"
        assert known.link_holder("901-elm", "QA_OFFICER", LATER) == "s-201"
        assert feed.unreadable == 0


async def test_what_is_told_later_arrives_by_itself(topic, fed):
    async with fed() as (_, known):
        await topic.tell(ELM)
        await soon(lambda: known.name("team", "901-elm", LATER) == "Elm and Fern")


async def test_the_newest_version_of_a_unit_wins_when_old_ones_are_sent_again(topic, fed):
    older = ELM.model_copy(update={"names": ELM.names[:1]})
    for unit, version in ((older, 1), (ELM, 2), (older, 1)):
        await topic.tell(unit, version)
    async with fed() as (_, known):
        assert known.name("team", "901-elm", LATER) == "Elm and Fern"


async def test_a_record_that_cannot_be_read_leaves_the_unit_as_it_was_known(topic, fed):
    await topic.tell(ELM)
    await topic.tell(ELM, 2, value=b'{"team_id": 1}')
    await topic.tell(ELM, 3, value=b"\x00 junk")
    await topic.tell(ELM, 4, headers=[("ce_type", None)])
    await topic.send("team-901-elm", b"", [("x", b"\xff")])
    for unit in EVERYTHING[1:4]:
        await topic.tell(unit)
    async with fed() as (feed, known):
        assert feed.unreadable == 4
        assert known.place("901-elm", MID_QUARTER).service_area == "901-planning"


async def test_a_tombstone_removes_the_unit_and_no_repeat_brings_it_back(topic, fed):
    await topic.tell(ELM)
    await topic.send("team-901-elm", None)
    await topic.tell(ELM)
    async with fed() as (_, known):
        assert known.teams() == ()
        await topic.tell(ELM, 2)
        await soon(lambda: len(known.teams()) == 1)


async def test_the_feed_starts_again_from_the_beginning(topic, fed):
    await topic.tell(ELM)
    for _ in range(2):
        async with fed() as (_, known):
            assert len(known.teams()) == 1


async def test_a_feed_whose_client_fetches_no_more_begins_anew_with_another(topic, fed, monkeypatch):
    monkeypatch.setattr(consuming, "WATCH", 0.2)
    monkeypatch.setattr(consuming, "STUCK", 1.0)

    async def refuses(*_asked):
        raise RuntimeError("the handler is closed")

    async with fed() as (feed, known):
        failed = feed._reading
        fetcher = failed[1].consumer._fetcher
        fetcher._proc_fetch_request = refuses
        await soon(fetcher.error_future.done)
        await topic.tell(ELM)
        await soon(lambda: known.name("team", "901-elm", LATER) == "Elm and Fern")
        assert feed._reading is not failed
        assert feed.alive()


async def test_catching_up_passes_an_end_that_holds_no_record(topic, fed, kafka_url):
    """A transaction's marker is such an end, as is what compaction leaves of a removed tombstone."""
    async with (
        AIOKafkaProducer(bootstrap_servers=kafka_url, transactional_id=topic.name) as producer,
        producer.transaction(),
    ):
        await Topic(producer, topic.name).tell(ELM)
    async with fed() as (_, known):
        assert len(known.teams()) == 1


async def test_a_feed_that_was_not_started_has_caught_up_with_nothing(kafka_url):
    feed = DirectoryFeed(Directory(), http.settings(kafka_url=kafka_url))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await feed.caught_up()


async def test_a_service_takes_nothing_before_it_knows_everybody(topic, mongo_url, kafka_url):
    """It would refuse what is right, and whoever sent it would not send it again."""
    for unit in EVERYTHING:
        await topic.tell(unit)
    prefix = topic.name.removesuffix(ORGANISATION.name)
    given = {"kafka_url": kafka_url, "topic_prefix": prefix, "mongo_url": mongo_url, "mongo_prefix": prefix.strip(".")}
    for foundations in (
        Foundations("feedback", http.settings(**given)),
        Engines(http.settings(ReportingSettings, **given)),
    ):
        for hook in foundations.start:
            await hook()
        assert foundations.directory.place("901-elm", MID_QUARTER) is not None
        for database in await foundations.client.list_database_names():
            if database.startswith(given["mongo_prefix"]):
                await foundations.client.drop_database(database)
        for hook in foundations.stop:
            await hook()
