"""Reading other authorities' improvement events: forward, by number, each once at least and never past a gap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import structlog

from services.reporting.alliance.admitting import NotAdmitted, admitted, number_of
from services.reporting.alliance.fetching import LIMIT, Fetching, NotRead
from services.reporting.alliance.sources import Source, Sources, Trouble
from services.reporting.alliance.supports import Supports
from services.reporting.alliance.tokens import SourceTokens
from services.reporting.sharing.current import ImprovementEvents
from shared.calendar.clock import Clock
from shared.published.envelope import Published

log = structlog.get_logger()

PAGES = 50  # of one source in one round: the others have their turn


@dataclass(frozen=True, slots=True)
class Reading:
    """What is learned twice stays the same, so the number moves after it: a crash or a second reader reads again."""

    sources: Sources
    tokens: SourceTokens
    current: ImprovementEvents
    supports: Supports
    fetching: Fetching
    clock: Clock

    async def round(self) -> None:
        """What is new at every source. One that cannot be read keeps its place, says why, and delays no other.

        What else fails is raised once all had their turn.
        """
        done = await asyncio.gather(*(self._turn(one) for one in await self.sources.all()), return_exceptions=True)
        failed = [one for one in done if isinstance(one, Exception)]
        if failed:
            raise ExceptionGroup("sources", failed)

    async def _turn(self, source: Source) -> None:
        try:
            await self._read(source)
        except NotRead as unread:
            await self._stuck(source, unread.trouble)

    async def _read(self, source: Source) -> None:
        token = await self.tokens.read(source.id, source.admitted.token_id)
        if token is None:
            raise NotRead("NO_TOKEN")
        for _ in range(PAGES):
            items = await self.fetching.page(source.admitted, token, source.number)
            reached, gap = await self._take(source, items)
            if not await self.sources.move(source, reached, self.clock()):
                return  # another reader is ahead, or it was admitted anew
            source = replace(source, number=reached)
            if gap:
                await self._stuck(source, "GAP")
                return
            if len(items) < LIMIT:
                return

    async def _take(self, source: Source, items: Any) -> tuple[int, bool]:
        """The number reached, and whether the next one is missing: it is then asked for again, from there."""
        reached = source.number
        for item in items:
            number = number_of(item)
            if number is None or number > reached + 1:
                return reached, True
            if number == reached + 1:
                await self._learn(source, number, item)
                reached = number
        return reached, False

    async def _learn(self, source: Source, number: int, item: Any) -> None:
        try:
            published = admitted(item, source.admitted.la_codes)
            if published is not None:
                await self._check_known(source, published)
                await self.current.learn(published, source.id)
                await self.supports.learn(published, source.id)
        except NotAdmitted as refused:
            log.warning("improvement event refused", source=source.id, number=number, reason=refused.reason)
            await self.sources.park(source, number, refused.reason)

    async def _check_known(self, source: Source, published: Published) -> None:
        """What becomes of a request is told by who told of the request."""
        support_id = getattr(published, "support_id", None)
        if support_id is None or hasattr(published, "la_code"):
            return
        if not await self.supports.knows(support_id, source.id):
            raise NotAdmitted("it is about a request of which the source never told")

    async def _stuck(self, source: Source, trouble: Trouble) -> None:
        log.warning("improvement events not read", source=source.id, trouble=trouble)
        await self.sources.stuck(source, trouble)
