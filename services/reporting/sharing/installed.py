"""Releasing and sharing as an installation has them: its routes, what is done without being asked, and whether
that is alive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.work import Closing
from services.reporting.publishing import DECIDERS, tell
from services.reporting.releasing.api import releasing_router
from services.reporting.releasing.register import ReleaseRegister
from services.reporting.releasing.work import Releasing
from services.reporting.settings import Settings
from services.reporting.sharing.api import sharing_routers
from services.reporting.sharing.numbering import Numbering
from services.reporting.sharing.partner_topics import Addressee, PartnerTopics
from services.reporting.sharing.stream import Streams
from services.reporting.sharing.webhooks.installed import InstalledWebhooks
from services.reporting.sharing.work import Sharing
from shared.calendar.clock import Clock
from shared.rounds import Rounds
from shared.web.desk import Desk
from shared.web.health import Alive
from shared.web.policy import Policy
from shared.web.service import Hook

SNAPSHOT = "/v1/improvement/snapshot"


class InstalledSharing:
    """`start` and `stop` are the application's hooks, `alive` its checks; `round` is everything once, by hand.

    `releasing`, `releases`, `sharing` and `hooks` are also what the pages work with.
    """

    def __init__(
        self, settings: Settings, closing: Closing, database: AsyncDatabase[Any], policy: Policy, clock: Clock
    ) -> None:
        store, secret = closing.store, settings.master_key.get_secret_value().encode()
        self.releases = ReleaseRegister(store, database)
        self.releasing = Releasing(store, closing.directory, closing, secret, clock)
        source, address = f"{settings.source}:reporting", settings.public_url or ""
        self.numbering = Numbering(store, database, DECIDERS, tell, source, address)
        self.sharing = Sharing(
            store, self.numbering.register, self.numbering.events, self.numbering.current, source, address, clock
        )
        self._topics = PartnerTopics(
            self.numbering.events, self._addressees, database, settings.kafka_url, settings.topic_prefix
        )
        self._kept = timedelta(days=settings.feed_days)
        self._clock = clock
        work = (self._topics.round, self._forget)
        self._rounds = Rounds("sharing", work, settings.sharing_seconds, first=(self.numbering.round,))
        streams, desk = Streams(self.numbering.events, SNAPSHOT), Desk("reporting", tell, clock)
        self.hooks = InstalledWebhooks(settings, self.sharing, database, desk)
        self._posting = Rounds("webhooks", self.hooks.work, settings.webhook_seconds)
        self.routers: Sequence[APIRouter] = (
            releasing_router(self.releasing, self.releases, policy, desk),
            *sharing_routers(self.sharing, streams, policy, desk, self.hooks.webhooks.check_sink),
            self.hooks.router,
        )
        self.start: Sequence[Hook] = (self.prepare, self._rounds.start, self._posting.start)
        self.stop: Sequence[Hook] = (self._posting.stop, self._rounds.stop, self._topics.close)
        self.alive: Mapping[str, Alive] = {"sharing": self._rounds.alive, "webhooks": self._posting.alive}

    async def prepare(self) -> None:
        await self.numbering.prepare()
        await self.releases.prepare()
        await self.hooks.prepare()

    async def round(self) -> None:
        await self._rounds.round()
        await self.round_of_webhooks()

    async def round_of_webhooks(self) -> None:
        """Ask for consent and send what is due, once."""
        await self._posting.round()

    async def _addressees(self) -> Iterable[Addressee]:
        return [Addressee(one.id, one.partner) for one in await self.numbering.register.active("KAFKA")]

    async def _forget(self) -> None:
        """What was told longer ago than the feed keeps: the snapshot has what still stands of it."""
        for one in await self.numbering.register.numbered():
            await self.numbering.events.forget_before(one.id, self._clock() - self._kept)
