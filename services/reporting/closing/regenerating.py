"""Read models made again from the topics up to given positions, in generations that nobody else reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.reporting_period.events import Marks
from services.reporting.library import Library, MongoLibrary
from services.reporting.read_models import READ_MODELS
from shared.projecting.read_model import ReadModel
from shared.projecting.rebuilding import Progress, Rebuild
from shared.projecting.state import Generation

THROW_AWAY = 1_000_000_000
"""Generations from this number on are nobody's: rebuilds count up from one."""


@dataclass(frozen=True, slots=True)
class Regenerating:
    """With `mongo_url`, processes of their own share the work of many events."""

    client: AsyncMongoClient[Any]
    database: AsyncDatabase[Any]
    bootstrap: str
    topic_prefix: str = ""
    progress: Progress = lambda _what, _done, _of: None
    mongo_url: str | None = None

    @asynccontextmanager
    async def as_of(self, marks: Marks) -> AsyncIterator[Library]:
        """All read models as they were at these positions; removed again at the end. Raises TopicIncomplete.

        A read model that the positions do not name did not exist then, and has nothing in it.
        """
        number = THROW_AWAY + os.getpid()
        try:
            for model in READ_MODELS:
                seqs = marks.get(model.name, ())
                limits = {p: seqs[p] if p < len(seqs) else -1 for p in range(model.topic.partitions)}
                await self._rebuild(model).lay(limits, number)
            yield MongoLibrary(self.database, generations={model.name: number for model in READ_MODELS})
        finally:
            await asyncio.gather(*(Generation(self.database, model.name, number).drop() for model in READ_MODELS))

    def _rebuild(self, model: ReadModel) -> Rebuild:
        return Rebuild(
            self.client, self.database, self.bootstrap, model, self.topic_prefix, self.progress, self.mongo_url
        )
