"""Is a log whole? Found out by other means than the store's own: one aggregation, and the chain computed again."""

from __future__ import annotations

import hashlib
from typing import Any

from bson import CodecOptions, encode
from bson.raw_bson import RawBSONDocument

from shared.event_store.mongo import MongoEventStore

_ENDS = {
    "$group": {
        "_id": "$p",
        "first": {"$min": "$seq"},
        "end": {"$max": {"$add": ["$seq", "$n"]}},
        "events": {"$sum": "$n"},
        "unlike": {"$sum": {"$cond": [{"$eq": ["$n", {"$size": "$events"}]}, 0, 1]}},
    }
}
_TWICE = [
    {"$unwind": {"path": "$events", "includeArrayIndex": "i"}},
    {"$group": {"_id": {"stream": "$stream", "v": {"$add": ["$v0", "$i"]}}, "n": {"$sum": 1}}},
    {"$match": {"n": {"$gt": 1}}},
]


async def what_is_wrong(store: MongoEventStore) -> list[str]:
    """In words; nothing when every partition is 0 to its end without a gap, each version is there once, and every
    commit carries the digest of all before it."""
    wrong: list[str] = []
    async for part in await store.commits.aggregate([_ENDS]):
        if (part["first"], part["end"], part["unlike"]) != (0, part["events"], 0):
            wrong.append(f"partition {part['_id']} is not dense: {part}")
    async for version in await store.commits.aggregate(_TWICE, allowDiskUse=True):
        wrong.append(f"a version is there twice: {version}")
    for partition in range(store.partitions):
        wrong += await _broken_chain(store, partition)
    return wrong


async def _broken_chain(store: MongoEventStore, partition: int) -> list[str]:
    raw = store.commits.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    digest = bytes(32)
    async for document in raw.find({"p": partition}, sort=[("seq", 1)]):
        digest = hashlib.sha256(digest + _body(document)).digest()
        if digest != bytes(document["hash"]):
            return [f"partition {partition}: the chain breaks at {document['seq']}"]
    return []


def _body(document: RawBSONDocument) -> bytes:
    """The document as it was before its digest was put at its end."""
    fields: dict[str, Any] = {key: value for key, value in document.items() if key != "hash"}
    return encode(fields)
