"""Webhooks from the partner's side: consent, keys, what was delivered, sending again, and coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from services.reporting.domain.partner.events import PartnerEvent
from services.reporting.outgoing.guard import NotReached, Outgoing
from services.reporting.sharing.register import Known
from services.reporting.sharing.requests import SubscribeBody
from services.reporting.sharing.webhooks.consent import ask_consent
from services.reporting.sharing.webhooks.deliveries import Deliveries
from services.reporting.sharing.webhooks.keys import Kept, SigningKeys, in_use
from services.reporting.sharing.webhooks.sending import by_itself
from services.reporting.sharing.webhooks.signing import Algorithm
from services.reporting.sharing.work import Sharing
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked, Outcome
from shared.event_store.unattended import once

log = structlog.get_logger()

MOST_REPLAYED = 10_000


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`origin` is our own host name. Raises Refused when a rule says no, and what the store raises."""

    sharing: Sharing
    deliveries: Deliveries
    keys: SigningKeys
    outgoing: Outgoing
    origin: str

    async def check_sink(self, partner: str, body: SubscribeBody) -> None:
        """Raises Refused naming the field for an address to which nothing would ever be sent. Connects to nothing.

        A name that leads nowhere may lead somewhere when the endpoint is asked for its consent.
        """
        if body.protocol != "HTTP" or body.sink is None:
            return
        domains = (await self.sharing.partner(partner)).state.endpoint_domains
        try:
            await self.outgoing.check(body.sink, domains)
        except NotReached as failed:
            log.warning("webhook address not known", because=failed.reason)

    async def activate_all(self) -> None:
        """Ask every endpoint that waits for it whether it consents. What fails is raised once all had their turn."""
        await self.sharing.register.catch_up()
        for known in await self.sharing.register.waiting():
            try:
                await self._consent(known)
            except Refused as refused:
                log.warning("webhook did not consent", subscription=known.id, because=refused.rule)
                await self.sharing.turn_off(known, "CONSENT_REFUSED", self._of_itself("consent refused", known))
            else:
                await self._begin(known, self._of_itself("activate", known))

    async def revive(self, known: Known, asked: Asked) -> Outcome[PartnerEvent]:
        """Ask for consent again, and send what waits."""
        _check_is_webhook(known)
        await self._consent(known)
        return await self._begin(known, asked)

    async def rotate(self, known: Known, algorithm: Algorithm, asked: Asked) -> tuple[Outcome[PartnerEvent], Kept]:
        """A new key, which signs beside the former one for a day. Asked again, the same one."""
        _check_is_webhook(known)
        made = await self.keys.make(once("webhook key", known.id, asked.id)[:24], algorithm, self.sharing.clock())
        return await self.sharing.change_key(known, made.id, asked), made

    async def keys_in_use(self, known: Known) -> Sequence[Kept]:
        """Those that sign now, the newest first."""
        _check_is_webhook(known)
        return in_use(await self.keys.named(known.state.keys), self.sharing.clock())

    async def replay(self, known: Known, first: int, last: int) -> int:
        """How many deliveries of this range are due again. Events that are no longer kept are not sent."""
        _check_is_webhook(known)
        if last < first:
            raise Refused("the last number is lower than the first", field="to")
        if last - first >= MOST_REPLAYED:
            raise Refused(f"at most {MOST_REPLAYED} events are sent again at once", field="to")
        return await self.deliveries.replay(known.id, first, last, self.sharing.clock())

    async def log(self, known: Known, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        _check_is_webhook(known)
        return await self.deliveries.log(known.id, after, limit)

    def _of_itself(self, what: str, known: Known) -> Asked:
        """Another command for every sink that it had, each time that it had it."""
        moment = self.sharing.clock()
        return by_itself(what, known.id, str(known.version), moment=moment)

    async def _consent(self, known: Known) -> None:
        domains = (await self.sharing.partner(known.partner)).state.endpoint_domains
        consent = await ask_consent(self.outgoing, known.state.sink or "", domains, self.origin)
        await self.deliveries.consented(known.id, consent.rate)

    async def _begin(self, known: Known, asked: Asked) -> Outcome[PartnerEvent]:
        if not known.state.keys:
            moment = self.sharing.clock()
            first = await self.keys.make(once("webhook key", known.id)[:24], "ed25519", moment)
            await self.sharing.change_key(known, first.id, by_itself("first key", known.id, moment=moment))
        await self.deliveries.hurry(known.id, self.sharing.clock())
        if known.state.status == "requested" or known.state.off == "CONSENT_REFUSED":
            return await self.sharing.activate(known, asked)
        return await self.sharing.turn_on(known, asked, consented=True)


def _check_is_webhook(known: Known) -> None:
    if known.state.protocol != "HTTP":
        raise Refused("this subscription is no webhook")
