"""Themes, the one that is due first on top, and samples, the newest on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.audit.domain.audit_sample.state import DECIDER as SAMPLE
from services.audit.domain.theme.state import DECIDER as THEME
from services.audit.register import Register
from shared.web.keyset import Document, Keyset
from shared.web.policy import AUDIT, Action, Policy
from shared.web.principal import Principal

FIRST_DUE, NEWEST = Keyset("due_on"), Keyset("on", newest_first=True)
HIDDEN = ("_id", "kind", "la_code")

Page = dict[str, Any]
Query = Mapping[str, Any]


class Listing:
    """Reads the register."""

    def __init__(self, register: Register, policy: Policy) -> None:
        self._register = register
        self._policy = policy

    async def themes(self, principal: Principal, asked: Query, after: str | None, limit: int) -> Page:
        """Themes of the authorities in which the principal may read audits, be it of one team only."""
        if principal.is_machine:
            reach = self._policy.mongo_filter(principal, AUDIT, Action.R, under="place.")
        else:
            reach = {"place.authority": {"$in": sorted(readable(principal, self._policy))}}
        return await self._page(FIRST_DUE, THEME.category, reach, asked, after, limit)

    async def samples(self, principal: Principal, asked: Query, after: str | None, limit: int) -> Page:
        reach = self._policy.mongo_filter(principal, AUDIT, Action.R, under="place.")
        return await self._page(NEWEST, SAMPLE.category, reach, asked, after, limit)

    async def _page(
        self, order: Keyset, kind: str, reach: Query | None, asked: Query, after: str | None, limit: int
    ) -> Page:
        if reach is None:
            return {"items": [], "next": None}
        wanted = {"kind": kind, **{name: value for name, value in asked.items() if value is not None}}
        shown, following = await order.page(self._register.kept, {"$and": [wanted, reach]}, after, limit)
        return {"items": [_item(one) for one in shown], "next": following}


def readable(principal: Principal, policy: Policy) -> frozenset[str]:
    """The authorities in which this person may read audits somewhere."""
    reading = (held for held in principal.held if policy.may(replace(principal, held=(held,)), AUDIT, Action.R))
    return frozenset(home for held in reading if (home := principal.home(held).authority) is not None)


def _item(document: Document) -> Document:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: value for name, value in document.items() if name not in HIDDEN}}
