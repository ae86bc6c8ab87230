"""What the audit service's log says, by thing: what lists, timers, reactions and later decisions look up.

One document a stream in the collection `register`, made from the folded state by the function that `ENTRIES` names for
its category. It repeats the log and can be thrown away: the follower fills it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from services.audit.domain.audit import state as audit
from services.audit.domain.audit.safety_concern import overdue_next
from services.audit.domain.audit.state import Audit, Stage
from services.audit.domain.audit_sample import state as audit_sample
from services.audit.domain.expectation import state as expectation
from services.audit.domain.expectation.state import Expectation
from services.audit.domain.four_r_meeting import state as four_r_meeting
from services.audit.domain.learning_point import state as learning_point
from services.audit.domain.re_audit import state as re_audit
from services.audit.domain.remedial_action import state as remedial_action
from services.audit.domain.theme import state as theme
from services.audit.domain.windows import month_of
from services.audit.following_up.entries import action_entry, re_audit_entry
from services.audit.learning.entries import learning_entry, meeting_entry
from services.audit.sampling.entries import sample_entry, theme_entry
from shared.deciding.decider import Decider
from shared.event_store.following import Follower
from shared.event_store.handling import Loaded, load, recorded
from shared.event_store.store import Commit, EventStore

Entry = dict[str, Any]
FOLLOWER = "register"
AT_ONCE = 32  # streams read at the same time
DUPLICATE_KEY = 11_000
UNDER_WAY = frozenset(Stage) - {Stage.UNKNOWN, Stage.FINALISED, Stage.WITHDRAWN}


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
        "auditor_role": result.auditor_role if result else None,
        "period": planned.period,
        "theme_id": planned.theme_id,
        "family_group": planned.family_group,
        "counts_on": result.effective_date.isoformat() if result and not state.withdrawn else None,
        "previous_on": result.previous_on.isoformat() if result and result.previous_on else None,
        "external": result is not None and result.external,
        **({"concern_due": due.isoformat()} if (due := overdue_next(state)) else {}),
        **({"re_audit_of": planned.re_audit_of.parent_audit_id} if planned.re_audit_of else {}),
    }


def expectation_entry(state: Expectation) -> Entry | None:
    """What was expected, and what became of it: `month` is the one in which it counts."""
    expected, met, exempted = state.expected, state.met, state.exempted
    if expected is None:
        return None
    return {
        **expected.model_dump(mode="json", exclude={"type", "expectation_id", "auditor_ref"}),
        "auditor": expected.auditor_ref,
        "month": month_of(expected.window_last),
        "standing": state.standing.value,
        "met_by": met.audit_id if met else None,
        "met_on": met.met_on.isoformat() if met else None,
        "exempted_for": exempted.reason if exempted else None,
    }


# By category: how its state is folded, and what of it is kept here (None: nothing).
ENTRIES: Mapping[str, tuple[Decider[Any, Any], Callable[[Any], Entry | None]]] = {
    audit.DECIDER.category: (audit.DECIDER, audit_entry),
    four_r_meeting.DECIDER.category: (four_r_meeting.DECIDER, meeting_entry),
    learning_point.DECIDER.category: (learning_point.DECIDER, learning_entry),
    remedial_action.DECIDER.category: (remedial_action.DECIDER, action_entry),
    re_audit.DECIDER.category: (re_audit.DECIDER, re_audit_entry),
    expectation.DECIDER.category: (expectation.DECIDER, expectation_entry),
    theme.DECIDER.category: (theme.DECIDER, theme_entry),
    audit_sample.DECIDER.category: (audit_sample.DECIDER, sample_entry),
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
        self._catching_up = asyncio.Lock()
        self._asked = self._level = 0

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
                IndexModel([("re_audit_of", ASCENDING)], name="re-audits", sparse=True),
                IndexModel(
                    [("kind", ASCENDING), ("la_code", ASCENDING), ("audit_type", ASCENDING), ("counts_on", ASCENDING)],
                    name="counted",
                ),
                IndexModel([("kind", ASCENDING), ("window_last", ASCENDING), ("_id", ASCENDING)], name="expected"),
                IndexModel([("met_by", ASCENDING)], name="met_by", sparse=True),
            ]
        )

    async def catch_up(self) -> None:
        """Bring everything up to what is in the log now: call it before a look-up that must not miss anything.

        Many who ask at the same time share one reading, which began after each of them asked.
        """
        self._asked += 1
        mine = self._asked
        async with self._catching_up:
            if self._level < mine:
                asked = self._asked
                await self._following.catch_up()
                self._level = asked

    async def last_counted(self, child: str, before: str, but: str) -> str | None:
        """The effective date (ISO) of the audit of this child that comes right before this one of that day."""
        earlier = {"$or": [{"counts_on": {"$ne": None, "$lt": before}}, {"counts_on": before, "_id": {"$lt": but}}]}
        query = {"child": child, "external": False, **earlier}
        found = await self.kept.find_one(query, {"counts_on": 1}, sort=[("counts_on", -1)])
        return str(found["counts_on"]) if found else None

    async def wrongly_preceded(self, audit: str) -> list[tuple[str, str | None]]:
        """Of the same child as this audit, those that say that another one came before them than did, with its day.

        Of two on one day that one is first whose id is. Judgements of an outside body are not among them.
        """
        known = await self.kept.find_one({"_id": audit}, {"child": 1})
        if known is None or known["child"] is None:
            return []
        query = {"child": known["child"], "external": False, "counts_on": {"$ne": None}}
        in_order = self.kept.find(query, {"counts_on": 1, "previous_on": 1}).sort([("counts_on", 1), ("_id", 1)])
        found = await in_order.to_list()
        days = [None, *(str(entry["counts_on"]) for entry in found)]
        return [
            (str(entry["_id"]), before)
            for entry, before in zip(found, days, strict=False)
            if entry["previous_on"] != before
        ]

    async def audited_since(self, children: Sequence[str], day: str) -> frozenset[str]:
        """Those of the children of whom an audit counts on that day (ISO) or later."""
        return await self._children(children, {"counts_on": {"$gte": day}})

    async def under_audit(self, children: Sequence[str]) -> frozenset[str]:
        """Those of the children of whom an audit is planned or under way."""
        return await self._children(children, {"stage": {"$in": sorted(UNDER_WAY)}})

    async def _children(self, children: Sequence[str], condition: Mapping[str, Any]) -> frozenset[str]:
        query = {"kind": audit.DECIDER.category, "child": {"$in": list(children)}, **condition}
        return frozenset(await self.kept.distinct("child", query))

    async def _remember(self, commits: Sequence[Commit]) -> None:
        """Each stream once, whatever happened to it how often: what is kept is made from its newest state."""
        streams: dict[str, list[Commit]] = {}
        for commit in commits:
            if _kind(commit.stream) in ENTRIES:
                streams.setdefault(commit.stream, []).append(commit)
        several = list(streams.values())
        for at in range(0, len(several), AT_ONCE):
            made = await asyncio.gather(*(self._document(its) for its in several[at : at + AT_ONCE]))
            await self._keep([document for document in made if document is not None])

    async def _document(self, commits: Sequence[Commit]) -> Entry | None:
        """What is kept of the stream whose next commits these are."""
        last = commits[-1]
        decider, entry_of = ENTRIES[_kind(last.stream)]
        loaded = _whole(decider, commits) or await load(self._store, decider, last.stream)
        entry = entry_of(loaded.state)
        if entry is None:
            return None
        known = {"kind": decider.category, "la_code": last.meta.la_code, "version": loaded.version}
        return {"_id": last.stream, **known, **entry}

    async def _keep(self, documents: Sequence[Entry]) -> None:
        newer = [
            ReplaceOne({"_id": one["_id"], "version": {"$lt": one["version"]}}, one, upsert=True) for one in documents
        ]
        if not newer:
            return
        try:
            await self.kept.bulk_write(newer, ordered=False)
        except BulkWriteError as failed:
            # A document that is there already at this version or a newer one cannot be inserted: it stays as it is.
            if any(error["code"] != DUPLICATE_KEY for error in failed.details["writeErrors"]):
                raise


def _whole(decider: Decider[Any, Any], commits: Sequence[Commit]) -> Loaded[Any] | None:
    """The state after these commits when they are a stream's first ones, so that nothing has to be read."""
    if commits[0].first_version != 1:
        return None
    state = decider.fold(told.event for commit in commits for told in recorded(decider, commit))
    return Loaded(state, commits[-1].version)


def _kind(stream: str) -> str:
    return stream.partition("-")[0]
