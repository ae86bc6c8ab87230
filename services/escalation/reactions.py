"""From a deadline that passed to the command that notes it: once for each deadline, also after a standstill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import structlog
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from services.escalation.domain.codes import Clock
from services.escalation.domain.policy import EscalationPolicy
from services.escalation.domain.practice_alert.commands import NoteMissedDeadline, RecalculateDeadlines
from services.escalation.domain.practice_alert.deadlines import Calendar
from services.escalation.domain.practice_alert.decisions import note_missed_deadline, recalculate_deadlines
from services.escalation.domain.practice_alert.events import PracticeAlertEvent, PracticeAlertRaised
from services.escalation.domain.practice_alert.overdue import running
from services.escalation.domain.practice_alert.state import DECIDER, PracticeAlert
from shared.calendar import clock as clocks
from shared.event_store.following import Follower
from shared.event_store.handling import Asked, handle, load
from shared.event_store.store import (
    Actor,
    Commit,
    EventStore,
    Meta,
    OutcomeUnknown,
    StoreBusy,
    StreamMovedOn,
)

log = structlog.get_logger()

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
        parts = (self.stream, self.clock, str(self.stage), self.due_on.isoformat(), str(self.entry))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


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
        document = {**_document(loaded.state), "version": loaded.version, "la_code": commit.meta.la_code}
        try:
            await self._kept.replace_one(
                {"_id": commit.stream, "version": {"$lt": loaded.version}}, document, upsert=True
            )
        except DuplicateKeyError:
            log.debug("deadlines already newer", stream=commit.stream)

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
            if await self._keep(stream, self._recount(), self._recounting(stream, la_code, version)):
                await self._deadlines.counted(stream, self._calendar.version)
        today = clocks.local_date(self._clock())
        for due in await self._deadlines.due_before(today):
            await self._keep(due.stream, self._note(due, today), _noting(due, self._policy.version))

    def _recount(self) -> Decide:
        command, calendar, policy = RecalculateDeadlines(), self._calendar, self._policy
        return lambda alert: recalculate_deadlines(command, alert, calendar, policy)

    def _note(self, due: Due, today: date) -> Decide:
        command = NoteMissedDeadline(due.clock, due.stage, due.entry, due.due_on, today)
        return partial(note_missed_deadline, command, calendar=self._calendar)

    async def _keep(self, stream: str, decide: Decide, asked: Asked) -> bool:
        """False when the store could not take it now: the next look asks again, with the same id."""
        try:
            await handle(self._store, DECIDER, stream, decide, asked)
        except (StoreBusy, OutcomeUnknown, StreamMovedOn) as error:
            log.warning("deadline left for the next look", stream=stream, error=type(error).__name__)
            return False
        return True

    def _recounting(self, stream: str, la_code: str, version: int) -> Asked:
        moment = self._clock()
        id_ = hashlib.sha256(f"{stream}|{version}|calendar|{self._calendar.version}".encode()).hexdigest()
        return _asked(id_, la_code, moment, clocks.local_date(moment), self._policy.version)


def follower(store: EventStore, cursors: AsyncCollection[Any], deadlines: Deadlines) -> Follower:
    """What keeps `deadlines` in step with the log."""
    return Follower(store, cursors, FOLLOWER, deadlines.remember)


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
    day_after = due.due_on + timedelta(days=1)
    moment = datetime.combine(day_after, time(), clocks.LONDON).astimezone(UTC)
    return _asked(due.commit_id, due.la_code, moment, day_after, policy_version)


def _asked(id_: str, la_code: str, moment: datetime, counts_on: date, policy_version: str) -> Asked:
    meta = Meta(
        actor=TIMER,
        la_code=la_code,
        occurred_at=moment,
        effective_date=counts_on,
        correlation=id_,
        policy_version=policy_version,
    )
    return Asked(id=id_, request=id_, meta=meta)
