"""The whole service on real engines: it starts, says that it is ready, and learns the organisation from its topic."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.reporting.app import create_app
from services.reporting.settings import Settings
from shared.messaging.cloudevents import headers_of
from shared.messaging.topics import ALL
from shared.published.envelope import Envelope
from shared.published.organisation import AuthorityDescribedV1, Dated
from tests import http

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)


def described(la_code: str) -> tuple[AuthorityDescribedV1, Envelope]:
    names = (Dated(since=date(2020, 4, 1), value="Made-up Borough"),)
    data = AuthorityDescribedV1(authority_id=la_code, names=names, regions=())
    envelope = Envelope(
        id="1",
        type=data.TYPE,
        source="/organisation",
        stream=f"authority-{la_code}",
        version=1,
        partition=0,
        seq=0,
        previous=-1,
        generation=1,
        la_code=la_code,
        occurred_at=AT,
        recorded_at=AT,
        effective_date=AT.date(),
        correlation="1",
    )
    return data, envelope


async def lay_topics(kafka_url: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    await admin.create_topics([NewTopic(f"{prefix}{topic.name}", topic.partitions, 1) for topic in ALL])
    await admin.close()


async def test_reporting_starts_and_answers_for_an_authority_it_heard_of(
    kafka_url, mongo_url, mongo_client, mongo_database, topic_prefix
):
    await lay_topics(kafka_url, topic_prefix)
    data, envelope = described("901")
    async with AIOKafkaProducer(bootstrap_servers=kafka_url) as producer:
        sent = data.model_dump_json().encode()
        topic = f"{topic_prefix}qa.organisation"
        await producer.send_and_wait(topic, sent, key=b"authority-901", partition=0, headers=headers_of(envelope))
    settings = http.settings(
        Settings,
        mongo_url=mongo_url,
        mongo_prefix=mongo_database.name,
        kafka_url=kafka_url,
        topic_prefix=topic_prefix,
    )
    async with http.client(create_app(settings), "client", authorities=["901"]) as talking:
        async with asyncio.timeout(30):
            while (await talking.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.1)
        answer = await talking.get("/v1/authorities/901")
        assert answer.status_code == 200
        assert answer.json()["unit"]["name"] == "Made-up Borough"
        assert answer.json()["as_at"] == {"time": None, "behind": 0, "positions": []}
        assert (await talking.get("/", headers={"Accept": "text/html"})).status_code == 200
    await mongo_client.drop_database(settings.database("reporting"))
