"""A partner with a webhook: the door on a real database, its receiver on a real socket, and a clock set by hand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.outgoing.guard import Outgoing, Rules
from services.reporting.sharing.current import ImprovementEvents
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.numbering import TYPES
from services.reporting.sharing.register import Known, PartnerRegister
from services.reporting.sharing.requests import AddPartnerBody, SubscribeBody
from services.reporting.sharing.webhooks.deliveries import LEASE, Deliveries
from services.reporting.sharing.webhooks.keys import SigningKeys
from services.reporting.sharing.webhooks.sending import Sender, by_itself
from services.reporting.sharing.webhooks.work import Webhooks
from services.reporting.sharing.work import Sharing
from shared.event_store.handling import Asked
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import EventStore
from shared.settings import ServiceSettings
from tests import http
from tests.webhooks.checking import checking_key, verified
from tests.webhooks.receiver import Got, Receiver

BEGAN = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
ORIGIN = "quality.council.example"
PARTNER, WEBHOOK = "elm", "webhook-1"


class Middle(random.Random):
    """Chances that always come out in the middle: every delay is exactly what the schedule says."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class Elm:
    """`clock` is at `moment`. `sender` is one process of two or more that could be at work."""

    def __init__(
        self,
        database: AsyncDatabase[Any],
        receiver: Receiver,
        began: datetime = BEGAN,
        lease: timedelta = LEASE,
        store: EventStore | None = None,
    ) -> None:
        self.moment = began
        self.receiver = receiver
        store = store or InMemoryEventStore(clock=self.clock)
        events = NumberedEvents(database)
        register = PartnerRegister(store, database)
        self.sharing = Sharing(store, register, events, ImprovementEvents(database), "urn:test", "", self.clock)
        self.deliveries = Deliveries(database, lease)
        self.keys = SigningKeys(database, http.settings(ServiceSettings).master_key)
        self.outgoing = Outgoing(Rules(loopback=frozenset({receiver.authority}), environment="test"), seconds=2)
        self.webhooks = Webhooks(self.sharing, self.deliveries, self.keys, self.outgoing, ORIGIN)
        self.sender = self.another_sender()
        self._commands = 0

    def clock(self) -> datetime:
        return self.moment

    def another_sender(self) -> Sender:
        return Sender(self.sharing, self.deliveries, self.keys, self.outgoing, ORIGIN, Middle())

    async def prepare(self) -> None:
        await self.sharing.events.prepare()
        await self.sharing.register.prepare()
        await self.deliveries.prepare()

    async def subscribe(self, id_: str = WEBHOOK, path: str = "/hook") -> None:
        """With an endpoint at the receiver, which is not asked for its consent yet."""
        added = AddPartnerBody(partner_id=PARTNER, name="Elm", endpoint_domains=("127.0.0.1",))
        await self.sharing.add_partner(added, self.asked())
        sink = f"http://{self.receiver.authority}{path}"
        body = SubscribeBody(protocol="HTTP", types=tuple(sorted(TYPES)), sink=sink)
        await self.sharing.subscribe(id_, PARTNER, body, self.asked())

    async def consenting(self) -> None:
        await self.prepare()
        await self.subscribe()
        await self.webhooks.activate_all()

    def asked(self) -> Asked:
        self._commands += 1
        return by_itself("test", str(self._commands), moment=self.moment)

    async def known(self, id_: str = WEBHOOK) -> Known:
        return await self.sharing.subscription(id_, PARTNER)

    async def status(self) -> tuple[str, str | None]:
        state = (await self.known()).state
        return state.status, state.off

    async def released(self, *names: str, subscription: str = WEBHOOK) -> None:
        """Events with these ids get the subscription's next numbers."""
        for name in names:
            event = {"specversion": "1.0", "id": name, "source": "urn:test", "type": sorted(TYPES)[0], "data": {}}
            await self.sharing.events.append(subscription, event, self.moment)

    async def later(self, **delta: float) -> None:
        """So much later, the sender looks what is due."""
        self.moment += timedelta(**delta)
        await self.sender.round()

    async def log(self) -> Mapping[int, Mapping[str, Any]]:
        return {one["number"]: one for one in await self.webhooks.log(await self.known(), 0, 500)}

    async def outcomes(self, number: int = 1) -> list[tuple[str, int | None, str | None]]:
        attempts = (await self.log())[number]["attempts"]
        return [(one["outcome"], one["status"], one["reason"]) for one in attempts]

    async def check(self, got: Got) -> str:
        """The id of what came, if it is genuine by the keys that the partner can see."""
        shown = [checking_key(one.key.shown) for one in await self.webhooks.keys_in_use(await self.known())]
        return verified(shown, got.headers, got.body, self.moment)
