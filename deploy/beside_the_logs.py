"""What reporting keeps of sharing beside its log and nothing makes again: into an archive, and back.

These documents change, and an archive is never written again. So each backup adds those that are new or other than
archived, and a mark for each that is gone: of what is archived under an id the last counts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from deploy.archive import RAW, Archive
from services.reporting.alliance import sources, supports, tokens
from services.reporting.alliance.following import REGIONS
from services.reporting.releasing.register import RELEASES
from services.reporting.sharing import current, numbered, partner_topics, register
from services.reporting.sharing.webhooks import deliveries, keys
from shared.event_store.mongo import DUPLICATE_KEY

# How far others were told, before what they are told: nobody is taken to know an event that is not there.
TOLD = (partner_topics.CURSORS, deliveries.DELIVERIES, deliveries.ENDPOINTS, numbered.COLLECTION)
# How far others were read, before what was read of them: what is read twice stays the same.
READ = (sources.COLLECTION, sources.PARKED, current.COLLECTION, supports.COLLECTION)
CHANGING = (*TOLD, *READ)
_OF_OTHERS: Mapping[str, Any] = {"source": {"$ne": current.OWN}}
ONLY = {current.COLLECTION: _OF_OTHERS, supports.COLLECTION: _OF_OTHERS}
"""Our own is made again from the log."""
SECRETS = (keys.WEBHOOK_KEYS, tokens.COLLECTION)
FOLLOWING = (register.PARTNERS, register.SUBSCRIPTIONS, RELEASES, REGIONS)
GONE = "gone"
AT_ONCE = 5_000  # documents

Collection = Callable[[str], AsyncCollection[Any]]
Counted = Callable[[str, Sequence[RawBSONDocument]], None]


@dataclass(frozen=True, slots=True)
class BesideTheLogs:
    """`collection` answers a collection of reporting, raw; `counted` is told what was done in which part."""

    archive: Archive
    collection: Collection
    counted: Counted

    async def backup(self) -> None:
        for name in CHANGING:
            archived = {document["_id"]: document.raw for document in self._last(name)}
            found = self.collection(name).find(ONLY.get(name, {}), sort=[("_id", ASCENDING)])
            async for documents in in_batches(found, AT_ONCE):
                fresh = [one for one in documents if archived.pop(one["_id"], None) != one.raw]
                self._add(name, fresh)
            self._add(name, [_mark(id_) for id_ in archived])

    async def restore(self) -> None:
        """What others told is brought to where the archive has it; of what others were told, what is missing."""
        for name in READ:
            await self.collection(name).drop()
        for name in CHANGING:
            documents = self._last(name)
            for start in range(0, len(documents), AT_ONCE):
                inserted = await insert_missing(self.collection(name), documents[start : start + AT_ONCE])
                self.counted(_part(name), inserted)

    def _last(self, name: str) -> list[RawBSONDocument]:
        """Each document as it was archived last, unless it was gone then."""
        found: dict[Any, RawBSONDocument] = {}
        for segment in self.archive.segments(_part(name)):
            found |= {document["_id"]: document for document in self.archive.read(segment)}
        return [document for document in found.values() if GONE not in document]

    def _add(self, name: str, documents: Sequence[RawBSONDocument]) -> None:
        if documents:
            ids = [str(document["_id"]) for document in documents]
            self.archive.add(_part(name), documents, ids[0], ids[-1])
            self.counted(_part(name), documents)


def _part(name: str) -> str:
    return f"reporting/{name}"


def _mark(id_: Any) -> RawBSONDocument:
    return RawBSONDocument(bson.encode({"_id": id_, GONE: True}), RAW)


async def insert_missing(collection: AsyncCollection[Any], documents: list[RawBSONDocument]) -> list[RawBSONDocument]:
    """Insert those whose id is not there; answers them."""
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as failed:
        errors = failed.details["writeErrors"]
        if failed.details.get("writeConcernErrors") or any(one["code"] != DUPLICATE_KEY for one in errors):
            raise
        there = {one["index"] for one in errors}
        return [document for i, document in enumerate(documents) if i not in there]
    return documents


async def in_batches(found: Any, size: int) -> AsyncIterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    async for document in found:
        batch.append(document)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
