"""FastStream in the only shape we trust it in: bytes in, our own handler for everything, offsets never its business.

Its defaults acknowledge before handling, start new groups at the end of a topic, raise on a null header before the
handler is asked, and swallow what a handler raises. Here partitions are assigned by hand, records come through
untouched, and Kafka's offsets are left alone: where to go on from is in MongoDB.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka import TopicPartition as Assigned
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.middlewares import AckPolicy

log = structlog.get_logger()

Handler = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]

WATCH = 10.0  # seconds between looks whether records come as long as there are any
STUCK = 25.0  # seconds after which a client that brings nothing of what there is has failed: it is begun anew
ANSWER = 5.0  # seconds a broker has to say how long a topic is: without an answer it is the one that is away


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
        partitions=[Assigned(topic, partition) for partition in partitions],
        batch=True,
        max_records=max_records,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        fetch_max_wait_ms=250,  # the broker answers as soon as there is anything: this is how long silence lasts
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    # It would nap after each look that found nothing, and not look at all while the handler works.
    subscriber.get_msg = _Inbox(max_records).next  # type: ignore[method-assign]
    subscriber(handler)
    return subscriber


async def let_go(subscriber: Any) -> None:
    """Stop it. The client's own task may have failed long ago; only then does it say so, and leaves its sockets."""
    consumer = subscriber.consumer
    try:
        await subscriber.stop()
    except KafkaError as error:
        log.warning("a client had failed before it was stopped", error=type(error).__name__)
        await consumer._client.close()


class Movement:
    """Notices a client that fetches no more: the topic is longer than it has read, and it stays where it is.

    aiokafka's task that fetches can end by itself (uvloop refuses a write to a connection that closed a moment ago)
    while asking for records goes on for ever. Nothing but the lack of progress tells.
    """

    def __init__(self, subscriber: Any, topic: str, partitions: Iterable[int]) -> None:
        self._subscriber = subscriber
        self._places = [TopicPartition(topic, partition) for partition in partitions]
        self._at: dict[TopicPartition, int] = {}
        self._looked_at = self._moved_at = time.monotonic()

    def still(self) -> float:
        """Seconds since it last moved, or had read everything."""
        return time.monotonic() - self._moved_at

    async def look(self, *, busy: bool) -> None:
        """Look, from time to time. While the handler is busy nobody asks for more, and standing still is no failure."""
        if time.monotonic() - self._looked_at < WATCH:
            return
        self._looked_at = time.monotonic()
        if busy or await self._moves():
            self._moved_at = time.monotonic()

    async def _moves(self) -> bool:
        consumer = self._subscriber.consumer
        try:
            async with asyncio.timeout(ANSWER):
                ends = await consumer.end_offsets(self._places)
                before, self._at = self._at, {place: await consumer.position(place) for place in self._places}
        except (KafkaError, OSError, TimeoutError):
            return True  # nothing can come from a broker that does not answer
        return before != self._at or all(ends[place] <= at for place, at in self._at.items())


class _Inbox:
    """Takes in what comes while the handler works, so that its next batch is all of that.

    A consumer asks the broker for more only when what it holds was taken, and is answered with the first record that
    comes: without this every batch is that one record, and those behind it wait for a batch each.
    """

    def __init__(self, max_records: int) -> None:
        self._max = max_records
        self._records: list[ConsumerRecord] = []
        self._arrived = asyncio.Event()
        self._filling: asyncio.Task[None] | None = None

    async def next(self, consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
        """All that has come, at least one. Raises what the consumer raises, ConsumerStoppedError at the end."""
        filling = self._filled_from(consumer)
        await self._arrived.wait()
        records, self._records = tuple(self._records), []
        self._arrived.clear()
        if not records:
            await filling  # it has ended: this says why
        self._filled_from(consumer)
        return records

    def _filled_from(self, consumer: AIOKafkaConsumer) -> asyncio.Task[None]:
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill(consumer))
            # Nobody asks for the reason any more when the subscriber was stopped first.
            self._filling.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return self._filling

    async def _fill(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while len(self._records) < self._max:
                found = await consumer.getmany(timeout_ms=60_000, max_records=self._max)
                self._records.extend(chain.from_iterable(found.values()))
                if self._records:
                    self._arrived.set()
        finally:
            self._arrived.set()
