"""The yardstick's events on a topic, as a relay would have published them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks import yardstick, yardstick_model
from benchmarks.yardstick import generate
from benchmarks.yardstick_model import TOPIC, published
from shared.messaging.topics import apply_topics

Heads = Mapping[int, int]  # the last position of each partition


def prefix_of(n: int) -> str:
    """What the topic of the first n events begins with: another yardstick has other topics."""
    files = (Path(str(one.__file__)) for one in (yardstick, yardstick_model))
    said = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"bench-{said[:12]}-{n}."


async def fill(kafka_url: str, n: int) -> Heads:
    """Put the first n events on their topic, unless they are there from an earlier run.

    Raises ValueError when something else is there: an earlier run was ended while it filled the topic.
    """
    await apply_topics(kafka_url, prefix_of(n), only=(TOPIC,))
    topic = f"{prefix_of(n)}{TOPIC.name}"
    ends = await _ends(kafka_url, topic)
    if not any(ends.values()):
        await _publish(kafka_url, topic, n)
        ends = await _ends(kafka_url, topic)
    if sum(ends.values()) != n:
        raise ValueError(f"{topic} holds {sum(ends.values())} records, not {n}: remove build/bench")
    return {p: end - 1 for p, end in ends.items()}


async def _ends(kafka_url: str, topic: str) -> dict[int, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_url, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(topic, p) for p in range(TOPIC.partitions)])
        return {tp.partition: end for tp, end in ends.items()}
    finally:
        await consumer.stop()


async def _publish(kafka_url: str, topic: str, n: int) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_url, enable_idempotence=True, linger_ms=5, max_batch_size=65_536, compression_type="lz4"
    )
    await producer.start()
    try:
        for partition, key, value, headers in published(generate(n)):
            await producer.send(topic, value, key, partition, headers=headers)
        await producer.flush()
    finally:
        await producer.stop()
