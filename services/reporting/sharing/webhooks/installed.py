"""The webhook door as an installation has it: its routes, and what is done round after round."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.outgoing.guard import Outgoing, Rules
from services.reporting.settings import Settings
from services.reporting.sharing.webhooks.api import webhook_router
from services.reporting.sharing.webhooks.deliveries import Deliveries
from services.reporting.sharing.webhooks.keys import SigningKeys
from services.reporting.sharing.webhooks.sending import Sender
from services.reporting.sharing.webhooks.work import Webhooks
from services.reporting.sharing.work import Sharing
from shared.rounds import Work
from shared.web.desk import Desk

WHILE_SOMEBODY_WAITS = 8.0  # seconds that an endpoint has while a request waits, which has ten


class InstalledWebhooks:
    """`work` belongs into rounds of its own: an endpoint may take its time, and holds up nobody but webhooks."""

    def __init__(
        self,
        settings: Settings,
        sharing: Sharing,
        database: AsyncDatabase[Any],
        desk: Desk,
        outgoing: Outgoing | None = None,
        chances: random.Random | None = None,
    ) -> None:
        rules = Rules(frozenset(settings.webhook_ports), frozenset(settings.webhook_loopback), settings.environment)
        asking = outgoing or Outgoing(rules, seconds=WHILE_SOMEBODY_WAITS)
        origin = urlsplit(settings.public_url or "").hostname or "localhost"
        keys, self._deliveries = SigningKeys(database, settings.master_key), Deliveries(database)
        self.webhooks = Webhooks(sharing, self._deliveries, keys, asking, origin)
        sender = Sender(sharing, self._deliveries, keys, outgoing or Outgoing(rules), origin, chances)
        self.work: Sequence[Work] = (self.webhooks.activate_all, sender.round)
        self.router: APIRouter = webhook_router(self.webhooks, desk)

    async def prepare(self) -> None:
        await self._deliveries.prepare()
