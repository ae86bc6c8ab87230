"""The policies as the service's edge reads them: which one is in force for an authority on a day."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.audit.domain.audit_policy.state import DECIDER, AuditPolicies
from services.audit.domain.policy import AuditPolicy
from shared.calendar.clock import Clock, now
from shared.event_store.handling import Loaded, recorded, unborn
from shared.event_store.store import EventStore

# How long a policy that another process sets may go unnoticed here.
FRESH = timedelta(seconds=1)


@dataclass(slots=True)
class _Known:
    """One authority's policy as it was last read, and the lock that makes many askers read it once."""

    loaded: Loaded[AuditPolicies] = field(default_factory=lambda: unborn(DECIDER))
    read_at: datetime | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Policies:
    def __init__(self, store: EventStore, clock: Clock = now) -> None:
        self._store = store
        self._clock = clock
        self._known: defaultdict[str, _Known] = defaultdict(_Known)

    async def on(self, la_code: str, day: date) -> AuditPolicy:
        """The policy in force for the authority on that day: the one that comes with the service until it sets one."""
        known = self._known[la_code]
        if self._is_stale(known):
            async with known.reading:
                if self._is_stale(known):
                    await self._read(la_code, known)
        return known.loaded.state.on(day).value

    async def read(self, la_code: str) -> Loaded[AuditPolicies]:
        """The authority's policy with all its versions, as it now stands."""
        known = self._known[la_code]
        async with known.reading:
            await self._read(la_code, known)
            return known.loaded

    def _is_stale(self, known: _Known) -> bool:
        return known.read_at is None or self._clock() - known.read_at >= FRESH

    async def _read(self, la_code: str, known: _Known) -> None:
        moment = self._clock()
        for commit in await self._store.read(DECIDER.stream(la_code), known.loaded.version):
            events = (told.event for told in recorded(DECIDER, commit))
            known.loaded = Loaded(DECIDER.fold(events, known.loaded.state), commit.version)
        known.read_at = moment
