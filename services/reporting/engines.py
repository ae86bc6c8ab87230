"""What reporting stands on: its database, the directory that is kept fed, and the ends of the topics it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import AsyncMongoClient

from services.reporting.behind import Ends
from services.reporting.library import Behind, not_known
from shared.directory import Directory
from shared.messaging.directory_feed import DirectoryFeed
from shared.settings import ServiceSettings
from shared.web.health import Alive, Check
from shared.web.service import Hook


class Engines:
    """The real ones. `start` and `stop` are the application's hooks, `ready` and `alive` its checks."""

    def __init__(self, settings: ServiceSettings) -> None:
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
        self.start: Sequence[Hook] = (self._feed.start, self._ends.start)
        self.stop: Sequence[Hook] = (self._feed.stop, self._ends.stop, self.client.close)

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
    """Somebody else's client and directory, for tests: nothing is started, fed or closed."""

    def __init__(self, client: AsyncMongoClient[Any], directory: Directory) -> None:
        self.client = client
        self.directory = directory
        self.behind: Behind = not_known
        self.start: Sequence[Hook] = ()
        self.stop: Sequence[Hook] = ()
        self.ready: Mapping[str, Check] = {}
        self.alive: Mapping[str, Alive] = {}
