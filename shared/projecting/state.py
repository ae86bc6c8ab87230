"""What a projection remembers beside its rows and cells: marks, owners of slots, generations, and what is parked.

All of it is in the reading side's own database:
`marks`       {_id: "audit_quality.1|3", seq, offset, at}   how far partition 3 got, moved with the rows it covers
`generations` {_id: "audit_quality", live, standby: []}     which generation readers see, which run beside it
              {_id: "audit_quality.1|slot 0", lsid}         the session of the process that owns slot 0: the fence
`parked_streams` and `parked`                               streams set aside, and their records in order
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import CodecOptions, encode
from pymongo import ASCENDING, IndexModel, ReplaceOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

DURABLE = WriteConcern(w="majority", j=True)
DUPLICATE_KEY = 11_000
COMMAND = 12_000_000  # bytes of documents in one command: a message has at most 48,000,000
SAMPLED = 100  # one document in so many is weighed

Statement = dict[str, Any]  # one of an update command: {"q": which, "u": how, "upsert": whether to make it}


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition got: the last position and Kafka offset, and when the last event was recorded."""

    seq: int = -1
    offset: int = -1
    at: datetime | None = None


class Generation:
    """The collections of one generation of a read model."""

    def __init__(self, database: AsyncDatabase[Any], model: str, number: int) -> None:
        self.model = model
        self.number = number
        self.name = f"{model}.{number}"
        options: CodecOptions[Any] = CodecOptions(tz_aware=True)
        self.database = database.with_options(
            codec_options=options, write_concern=DURABLE, read_concern=ReadConcern("majority")
        )
        self.rows: AsyncCollection[Any] = self.database[f"{model}.rows.{number}"]
        self.cells: AsyncCollection[Any] = self.database[f"{model}.cells.{number}"]
        self.marks: AsyncCollection[Any] = self.database["marks"]
        self.parked: AsyncCollection[Any] = self.database["parked"]
        self.parked_streams: AsyncCollection[Any] = self.database["parked_streams"]

    def mark_id(self, partition: int) -> str:
        return f"{self.name}|{partition}"

    def parked_id(self, stream: str) -> str:
        return f"{self.name}|{stream}"

    async def prepare(self) -> None:
        """Make collections and indexes; harmless when they are there."""
        await self.rows.create_indexes(
            [
                # By month, not by cell: a row has a score of cells, and each would cost an entry. One index serves
                # every level: whoever asks for a team or a service area knows its authority, which it never leaves.
                IndexModel(
                    [(field, ASCENDING) for field in ("place.authority", "months", "place.service_area", "place.team")],
                    name="place_months",
                ),
                IndexModel(  # few rows are late: the others cost it nothing
                    [("place.authority", ASCENDING), ("late.at", ASCENDING)],
                    name="late",
                    partialFilterExpression={"late.at": {"$exists": True}},
                ),
            ]
        )
        await self.cells.create_indexes(
            [
                IndexModel([("level", ASCENDING), ("unit", ASCENDING), ("year", ASCENDING)], name="unit"),
                IndexModel([("level", ASCENDING), ("within", ASCENDING), ("year", ASCENDING)], name="within"),
            ]
        )
        await self.parked.create_index([("generation", ASCENDING), ("stream", ASCENDING), ("seq", ASCENDING)])
        await self.parked_streams.create_index([("generation", ASCENDING)])
        await self.marks.create_index([("generation", ASCENDING)])

    async def read_marks(self, partitions: Iterable[int], session: AsyncClientSession | None = None) -> dict[int, Mark]:
        wanted = {self.mark_id(p): p for p in partitions}
        marks = {p: Mark() for p in wanted.values()}
        async for document in self.marks.find({"_id": {"$in": list(wanted)}}, session=session):
            marks[wanted[document["_id"]]] = Mark(document["seq"], document["offset"], document["at"])
        return marks

    async def owner(self, slot: str) -> tuple[Any, int]:
        """The session that owns the slot, or None, and how many batches it has committed."""
        document = await self.marks.find_one({"_id": self._owner_id(slot)}) or {}
        return document.get("lsid"), document.get("batches", 0)

    async def claim(self, slot: str, lsid: Any, partitions: Iterable[int]) -> None:
        """Make this session the owner of the slot. Whoever owned it before commits nothing more."""
        nothing = {"generation": self.name, "seq": -1, "offset": -1, "at": None}
        first = [UpdateOne({"_id": self.mark_id(p)}, {"$setOnInsert": nothing}, upsert=True) for p in partitions]
        owner = {"generation": self.name, "lsid": lsid}
        await self.marks.bulk_write([*first, ReplaceOne({"_id": self._owner_id(slot)}, owner, upsert=True)])

    async def move_marks(
        self, slot: str, read: Mapping[int, Mark], to: Mapping[int, Mark], session: AsyncClientSession
    ) -> bool:
        """Move marks from where they were read, inside a transaction of the slot's owner.

        False when the slot has another owner by now, or one of the marks was moved by somebody else: then the
        transaction must be given up.
        """
        mine = {"_id": self._owner_id(slot), "lsid": session.session_id}
        moves: list[Statement] = [{"q": mine, "u": {"$inc": {"batches": 1}}}]
        for partition, mark in to.items():
            there = {"_id": self.mark_id(partition), "seq": read[partition].seq, "offset": read[partition].offset}
            moves.append({"q": there, "u": {"$set": {"seq": mark.seq, "offset": mark.offset, "at": mark.at}}})
        return await update(self.marks, moves, session) == len(moves)

    def _owner_id(self, slot: str) -> str:
        return f"{self.name}|slot {slot}"

    async def drop(self) -> None:
        """Remove everything that belongs to this generation."""
        await self.rows.drop()
        await self.cells.drop()
        for collection in (self.marks, self.parked, self.parked_streams):
            await collection.delete_many({"generation": self.name})


