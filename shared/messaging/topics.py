"""The topic list, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

PARTITIONS = 8  # fixed for ever: growth is a new generation of the topics (docs/decisions)


@dataclass(frozen=True, slots=True)
class Topic:
    """`compacted` keeps the newest record of each key; otherwise records are kept for ever."""

    name: str
    compacted: bool = False
    partitions: int = PARTITIONS


ORGANISATION = Topic("qa.organisation", compacted=True)
AUDIT = Topic("qa.audit")
ESCALATION = Topic("qa.escalation")
FEEDBACK = Topic("qa.feedback")
IMPROVEMENT = "qa.improvement"  # what the partners' topics begin with
ALL = (ORGANISATION, AUDIT, ESCALATION, FEEDBACK)


def of_partner(partner: str) -> Topic:
    """The topic that one partner authority reads and nobody else: made with the partner, never by `ALL`.

    It has one partition, so that a partner hears everything in one order.
    """
    return Topic(f"{IMPROVEMENT}.{partner}", partitions=1)


async def apply_topics(bootstrap: str, prefix: str = "", replicas: int = 1, only: tuple[Topic, ...] = ALL) -> list[str]:
    """Create the topics that are missing; answers their names. Nothing else ever creates one.

    Records are kept for ever (`retention.ms=-1`), or for ever per key on a compacted topic.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        missing = [topic for topic in only if f"{prefix}{topic.name}" not in present]
        answer = await admin.create_topics(
            [
                NewTopic(f"{prefix}{topic.name}", topic.partitions, replicas, topic_configs=config_of(topic))
                for topic in missing
            ]
        )
        failed = {
            name: code for name, code, *_ in answer.topic_errors if code not in (0, TopicAlreadyExistsError.errno)
        }
        if failed:
            raise KafkaError(f"topics not created: {failed}")
        return [f"{prefix}{topic.name}" for topic in missing]
    finally:
        await admin.close()


def config_of(topic: Topic) -> dict[str, str]:
    """What the broker is told of a topic when it is made."""
    if topic.compacted:
        return {"cleanup.policy": "compact", "max.message.bytes": "1048576"}
    return {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", "max.message.bytes": "1048576"}
