"""FastStream in the only shape we trust it in: bytes in, our own handler for everything, offsets never its business.

Its defaults acknowledge before handling, start new groups at the end of a topic, raise on a null header before the
handler is asked, and swallow what a handler raises. Here partitions are assigned by hand, records come through
untouched, and Kafka's offsets are left alone: where to go on from is in MongoDB.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.middlewares import AckPolicy

Handler = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]


async def _parser(records: Any, _original: Any) -> KafkaMessage:
    """Wrap the records without looking into them: the original decodes headers, and raises on a null one."""
    return KafkaMessage(body=b"", headers={}, raw_message=records, consumer=FAKE_CONSUMER)


async def _decoder(message: Any, _original: Any) -> Any:
    return message.raw_message


def kafka_broker(bootstrap: str) -> KafkaBroker:
    """A broker whose subscribers get raw records."""
    return KafkaBroker(
        bootstrap.split(","),  # a text with commas would be taken for one address
        parser=_parser,
        decoder=_decoder,
        apply_types=False,
        allow_auto_create_topics=False,
        consumer_only=True,
        logger=None,
    )


def subscribe(
    broker: KafkaBroker, topic: str, partitions: Iterable[int], handler: Handler, max_records: int = 20_000
) -> Any:
    """Hand batches of these partitions to `handler`, from the beginning until it seeks; answers the subscriber.

    `handler` must not raise: FastStream would log and go on as if nothing had happened.
    """
    subscriber = broker.subscriber(
        partitions=[TopicPartition(topic, partition) for partition in partitions],
        batch=True,
        max_records=max_records,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        fetch_max_wait_ms=250,  # the broker answers as soon as there is anything: this is how long silence lasts
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    # Its own naps after each look that found nothing, and what comes meanwhile waits.
    subscriber.get_msg = partial(_wait_for_records, max_records)  # type: ignore[method-assign]
    subscriber(handler)
    return subscriber


async def _wait_for_records(max_records: int, consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
    found = await consumer.getmany(timeout_ms=1_000, max_records=max_records)
    return tuple(chain.from_iterable(found.values()))
