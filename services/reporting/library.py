"""Where the totals and rows are kept: the live generation of each read model, and how far it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from services.reporting.read_models import READ_MODELS
from services.reporting.views import AsAt, ModelName, Position
from shared.projecting.read_model import Row
from shared.projecting.reading import ByMonth, Cells, Stock, Which, reached
from shared.projecting.state import Generation, Mark, live
from shared.projecting.totals import Unit

MODELS: tuple[ModelName, ...] = ("audit_quality", "audit_cycle", "practice_alerts", "feedback_themes")
PARTITIONS = {model.name: range(model.topic.partitions) for model in READ_MODELS}
MarksOf = Mapping[ModelName, Mapping[int, Mark]]
T = TypeVar("T")

SNAPSHOT_UNAVAILABLE = 246  # a collection was made or dropped a moment ago: a newer moment can be read
SNAPSHOTS = 6
SNAPSHOT_PAUSE = 0.02
LA_CODE = "ce_lacode"
Behind = Callable[[str, Mapping[int, Mark]], Awaitable[int | None]]


async def not_known(_model: str, _marks: Mapping[int, Mark]) -> int | None:
    """What answers "how many events are not yet counted?" where nobody measures it."""
    return None


class CellReader(Protocol):
    """Totals of one read model, as `shared.projecting.reading.Cells` answers them."""

    async def by_month(
        self, which: Sequence[Which], months: Collection[str], branch: str | None = None
    ) -> Mapping[Unit, ByMonth]: ...

    async def balances(
        self, which: Sequence[Which], since: str, before: str, stocks: Mapping[str, Stock]
    ) -> Mapping[Unit, Mapping[str, int]]: ...


class Reading(Protocol):
    """All read models as they stood at one moment: sums read through it fit together, and fit its marks."""

    async def cells(self, model: ModelName) -> CellReader:
        """The totals of the generation that readers see."""
        ...

    async def rows(self, model: ModelName, query: Mapping[str, Any]) -> Sequence[Row]:
        """All rows that match, by stream. A query begins with authorities and months: see the index of rows."""
        ...

    async def marks(self) -> MarksOf:
        """How far each read model had come."""
        ...


class Library(Protocol):
    """What answering needs of the read models."""

    async def read(self, work: Callable[[Reading], Awaitable[T]]) -> T:
        """Do this on one moment's state. It may be asked again from the start, so it must only read."""
        ...

    async def rows(self, model: ModelName, query: Mapping[str, Any], after: str, limit: int) -> Sequence[Row]:
        """Rows that match, by stream, from behind `after`."""
        ...

    async def as_at(self, marks: MarksOf | None = None) -> AsAt:
        """What these marks amount to; without any, those of now."""
        ...

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        """Wait until a position is counted; False when it is not within `timeout` seconds."""
        ...

    async def set_aside(self, authority: str) -> int:
        """How many events of this authority could not be read and are counted nowhere yet."""
        ...


class MongoReading:
    """A snapshot of the database: a projector's batch is in it whole, or not at all.

    `generations` are read in place of the live ones.
    """

    def __init__(
        self,
        database: AsyncDatabase[Any],
        session: AsyncClientSession,
        generations: Mapping[str, int] | None = None,
    ) -> None:
        self._database = database
        self._session = session
        self._live: Mapping[str, int] | None = generations

    async def cells(self, model: ModelName) -> Cells:
        generation = await self._generation(model)
        generation.cells = _InSession(generation.cells, self._session)  # type: ignore[assignment]
        return Cells(generation)

    async def rows(self, model: ModelName, query: Mapping[str, Any]) -> Sequence[Row]:
        kept = _InSession((await self._generation(model)).rows, self._session)
        found: list[Row] = await kept.find(query).to_list()
        return sorted(found, key=lambda row: str(row["_id"]))

    async def marks(self) -> MarksOf:
        """Those of all read models, in one question."""
        generations = {model: await self._generation(model) for model in MODELS}
        wanted = {generations[model].mark_id(p): (model, p) for model in MODELS for p in PARTITIONS[model]}
        marks: dict[ModelName, dict[int, Mark]] = {m: {p: Mark() for p in PARTITIONS[m]} for m in MODELS}
        kept = _InSession(generations[MODELS[0]].marks, self._session)
        for document in await kept.find({"_id": {"$in": list(wanted)}}).to_list():
            model, partition = wanted[document["_id"]]
            marks[model][partition] = Mark(document["seq"], document["offset"], document["at"])
        return marks

    async def _generation(self, model: ModelName) -> Generation:
        if self._live is None:
            told = _InSession(self._database["generations"], self._session).find({"_id": {"$in": list(MODELS)}})
            self._live = {one["_id"]: one["live"] for one in await told.to_list()}
        return Generation(self._database, model, self._live.get(model, 1))


