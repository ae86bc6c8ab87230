"""What the alliance's view needs of reporting's own log: support, the region's released sums, and the sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.alliance.regional import RegionFigures
from services.reporting.alliance.sources import Sources, source_of
from services.reporting.alliance.supports import Supports
from services.reporting.alliance.views import ReleasedFigures
from services.reporting.disclosure.grades import RegionalTable, good_or_better
from services.reporting.domain.disclosure_ledger import state as ledger
from services.reporting.domain.disclosure_ledger.events import RegionalFiguresReleased
from services.reporting.domain.improvement_source import state as improvement_source
from services.reporting.domain.support import state as support
from services.reporting.sharing.current import ImprovementEvents
from shared.event_store.following import Follower, keep_newest
from shared.event_store.handling import Recorded, load, recorded
from shared.event_store.store import Commit, EventStore
from shared.published.envelope import Published

REGIONS = "regional_figures"
Tell = Callable[[Recorded[Any]], Published | None]


class AllianceLog:
    """`catch_up` knows every commit that the store has. Following a commit twice changes nothing."""

    def __init__(
        self,
        store: EventStore,
        database: AsyncDatabase[Any],
        tell: Tell,
        sources: Sources,
        supports: Supports,
        current: ImprovementEvents,
    ) -> None:
        self._store = store
        self._tell = tell
        self._sources = sources
        self._supports = supports
        self._current = current
        self._regions = database[REGIONS]
        self._follower = Follower(store, database["cursors"], "alliance", self._learn_all)

    async def catch_up(self) -> None:
        await self._follower.catch_up()

    async def region(self, region: str, quarters: Sequence[str]) -> Mapping[str, RegionFigures]:
        """By quarter, as it stands now."""
        found = self._regions.find({"_id": {"$in": [f"{region}|{quarter}" for quarter in quarters]}})
        return {one["period"]: _figures(one) async for one in found}

    async def _learn_all(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            category = commit.stream.partition("-")[0]
            if category == support.DECIDER.category:
                await self._learn_support(commit)
            elif category == ledger.DECIDER.category:
                await self._learn_region(commit)
            elif category == improvement_source.DECIDER.category:
                await self._learn_source(commit)

    async def _learn_support(self, commit: Commit) -> None:
        for told in recorded(support.DECIDER, commit):
            if (published := self._tell(told)) is not None:
                await self._supports.learn(published)

    async def _learn_region(self, commit: Commit) -> None:
        for told in recorded(ledger.DECIDER, commit):
            event = told.event
            if isinstance(event, RegionalFiguresReleased):
                for table in event.tables:
                    if table.domain is None:
                        await self._keep(event.region, event.period, table, told.version)

    async def _keep(self, region: str, period: str, table: RegionalTable, version: int) -> None:
        kept = {"period": period, "table": table.model_dump(mode="json")}
        await keep_newest(self._regions, f"{region}|{period}", version, kept)

    async def _learn_source(self, commit: Commit) -> None:
        source_id = source_of(commit.stream)
        if source_id is None:
            return
        loaded = await load(self._store, improvement_source.DECIDER, commit.stream)
        await self._sources.learn(source_id, loaded.state, loaded.version)
        if loaded.state.stands is None:  # readers leave it out already: see `Sources.speaking`
            await self._current.forget(source_id)
            await self._supports.forget(source_id)


def _figures(kept: Mapping[str, Any]) -> RegionFigures:
    """Rounded counts, and no percentage: of rounded numbers it would be a wrong one."""
    table = RegionalTable.model_validate(kept["table"])
    share = good_or_better(table.cells, table.total)
    return RegionFigures(
        ReleasedFigures(numerator=share.numerator, denominator=share.denominator), len(table.authorities)
    )
