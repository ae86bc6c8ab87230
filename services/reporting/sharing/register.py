"""Which subscriptions there are: what the log says of each partner, kept where it can be looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.partner.events import SubscriptionActivated
from services.reporting.domain.partner.state import DECIDER, Subscription
from shared.event_store.following import Follower, keep_newest
from shared.event_store.handling import load, recorded
from shared.event_store.store import Commit, EventStore

PARTNERS = "partners"
SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class Known:
    """A subscription, whose it is, and when its events began to be numbered (None: not yet).

    `version` is that of the partner, with which all its subscriptions change.
    """

    id: str
    partner: str
    since: datetime | None
    state: Subscription
    version: int


class PartnerRegister:
    """Follows the log of reporting; `catch_up` makes it know every commit that the store has."""

    def __init__(self, store: EventStore, database: AsyncDatabase[Any]) -> None:
        self._store = store
        self._partners = database[PARTNERS]
        self._subscriptions = database[SUBSCRIPTIONS]
        self._follower = Follower(store, database["cursors"], "partners", self._learn_all)

    async def prepare(self) -> None:
        await self._subscriptions.create_index([("partner", ASCENDING)])

    async def catch_up(self) -> None:
        await self._follower.catch_up()

    async def partners(self) -> Sequence[str]:
        return [str(one["_id"]) async for one in self._partners.find({"removed": False}, sort=[("_id", ASCENDING)])]

    async def subscription(self, id_: str) -> Known | None:
        found = await self._subscriptions.find_one({"_id": id_})
        return _known(found) if found else None

    async def of_partner(self, partner: str) -> Sequence[Known]:
        return [_known(one) async for one in self._subscriptions.find({"partner": partner}, sort=[("_id", ASCENDING)])]

    async def numbered(self) -> Sequence[Known]:
        """Those whose events are numbered: activated once, and not removed."""
        wanted = {"since": {"$ne": None}, "state.status": {"$ne": "removed"}}
        return [_known(one) async for one in self._subscriptions.find(wanted, sort=[("_id", ASCENDING)])]

    async def waiting(self) -> Sequence[Known]:
        """Webhooks whose endpoint has not been asked for its consent yet."""
        wanted = {"state.status": "requested", "state.protocol": "HTTP"}
        return [_known(one) async for one in self._subscriptions.find(wanted, sort=[("_id", ASCENDING)])]

    async def active(self, protocol: str) -> Sequence[Known]:
        """Those that are sent something through this door."""
        return [one for one in await self.numbered() if (one.state.protocol, one.state.status) == (protocol, "active")]

    async def _learn_all(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            if commit.stream.startswith(f"{DECIDER.category}-"):
                await self._learn(commit)

    async def _learn(self, commit: Commit) -> None:
        """The partner as it is now, which may be later than this commit: learning it twice changes nothing."""
        partner = commit.stream.partition("-")[2]
        loaded = await load(self._store, DECIDER, commit.stream)
        for id_, one in loaded.state.subscriptions.items():
            kept = {"partner": partner, "state": _state(one)}
            await keep_newest(self._subscriptions, id_, loaded.version, kept, {"since": None})
        for told in recorded(DECIDER, commit):
            if isinstance(told.event, SubscriptionActivated):
                first = {"_id": told.event.subscription_id, "since": None}  # it may begin anew at another sink
                await self._subscriptions.update_one(first, {"$set": {"since": told.recorded_at}})
        said = {"name": loaded.state.name, "removed": loaded.state.removed}
        await keep_newest(self._partners, partner, loaded.version, said)


def _state(one: Subscription) -> dict[str, Any]:
    return {
        "protocol": one.protocol,
        "types": list(one.types),
        "filters": [dict(filter_) for filter_ in one.filters],
        "sink": one.sink,
        "status": one.status,
        "off": one.off,
        "keys": list(one.keys),
    }


def _known(kept: Mapping[str, Any]) -> Known:
    state = kept["state"]
    subscription = Subscription(
        state["protocol"],
        tuple(state["types"]),
        tuple(state["filters"]),
        state["sink"],
        state["status"],
        state["off"],
        tuple(state["keys"]),
    )
    return Known(str(kept["_id"]), kept["partner"], kept.get("since"), subscription, kept["version"])
