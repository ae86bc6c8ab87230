"""From what was asked about partners and subscriptions to what was kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.reporting.domain.partner import decisions
from services.reporting.domain.partner.decisions import AddPartner, RequestSubscription
from services.reporting.domain.partner.events import OffReason, PartnerEvent
from services.reporting.domain.partner.state import DECIDER, Partner
from services.reporting.sharing.current import ImprovementEvents
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.numbering import TYPES, cloud_event, greet
from services.reporting.sharing.register import Known, PartnerRegister
from services.reporting.sharing.requests import AddPartnerBody, SubscribeBody
from shared.calendar.clock import Clock
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.event_store.store import EventStore
from shared.event_store.unattended import once
from shared.published.improvement import SubscriptionTestedV1

Told = Outcome[PartnerEvent]
Decide = Callable[[Partner], Sequence[PartnerEvent]]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Raises NotFound for what is not there, Refused when a rule says no, and what the store raises."""

    store: EventStore
    register: PartnerRegister
    events: NumberedEvents
    current: ImprovementEvents
    source: str
    address: str
    clock: Clock

    async def partner(self, id_: str) -> Loaded[Partner]:
        loaded = await load(self.store, DECIDER, DECIDER.stream(id_))
        if loaded.state.name is None:
            raise NotFound
        return loaded

    async def check_partner(self, id_: str) -> None:
        """Raises NotFound for one that was removed, or never added, whatever its token says."""
        if (await self.partner(id_)).state.removed:
            raise NotFound

    async def subscription(self, id_: str, partner: str | None) -> Known:
        """As the log has it now. With `partner`, only if it is that partner's; what was removed is not there."""
        await self.register.catch_up()
        known = await self.register.subscription(id_)
        if known is None or known.state.status == "removed" or partner not in (None, known.partner):
            raise NotFound
        return known

    async def add_partner(self, body: AddPartnerBody, asked: Asked) -> Told:
        command = AddPartner(body.name, body.la_code, body.endpoint_domains)
        return await self._ask(body.partner_id, lambda known: decisions.add_partner(command, known), asked)

    async def remove_partner(self, id_: str, asked: Asked) -> Told:
        return await self._ask(id_, decisions.remove_partner, asked)

    async def subscribe(self, id_: str, partner: str, body: SubscribeBody, asked: Asked) -> Told:
        command = _command(id_, body)
        return await self._ask(partner, lambda it: decisions.request_subscription(command, it), asked)

    async def change(self, known: Known, body: SubscribeBody, asked: Asked) -> Told:
        command = _command(known.id, body)
        return await self._ask(known.partner, lambda it: decisions.change_subscription(command, it), asked)

    async def activate(self, known: Known, asked: Asked) -> Told:
        sink = known.state.sink
        return await self._ask(known.partner, lambda it: decisions.activate_subscription(known.id, sink, it), asked)

    async def turn_off(self, known: Known, reason: OffReason, asked: Asked) -> Told:
        return await self._ask(
            known.partner,
            lambda it: decisions.turn_off_subscription(known.id, reason, it, known.state.sink),
            asked,
        )

    async def turn_on(self, known: Known, asked: Asked, *, consented: bool = False) -> Told:
        return await self._ask(
            known.partner, lambda it: decisions.turn_on_subscription(known.id, it, consented=consented), asked
        )

    async def change_key(self, known: Known, key_id: str, asked: Asked) -> Told:
        return await self._ask(known.partner, lambda it: decisions.change_subscription_key(known.id, key_id, it), asked)

    async def unsubscribe(self, known: Known, asked: Asked) -> Told:
        return await self._ask(known.partner, lambda it: decisions.remove_subscription(known.id, it), asked)

    async def send_test(self, known: Known, asked: Asked) -> int:
        """An event that says nothing gets the subscription's next number; answers the number."""
        if known.state.status == "requested":
            raise Refused("this subscription is not active yet")
        await greet(self.events, known, self.source, self.address)
        moment = self.clock()
        test = cloud_event(SubscriptionTestedV1(), once("test", asked.id), moment, self.source, self.address)
        return await self.events.append(known.id, test, moment)

    async def _ask(self, partner: str, decide: Decide, asked: Asked) -> Told:
        return await handle(self.store, DECIDER, DECIDER.stream(partner), decide, asked)


def _command(id_: str, body: SubscribeBody) -> RequestSubscription:
    return RequestSubscription(id_, body.protocol, body.types, TYPES, body.filters, body.sink)
