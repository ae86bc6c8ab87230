"""Where the totals and rows are kept: the live generation of each read model, and how far it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.read_models import READ_MODELS
from services.reporting.views import AsAt, ModelName, Position
from shared.projecting.read_model import Row
from shared.projecting.reading import Cells, Sums, reached
from shared.projecting.state import Mark, live

MODELS: tuple[ModelName, ...] = ("audit_quality", "practice_alerts", "feedback_themes")
PARTITIONS = {model.name: range(model.topic.partitions) for model in READ_MODELS}
Behind = Callable[[str, Mapping[int, Mark]], Awaitable[int | None]]


async def not_known(_model: str, _marks: Mapping[int, Mark]) -> int | None:
    """What answers "how many events are not yet counted?" where nobody measures it."""
    return None


class CellReader(Protocol):
    """Totals of one read model, as `shared.projecting.reading.Cells` answers them."""

    async def sum(
        self,
        level: str,
        units: Collection[str] | None,
        months: Collection[str],
        within: Collection[str] | None = None,
    ) -> Sums: ...


class Library(Protocol):
    """What answering needs of the read models."""

    async def cells(self, model: ModelName) -> CellReader:
        """The totals of the generation that readers see now."""
        ...

    async def rows(self, model: ModelName, query: Mapping[str, Any], after: str, limit: int) -> Sequence[Row]:
        """Rows that match, by stream, from behind `after`."""
        ...

    async def as_at(self) -> AsAt:
        """How far all read models have come."""
        ...

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        """Wait until a position is counted; False when it is not within `timeout` seconds."""
        ...


class MongoLibrary:
    """The read models in reporting's own database. `behind` measures what is published and not yet counted."""

    def __init__(self, database: AsyncDatabase[Any], behind: Behind = not_known) -> None:
        self._database = database
        self._behind = behind

    async def cells(self, model: ModelName) -> Cells:
        return Cells(await live(self._database, model))

    async def rows(self, model: ModelName, query: Mapping[str, Any], after: str, limit: int) -> Sequence[Row]:
        generation = await live(self._database, model)
        behind_cursor = {"$and": [query, {"_id": {"$gt": after}}]}
        return await generation.rows.find(behind_cursor).sort("_id", ASCENDING).limit(limit).to_list()

    async def as_at(self) -> AsAt:
        found = await asyncio.gather(*(self._marks(model) for model in MODELS))
        marks = dict(zip(MODELS, found, strict=True))
        return as_at(marks, await self._behind_all(marks))

    async def behind(self, model: str) -> int | None:
        """How many published events one read model has not counted yet; None while that is not known."""
        return await self._behind(model, await self._marks(model))

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        return await reached(await live(self._database, model), partition, seq, timeout)

    async def _marks(self, model: str) -> dict[int, Mark]:
        return await (await live(self._database, model)).read_marks(PARTITIONS[model])

    async def _behind_all(self, marks: Mapping[ModelName, Mapping[int, Mark]]) -> int | None:
        each = await asyncio.gather(*(self._behind(model, by_partition) for model, by_partition in marks.items()))
        known = [n for n in each if n is not None]
        return sum(known) if len(known) == len(each) else None


def as_at(marks: Mapping[ModelName, Mapping[int, Mark]], behind: int | None) -> AsAt:
    """One statement from the marks of all read models; partitions without any event are left out."""
    positions = [
        Position(model=model, partition=partition, seq=mark.seq)
        for model, by_partition in marks.items()
        for partition, mark in sorted(by_partition.items())
        if mark.seq >= 0
    ]
    times = [mark.at for by_partition in marks.values() for mark in by_partition.values() if mark.at is not None]
    return AsAt(time=max(times, default=None), behind=behind, positions=tuple(positions))
