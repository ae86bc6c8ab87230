"""Where wrapped keys are kept: a shelf in MongoDB, and one in memory that keeps the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, Literal, Protocol, TypeVar

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Kind = Literal["subject", "authority"]
Given = TypeVar("Given")
DUPLICATE_KEY = 11_000


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


class _Together(Generic[Given]):
    """Asks once for everybody who asks while an answer is under way: what comes in meanwhile goes together next."""

    def __init__(self, ask: Callable[[Mapping[str, Given]], Awaitable[Mapping[str, Kept]]]) -> None:
        self._ask = ask
        self._given: dict[str, Given] = {}
        self._waiting: dict[str, list[asyncio.Future[Kept | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, name: str, given: Given) -> Kept | None:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Kept | None] = loop.create_future()
        self._given.setdefault(name, given)
        self._waiting.setdefault(name, []).append(answer)
        if self._asking is None:
            self._asking = loop.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._given:
                given, waiting = self._given, self._waiting
                self._given, self._waiting = {}, {}
                await self._answer(given, waiting)
        finally:
            self._asking = None

    async def _answer(
        self, given: Mapping[str, Given], waiting: Mapping[str, list[asyncio.Future[Kept | None]]]
    ) -> None:
        open_ = [(name, answer) for name, answers in waiting.items() for answer in answers]
        try:
            found = await self._ask(given)
        except Exception as failed:  # whoever asked is told
            for _, answer in open_:
                if not answer.done():  # the caller went away
                    answer.set_exception(failed)
            return
        for name, answer in open_:
            if not answer.done():
                answer.set_result(found.get(name))


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
        self._found = {kind: _Together[None](partial(self._find_all, kind)) for kind in self._rows}
        self._kept = {kind: _Together[bytes](partial(self._keep_all, kind)) for kind in self._rows}

    async def find(self, kind: Kind, name: str) -> Kept | None:
        return await self._found[kind].ask(name, None)

    async def keep(self, kind: Kind, name: str, wrapped: bytes) -> Kept:
        while (row := await self._kept[kind].ask(name, wrapped)) is None:
            await asyncio.sleep(0.01)  # another process keeps it at this moment, and the majority has not got it yet
        return row

    async def _find_all(self, kind: Kind, names: Mapping[str, None]) -> dict[str, Kept]:
        found = self._rows[kind].find({"_id": {"$in": list(names)}})
        return {row["_id"]: _kept(row) async for row in found}

    async def _keep_all(self, kind: Kind, wrapped: Mapping[str, bytes]) -> dict[str, Kept]:
        rows = [{"_id": name, "wrapped": key, "holds": []} for name, key in wrapped.items()]
        there: dict[str, None] = {}
        try:
            await self._rows[kind].insert_many(rows, ordered=False)
        except BulkWriteError as failed:
            errors = failed.details["writeErrors"]
            if failed.details["writeConcernErrors"] or any(one["code"] != DUPLICATE_KEY for one in errors):
                raise
            names = list(wrapped)
            there = dict.fromkeys(names[one["index"]] for one in errors)
        kept = {name: Kept(key) for name, key in wrapped.items() if name not in there}
        return {**kept, **(await self._find_all(kind, there) if there else {})}

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
