"""Posts numbered events to the endpoints of active webhooks: at least once, under the same id each time."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.reporting.domain.partner.events import OffReason
from services.reporting.outgoing.guard import NotReached, Outgoing
from services.reporting.sharing.numbered import NumberedEvent
from services.reporting.sharing.register import Known
from services.reporting.sharing.webhooks import schedule
from services.reporting.sharing.webhooks.consent import REQUEST_ORIGIN
from services.reporting.sharing.webhooks.deliveries import Attempt, Claimed, Deliveries
from services.reporting.sharing.webhooks.keys import SigningKeys
from services.reporting.sharing.webhooks.schedule import Health, Outcome
from services.reporting.sharing.webhooks.signing import SigningKey, signed
from services.reporting.sharing.work import Sharing
from shared.calendar.clock import local_date
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked
from shared.event_store.store import Actor
from shared.event_store.unattended import once, unattended

log = structlog.get_logger()

SENDER = Actor(staff_ref="webhooks", role="SYSTEM")
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
LARGEST = 20_000  # bytes of a body
AT_ONCE = 8  # endpoints
IN_A_ROUND = 50  # events of one endpoint
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Post:
    """What every request of one round to one endpoint has in common."""

    url: str
    domains: Sequence[str]
    keys: Sequence[SigningKey]


class Sender:
    """`origin` is our own host name, to which the endpoint consented."""

    def __init__(
        self,
        sharing: Sharing,
        deliveries: Deliveries,
        keys: SigningKeys,
        outgoing: Outgoing,
        origin: str,
        chances: random.Random | None = None,
    ) -> None:
        self._sharing = sharing
        self._deliveries = deliveries
        self._keys = keys
        self._outgoing = outgoing
        self._origin = origin
        self._chances = chances or random.Random()
        self._me = secrets.token_hex(8)
        self._claims = 0
        self._room = asyncio.Semaphore(AT_ONCE)

    async def round(self) -> None:
        """Send everything that is due. One endpoint's trouble is not another's: what fails is raised at the end."""
        await self._sharing.register.catch_up()
        active = await self._sharing.register.active("HTTP")
        done = await asyncio.gather(*(self._serve(one) for one in active), return_exceptions=True)
        failed = [one for one in done if isinstance(one, Exception)]
        if failed:
            raise ExceptionGroup("webhooks", failed)

    async def _serve(self, known: Known) -> None:
        async with self._room:
            await self._take_up(known.id)
            moment = self._sharing.clock()
            state = await self._deliveries.endpoint(known.id)
            if state is None or state.health.quiet(moment):
                return
            due = await self._deliveries.due(known.id, moment, IN_A_ROUND)
            room = state.rate - await self._deliveries.attempts_since(known.id, moment - MINUTE) if due else 0
            if room > 0:
                await self._send(known, due[:room], await self._post(known, moment), state.health)

    async def _take_up(self, subscription: str) -> None:
        while True:
            newest = await self._deliveries.newest(subscription)
            events = await self._sharing.events.after(subscription, newest, 200)
            if not events:
                return
            await self._deliveries.take_up(events, self._sharing.clock())

    async def _post(self, known: Known, moment: datetime) -> Post:
        partner = (await self._sharing.partner(known.partner)).state
        keys = await self._keys.signing(known.state.keys, moment)
        return Post(known.state.sink or "", partner.endpoint_domains, keys)

    async def _send(self, known: Known, numbers: Sequence[int], post: Post, health: Health) -> None:
        """In order, until the endpoint itself is in trouble: the rest is left for the next round."""
        for number in numbers:
            self._claims += 1
            lease = f"{self._me}/{self._claims}"
            claimed = await self._deliveries.claim(known.id, number, lease, self._sharing.clock())
            if claimed is None:
                continue
            outcome, health = await self._attempt(known, claimed, post, health)
            if outcome in schedule.TELLS_OF_THE_ENDPOINT:
                return

    async def _attempt(self, known: Known, claimed: Claimed, post: Post, health: Health) -> tuple[Outcome, Health]:
        event = next(iter(await self._sharing.events.after(known.id, claimed.number - 1, 1)), None)
        if event is None or event.number != claimed.number or len(event.body) > LARGEST:
            reason = "TOO_LARGE" if event is not None and event.number == claimed.number else "NO_LONGER_KEPT"
            await self._deliveries.settle(claimed, Attempt(self._sharing.clock(), Outcome.REFUSED, reason=reason), None)
            return Outcome.REFUSED, health
        attempt, wait = await self._asked(event, post)
        again = None
        if attempt.outcome is not Outcome.DELIVERED:
            again = schedule.next_attempt(claimed.tried, attempt.at, self._chances, wait)
        await self._deliveries.settle(claimed, attempt, again)
        return attempt.outcome, await self._noted(known, health, attempt, wait)

    async def _asked(self, event: NumberedEvent, post: Post) -> tuple[Attempt, timedelta | None]:
        """One request; what came of it, and how long the endpoint wants to be left alone."""
        headers = signed(post.keys, event.event_id, self._sharing.clock(), event.body)
        headers |= {"Content-Type": CONTENT_TYPE, REQUEST_ORIGIN: self._origin}
        try:
            answer = await self._outgoing.ask("POST", post.url, post.domains, headers, event.body)
        except NotReached as failed:
            return Attempt(self._sharing.clock(), Outcome.UNREACHED, reason=failed.reason), None
        except Refused:  # by our own guard, whose word the partner reads in the log of deliveries
            return Attempt(self._sharing.clock(), Outcome.FORBIDDEN, reason="ADDRESS_NOT_ALLOWED"), None
        moment = self._sharing.clock()
        wait = schedule.retry_after(answer.status, answer.headers.get("retry-after"), moment)
        return Attempt(moment, schedule.outcome_of(answer.status), answer.status), wait

    async def _noted(self, known: Known, before: Health, attempt: Attempt, wait: timedelta | None) -> Health:
        after = before.after(attempt.outcome, attempt.at, wait)
        if after != before and not await self._deliveries.note(known.id, before, after):
            return before  # another sender knows better: its word stands
        if attempt.outcome is Outcome.GONE:
            await self._turn_off(known, "GONE", attempt.at)
        elif after.given_up(attempt.at):
            await self._turn_off(known, "FAILING", attempt.at)
        return after

    async def _turn_off(self, known: Known, reason: OffReason, moment: datetime) -> None:
        asked = by_itself("off", known.id, reason, moment.isoformat(), moment=moment)
        await self._sharing.turn_off(known, reason, asked)
        log.warning("webhook turned off", subscription=known.id, because=reason)


def by_itself(*what: str, moment: datetime) -> Asked:
    """The command of nobody: the same whoever gives it, so that two senders turn something off once."""
    return unattended(once("webhooks", *what), SENDER, "", moment, local_date(moment))
