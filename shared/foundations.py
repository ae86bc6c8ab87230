"""What every service that records facts stands on: its database, event store, keyring, directory and access log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from shared.calendar.clock import Clock, now
from shared.directory import Directory
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.mongo import MongoEventStore
from shared.event_store.store import EventStore
from shared.messaging.directory_feed import DirectoryFeed
from shared.messaging.topics import PARTITIONS
from shared.patience import Patience
from shared.privacy.keys import InMemoryKeyring, Keyring
from shared.settings import ServiceSettings
from shared.web.access_log import AccessLog, InMemoryAccessLog, MongoAccessLog
from shared.web.health import Check
from shared.web.service import Hook

log = structlog.get_logger()


class Foundations:
    """The real ones. `start` and `stop` are the application's hooks, `ready` its readiness checks."""

    def __init__(self, service: str, settings: ServiceSettings, clock: Clock = now) -> None:
        self.client: AsyncMongoClient[Any] = AsyncMongoClient(
            settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5_000, appname=f"goldenthread-{service}"
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
        steps = (self._store.prepare, self._keyring.prepare, self._access_log.prepare, self._feed.start)
        return [partial(_patiently, step) for step in steps]

    @property
    def stop(self) -> Sequence[Hook]:
        return (self._feed.stop, self._store.close, self.client.close)

    @property
    def ready(self) -> dict[str, Check]:
        return {"mongo": self._answers, "directory": self._caught_up}

    async def _answers(self) -> bool:
        return bool((await self.client.admin.command("ping"))["ok"])

    async def _caught_up(self) -> bool:
        await self._feed.caught_up()
        return True


async def _patiently(step: Hook) -> Any:
    """A service that starts while an engine is away waits for it, not ready, instead of ending."""
    patience = Patience()
    while True:
        try:
            return await step()
        except (PyMongoError, KafkaError, OSError) as error:
            log.warning("waiting for an engine", error=type(error).__name__)
            await patience.pause()


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
