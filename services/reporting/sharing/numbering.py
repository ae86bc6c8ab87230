"""From reporting's log to numbered events: each subscription gets what it wants, once, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.partner.filters import wants
from services.reporting.sharing.current import ImprovementEvents
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.register import Known, PartnerRegister
from shared.deciding.decider import Decider
from shared.event_store.following import Follower
from shared.event_store.handling import Recorded, recorded
from shared.event_store.store import Commit, EventStore
from shared.event_store.unattended import once
from shared.published import kept_schemas
from shared.published.envelope import Published
from shared.published.improvement import IMPROVEMENT_TYPES, SubscriptionActivatedV1

TYPES = frozenset(model.TYPE for model in IMPROVEMENT_TYPES)
Tell = Callable[[Recorded[Any]], Published | None]


class Numbering:
    """Follows the log. Only what is on the allow-list of improvement events is looked at, as published.

    Doing a commit twice, or in two processes at once, gives no number twice: an event has one number in a subscription.
    """

    def __init__(
        self,
        store: EventStore,
        database: AsyncDatabase[Any],
        deciders: Mapping[str, Decider[Any, Any]],
        tell: Tell,
        source: str,
        address: str = "",
    ) -> None:
        self.register = PartnerRegister(store, database)
        self.events = NumberedEvents(database)
        self.current = ImprovementEvents(database)
        self._deciders = deciders
        self._tell = tell
        self._source = source
        self._address = address
        self._follower = Follower(store, database["cursors"], "numbering", self._number_all)

    async def prepare(self) -> None:
        await self.events.prepare()
        await self.current.prepare()
        await self.register.prepare()

    async def round(self) -> None:
        """Number what is there. What handling raises passes through; the same commits come again."""
        await self._follower.catch_up()

    async def _number_all(self, commits: Sequence[Commit]) -> None:
        told = [pair for commit in commits for pair in self._improvements(commit)]
        for _, published in told:
            await self.current.learn(published)
        events = [(one.recorded_at, self._event(one, published)) for one, published in told]
        # After the commits were read: it knows every subscription that is older. And after the snapshot has them: a
        # subscription that it does not know yet was not answered yet either, so its partner will find them there.
        await self.register.catch_up()
        for one in await self.register.numbered():
            await greet(self.events, one, self._source, self._address)
            for moment, event in events:
                await self._number(one, moment, event)

    def _improvements(self, commit: Commit) -> list[tuple[Recorded[Any], Published]]:
        decider = self._deciders[commit.stream.split("-", 1)[0]]
        pairs = ((told, self._tell(told)) for told in recorded(decider, commit))
        return [(told, published) for told, published in pairs if isinstance(published, IMPROVEMENT_TYPES)]

    def _event(self, told: Recorded[Any], published: Published) -> dict[str, Any]:
        day = datetime.combine(told.recorded_at.astimezone(UTC).date(), time(), UTC)  # more is not told of a release
        return cloud_event(published, told.id.replace(".", "-"), day, self._source, self._address)

    async def _number(self, to: Known, moment: datetime, event: dict[str, Any]) -> None:
        if to.since is None or moment < to.since or event["type"] not in to.state.types:
            return
        if wants(to.state.filters, {**event, **event["data"]}):
            await self.events.append(to.id, event, moment)


async def greet(events: NumberedEvents, to: Known, source: str, address: str) -> None:
    """The first number of a subscription says that it began."""
    if to.since is not None and await events.newest(to.id) == 0:
        greeting = cloud_event(SubscriptionActivatedV1(), once("activated", to.id), to.since, source, address)
        await events.append(to.id, greeting, to.since)


def cloud_event(published: Published, id_: str, moment: datetime, source: str, address: str) -> dict[str, Any]:
    """What leaves (CloudEvents 1.0, structured)."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": published.TYPE,
        "time": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"{address}{kept_schemas.address(published.TYPE)}",
        "dataclassification": "internal",
        "data": published.model_dump(mode="json"),
    }
