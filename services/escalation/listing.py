"""The open alerts within somebody's reach, the one that is due first on top."""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from shared.web.keyset import Keyset
from shared.web.policy import ALERT, Action, Policy
from shared.web.principal import Principal

SHOWN = ("brief", "place", "version", "held_by", "total_deadline")
DUE_FIRST = Keyset("total_deadline")


class OpenAlerts:
    """Reads what `reactions.Deadlines` keeps."""

    def __init__(self, collection: AsyncCollection[Any], policy: Policy) -> None:
        self._kept = collection
        self._policy = policy

    async def prepare(self) -> None:
        await self._kept.create_index([("open", ASCENDING), ("total_deadline", ASCENDING), ("_id", ASCENDING)])
        await self._kept.create_index([("place.authority", ASCENDING), ("open", ASCENDING)])

    async def page(self, principal: Principal, after: str | None, limit: int) -> dict[str, Any]:
        """At most `limit` alerts, and `next`: the cursor of the following page, None after the last."""
        own = {"$or": [{"held_by": principal.subject}, {"allocated_worker": principal.subject}]}
        reach = self._policy.mongo_filter(principal, ALERT, Action.R, under="place.", own=own)
        if reach is None:
            return {"items": [], "next": None}
        shown, following = await DUE_FIRST.page(self._kept, {"$and": [{"open": True}, reach]}, after, limit, SHOWN)
        return {"items": [_item(one) for one in shown], "next": following}


def _item(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, "version": document["version"], "place": document["place"], **document["brief"]}
