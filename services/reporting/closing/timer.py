"""Closing periods on their close day without being asked, also after a standstill."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.work import Closing
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.domain.reporting_period.state import DECIDER, period_id
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked
from shared.event_store.store import Actor, Meta, OutcomeUnknown, StoreBusy, StreamMovedOn
from shared.projecting.state import DURABLE

log = structlog.get_logger()

TIMER = Actor(staff_ref="reporting-timer", role="SYSTEM")
BEGINNINGS = "beginnings"


class Beginnings:
    """When this installation began to close periods. What was over by then is history that is still being loaded."""

    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept: AsyncCollection[Any] = database.get_collection(BEGINNINGS, write_concern=DURABLE)

    async def prepare(self, month: str) -> None:
        """Remember this month as the first one, unless there is one already."""
        if await self.first() is None:
            await self._kept.insert_one({"month": month})

    async def first(self) -> str | None:
        """Two that began at once may both have said so: the earliest counts."""
        found = await self._kept.find_one(sort=[("month", ASCENDING)])
        return str(found["month"]) if found else None


@dataclass(frozen=True, slots=True)
class CloseTimer:
    """Looks at the clock it is given. Two of them, a crash or a standstill change nothing."""

    closing: Closing
    beginnings: Beginnings
    _known: set[tuple[str, str]] = field(default_factory=set)  # what is closed stays closed

    async def prepare(self) -> None:
        await self.beginnings.prepare(periods.month_of(self.closing.today))

    async def look(self) -> None:
        """Close whatever is due. What cannot be closed now is left for the next look."""
        await self.closing.register.catch_up()
        first = await self.beginnings.first()
        if first is None:
            return
        for authority in self.closing.directory.authorities():
            for span in _over(first, periods.month_of(self.closing.today)):
                if (authority.authority_id, span.key) not in self._known:
                    await self._close_if_due(authority.authority_id, span)

    async def _close_if_due(self, authority: str, span: Span) -> None:
        if (await self.closing.period(authority, span.key)).state.closed is not None:
            self._known.add((authority, span.key))
        elif await self._is_due(authority, span):
            await self._close(authority, span)

    async def _is_due(self, authority: str, span: Span) -> bool:
        if await self.closing.may_close_from(authority, span) > self.closing.today:
            return False
        return span.kind == "month" or (await self.closing.closed_months(authority, span)).issuperset(span.months)

    async def _close(self, authority: str, span: Span) -> None:
        try:
            await self.closing.close(authority, span, by_itself(authority, span, self.closing.clock()))
        except (Refused, StoreBusy, OutcomeUnknown, StreamMovedOn) as failed:
            # A rule says no more than that something has to come first, such as events that are set aside.
            why = failed.rule if isinstance(failed, Refused) else type(failed).__name__
            log.warning("period left for the next look", authority=authority, period=span.key, because=why)
        else:
            self._known.add((authority, span.key))


def by_itself(authority: str, span: Span, moment: datetime) -> Asked:
    """The command of nobody, with the same id for every timer: it happened when the period had ended in London."""
    id_ = hashlib.sha256(f"{DECIDER.stream(period_id(authority, span.key))}|close".encode()).hexdigest()
    last = periods.last_day(span.months[-1])
    meta = Meta(
        actor=TIMER,
        la_code=authority,
        occurred_at=moment,
        effective_date=last,
        correlation=id_,
    )
    return Asked(id=id_, request=id_, meta=meta)


def _over(first: str, this: str) -> Iterator[Span]:
    """The months from the first one that are over, each quarter after its last month."""
    for month in periods.months(first, periods.following(this, -1)):
        yield periods.named(month)
        quarter = periods.named(periods.quarter(month))
        if quarter.months[-1] == month:
            yield quarter
