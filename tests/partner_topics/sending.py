"""Numbered events to send, senders of them, and what a partner hears; a process of a sender that tests kill."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deploy.local.engines import LocalKafka
from deploy.partners import Access
from services.reporting.sharing import partner_topics
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.partner_topics import Addressee, PartnerTopics
from shared import failpoints
from shared.calendar.clock import now
from tests.partner_topics.knocking import as_partner


class Log(NumberedEvents):
    """Numbered events with holes where a test wants them."""

    async def put(self, subscription: str, numbers: Iterable[int]) -> None:
        about = {"subscription": subscription, "type": "t", "time": now(), "body": b'{"specversion":"1.0"}'}
        await self._kept.insert_many([{**about, "n": n, "event_id": f"{subscription}.{n}"} for n in numbers])


def sender(
    kafka: str, database: AsyncDatabase[Any], *to: Addressee, events: NumberedEvents | None = None
) -> PartnerTopics:
    async def addressees() -> Sequence[Addressee]:
        return to

    return PartnerTopics(events or Log(database), addressees, database, kafka)


def work(kafka: str, mongo: str, database: str, subscription: str, partner: str) -> None:
    partner_topics.failpoint = failpoints.armed(os.environ)  # forked from a process that had imported it unarmed
    uvloop.run(_send(kafka, mongo, database, Addressee(subscription, partner)))


async def _send(kafka: str, mongo: str, name: str, to: Addressee) -> None:
    async with AsyncMongoClient[Any](mongo, tz_aware=True) as client:
        topics = sender(kafka, client[name], to)
        while True:
            await topics.round()
            await asyncio.sleep(0.01)


@dataclass(slots=True)
class Partner:
    """A partner that reads its topic and drops what it has by number, as docs/sharing.md tells it to."""

    broker: LocalKafka
    access: Access
    heard: list[int] = field(default_factory=list)
    repeated: int = 0
    records: list[ConsumerRecord] = field(default_factory=list)

    def consumer(self, **more: Any) -> AIOKafkaConsumer:
        secured = as_partner(self.broker.partner_ca, self.access.user, self.access.password or "")
        return AIOKafkaConsumer(
            self.access.topic,
            bootstrap_servers=self.broker.partner_url,
            group_id=f"{self.access.groups}reader",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            **secured,
            **more,
        )

    async def hear(self, until: int, seconds: float = 30) -> None:
        """Read until this number was heard."""
        async with asyncio.timeout(seconds), self.consumer() as consumer:
            while until not in self.heard:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    self._take(records)
                    await consumer.commit()

    def _take(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            number = int(dict(record.headers)["subscriptionseq"])
            self.records.append(record)
            if number in self.heard:
                self.repeated += 1
            else:
                self.heard.append(number)
