"""How far behind: what lies on the topic past the marks, and "not known" when the broker does not answer."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.reporting.behind import Ends
from shared.projecting.state import Mark
from shared.settings import ServiceSettings
from tests import http


def settings(kafka_url: str, prefix: str) -> ServiceSettings:
    return http.settings(ServiceSettings, kafka_url=kafka_url, topic_prefix=prefix)


async def test_records_past_the_marks_are_not_yet_counted(kafka_url, topic_prefix):
    topic = f"{topic_prefix}qa.audit"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 8, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka_url) as producer:
        for _ in range(3):
            await producer.send_and_wait(topic, b"{}", partition=5)
        await producer.send_and_wait(topic, b"{}", partition=6)
    ends = Ends(settings(kafka_url, topic_prefix))
    await ends.start()
    marks = {p: Mark() for p in range(8)}
    assert await ends.behind("audit_quality", marks) == 4
    assert await ends.behind("audit_quality", {**marks, 5: Mark(seq=9, offset=1)}) == 2
    assert await ends.behind("practice_alerts", marks) is None, "its topic is not there"
    await ends.stop()


async def test_without_a_broker_it_is_not_known():
    assert await Ends(settings("localhost:1", "")).behind("audit_quality", {}) is None
