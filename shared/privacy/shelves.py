"""Where wrapped keys are kept: a shelf in MongoDB, and one in memory that keeps the same promises."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Kind = Literal["subject", "authority"]


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A row of the shelf. No `wrapped` key means a tombstone: there was one, and there never will be again."""

    wrapped: bytes | None
    holds: tuple[str, ...] = ()


class Shelf(Protocol):
    async def find(self, kind: Kind, name: str) -> Kept | None: ...

    async def keep(self, kind: Kind, name: str, wrapped: bytes) -> Kept:
        """Keep it unless a row is there already; answers the row that stands, durably, either way."""
        ...

    async def destroy(self, name: str, at: datetime) -> bool:
        """Leave a tombstone in place of the subject's key; False, and nothing done, while a hold stands."""
        ...

    async def hold(self, name: str, reason: str) -> bool:
        """False, and nothing done, when the subject has no key to hold."""
        ...

    async def lift(self, name: str, reason: str) -> None: ...


class MongoShelf:
    """A collection for each kind, `_id` being the name: the server itself lets one first key win."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        safe = database.with_options(
            write_concern=WriteConcern(w="majority", j=True), read_concern=ReadConcern("majority")
        )
        self._rows: dict[Kind, AsyncCollection[dict[str, Any]]] = {
            "subject": safe["subject_keys"],
            "authority": safe["authority_keys"],
        }

    async def find(self, kind: Kind, name: str) -> Kept | None:
        row = await self._rows[kind].find_one({"_id": name})
        return None if row is None else _kept(row)

    async def keep(self, kind: Kind, name: str, wrapped: bytes) -> Kept:
        row: dict[str, Any] | None = None
        while row is None:
            # Two upserts may meet: then the loser's next attempt finds the winner's row.
            with suppress(DuplicateKeyError):
                row = await self._rows[kind].find_one_and_update(
                    {"_id": name},
                    {"$setOnInsert": {"wrapped": wrapped, "holds": []}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
        return _kept(row)

    async def destroy(self, name: str, at: datetime) -> bool:
        try:
            await self._rows["subject"].update_one(
                {"_id": name, "holds": []},
                {"$min": {"destroyed_at": at}, "$unset": {"wrapped": ""}},
                upsert=True,
            )
        except DuplicateKeyError:
            # The row is there and did not match: it is held, or it came while the upsert was under way.
            row = await self._rows["subject"].find_one({"_id": name})
            return False if row is not None and row["holds"] else await self.destroy(name, at)
        return True

    async def hold(self, name: str, reason: str) -> bool:
        held = await self._rows["subject"].update_one(
            {"_id": name, "wrapped": {"$exists": True}}, {"$addToSet": {"holds": reason}}
        )
        return held.matched_count == 1

    async def lift(self, name: str, reason: str) -> None:
        await self._rows["subject"].update_one({"_id": name}, {"$pull": {"holds": reason}})


class InMemoryShelf:
    """For tests and for reading without an engine; forgets everything with the process."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Kind, str], Kept] = {}

    async def find(self, kind: Kind, name: str) -> Kept | None:
        return self._rows.get((kind, name))

    async def keep(self, kind: Kind, name: str, wrapped: bytes) -> Kept:
        return self._rows.setdefault((kind, name), Kept(wrapped))

    async def destroy(self, name: str, at: datetime) -> bool:
        row = self._rows.get(("subject", name), Kept(None))
        if not row.holds:
            self._rows["subject", name] = replace(row, wrapped=None)
        return not row.holds

    async def hold(self, name: str, reason: str) -> bool:
        row = self._rows.get(("subject", name), Kept(None))
        if row.wrapped is not None:
            self._rows["subject", name] = replace(row, holds=tuple(sorted({*row.holds, reason})))
        return row.wrapped is not None

    async def lift(self, name: str, reason: str) -> None:
        if row := self._rows.get(("subject", name)):
            self._rows["subject", name] = replace(row, holds=tuple(held for held in row.holds if held != reason))


def _kept(row: dict[str, Any]) -> Kept:
    wrapped = row.get("wrapped")
    return Kept(None if wrapped is None else bytes(wrapped), tuple(row["holds"]))
