"""Actions and re-audits within somebody's reach, the one that is due first on top."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import orjson
from pymongo import ASCENDING

from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.re_audit.state import Stage as ReAuditStage
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.domain.remedial_action.state import Stage as ActionStage
from services.audit.register import Register
from shared.web.policy import ACTIONS, AUDIT, Action, Policy
from shared.web.principal import Principal
from shared.web.problems import Problem

Page = dict[str, Any]
Query = Mapping[str, Any]
KEPT = ("_id", "kind", "la_code", "next", "on", "worker")


class ActionState(StrEnum):
    """As people ask: `OVERDUE` is open and was due before today, `TO_VERIFY` is completed and not yet seen."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    TO_VERIFY = "TO_VERIFY"
    VERIFIED = "VERIFIED"
    CANCELLED = "CANCELLED"
    FLAGGED = "FLAGGED"


class ReAuditState(StrEnum):
    """`DUE` is required or planned and not done, `OVERDUE` also was due before today."""

    DUE = "DUE"
    OVERDUE = "OVERDUE"
    COMPLETED = "COMPLETED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    CANCELLED = "CANCELLED"
    TO_REVIEW = "TO_REVIEW"


class Listing:
    """Reads the register. A cursor is the key of the last thing: what a reader may see is asked anew for each page,
    so a cursor from elsewhere shows nothing more."""

    def __init__(self, register: Register, policy: Policy) -> None:
        self._register = register
        self._policy = policy

    async def actions(
        self, principal: Principal, state: ActionState | None, asked: Query, today: date, after: str | None, limit: int
    ) -> Page:
        """`asked` are fields to be equal, such as an owner."""
        own = {"$or": [{"owner": principal.subject}, {"worker": principal.subject}]}
        reach = self._policy.mongo_filter(principal, ACTIONS, Action.R, under="place.", own=own)
        query = {**_equal(asked), **_action_state(state, today.isoformat())}
        return await self._page(ACTION.category, reach, query, after, limit)

    async def re_audits(
        self, principal: Principal, state: ReAuditState | None, asked: Query, today: date, after: str | None, limit: int
    ) -> Page:
        reach = self._policy.mongo_filter(principal, AUDIT, Action.R, under="place.")
        query = {**_equal(asked), **_re_audit_state(state, today.isoformat())}
        return await self._page(RE_AUDIT.category, reach, query, after, limit)

    async def _page(self, kind: str, reach: Query | None, asked: Query, after: str | None, limit: int) -> Page:
        """At most `limit` things, and `next`: the cursor of the following page, None after the last."""
        behind = _behind(after)
        if reach is None:
            return {"items": [], "next": None}
        query = {"$and": [{"kind": kind}, reach, asked, behind]}
        order = [("due_on", ASCENDING), ("_id", ASCENDING)]
        found = await self._register.kept.find(query).sort(order).limit(limit + 1).to_list()
        shown = found[:limit]
        return {"items": [_item(one) for one in shown], "next": _cursor(shown[-1]) if len(found) > limit else None}


def _equal(asked: Query) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _action_state(state: ActionState | None, today: str) -> dict[str, Any]:
    match state:
        case None:
            return {}
        case ActionState.OVERDUE:
            return {"stage": ActionStage.OPEN.value, "due_on": {"$lt": today}}
        case ActionState.TO_VERIFY:
            return {"stage": ActionStage.COMPLETED.value}
        case ActionState.FLAGGED:
            return {"flagged": True}
        case _:
            return {"stage": state.value}


def _re_audit_state(state: ReAuditState | None, today: str) -> dict[str, Any]:
    due = {"stage": {"$in": [ReAuditStage.REQUIRED.value, ReAuditStage.PLANNED.value]}}
    match state:
        case None:
            return {}
        case ReAuditState.DUE:
            return due
        case ReAuditState.OVERDUE:
            return {**due, "due_on": {"$lt": today}}
        case ReAuditState.TO_REVIEW:
            return {**due, "director_review": True, "reviewed": False}
        case _:
            return {"stage": state.value}


def _item(document: dict[str, Any]) -> dict[str, Any]:
    id_ = document["_id"].partition("-")[2]
    return {"id": id_, **{name: value for name, value in document.items() if name not in KEPT}}


def _cursor(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([document["due_on"], document["_id"]])).decode().rstrip("=")


def _behind(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    try:
        day, id_ = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as failed:  # not base64, not JSON, or not a pair
        raise Problem("invalid-cursor") from failed
    if not isinstance(day, str) or not isinstance(id_, str):
        raise Problem("invalid-cursor")
    return {"$or": [{"due_on": {"$gt": day}}, {"due_on": day, "_id": {"$gt": id_}}]}
