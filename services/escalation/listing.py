"""The open alerts within somebody's reach, the one that is due first on top."""

from __future__ import annotations

import base64
from typing import Any

import orjson
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from shared.web.policy import ALERT, Action, Policy
from shared.web.principal import Principal
from shared.web.problems import Problem

SHOWN = ("brief", "place", "version", "held_by", "total_deadline")


class OpenAlerts:
    """Reads what `reactions.Deadlines` keeps. A cursor is the key of the last alert: what a reader may see is asked
    anew for each page, so a cursor from elsewhere shows nothing more."""

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
        query = {"$and": [{"open": True}, reach, _behind(after)]}
        order = [("total_deadline", ASCENDING), ("_id", ASCENDING)]
        found = await self._kept.find(query, projection=SHOWN).sort(order).limit(limit + 1).to_list()
        shown = found[:limit]
        return {"items": [_item(one) for one in shown], "next": _cursor(shown[-1]) if len(found) > limit else None}


def _item(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, "version": document["version"], "place": document["place"], **document["brief"]}


def _cursor(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([document["total_deadline"], document["_id"]])).decode().rstrip("=")


def _behind(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    try:
        day, id_ = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as failed:  # not base64, not JSON, or not a pair
        raise Problem("invalid-cursor") from failed
    if not isinstance(day, str) or not isinstance(id_, str):
        raise Problem("invalid-cursor")
    return {"$or": [{"total_deadline": {"$gt": day}}, {"total_deadline": day, "_id": {"$gt": id_}}]}
