"""Which sources are read, how far each was read, what was refused of it, and what is wrong with it.

One document a source: what the log says of it (`admitted`, at `version`), and from how far it was read (`number`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.improvement_source.events import ImprovementSourceAdmitted
from services.reporting.domain.improvement_source.state import DECIDER, ImprovementSource
from shared.event_store.following import keep_newest

COLLECTION = "improvement_sources"
PARKED = "parked_improvements"
Trouble = Literal["UNREACHABLE", "FORBIDDEN", "REFUSED", "NO_TOKEN", "MALFORMED", "GAP", "GONE"]


@dataclass(frozen=True, slots=True)
class Source:
    """`number` is that of the last event dealt with; `trouble` is why the last attempt got no further."""

    id: str
    version: int
    admitted: ImprovementSourceAdmitted
    number: int = 0
    trouble: Trouble | None = None
    read_at: datetime | None = None
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that was refused: its number in the subscription, and the rule. Nothing of what it said is kept."""

    source: str
    number: int
    reason: str


class Sources:
    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept = database[COLLECTION]
        self._parked = database[PARKED]

    async def prepare(self) -> None:
        await self._parked.create_index([("source", ASCENDING), ("number", ASCENDING)], unique=True)

    async def learn(self, source_id: str, state: ImprovementSource, version: int) -> None:
        """As the log has it. Anything new means reading from the beginning: what was refused may be right now."""
        stands = state.stands.model_dump(mode="json") if state.stands else None
        fresh = {"admitted": stands, "number": 0, "trouble": None, "read_at": None}
        if await keep_newest(self._kept, source_id, version, fresh):
            await self._parked.delete_many({"source": source_id})

    async def all(self) -> Sequence[Source]:
        """Those that are read, by id."""
        found = await self._kept.find({"admitted": {"$ne": None}}, sort=[("_id", ASCENDING)]).to_list()
        return [_source(one, await self._parked.count_documents({"source": one["_id"]})) for one in found]

    async def speaking(self) -> Mapping[str, frozenset[str]]:
        """For whom each source may speak now."""
        return {one.id: frozenset(one.admitted.la_codes) for one in await self.all()}

    async def parked(self, source_id: str, limit: int = 100) -> Sequence[Parked]:
        found = self._parked.find({"source": source_id}, sort=[("number", ASCENDING)]).limit(limit)
        return [Parked(one["source"], one["number"], one["reason"]) async for one in found]

    async def park(self, source: Source, number: int, reason: str) -> None:
        where = {"source": source.id, "number": number}
        await self._parked.update_one(where, {"$set": {"reason": reason}}, upsert=True)

    async def move(self, source: Source, number: int, moment: datetime) -> bool:
        """From where it was read; False when somebody else moved it, or it was admitted anew meanwhile."""
        at = {"_id": source.id, "version": source.version, "number": source.number}
        moved = await self._kept.update_one(at, {"$set": {"number": number, "trouble": None, "read_at": moment}})
        return moved.matched_count == 1

    async def stuck(self, source: Source, trouble: Trouble) -> None:
        at = {"_id": source.id, "version": source.version, "number": source.number}
        await self._kept.update_one(at, {"$set": {"trouble": trouble}})


def _source(kept: Mapping[str, Any], parked: int) -> Source:
    admitted = ImprovementSourceAdmitted.model_validate(kept["admitted"])
    return Source(kept["_id"], kept["version"], admitted, kept["number"], kept["trouble"], kept.get("read_at"), parked)


def source_of(stream: str) -> str | None:
    """The id in the stream of a source; None for any other stream."""
    category, _, id_ = stream.partition("-")
    return id_ if category == DECIDER.category else None