class _InSession:
    """A collection whose queries belong to a session."""

    def __init__(self, collection: AsyncCollection[Any], session: AsyncClientSession) -> None:
        self._collection = collection
        self._session = session

    def find(self, *query: Any, **options: Any) -> AsyncCursor[Any]:
        return self._collection.find(*query, **options, session=self._session)

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> AsyncCommandCursor[Any]:
        return await self._collection.aggregate(pipeline, **options, session=self._session)


class MongoLibrary:
    """The read models in reporting's own database. `behind` measures what is published and not yet counted.

    With `generations`, `read` reads those in place of the live ones.
    """

    def __init__(
        self,
        database: AsyncDatabase[Any],
        behind: Behind = not_known,
        generations: Mapping[str, int] | None = None,
    ) -> None:
        self._database = database
        self._behind = behind
        self._generations = generations

    async def read(self, work: Callable[[Reading], Awaitable[T]]) -> T:
        """Raises OperationFailure when collections are being made or dropped for longer than a few attempts."""
        for attempt in range(SNAPSHOTS):
            async with self._database.client.start_session(snapshot=True) as session:
                try:
                    return await work(MongoReading(self._database, session, self._generations))
                except OperationFailure as failed:
                    if failed.code != SNAPSHOT_UNAVAILABLE or attempt == SNAPSHOTS - 1:
                        raise
            await asyncio.sleep(SNAPSHOT_PAUSE * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    async def rows(self, model: ModelName, query: Mapping[str, Any], after: str, limit: int) -> Sequence[Row]:
        generation = await live(self._database, model)
        behind_cursor = {"$and": [query, {"_id": {"$gt": after}}]}
        return await generation.rows.find(behind_cursor).sort("_id", ASCENDING).limit(limit).to_list()

    async def as_at(self, marks: MarksOf | None = None) -> AsAt:
        known = marks or {model: await self._marks(model) for model in MODELS}
        each = await asyncio.gather(*(self._behind(model, by_partition) for model, by_partition in known.items()))
        behind = [n for n in each if n is not None]
        return as_at(known, sum(behind) if len(behind) == len(each) else None)

    async def behind(self, model: str) -> int | None:
        """How many published events one read model has not counted yet; None while that is not known."""
        return await self._behind(model, await self._marks(model))

    async def reached(self, model: ModelName, partition: int, seq: int, timeout: float) -> bool:
        return await reached(await live(self._database, model), partition, seq, timeout)

    async def set_aside(self, authority: str) -> int:
        generations = [(await live(self._database, model)).name for model in MODELS]
        # Records that are none of ours have no position: nothing is missing because of them.
        theirs = {"generation": {"$in": generations}, "seq": {"$ne": None}, "headers": [LA_CODE, authority.encode()]}
        return await self._database["parked"].count_documents(theirs)

    async def _marks(self, model: str) -> dict[int, Mark]:
        return await (await live(self._database, model)).read_marks(PARTITIONS[model])


def as_at(marks: MarksOf, behind: int | None) -> AsAt:
    """One statement from the marks of all read models; partitions without any event are left out."""
    positions = [
        Position(model=model, partition=partition, seq=mark.seq)
        for model, by_partition in marks.items()
        for partition, mark in sorted(by_partition.items())
        if mark.seq >= 0
    ]
    times = [mark.at for by_partition in marks.values() for mark in by_partition.values() if mark.at is not None]
    return AsAt(time=max(times, default=None), behind=behind, positions=tuple(positions))
