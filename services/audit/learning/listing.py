"""Meetings and learning points within somebody's reach, the newest on top."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson
from pymongo import DESCENDING

from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.register import Register
from shared.web.policy import ACTIONS, AUDIT, Action, Policy
from shared.web.principal import Principal
from shared.web.problems import Problem

Page = dict[str, Any]
Query = Mapping[str, Any]
KEPT = ("_id", "kind", "la_code", "by")


class Listing:
    """Reads the register. A cursor is the key of the last thing: what a reader may see is asked anew for each page,
    so a cursor from elsewhere shows nothing more."""

    def __init__(self, register: Register, policy: Policy) -> None:
        self._register = register
        self._policy = policy

    async def meetings(self, principal: Principal, stage: str | None, after: str | None, limit: int) -> Page:
        """Those about a team, or in a unit, that the principal may read audits of; and their own."""
        own = {"by": principal.subject}
        found = [
            self._policy.mongo_filter(principal, AUDIT, Action.R, under=under, own=own, allocated=own)
            for under in ("teams.", "place.")
        ]
        reach = {"$or": found} if None not in found else None
        return await self._page(MEETING.category, reach, _staged(stage), after, limit)

    async def points(
        self, principal: Principal, stage: str | None, theme: str | None, after: str | None, limit: int
    ) -> Page:
        reach = self._policy.mongo_filter(principal, ACTIONS, Action.R, under="place.")
        asked = {**_staged(stage), **({"theme_code": theme} if theme is not None else {})}
        return await self._page(POINT.category, reach, asked, after, limit)

    async def _page(self, kind: str, reach: Query | None, asked: Query, after: str | None, limit: int) -> Page:
        """At most `limit` things, and `next`: the cursor of the following page, None after the last."""
        behind = _behind(after)
        if reach is None:
            return {"items": [], "next": None}
        query = {"$and": [{"kind": kind}, reach, asked, behind]}
        order = [("on", DESCENDING), ("_id", DESCENDING)]
        found = await self._register.kept.find(query).sort(order).limit(limit + 1).to_list()
        shown = found[:limit]
        return {"items": [_item(one) for one in shown], "next": _cursor(shown[-1]) if len(found) > limit else None}


def _staged(stage: str | None) -> dict[str, Any]:
    return {} if stage is None else {"stage": stage}


def _item(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: value for name, value in document.items() if name not in KEPT}}


def _cursor(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([document["on"], document["_id"]])).decode().rstrip("=")


def _behind(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    try:
        day, id_ = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as failed:  # not base64, not JSON, or not a pair
        raise Problem("invalid-cursor") from failed
    if not isinstance(day, str) or not isinstance(id_, str):
        raise Problem("invalid-cursor")
    return {"$or": [{"on": {"$lt": day}}, {"on": day, "_id": {"$lt": id_}}]}
