"""From what was asked about support, sources and the region's figures to what was kept."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.alliance import requests as bodies
from services.reporting.alliance.fetching import Fetching
from services.reporting.alliance.following import AllianceLog
from services.reporting.alliance.sources import Sources
from services.reporting.alliance.tokens import SourceTokens
from services.reporting.domain import periods
from services.reporting.domain.disclosure_ledger.decisions import ReleaseRegionalFigures, release_regional_figures
from services.reporting.domain.disclosure_ledger.events import DisclosureLedgerEvent, RegionalFiguresReleased
from services.reporting.domain.disclosure_ledger.state import DECIDER as LEDGERS
from services.reporting.domain.disclosure_ledger.state import LEDGER, Ledger
from services.reporting.domain.improvement_source import decisions as sourcing
from services.reporting.domain.improvement_source.decisions import AdmitSource
from services.reporting.domain.improvement_source.events import ImprovementSourceEvent
from services.reporting.domain.improvement_source.state import DECIDER as SOURCES
from services.reporting.domain.support import decisions
from services.reporting.domain.support.decisions import (
    AcceptSupport,
    HoldPeerChallenge,
    OfferSupport,
    Released,
    ReportImpact,
    RequestSupport,
)
from services.reporting.domain.support.events import SupportEvent
from services.reporting.domain.support.state import DECIDER, Support
from services.reporting.sharing.current import ImprovementEvents
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import NotFound, Refused
from shared.directory import Directory
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.event_store.store import EventStore

_TOKEN = re.compile(r"[!-~]+")
Decide = Callable[[Support], Sequence[SupportEvent]]


@dataclass(frozen=True, slots=True)
class Alliance:
    """Methods raise NotFound, Refused, and what the store raises. Who may ask is asked before.

    `catch_up` makes improvement events as new as the log; `secret` decides among equal choices of what to hide.
    """

    store: EventStore
    log: AllianceLog
    current: ImprovementEvents
    sources: Sources
    tokens: SourceTokens
    directory: Directory
    secret: bytes
    fetching: Fetching
    clock: Clock
    catch_up: Callable[[], Awaitable[None]]

    @property
    def today(self) -> date:
        return local_date(self.clock())

    # -- support ----------------------------------------------------------------------------------------------------

    async def support(self, id_: str) -> Loaded[Support]:
        loaded = await load(self.store, DECIDER, DECIDER.stream(id_))
        if loaded.state.requested is None:
            raise NotFound
        return loaded

    async def request(self, id_: str, body: bodies.RequestSupportBody, asked: Asked) -> Outcome[SupportEvent]:
        command = RequestSupport(id_, body.la_code, await self._released(body.event_id))
        return await self._ask(id_, lambda known: decisions.request_support(command, known), asked)

    async def offer(self, id_: str, body: bodies.OfferSupportBody, asked: Asked) -> Outcome[SupportEvent]:
        requested = (await self.support(id_)).state.requested
        alliance = self.alliance_of(requested.la_code) if requested else frozenset()
        command = OfferSupport(body.la_code, alliance, body.event_id, await self._released(body.event_id))
        return await self._ask(id_, lambda known: decisions.offer_support(command, known), asked)

    async def accept(self, id_: str, la_code: str, offering: str, asked: Asked) -> Outcome[SupportEvent]:
        command = AcceptSupport(la_code, offering)
        return await self._ask(id_, lambda known: decisions.accept_support(command, known), asked)

    async def meet(self, id_: str, body: bodies.PeerChallengeBody, asked: Asked) -> Outcome[SupportEvent]:
        command = HoldPeerChallenge(body.la_code, body.held_in, body.theme_codes, self.today)
        return await self._ask(id_, lambda known: decisions.hold_peer_challenge(command, known), asked)

    async def report(self, id_: str, la_code: str, body: bodies.ImpactBody, asked: Asked) -> Outcome[SupportEvent]:
        command = ReportImpact(la_code, body.result, body.event_id, await self._released(body.event_id))
        return await self._ask(id_, lambda known: decisions.report_impact(command, known), asked)

    def alliance_of(self, la_code: str) -> frozenset[str]:
        """The authorities that share a region or an alliance with this one today."""
        regions = self.directory.regions_of(la_code, self.today)
        return frozenset(name for one in regions for name in self.directory.authorities_of(one, self.today))

    async def _ask(self, id_: str, decide: Decide, asked: Asked) -> Outcome[SupportEvent]:
        return await handle(self.store, DECIDER, DECIDER.stream(id_), decide, asked)

    async def _released(self, event_id: str | None) -> Released | None:
        if event_id is None:
            return None
        await self.catch_up()
        found = await self.current.standing(event_id)
        if found is None:
            return None
        return Released(event_id, found["la_code"], found["kind"], found["theme_code"], found["answers"])

    # -- sources ----------------------------------------------------------------------------------------------------

    async def admit(self, body: bodies.AdmitSourceBody, asked: Asked) -> Outcome[ImprovementSourceEvent]:
        """The token is kept before the source is admitted: with the other order a crash would leave it without."""
        await self.fetching.check(body.address)
        if not _TOKEN.fullmatch(body.token.get_secret_value()):
            raise Refused("a token is of letters, digits and signs without spaces", field="token")
        await self.log.catch_up()
        speaking = await self.sources.speaking()
        taken = (names for other, names in speaking.items() if other != body.source_id)
        command = AdmitSource(
            source_id=body.source_id,
            address=body.address,
            subscription_id=body.subscription_id,
            la_codes=frozenset(body.la_codes),
            token_id=self.tokens.id_of(body.token.get_secret_value()),
            known=self._known(),
            taken=frozenset().union(*taken),
        )
        stream = SOURCES.stream(body.source_id)
        sourcing.admit_source(command, (await load(self.store, SOURCES, stream)).state)  # before a token is kept
        await self.tokens.keep(body.source_id, body.token.get_secret_value())
        outcome = await handle(self.store, SOURCES, stream, lambda known: sourcing.admit_source(command, known), asked)
        await self.tokens.forget(body.source_id, but=command.token_id)
        await self.log.catch_up()
        return outcome

    def _known(self) -> frozenset[str]:
        """Authorities, and regions: whoever adds them up may speak of their sums."""
        authorities = (one.authority_id for one in self.directory.authorities())
        return frozenset((*authorities, *(one.region_id for one in self.directory.regions())))

    async def remove(self, source_id: str, asked: Asked) -> Outcome[ImprovementSourceEvent]:
        outcome = await handle(self.store, SOURCES, SOURCES.stream(source_id), sourcing.remove_source, asked)
        await self.tokens.forget(source_id)
        await self.log.catch_up()
        return outcome

    # -- the region's figures ---------------------------------------------------------------------------------------

    async def release_region(self, region: str, period: str, asked: Asked) -> Outcome[DisclosureLedgerEvent]:
        """The rounded sum over those of the region's authorities that released the period; nothing if it stands so."""
        members = self.directory.authorities_of(region, periods.last_day(periods.named(period).months[-1]))

        def decide(ledger: Ledger) -> Sequence[DisclosureLedgerEvent]:
            told = sum(1 for where in ledger.releases.values() if where == (region, period))
            command = ReleaseRegionalFigures(f"{region}.{period}.REGION.{told + 1}", region, period, members)
            return [one for one in release_regional_figures(command, ledger, self.secret) if _says_something(one)]

        outcome = await handle(self.store, LEDGERS, LEDGERS.stream(LEDGER), decide, asked)
        await self.log.catch_up()
        return outcome


def _says_something(event: DisclosureLedgerEvent) -> bool:
    tables = event.tables if isinstance(event, RegionalFiguresReleased) else ()
    return any(table.outcome != "FORMER_STANDS" for table in tables)
