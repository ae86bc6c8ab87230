"""Every improvement event as it stands: what was released, and of what was retracted that it was."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from shared.published.envelope import Published
from shared.published.improvement import ImprovementEventPublishedV1, ImprovementEventRetractedV1

COLLECTION = "improvement_events"
OWN = "own"


class ImprovementEvents:
    """`source` says whose they are: this installation's own, or another authority's that was read."""

    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept = database[COLLECTION]

    async def prepare(self) -> None:
        await self._kept.create_index([("la_code", ASCENDING), ("quarter", ASCENDING)])

    async def learn(self, published: Published, source: str = OWN) -> None:
        """The same again changes nothing, and what was retracted stays so, whichever comes first."""
        if isinstance(published, ImprovementEventPublishedV1):
            said = published.model_dump(mode="json")
            known = {"la_code": published.la_code, "quarter": published.quarter, "source": source, "said": said}
            if published.supersedes is not None:
                await self._mark(published.supersedes, source, {"superseded_by": published.event_id})
            await self._mark(published.event_id, source, known)
        elif isinstance(published, ImprovementEventRetractedV1):
            known = {"la_code": published.la_code, "quarter": published.quarter, "source": source}
            await self._mark(published.event_id, source, {**known, "retracted": published.reason})

    async def of(self, la_codes: Sequence[str], quarters: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Those of these authorities and quarters, tombstones among them, by quarter and id."""
        query = {"la_code": {"$in": list(la_codes)}, "quarter": {"$in": list(quarters)}}
        return [_told(one) async for one in self._kept.find(query, sort=[("quarter", ASCENDING), ("_id", ASCENDING)])]

    async def standing(self, event_id: str) -> Mapping[str, Any] | None:
        """Our own with this id, unless it was retracted or superseded."""
        found = await self._kept.find_one({"_id": event_id, "source": OWN})
        told = None if found is None else _told(found)
        return told if told and "retracted" not in told and told["superseded_by"] is None else None

    async def forget(self, source: str) -> None:
        """Whatever another source said."""
        await self._kept.delete_many({"_id": {"$regex": f"^{re.escape(source)}\\|"}})

    async def own(self) -> Sequence[Mapping[str, Any]]:
        """All that this installation told its partners, as it stands now."""
        return [_told(one) async for one in self._kept.find({"source": OWN}, sort=[("_id", ASCENDING)])]

    async def _mark(self, event_id: str, source: str, what: Mapping[str, Any]) -> None:
        """An event that another source speaks of under the same id is another one."""
        key = event_id if source == OWN else f"{source}|{event_id}"
        await self._kept.update_one({"_id": key}, {"$set": {"event_id": event_id, **what}}, upsert=True)


def _told(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was retracted says nothing any more but that it was."""
    where = {name: kept.get(name) for name in ("event_id", "la_code", "quarter", "source")}
    if "retracted" in kept:
        return {**where, "retracted": kept["retracted"]}
    return {**where, **kept.get("said", {}), "superseded_by": kept.get("superseded_by")}
