"""What reporting stands on: its database and store, the directory that is kept fed, the ends of its topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import AsyncMongoClient

from services.reporting.behind import Ends
from services.reporting.library import Behind, not_known
from shared.calendar.clock import Clock, now
from shared.directory import Directory
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import EventStore
from shared.messaging.directory_feed import DirectoryFeed
from shared.messaging.topics import PARTITIONS
from shared.settings import ServiceSettings
from shared.web.health import Alive, Check
from shared.web.service import Hook


class Engines:
    """The real ones. `start` and `stop` are the application's hooks, `ready` and `alive` its checks."""

    def __init__(self, settings: ServiceSettings, clock: Clock = now) -> None:
        self.client: AsyncMongoClient[Any] = AsyncMongoClient(
            settings.mongo_url,
            tz_aware=True,
            serverSelectionTimeoutMS=5_000,
            appname=f"{settings.mongo_prefix}-reporting",
        )
        self.directory = Directory()
        self._feed = DirectoryFeed(self.directory, settings)
        self._ends = Ends(settings)
        self.behind: Behind = self._ends.behind
        store = MongoEventStore(self.client[settings.database("reporting")], PARTITIONS, clock)
        self.store: EventStore = store
        self.start: Sequence[Hook] = (store.prepare, self._feed.start, self._feed.caught_up, self._ends.start)
        self.stop: Sequence[Hook] = (store.close, self._feed.stop, self._ends.stop, self.client.close)

    @property
    def ready(self) -> Mapping[str, Check]:
        return {"mongo": self._answers, "directory": self._caught_up}

    @property
    def alive(self) -> Mapping[str, Alive]:
        return {"directory": self._feed.alive}

    async def _answers(self) -> bool:
        return bool((await self.client.admin.command("ping"))["ok"])

    async def _caught_up(self) -> bool:
        await self._feed.caught_up()
        return True


class Borrowed:
    """Somebody else's client, directory and store, for tests: nothing is started, fed or closed."""

    def __init__(
        self,
        client: AsyncMongoClient[Any],
        directory: Directory,
        store: EventStore | None = None,
        behind: Behind = not_known,
    ) -> None:
        self.client = client
        self.directory = directory
        self.store: EventStore = store or InMemoryEventStore(PARTITIONS)
        self.behind = behind
        self.start: Sequence[Hook] = ()
        self.stop: Sequence[Hook] = ()
        self.ready: Mapping[str, Check] = {}
        self.alive: Mapping[str, Alive] = {}
