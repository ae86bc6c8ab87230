"""Where snapshots lie: contents named by their hash, written once and never again.

A snapshot is a tree. The closing's event names each report by the hash of a list; the list names the report of each
unit by the hash of its content. What did not change between two versions is kept once. It is part of the record: read
models can be made again from events, but what was published is what lies here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from services.reporting.closing.canonical import digest
from shared.projecting.state import DUPLICATE_KEY, DURABLE

SNAPSHOTS = "snapshots"


class SnapshotDamaged(Exception):
    """What lies under a hash is not what was written, or nothing does. The message names the hash."""


@dataclass(frozen=True, slots=True)
class Content:
    """`of` says what it is about, for people who look into the database."""

    body: bytes
    of: str

    @property
    def hash(self) -> str:
        return digest(self.body)


class Snapshots:
    def __init__(self, database: AsyncDatabase[Any]) -> None:
        self._kept: AsyncCollection[Any] = database.get_collection(
            SNAPSHOTS, write_concern=DURABLE, read_concern=ReadConcern("majority")
        )

    async def prepare(self) -> None:
        await self._kept.create_index("hash", unique=True)

    async def put(self, contents: Sequence[Content]) -> None:
        """Keep them; what is there already stays as it is."""
        documents = [{"hash": one.hash, "of": one.of, "body": one.body} for one in contents]
        if not documents:
            return
        try:
            await self._kept.insert_many(documents, ordered=False)
        except BulkWriteError as failed:
            errors = failed.details["writeErrors"]
            if failed.details.get("writeConcernErrors") or any(one["code"] != DUPLICATE_KEY for one in errors):
                raise

    async def get(self, hashes: Sequence[str]) -> Mapping[str, Any]:
        """The contents by hash, read as JSON. Raises SnapshotDamaged."""
        found = {one["hash"]: bytes(one["body"]) async for one in self._kept.find({"hash": {"$in": list(hashes)}})}
        for wanted in hashes:
            if wanted not in found or digest(found[wanted]) != wanted:
                raise SnapshotDamaged(f"what was kept as {wanted} is not there as it was written")
        return {hash_: json.loads(body) for hash_, body in found.items()}
