"""From a deadline that passed to the command that notes it: once for each deadline, also after a standstill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from services.escalation.domain.codes import Clock
from services.escalation.domain.policy import EscalationPolicy
from services.escalation.domain.practice_alert.commands import NoteMissedDeadline, RecalculateDeadlines
from services.escalation.domain.practice_alert.deadlines import Calendar
from services.escalation.domain.practice_alert.decisions import note_missed_deadline, recalculate_deadlines
from services.escalation.domain.practice_alert.events import PracticeAlertEvent, PracticeAlertRaised
from services.escalation.domain.practice_alert.overdue import running
from services.escalation.domain.practice_alert.state import DECIDER, PracticeAlert
from shared.calendar import clock as clocks
from shared.event_store.following import Follower, Reaction, keep_newest
from shared.event_store.handling import Asked, load
from shared.event_store.store import Actor, Commit, EventStore
from shared.event_store.unattended import attempt, once, unattended

TIMER = Actor(staff_ref="escalation-timer", role="SYSTEM")
FOLLOWER = "deadlines"
Decide = Callable[[PracticeAlert], Sequence[PracticeAlertEvent]]


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that is running: `entry` and `stage` tell which stage entry it belongs to."""

    stream: str
    la_code: str
    clock: Clock
    stage: int
    entry: int
    due_on: date

    @property
    def commit_id(self) -> str:
        """The same for every timer, and another for each deadline: this is what makes noticing happen once.

        The entry is part of it because a stage entered again after a reopening can be due on the very same day.
        """
        return once(self.stream, self.clock, str(self.stage), self.due_on.isoformat(), str(self.entry))


class Deadlines:
    """The running deadlines of all open alerts: a small collection that repeats what the log says.

    One document a stream: `due` are its deadlines, `next` the earliest of them (ISO dates), `version` the stream's
    version it was read at. An older reading never replaces a newer one, so followers may repeat and overtake.
    """

    def __init__(self, store: EventStore, collection: AsyncCollection[Any]) -> None:
        self._store = store
        self._kept = collection

    async def prepare(self) -> None:
        await self._kept.create_index([("next", ASCENDING)])

    async def remember(self, commit: Commit) -> None:
        """Bring the deadlines of the commit's alert up to date; harmless when done twice."""
        if not commit.stream.startswith(DECIDER.category + "-"):
            return
        loaded = await load(self._store, DECIDER, commit.stream)
        document = {**_document(loaded.state), "la_code": commit.meta.la_code}
        await keep_newest(self._kept, commit.stream, loaded.version, document)

    async def due_before(self, today: date) -> list[Due]:
        """The deadlines that ended before today, the longest overdue first."""
        found = self._kept.find({"next": {"$lt": today.isoformat()}}).sort("next", ASCENDING)
        return [due for document in await found.to_list() for due in _dues(document) if due.due_on < today]

    async def counted_with_another(self, calendar_version: str) -> list[tuple[str, str, int]]:
        """Streams (with authority and version) whose deadlines were last counted with another calendar."""
        found = self._kept.find({"next": {"$ne": None}, "calendar": {"$ne": calendar_version}})
        return [(document["_id"], document["la_code"], document["version"]) for document in await found.to_list()]

    async def counted(self, stream: str, calendar_version: str) -> None:
        """That calendar moved nothing for this alert, or it has been recorded what it moved."""
        await self._kept.update_one({"_id": stream}, {"$set": {"calendar": calendar_version}})


class DeadlineTimer:
    """Looks at the deadlines by the clock it is given. Two of them, a crash or a standstill change nothing."""

    def __init__(
        self,
        store: EventStore,
        deadlines: Deadlines,
        calendar: Calendar,
        policy: EscalationPolicy,
        clock: clocks.Clock = clocks.now,
    ) -> None:
        self._store = store
        self._deadlines = deadlines
        self._calendar = calendar
        self._policy = policy
        self._clock = clock

    async def look(self) -> None:
        """Count again what another calendar counted, then note every deadline that was missed."""
        for stream, la_code, version in await self._deadlines.counted_with_another(self._calendar.version):
            asked = self._recounting(stream, la_code, version)
            if await attempt(self._store, DECIDER, stream, self._recount(), asked):
                await self._deadlines.counted(stream, self._calendar.version)
        today = clocks.local_date(self._clock())
        for due in await self._deadlines.due_before(today):
            asked = _noting(due, self._policy.version)
            await attempt(self._store, DECIDER, due.stream, self._note(due, today), asked)

    def _recount(self) -> Decide:
        command, calendar, policy = RecalculateDeadlines(), self._calendar, self._policy
        return lambda alert: recalculate_deadlines(command, alert, calendar, policy)

    def _note(self, due: Due, today: date) -> Decide:
        command = NoteMissedDeadline(due.clock, due.stage, due.entry, due.due_on, today)
        return partial(note_missed_deadline, command, calendar=self._calendar)

    def _recounting(self, stream: str, la_code: str, version: int) -> Asked:
        moment = self._clock()
        id_ = once(stream, str(version), "calendar", self._calendar.version)
        return unattended(id_, TIMER, la_code, moment, clocks.local_date(moment), self._policy.version)


def follower(store: EventStore, cursors: AsyncCollection[Any], deadlines: Deadlines) -> Follower:
    """What keeps `deadlines` in step with the log."""
    return Follower(store, cursors, FOLLOWER, Reaction(FOLLOWER, deadlines.remember).handle_all)


def _document(alert: PracticeAlert) -> dict[str, Any]:
    stage, total = running(alert)
    dates = {Clock.STAGE: stage, Clock.TOTAL: total}
    due = [
        {"clock": kind.value, "stage": alert.stage, "entry": alert.entry, "on": on.isoformat()}
        for kind, on in dates.items()
        if on is not None
    ]
    return {
        "due": due,
        "next": min((one["on"] for one in due), default=None),
        "calendar": alert.calendar_version,
        "open": alert.is_open,
        **(_listed(alert, alert.raised) if alert.is_open and isinstance(alert.raised, PracticeAlertRaised) else {}),
    }


def _listed(alert: PracticeAlert, raised: PracticeAlertRaised) -> dict[str, Any]:
    """What the list of open alerts shows, and by what it finds who may see it: codes and dates only."""
    return {
        "place": raised.place.model_dump(mode="json"),
        "held_by": alert.held_by,
        "allocated_worker": raised.allocated_worker,
        "total_deadline": alert.total_deadline.isoformat(),
        "brief": {
            "alert_type": raised.alert_type.value,
            "categories": [category.value for category in alert.categories],
            "plan_type": raised.plan_type.value,
            "risk": raised.risk.value,
            "status": alert.status.value,
            "stage": alert.stage,
            "raised_on": alert.raised_on.isoformat(),
            "stage_deadline": alert.stage_deadline.isoformat(),
            "total_deadline": alert.total_deadline.isoformat(),
            "stage_deadline_missed": alert.stage_missed,
            "total_deadline_missed": alert.total_missed,
        },
    }


def _dues(document: dict[str, Any]) -> list[Due]:
    return [
        Due(
            stream=document["_id"],
            la_code=document["la_code"],
            clock=Clock(one["clock"]),
            stage=one["stage"],
            entry=one["entry"],
            due_on=date.fromisoformat(one["on"]),
        )
        for one in document["due"]
    ]


def _noting(due: Due, policy_version: str) -> Asked:
    """It happened when the due date ended in London, whenever it is noticed."""
    moment = clocks.end_of(due.due_on)
    counts_on = due.due_on + timedelta(days=1)
    return unattended(due.commit_id, TIMER, due.la_code, moment, counts_on, policy_version)
