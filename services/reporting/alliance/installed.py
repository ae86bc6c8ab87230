"""The alliance as an installation has it: its routes, its views, and what it does without being asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.alliance.answering import RegionalViews
from services.reporting.alliance.api import alliance_routers
from services.reporting.alliance.fetching import FIELD, LARGEST, Fetching, OverHttp
from services.reporting.alliance.following import AllianceLog
from services.reporting.alliance.reading import Reading
from services.reporting.alliance.sources import Sources
from services.reporting.alliance.supports import Supports
from services.reporting.alliance.tokens import SourceTokens
from services.reporting.alliance.work import Alliance
from services.reporting.closing.work import Closing
from services.reporting.outgoing.guard import Outgoing, Rules
from services.reporting.publishing import tell
from services.reporting.settings import Settings
from services.reporting.sharing.current import ImprovementEvents
from shared.calendar.clock import Clock
from shared.privacy.sealing import read_master_key
from shared.rounds import Rounds
from shared.web.desk import Desk
from shared.web.health import Alive
from shared.web.policy import Policy
from shared.web.service import Hook


class InstalledAlliance:
    """`start` and `stop` are the application's hooks, `alive` its checks; `round` is everything once, by hand.

    `catch_up` is the sharing side's: it makes improvement events as new as the log.
    """

    def __init__(
        self,
        settings: Settings,
        closing: Closing,
        database: AsyncDatabase[Any],
        policy: Policy,
        clock: Clock,
        catch_up: Callable[[], Awaitable[None]],
        fetching: Fetching | None = None,
    ) -> None:
        store, library, directory = closing.store, closing.library, closing.directory
        secret = settings.master_key.get_secret_value()
        current, supports = ImprovementEvents(database), Supports(database)
        self.sources, tokens = Sources(database), SourceTokens(database, read_master_key(secret))
        self.log = AllianceLog(store, database, tell, self.sources, supports, current)
        fetching = fetching or _over_http(settings)
        alliance = Alliance(
            *(store, self.log, current, self.sources, tokens, directory),
            *(secret.encode(), fetching, clock, catch_up),
        )
        self.views = RegionalViews(
            *(store, self.log, current, supports, self.sources, library, directory, policy, clock, catch_up)
        )
        self._prepare = (supports.prepare, self.sources.prepare)
        self._reading = Reading(self.sources, tokens, current, supports, fetching, clock)
        self._rounds = Rounds("alliance", (self._reading.round,), settings.reading_seconds, first=(self.log.catch_up,))
        self.routers: Sequence[APIRouter] = alliance_routers(
            alliance, self.views, policy, Desk("reporting", tell, clock)
        )
        self.start: Sequence[Hook] = (self.prepare, self._rounds.start)
        self.stop: Sequence[Hook] = (self._rounds.stop,)
        self.alive: Mapping[str, Alive] = {"alliance": self._rounds.alive}

    async def prepare(self) -> None:
        for prepare in self._prepare:
            await prepare()

    async def round(self) -> None:
        await self._rounds.round()


def _over_http(settings: Settings) -> OverHttp:
    ports, loopback = frozenset(settings.webhook_ports), frozenset(settings.webhook_loopback)
    rules = Rules(ports, loopback, settings.environment, FIELD)
    return OverHttp(Outgoing(rules, largest=LARGEST), settings.reading_domains)
