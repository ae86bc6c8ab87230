"""Support as it stands, own and read from others: a small collection that repeats what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.alliance.views import OWN_SOURCE
from shared.published.envelope import Published
from shared.published.improvement import (
    ImpactReportedV1,
    PeerChallengeHeldV1,
    SupportAcceptedV1,
    SupportOfferedV1,
    SupportRequestedV1,
)

COLLECTION = "supports"
Change = dict[str, dict[str, Any]]


class Supports:
    """One document for each request, by source and id: what one source says never touches another's."""

    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept = database[COLLECTION]

    async def prepare(self) -> None:
        await self._kept.create_index([("la_code", ASCENDING)])
        await self._kept.create_index([("source", ASCENDING)])

    async def learn(self, published: Published, source: str = OWN_SOURCE) -> None:
        """The same again changes nothing."""
        if (change := _change(published)) is not None:
            support_id: str = published.support_id  # type: ignore[attr-defined] # those that change something have one
            change.setdefault("$set", {}).update(support_id=support_id, source=source)
            await self._kept.update_one({"_id": f"{source}|{support_id}"}, change, upsert=True)

    async def knows(self, support_id: str, source: str) -> bool:
        """Did this source tell of the request?"""
        known = await self._kept.find_one({"_id": f"{source}|{support_id}", "la_code": {"$exists": True}})
        return known is not None

    async def of(self, la_codes: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Those that these authorities asked for."""
        return await self._kept.find({"la_code": {"$in": list(la_codes)}}, sort=[("_id", ASCENDING)]).to_list()

    async def forget(self, source: str) -> None:
        await self._kept.delete_many({"source": source})


def _change(published: Published) -> Change | None:
    match published:
        case SupportRequestedV1():
            asked = {"la_code": published.la_code, "event_id": published.event_id, "theme_code": published.theme_code}
            return {"$set": asked}
        case SupportOfferedV1():
            offer = {"la_code": published.offering_la_code, "event_id": published.event_id}
            return {"$addToSet": {"offers": offer}}
        case SupportAcceptedV1():
            return {"$set": {"accepted": published.offering_la_code}}
        case PeerChallengeHeldV1():
            met = {"held_in": published.held_in, "theme_codes": list(published.theme_codes)}
            return {"$addToSet": {"held": met}}
        case ImpactReportedV1():
            return {"$set": {"impact": published.result, "impact_event_id": published.event_id}}
        case _:
            return None
