"""The Kafka door: what a partner authority subscribed to, on a topic of its own, in order and with nothing missing.

A go-back-N sender like the relay: the numbered events are the outbox, a subscription's cursor moves by compare-and-set
once Kafka has acknowledged all that was sent, and whatever goes wrong is sent again from the cursor. So a number may
come more than once, and its first time is never before the one below it. Two senders at a time do no harm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.reporting.sharing.numbered import NumberedEvent, NumberedEvents
from services.reporting.sharing.register import SUBSCRIPTIONS
from shared.failpoints import failpoint
from shared.messaging.relay import Producers, Record
from shared.messaging.topics import of_partner

log = structlog.get_logger()

LIMIT = 100  # events of a subscription sent at once
STRUCTURED = b"application/cloudevents+json; charset=UTF-8"
CURSORS = "partner_topics"


@dataclass(frozen=True, slots=True)
class Addressee:
    """A subscription that goes out by Kafka, and the partner whose topic it goes to."""

    subscription: str
    partner: str


Addressees = Callable[[], Awaitable[Iterable[Addressee]]]


class CannotSend(Exception):
    """This partner is sent nothing until somebody mends what the message says; the others are."""


class PartnerTopics:
    """Sends every addressee what is new; `round` is work for `Rounds`."""

    def __init__(
        self,
        events: NumberedEvents,
        addressees: Addressees,
        database: AsyncDatabase[Any],
        bootstrap: str,
        prefix: str = "",
    ) -> None:
        self._events = events
        self._addressees = addressees
        self._cursors: AsyncCollection[Any] = database[CURSORS]
        self._prefix = prefix
        self._producers = Producers(bootstrap)

    async def round(self) -> None:
        """Send until nothing is left. Raises an ExceptionGroup of partners that could not be sent anything."""
        waiting = [to for to in await self._addressees() if await self._is_behind(to)]
        present = await self._producers.topics() if waiting else set()
        failed: list[Exception] = []
        for to in waiting:
            try:
                await self._send(to, present)
            except (CannotSend, KafkaError) as error:
                failed.append(error)
                if isinstance(error, KafkaError) and error.retriable:
                    break  # the broker is away: for all of them, and each would wait for it
        if failed:
            raise ExceptionGroup("partner topics", failed)

    async def close(self) -> None:
        await self._producers.close()

    async def _send(self, to: Addressee, present: set[str]) -> None:
        topic = f"{self._prefix}{of_partner(to.partner).name}"
        if topic not in present:
            raise CannotSend(f"{topic} is not there: goldenthread partners add {to.partner}")
        reached = await self._reached(to)
        while events := await self._next(to, reached, LIMIT):
            await self._producers.send(topic, {0: [_record(to, event) for event in events]})
            failpoint("partner_topic.before_cursor")
            if not await self._move(to, reached, events[-1].number):
                return  # a rival or an operator moved it: the next round begins there
            reached = events[-1].number

    async def _is_behind(self, to: Addressee) -> bool:
        return bool(await self._events.after(to.subscription, await self._reached(to), 1))

    async def _next(self, to: Addressee, reached: int, limit: int) -> Sequence[NumberedEvent]:
        events = await self._events.after(to.subscription, reached, limit)
        if not events:
            return []
        first = events[0].number
        if first != reached + 1 and first == await self._events.oldest(to.subscription):
            # All before it were dropped for their age: the topic is a new one, or nothing was sent for very long.
            log.warning("too old to be sent", subscription=to.subscription, numbers=first - reached - 1)
            reached = first - 1
        if [event.number for event in events] != list(range(reached + 1, reached + 1 + len(events))):
            raise CannotSend(f"events of subscription {to.subscription} are missing after number {reached}")
        return events

    async def _reached(self, to: Addressee) -> int:
        cursor = await self._cursors.find_one({"_id": to.subscription})
        return cursor["number"] if cursor else 0

    async def _move(self, to: Addressee, reached: int, number: int) -> bool:
        """Keep how far we are where the cursor still says what we read; whether it did."""
        change = {"$set": {"number": number, "partner": to.partner}}
        try:
            moved = await self._cursors.update_one({"_id": to.subscription, "number": reached}, change, not reached)
        except DuplicateKeyError:  # somebody else made the cursor
            return False
        return bool(moved.matched_count or moved.upserted_id)


@dataclass(frozen=True, slots=True)
class TopicLag:
    """How many events of a subscription are not on its partner's topic yet."""

    partner: str
    subscription: str
    events: int


async def behind(database: AsyncDatabase[Any]) -> Sequence[TopicLag]:
    """Of every subscription that goes out by Kafka now, also of those that are level."""
    reached = {one["_id"]: int(one["number"]) async for one in database[CURSORS].find()}
    active = database[SUBSCRIPTIONS].find({"state.protocol": "KAFKA", "state.status": "active"}, sort=[("_id", 1)])
    events = NumberedEvents(database)
    return [
        TopicLag(one["partner"], one["_id"], await events.newest(one["_id"]) - reached.get(one["_id"], 0))
        async for one in active
    ]


async def begin_again(database: AsyncDatabase[Any], partner: str) -> None:
    """Send a partner everything from number 1: its topic is a new one, or lost records."""
    await database[CURSORS].delete_many({"partner": partner})


def _record(to: Addressee, event: NumberedEvent) -> Record:
    headers = [
        ("content-type", STRUCTURED),
        ("subscription", to.subscription.encode()),
        ("subscriptionseq", f"{event.number:020}".encode()),
    ]
    return event.event_id.encode(), event.body, headers
