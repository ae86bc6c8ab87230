"""Actions and re-audits within somebody's reach, the one that is due first on top."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from services.audit.domain.re_audit.state import DECIDER as RE_AUDIT
from services.audit.domain.re_audit.state import Stage as ReAuditStage
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.domain.remedial_action.state import Stage as ActionStage
from services.audit.register import Register
from shared.web.keyset import Keyset
from shared.web.policy import ACTIONS, AUDIT, Action, Policy
from shared.web.principal import Principal

Page = dict[str, Any]
Query = Mapping[str, Any]
FIRST_DUE = Keyset("due_on")
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
    """Reads the register."""

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
        if reach is None:
            return {"items": [], "next": None}
        query = {"$and": [{"kind": kind}, reach, asked]}
        shown, next_ = await FIRST_DUE.page(self._register.kept, query, after, limit)
        return {"items": [_item(one) for one in shown], "next": next_}


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
