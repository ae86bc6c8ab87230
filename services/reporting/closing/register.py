"""Which periods were closed: a small collection that repeats what reporting's log says, and can be made again from it.

One document a period: `_id` is the stream, `reports` are the versions of each report, `units` those that have one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.published import Published, closing_of
from services.reporting.domain import periods
from services.reporting.domain.reporting_period.events import PeriodClosed
from services.reporting.domain.reporting_period.state import DECIDER, ReportingPeriod
from services.reporting.reports.report import Closing
from services.reporting.reports.shelf import ClosedPeriod
from shared.event_store.following import Follower, keep_newest
from shared.event_store.handling import load
from shared.event_store.store import Commit, EventStore

CLOSED_PERIODS = "closed_periods"


class ClosedPeriods:
    def __init__(self, store: EventStore, database: AsyncDatabase[Any], published: Published) -> None:
        self._store = store
        self._published = published
        self._kept: AsyncCollection[Any] = database[CLOSED_PERIODS]
        self._following = Follower(store, database["cursors"], CLOSED_PERIODS, self._remember)

    async def prepare(self) -> None:
        await self._kept.create_index([("authority", ASCENDING), ("last_month", DESCENDING)])

    async def catch_up(self) -> None:
        """Bring everything up to what is in the log now."""
        await self._following.catch_up()

    async def remember(self, stream: str) -> None:
        """Bring one period up to date. An older reading never replaces a newer one."""
        loaded = await load(self._store, DECIDER, stream)
        closed = loaded.state.closed
        if closed is None:
            return
        await keep_newest(self._kept, stream, loaded.version, await self._document(closed, loaded.state))

    async def of(self, authority: str, unit: str, report_id: str) -> tuple[ClosedPeriod, ...]:
        """The periods for which this unit (by `unit_key`) has this report, the newest first."""
        asked = {"authority": authority, "units": unit, f"reports.{report_id}": {"$exists": True}}
        shown = {"period": 1, f"reports.{report_id}": 1}
        order = [("last_month", DESCENDING), ("kind", ASCENDING)]
        found = await self._kept.find(asked, shown).sort(order).to_list()
        return tuple(_closed(document["period"], document["reports"][report_id]) for document in found)

    async def _remember(self, commits: Sequence[Commit]) -> None:
        for stream in sorted({one.stream for one in commits if one.stream.startswith(f"{DECIDER.category}-")}):
            await self.remember(stream)

    async def _document(self, closed: PeriodClosed, period: ReportingPeriod) -> dict[str, Any]:
        units = {key for versions in period.reports.values() for key in await self._published.listed(versions[-1])}
        return {
            "authority": closed.authority,
            "period": closed.period,
            "kind": closed.kind,
            "last_month": periods.named(closed.period).months[-1],
            "units": sorted(units),
            "reports": {
                code: [closing_of(period, version).model_dump(mode="json") for version in versions]
                for code, versions in period.reports.items()
            },
        }


def _closed(key: str, versions: Sequence[dict[str, Any]]) -> ClosedPeriod:
    return ClosedPeriod(period=key, versions=tuple(Closing.model_validate(version) for version in versions))
