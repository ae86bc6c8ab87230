"""What the audit service's log says, by thing: what lists, timers, reactions and later decisions look up.

One document a stream in the collection `register`, made from the folded state by the function that `ENTRIES` names for
its category. It repeats the log and can be thrown away: the follower fills it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.audit.domain.audit import state as audit
from services.audit.domain.audit.safety_concern import overdue_next
from services.audit.domain.audit.state import Audit
from services.audit.domain.four_r_meeting import state as four_r_meeting
from services.audit.domain.learning_point import state as learning_point
from services.audit.domain.re_audit import state as re_audit
from services.audit.domain.remedial_action import state as remedial_action
from services.audit.following_up.entries import action_entry, re_audit_entry
from services.audit.learning.entries import learning_entry, meeting_entry
from shared.deciding.decider import Decider
from shared.event_store.following import Follower
from shared.event_store.handling import load
from shared.event_store.store import Commit, EventStore

log = structlog.get_logger()

Entry = dict[str, Any]
FOLLOWER = "register"


def audit_entry(state: Audit) -> Entry | None:
    """Whose audit it is, by pseudonym, where it counts and when."""
    planned, result = state.planned, state.result
    if planned is None:
        return None
    return {
        "place": (result.place if result else planned.place).model_dump(mode="json"),
        "child": planned.child,
        "audit_type": planned.audit_type,
        "stage": state.stage.value,
        "auditor": state.auditor,
        "period": planned.period,
        "counts_on": result.effective_date.isoformat() if result and not state.withdrawn else None,
        **({"concern_due": due.isoformat()} if (due := overdue_next(state)) else {}),
    }


# By category: how its state is folded, and what of it is kept here (None: nothing).
ENTRIES: Mapping[str, tuple[Decider[Any, Any], Callable[[Any], Entry | None]]] = {
    audit.DECIDER.category: (audit.DECIDER, audit_entry),
    four_r_meeting.DECIDER.category: (four_r_meeting.DECIDER, meeting_entry),
    learning_point.DECIDER.category: (learning_point.DECIDER, learning_entry),
    remedial_action.DECIDER.category: (remedial_action.DECIDER, action_entry),
    re_audit.DECIDER.category: (re_audit.DECIDER, re_audit_entry),
}


class Register:
    """The collection and the follower that keeps it in step with the log.

    A document is `{_id: stream, kind: category, la_code, version, **entry}`; dates in it are ISO strings. An older
    reading never replaces a newer one, so followers may repeat and overtake.
    """

    def __init__(self, store: EventStore, database: AsyncDatabase[Any]) -> None:
        self.kept: AsyncCollection[Any] = database["register"]
        self._store = store
        self._following = Follower(store, database["cursors"], FOLLOWER, self._remember)

    async def prepare(self) -> None:
        await self.kept.create_indexes(
            [
                IndexModel([("kind", ASCENDING), ("la_code", ASCENDING), ("next", ASCENDING)], name="due"),
                IndexModel([("kind", ASCENDING), ("place.team", ASCENDING)], name="team"),
                IndexModel([("child", ASCENDING), ("counts_on", ASCENDING)], name="child", sparse=True),
                IndexModel([("kind", ASCENDING), ("on", DESCENDING), ("_id", DESCENDING)], name="newest"),
                IndexModel([("audits", ASCENDING)], name="audits", sparse=True),
                IndexModel([("kind", ASCENDING), ("due_on", ASCENDING), ("_id", ASCENDING)], name="first due"),
                IndexModel([("kind", ASCENDING), ("next", ASCENDING)], name="next"),
                IndexModel([("concern_due", ASCENDING)], name="concerns", sparse=True),
            ]
        )

    async def catch_up(self) -> None:
        """Bring everything up to what is in the log now: call it before a look-up that must not miss anything."""
        await self._following.catch_up()

    async def last_counted(self, child: str, before: str, but: str) -> str | None:
        """The effective date (ISO) on which this child was last audited up to that day, leaving one audit out."""
        query = {"child": child, "counts_on": {"$ne": None, "$lte": before}, "_id": {"$ne": but}}
        found = await self.kept.find_one(query, {"counts_on": 1}, sort=[("counts_on", -1)])
        return str(found["counts_on"]) if found else None

    async def _remember(self, commit: Commit) -> None:
        kind = commit.stream.partition("-")[0]
        if kind not in ENTRIES:
            return
        decider, entry_of = ENTRIES[kind]
        loaded = await load(self._store, decider, commit.stream)
        entry = entry_of(loaded.state)
        if entry is None:
            return
        document = {"kind": kind, "la_code": commit.meta.la_code, "version": loaded.version, **entry}
        try:
            await self.kept.replace_one(
                {"_id": commit.stream, "version": {"$lt": loaded.version}}, document, upsert=True
            )
        except DuplicateKeyError:
            log.debug("register already newer", stream=commit.stream)