@dataclass(frozen=True, slots=True)
class Generations:
    """Which generation of a read model readers see, and which are kept up to date beside it."""

    live: int
    standby: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        return (self.live, *self.standby)


async def read_generations(
    database: AsyncDatabase[Any], model: str, session: AsyncClientSession | None = None
) -> Generations:
    document = await database["generations"].find_one({"_id": model}, session=session)
    return Generations(document["live"], tuple(document["standby"])) if document else Generations(live=1)


async def write_generations(
    database: AsyncDatabase[Any], model: str, to: Generations, session: AsyncClientSession | None = None
) -> None:
    collection: AsyncCollection[Any] = database.get_collection(
        "generations", write_concern=None if session else DURABLE
    )
    await collection.replace_one(
        {"_id": model}, {"live": to.live, "standby": list(to.standby)}, upsert=True, session=session
    )


async def live(database: AsyncDatabase[Any], model: str) -> Generation:
    """The generation that readers see now."""
    return Generation(database, model, (await read_generations(database, model)).live)


def chunks(documents: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Parts of about `COMMAND` bytes, by the size of a sample: documents of one collection are much alike."""
    if not documents:
        return
    sample = documents[::SAMPLED]
    size = max(1, COMMAND * len(sample) // sum(len(encode(one)) for one in sample))
    for start in range(0, len(documents), size):
        yield documents[start : start + size]


async def insert(
    collection: AsyncCollection[Any], documents: Sequence[Any], session: AsyncClientSession | None = None
) -> None:
    """`insert_many` in one command, without what it does for each document.

    Waits for the majority or for the session's transaction. Errors: DuplicateKeyError, or OperationFailure for
    whatever else keeps a document out.
    """
    await _write(collection, "insert", session, documents=documents, ordered=False)


async def update(
    collection: AsyncCollection[Any], statements: Sequence[Statement], session: AsyncClientSession | None = None
) -> int:
    """Do these in one command; answers how many documents they met or made. Errors: as `insert`."""
    said = await _write(collection, "update", session, updates=statements, ordered=False)
    return int(said["n"])


async def _write(
    collection: AsyncCollection[Any], command: str, session: AsyncClientSession | None, **what: Any
) -> Mapping[str, Any]:
    concern: dict[str, Any] = {} if session else {"writeConcern": {"w": "majority"}}
    said: dict[str, Any] = await collection.database.command(
        command, collection.name, session=session, **what, **concern
    )
    for wrong in (*said.get("writeErrors", ()), *filter(None, [said.get("writeConcernError")])):
        kind = DuplicateKeyError if wrong["code"] == DUPLICATE_KEY else OperationFailure
        raise kind(wrong["errmsg"], wrong["code"], wrong)
    return said
