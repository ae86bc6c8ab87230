"""Closing a period and restating it: makes the snapshots, keeps them, asks the domain, keeps what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.making import Maker, Wrapping
from services.reporting.closing.pending import Comparing, Pending
from services.reporting.closing.policies import Policies
from services.reporting.closing.published import Published
from services.reporting.closing.register import ClosedPeriods
from services.reporting.closing.snapshots import Snapshots
from services.reporting.closing.structure import as_it_stood
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.decisions import (
    ClosePeriod,
    RestateReports,
    check_may_close,
    close_day,
    close_period,
    restate_reports,
)
from services.reporting.domain.reporting_period.events import ReportingPeriodEvent
from services.reporting.domain.reporting_period.state import DECIDER, ReportingPeriod, period_id
from services.reporting.library import Library
from services.reporting.reports.offered import closed_with_periods
from services.reporting.reports.report import Registry
from shared.calendar.clock import Clock, local_date
from shared.calendar.working_days import WorkingDays, england
from shared.deciding.refusal import Refused
from shared.directory import Directory
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.event_store.store import EventStore

PATIENCE = 3.0  # seconds to wait until everything published is counted
POLL = 0.1


@dataclass(frozen=True, slots=True)
class Closing:
    """What routes, the timer and commands of an installation use.

    Methods raise Refused when a rule says no, and what the store raises. Who may ask is asked before.
    """

    store: EventStore
    snapshots: Snapshots
    register: ClosedPeriods
    library: Library
    directory: Directory
    registry: Registry
    policies: Policies
    working_days: WorkingDays
    clock: Clock
    patience: float = PATIENCE

    @staticmethod
    def on(
        database: AsyncDatabase[Any],
        store: EventStore,
        library: Library,
        directory: Directory,
        registry: Registry,
        clock: Clock,
    ) -> Closing:
        """With snapshots and the register in this database, by England's calendar."""
        snapshots = Snapshots(database)
        register = ClosedPeriods(store, database, Published(snapshots))
        policies = Policies(store)
        return Closing(store, snapshots, register, library, directory, registry, policies, england(), clock)

    @property
    def published(self) -> Published:
        return Published(self.snapshots)

    @property
    def today(self) -> date:
        return local_date(self.clock())

    async def period(self, authority: str, key: str) -> Loaded[ReportingPeriod]:
        return await load(self.store, DECIDER, _stream(authority, key))

    async def policy_of(self, authority: str, span: Span) -> ReportingPolicy:
        """The policy of a period is the one in force on its last day."""
        return await self.policies.on(authority, periods.last_day(span.months[-1]))

    async def policy_closed_under(self, authority: str, period: ReportingPeriod) -> ReportingPolicy:
        """The policy by which the period's reports were made, whatever was set since."""
        name = period.closed.policy_version if period.closed else None
        version = (await self.policies.of(authority)).state.named(name) if name else None
        return version.value if version else ReportingPolicy()

    async def may_close_from(self, authority: str, span: Span) -> date:
        return close_day(span, await self.policy_of(authority, span), self.working_days)

    async def closed_months(self, authority: str, span: Span) -> frozenset[str]:
        """Which months of a quarter are closed; a month has none of its own."""
        if span.kind == "month":
            return frozenset()
        each = {month: (await self.period(authority, month)).state for month in span.months}
        return frozenset(month for month, period in each.items() if period.closed is not None)

    async def close(self, authority: str, span: Span, asked: Asked) -> Outcome[ReportingPeriodEvent]:
        """Close the period with a snapshot of this moment; of a period that is closed nothing changes."""
        stream = _stream(authority, span.key)
        policy = await self.policy_of(authority, span)
        command = ClosePeriod(authority, span, self.today, await self.closed_months(authority, span))
        known = (await load(self.store, DECIDER, stream)).state
        if known.closed is not None:
            return await handle(self.store, DECIDER, stream, lambda _period: [], asked)
        check_may_close(command, policy, self.working_days)
        await self._check_all_is_counted(authority)
        moment = self.clock()
        structure = as_it_stood(self.directory, authority, periods.last_day(span.months[-1]))
        published = closed_with_periods(self.registry)
        made = await self.library.read(Maker(published, span, structure, policy).make)
        taken = Wrapping(authority, span).all_of(made, structure, moment)
        await self.snapshots.put(taken.contents)
        outcome = await handle(
            self.store,
            DECIDER,
            stream,
            lambda period: close_period(command, period, taken.snapshot, policy, self.working_days),
            _under(asked, authority, policy.version),
        )
        await self.register.remember(stream)
        return outcome

    async def pending(self, authority: str, span: Span, period: ReportingPeriod) -> Pending:
        """What the closed period's reports would say otherwise today."""
        if period.closed is None:
            return Pending()
        policy = await self.policy_closed_under(authority, period)
        structure = as_it_stood(self.directory, authority, periods.last_day(span.months[-1]))
        registry = {code: one for code, one in self.registry.items() if code in period.reports}
        maker = Maker(registry, span, structure, policy)
        return await Comparing(self.library, self.published, authority, period, maker).now(self.clock())

    async def restate(
        self, authority: str, span: Span, asked: Asked, *, seen: str | None = None
    ) -> Outcome[ReportingPeriodEvent]:
        """Publish the next version of every report that differs. `seen` names the differences that were approved."""
        loaded = await self.period(authority, span.key)
        pending = await self.pending(authority, span, loaded.state)
        if seen is not None and pending.taken is not None and seen != pending.hash:
            raise Refused("other figures differ by now: look at them first", field="pending")
        snapshot, by = pending.taken.snapshot if pending.taken else None, asked.meta.actor
        command = RestateReports(pending.changes, snapshot, by.staff_ref, by.role, self.today)
        if pending.taken is not None:
            await self.snapshots.put(pending.taken.contents)
        # What was compared is what the decision must find: nobody else may have restated the period meanwhile.
        asked = replace(asked, if_version=loaded.version if asked.if_version is None else asked.if_version)
        policy_version = loaded.state.closed.policy_version if loaded.state.closed else None
        stream = _stream(authority, span.key)
        outcome = await handle(
            self.store,
            DECIDER,
            stream,
            lambda period: restate_reports(command, period),
            _under(asked, authority, policy_version),
        )
        await self.register.remember(stream)
        return outcome

    async def _check_all_is_counted(self, authority: str) -> None:
        """Raises Refused when something is published, or set aside, that no figure holds yet."""
        if await self.library.set_aside(authority):
            raise Refused("events of this authority are set aside: they have to be put right first")
        ends = asyncio.get_running_loop().time() + self.patience
        while (await self.library.as_at()).behind != 0:
            if asyncio.get_running_loop().time() >= ends:
                raise Refused("not everything that was published is counted yet: ask again")
            await asyncio.sleep(POLL)


def _stream(authority: str, key: str) -> str:
    return DECIDER.stream(period_id(authority, key))


def _under(asked: Asked, authority: str, policy_version: str | None) -> Asked:
    meta = asked.meta.model_copy(update={"la_code": authority, "policy_version": policy_version})
    return replace(asked, meta=meta)


def said_of(period: ReportingPeriod) -> Mapping[str, object]:
    """A period as it is shown: when it was closed, and every version of its reports by hash."""
    closed = period.closed
    if closed is None:
        return {"state": "OPEN"}
    return {
        "state": "CLOSED",
        "closed_on": closed.closed_on,
        "cutoff": closed.cutoff_recorded_at,
        "policy_version": closed.policy_version,
        "snapshot_hash": closed.snapshot_hash,
        "reports": {
            code: [{"version": one.number, "hash": one.hash, "on": one.on} for one in versions]
            for code, versions in sorted(period.reports.items())
        },
    }
