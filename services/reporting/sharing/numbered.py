"""The events of each subscription, numbered from 1 without gaps. Every door reads from here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

COLLECTION = "numbered_events"
KEPT: Mapping[str, Any] = {"body": {"$exists": True}}


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """`body` is the structured CloudEvent as JSON, its `subscriptionseq` being the number; the same at every door."""

    subscription: str
    number: int
    event_id: str
    type: str
    time: datetime
    body: bytes


class NumberedEvents:
    """In MongoDB. A number is only given behind one that the majority has: what is told can never be taken back."""

    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept = database.get_collection(
            COLLECTION, write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
        )

    async def prepare(self) -> None:
        await self._kept.create_index([("subscription", ASCENDING), ("n", ASCENDING)], unique=True)
        await self._kept.create_index([("subscription", ASCENDING), ("event_id", ASCENDING)], unique=True)

    async def append(self, subscription: str, event: Mapping[str, Any], time: datetime) -> int:
        """The number of this CloudEvent in the subscription: the next, or the one that it has already."""
        while True:
            number = await self.newest(subscription) + 1
            body = orjson.dumps({**event, "subscriptionseq": f"{number:020}"})
            kept = {"subscription": subscription, "n": number, "event_id": event["id"], "type": event["type"]}
            try:
                await self._kept.insert_one({**kept, "time": time, "body": body})
            except DuplicateKeyError:  # somebody was quicker: with this event, or with another one
                if known := await self._kept.find_one({"subscription": subscription, "event_id": event["id"]}):
                    return int(known["n"])
                continue
            return number

    async def after(self, subscription: str, number: int, limit: int) -> Sequence[NumberedEvent]:
        """Those behind this number that are still kept, in order."""
        behind = {"subscription": subscription, "n": {"$gt": number}, **KEPT}
        found = self._kept.find(behind, sort=[("n", ASCENDING)])
        return [_event(one) async for one in found.limit(limit)]

    async def newest(self, subscription: str) -> int:
        """The highest number, 0 before the first."""
        return await self._end({"subscription": subscription}, DESCENDING)

    async def oldest(self, subscription: str) -> int:
        """The lowest number that is still kept, 0 when there is none."""
        return await self._end({"subscription": subscription, **KEPT}, ASCENDING)

    async def forget_before(self, subscription: str, moment: datetime) -> int:
        """Drop what was told before this moment, but never the newest; answers how many were dropped.

        Number and id stay: whatever happens again, the same event never gets a second number.
        """
        newest = await self.newest(subscription)
        old = {"subscription": subscription, "n": {"$lt": newest}, "time": {"$lt": moment}, **KEPT}
        return (await self._kept.update_many(old, {"$unset": {"body": ""}})).modified_count

    async def _end(self, wanted: Mapping[str, Any], direction: int) -> int:
        found = await self._kept.find_one(wanted, {"n": 1}, sort=[("n", direction)])
        return int(found["n"]) if found else 0


def _event(kept: Mapping[str, Any]) -> NumberedEvent:
    return NumberedEvent(
        kept["subscription"], kept["n"], kept["event_id"], kept["type"], kept["time"], bytes(kept["body"])
    )
