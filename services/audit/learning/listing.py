"""Meetings and learning points within somebody's reach, the newest on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.register import Register
from shared.web.keyset import Keyset
from shared.web.policy import ACTIONS, AUDIT, Action, Policy
from shared.web.principal import Principal

Page = dict[str, Any]
Query = Mapping[str, Any]
NEWEST = Keyset("on", newest_first=True)
KEPT = ("_id", "kind", "la_code", "by")


class Listing:
    """Reads the register."""

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
        if reach is None:
            return {"items": [], "next": None}
        query = {"$and": [{"kind": kind}, reach, asked]}
        shown, next_ = await NEWEST.page(self._register.kept, query, after, limit)
        return {"items": [_item(one) for one in shown], "next": next_}


def _staged(stage: str | None) -> dict[str, Any]:
    return {} if stage is None else {"stage": stage}


def _item(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: value for name, value in document.items() if name not in KEPT}}
