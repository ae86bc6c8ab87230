"""What every service that records facts stands on: its database, event store, keyring, directory and access log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import AsyncMongoClient

from shared.calendar.clock import Clock, now
from shared.directory import Directory
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import EventStore
from shared.messaging.directory_feed import DirectoryFeed
from shared.messaging.topics import PARTITIONS
from shared.privacy.keys import InMemoryKeyring, Keyring
from shared.settings import ServiceSettings
from shared.web.access_log import AccessLog, InMemoryAccessLog, MongoAccessLog
from shared.web.health import Alive, Check
from shared.web.service import Hook


class Foundations:
    """The real ones. `start` and `stop` are the application's hooks, `ready` and `alive` its checks."""

    def __init__(self, service: str, settings: ServiceSettings, clock: Clock = now) -> None:
        self.client: AsyncMongoClient[Any] = AsyncMongoClient(
            settings.mongo_url,
            tz_aware=True,
            serverSelectionTimeoutMS=5_000,
            appname=f"{settings.mongo_prefix}-{service}",
        )
        self.database = self.client[settings.database(service)]
        self._store = MongoEventStore(self.database, PARTITIONS, clock)
        self._keyring = Keyring(self.client[settings.database("keys")], settings.master_key, clock=clock)
        self._access_log = MongoAccessLog(self.database, clock)
        self.directory = Directory()
        self._feed = DirectoryFeed(self.directory, settings)
        self.store: EventStore = self._store
        self.keyring: Keyring = self._keyring
        self.access_log: AccessLog = self._access_log

    @property
    def start(self) -> Sequence[Hook]:
        """The last one waits for the directory: what is told of a team that is not known yet would be refused."""
        prepare = (self._store.prepare, self._keyring.prepare, self._access_log.prepare)
        return (*prepare, self._feed.start, self._feed.caught_up)

    @property
    def stop(self) -> Sequence[Hook]:
        return (self._store.close, self._feed.stop, self.client.close)

    @property
    def ready(self) -> dict[str, Check]:
        return {"mongo": self._answers, "directory": self._caught_up}

    @property
    def alive(self) -> dict[str, Alive]:
        return {"directory": self._feed.alive}

    async def _answers(self) -> bool:
        return bool((await self.client.admin.command("ping"))["ok"])

    async def _caught_up(self) -> bool:
        await self._feed.caught_up()
        return True


class InMemoryFoundations:
    """The same without engines, for tests of routes; `directory` is filled by the test."""

    def __init__(self, clock: Clock = now) -> None:
        self.directory = Directory()
        self.store: EventStore = InMemoryEventStore(PARTITIONS, clock)
        self.keyring: Keyring = InMemoryKeyring()
        self.access_log: AccessLog = InMemoryAccessLog(clock)
        self.start: Sequence[Hook] = ()
        self.stop: Sequence[Hook] = ()
        self.ready: dict[str, Check] = {}
        self.alive: dict[str, Alive] = {}
