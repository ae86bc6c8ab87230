"""What became of each event of each subscription: due, under way, delivered; with every attempt, and no bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, ReturnDocument, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.write_concern import WriteConcern

from services.reporting.sharing.numbered import NumberedEvent
from services.reporting.sharing.webhooks.schedule import Health, Outcome

DELIVERIES, ENDPOINTS = "deliveries", "webhook_endpoints"
LEASE = timedelta(seconds=60)  # four times as long as a request may take
ATTEMPTS_KEPT = 50
WAITING, DELIVERED, LOST = "waiting", "delivered", "lost"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is this sender's until the lease ends. `tried` counts this attempt, from 1."""

    subscription: str
    number: int
    lease: str
    tried: int


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    outcome: Outcome
    status: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What is known of an endpoint: how many requests a minute it takes, and how it has been doing."""

    rate: int
    health: Health


class Deliveries:
    """In MongoDB. Two senders may work on it at once: an event is under way in one of them at a time.

    A sender that was killed keeps its lease until it ends; then the event is sent again, under the same id.
    """

    def __init__(self, database: AsyncDatabase[Any], lease: timedelta = LEASE) -> None:
        concern = WriteConcern("majority", j=True)
        self._kept = database.get_collection(DELIVERIES, write_concern=concern)
        self._endpoints = database.get_collection(ENDPOINTS, write_concern=concern)
        self._lease = lease

    async def prepare(self) -> None:
        await self._kept.create_index([("subscription", ASCENDING), ("number", ASCENDING)], unique=True)
        await self._kept.create_index([("subscription", ASCENDING), ("state", ASCENDING), ("due", ASCENDING)])
        await self._kept.create_index([("subscription", ASCENDING), ("attempts.at", ASCENDING)])

    # ---- events ------------------------------------------------------------------------------------------------

    async def newest(self, subscription: str) -> int:
        """The highest number that was taken up. There is no gap below it: numbers are taken up in order."""
        found = await self._kept.find_one({"subscription": subscription}, sort=[("number", DESCENDING)])
        return int(found["number"]) if found else 0

    async def take_up(self, events: Sequence[NumberedEvent], moment: datetime) -> None:
        """Make these due. Those that were taken up before stay as they are."""
        new = [
            UpdateOne({"_id": _id(one.subscription, one.number)}, {"$setOnInsert": _fresh(one, moment)}, upsert=True)
            for one in events
        ]
        await self._kept.bulk_write(new, ordered=True)

    async def due(self, subscription: str, moment: datetime, limit: int) -> Sequence[int]:
        """The lowest numbers that are to be sent now."""
        wanted = {"subscription": subscription, "state": WAITING, "due": {"$lte": moment}}
        found = self._kept.find({**wanted, "leased_until": {"$lte": moment}}, {"number": 1})
        return [int(one["number"]) async for one in found.sort("number", ASCENDING).limit(limit)]

    async def claim(self, subscription: str, number: int, lease: str, moment: datetime) -> Claimed | None:
        """None when it is somebody else's by now, or not due any more."""
        free = {"state": WAITING, "due": {"$lte": moment}, "leased_until": {"$lte": moment}}
        found = await self._kept.find_one_and_update(
            {"_id": _id(subscription, number), **free},
            {"$set": {"lease": lease, "leased_until": moment + self._lease}, "$inc": {"tried": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return Claimed(subscription, number, lease, int(found["tried"])) if found else None

    async def settle(self, claimed: Claimed, attempt: Attempt, again: datetime | None) -> bool:
        """Write down what came of it. `again` is when to try it once more; False when the lease was lost."""
        state = DELIVERED if attempt.outcome is Outcome.DELIVERED else WAITING if again else LOST
        said = {"at": attempt.at, "outcome": attempt.outcome.value, "status": attempt.status, "reason": attempt.reason}
        done = await self._kept.update_one(
            {"_id": _id(claimed.subscription, claimed.number), "lease": claimed.lease},
            {
                "$set": {"state": state, "due": again, "lease": None, "leased_until": _NEVER},
                "$push": {"attempts": {"$each": [said], "$slice": -ATTEMPTS_KEPT}},
            },
        )
        return done.matched_count == 1

    async def replay(self, subscription: str, first: int, last: int, moment: datetime) -> int:
        """Make this range due again; answers how many there are."""
        wanted = {"subscription": subscription, "number": {"$gte": first, "$lte": last}}
        done = await self._kept.update_many(wanted, {"$set": {"state": WAITING, "due": moment, "tried": 0}})
        return done.matched_count

    async def hurry(self, subscription: str, moment: datetime) -> None:
        """What still waits is due now, and its schedule begins anew."""
        waiting = {"subscription": subscription, "state": WAITING}
        await self._kept.update_many(waiting, {"$set": {"due": moment, "tried": 0}})

    async def log(self, subscription: str, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        """What became of the events behind this number, as the partner may read it."""
        wanted = {"subscription": subscription, "number": {"$gt": after}}
        shown = {"_id": 0, "number": 1, "event_id": 1, "state": 1, "due": 1, "attempts": 1}
        return await self._kept.find(wanted, shown, sort=[("number", ASCENDING)]).limit(limit).to_list()

    async def attempts_since(self, subscription: str, moment: datetime) -> int:
        """How many attempts were made since then."""
        recent = {"subscription": subscription, "attempts.at": {"$gt": moment}}
        match: dict[str, Any] = {"$match": recent}
        found = await (await self._kept.aggregate([match, {"$unwind": "$attempts"}, match, {"$count": "n"}])).to_list()
        return int(found[0]["n"]) if found else 0

    # ---- endpoints ---------------------------------------------------------------------------------------------

    async def consented(self, subscription: str, rate: int) -> None:
        """The endpoint consented: what it did before is forgotten."""
        said = {"rate": rate, "failing_since": None, "quiet_until": None}
        await self._endpoints.update_one({"_id": subscription}, {"$set": said}, upsert=True)

    async def endpoint(self, subscription: str) -> EndpointState | None:
        found = await self._endpoints.find_one({"_id": subscription})
        return EndpointState(found["rate"], Health(found["failing_since"], found["quiet_until"])) if found else None

    async def note(self, subscription: str, before: Health, after: Health) -> bool:
        """False, and nothing noted, when another sender noted something in the meantime."""
        read = {"failing_since": before.failing_since, "quiet_until": before.quiet_until}
        now = {"failing_since": after.failing_since, "quiet_until": after.quiet_until}
        done = await self._endpoints.update_one({"_id": subscription, **read}, {"$set": now})
        return done.matched_count == 1


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _id(subscription: str, number: int) -> str:
    return f"{subscription}/{number:020}"


def _fresh(event: NumberedEvent, moment: datetime) -> dict[str, Any]:
    return {
        "subscription": event.subscription,
        "number": event.number,
        "event_id": event.event_id,
        "state": WAITING,
        "due": moment,
        "tried": 0,
        "lease": None,
        "leased_until": _NEVER,
        "attempts": [],
    }
