"""The event store on MongoDB: one document a commit, dense in each partition, appended in groups.

Why, and what the alternatives lose: docs/decisions/0006.
Two unique keys do all the work: (p, seq) is the optimistic lock on the head of a partition, (stream, v0) the one on
a stream. A commit at `seq` exists only if everything before it is majority-durable, because the writer goes past a
head only after the majority has it.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from bson import CodecOptions, encode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING, IndexModel, ReadPreference
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, CollectionInvalid, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.calendar.clock import Clock, now
from shared.event_store.partition import partition_of
from shared.event_store.store import (
    Commit,
    KeyReused,
    Meta,
    NewCommit,
    OutcomeUnknown,
    Payload,
    StoreBusy,
    StreamMovedOn,
)
from shared.failpoints import failpoint

log = structlog.get_logger()

BATCH = 500  # commits in one insert
WAITING = 4_000  # commits that may wait in one process before the answer is StoreBusy
DEADLINE = 10.0  # seconds a commit may wait for a certain outcome
DURABLE = WriteConcern(w="majority", j=True, wtimeout=5_000)
DUPLICATE_KEY = 11_000
NAMESPACE_EXISTS = 48
GENESIS = bytes(32)
_HASH_ELEMENT = 1 + 5 + 4 + 1 + 32  # BSON: type, "hash\0", length, subtype, digest

_VALIDATOR = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["_id", "p", "seq", "n", "stream", "v0", "events", "meta", "req", "at", "gen", "hash"],
        "properties": {
            "_id": {"bsonType": "string", "minLength": 1},
            "p": {"bsonType": ["int", "long"], "minimum": 0},
            "seq": {"bsonType": ["int", "long"], "minimum": 0},
            "n": {"bsonType": ["int", "long"], "minimum": 1},
            "stream": {"bsonType": "string", "minLength": 1},
            "v0": {"bsonType": ["int", "long"], "minimum": 1},
            "events": {"bsonType": "array", "minItems": 1},
            "at": {"bsonType": "date"},
            "hash": {"bsonType": "binData"},
        },
    }
}


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a partition ends: the next free position, and the digest that the next commit continues."""

    next: int
    digest: bytes


@dataclass(slots=True, eq=False)
class _Waiting:
    commit: NewCommit
    partition: int
    outcome: asyncio.Future[Commit]
    deadline: float

    def settle(self, kept: Commit | Exception) -> None:
        if self.outcome.done():  # the caller went away; what is kept stays kept
            return
        if isinstance(kept, Commit):
            self.outcome.set_result(kept)
        else:
            self.outcome.set_exception(kept)


@dataclass(frozen=True, slots=True)
class _Document:
    """A commit as it is about to be inserted, how it is told once it is kept, and where its partition ends then."""

    raw: RawBSONDocument
    kept: Commit
    head: _Head


class MongoEventStore:
    """Keeps the promises of `EventStore` in the collection `commits` of the database.

    One instance a process and event loop. Call `prepare` once before the first append, `close` to let the waiting
    commits go through. `waiting` bounds the queue.
    """

    def __init__(
        self, database: AsyncDatabase[Any], partitions: int = 8, clock: Clock = now, waiting: int = WAITING
    ) -> None:
        self.partitions = partitions
        self.commits: AsyncCollection[Any] = database.get_collection(
            "commits",
            codec_options=CodecOptions(tz_aware=True),
            read_preference=ReadPreference.PRIMARY,
            write_concern=DURABLE,
            read_concern=ReadConcern("majority"),
        )
        self._database = database
        self._restores: AsyncCollection[Any] = database["restores"]  # {_id: 1, ...}: how often it came from an archive
        self._writer = _Writer(self.commits, clock, waiting)

    async def prepare(self) -> None:
        """Make the collection, its validator and its unique keys; harmless when they are there."""
        try:
            await self._database.create_collection("commits", validator=_VALIDATOR)
        except (CollectionInvalid, OperationFailure) as error:  # there already, or made by another at this moment
            if isinstance(error, OperationFailure) and error.code != NAMESPACE_EXISTS:
                raise
            await self._database.command("collMod", "commits", validator=_VALIDATOR)
        await self.commits.create_indexes(
            [
                IndexModel([("p", ASCENDING), ("seq", ASCENDING)], unique=True, name="position"),
                IndexModel([("stream", ASCENDING), ("v0", ASCENDING)], unique=True, name="version"),
            ]
        )
        restored = await self._restores.find_one(sort=[("_id", DESCENDING)])
        self._writer.generation = restored["_id"] if restored else 0

    async def close(self) -> None:
        await self._writer.drained()

    async def append(self, commit: NewCommit) -> Commit:
        if not commit.events:
            raise ValueError("a commit holds at least one event")
        return await self._writer.append(commit, partition_of(commit.stream, self.partitions))

    async def read(self, stream: str, after: int = 0) -> list[Commit]:
        found = self.commits.find({"stream": stream, "v0": {"$gt": after}}, sort=[("v0", ASCENDING)])
        return [commit_of(document) async for document in found]

    async def find(self, commit_id: str) -> Commit | None:
        document = await self.commits.find_one({"_id": commit_id})
        return commit_of(document) if document else None

    async def read_partition(self, partition: int, after: int, limit: int) -> list[Commit]:
        found = self.commits.find(
            {"p": partition, "seq": {"$gt": after}}, sort=[("seq", ASCENDING)], limit=limit, batch_size=limit
        )
        return [commit_of(document) async for document in found]

    async def read_partitions(self, after: Mapping[int, int], limit: int) -> list[Commit]:
        if not after:
            return []
        behind = [{"p": partition, "seq": {"$gt": seq}} for partition, seq in after.items()]
        order = [("p", ASCENDING), ("seq", ASCENDING)]
        found = self.commits.find({"$or": behind}, sort=order, limit=limit, batch_size=limit)
        return [commit_of(document) async for document in found]

    async def head(self, partition: int) -> int:
        return (await _read_head(self.commits, partition)).next - 1


class _Writer:
    """Writes all that waits, for whatever partitions, as one ordered insert; tells each caller its own outcome.

    One insert at a time: two would share the same server, each with half of what waits.
    """

    def __init__(self, commits: AsyncCollection[Any], clock: Clock, waiting: int) -> None:
        self._commits = commits
        self._clock = clock
        self._limit = waiting
        self._queue: deque[_Waiting] = deque()
        self._heads: dict[int, _Head] = {}  # what the majority has; a missing one is read before the next insert
        self._flushing: asyncio.Task[None] | None = None
        self._lost = 0  # rounds lost in a row, for the back-off
        self.generation = 0

    async def append(self, commit: NewCommit, partition: int) -> Commit:
        if len(self._queue) >= self._limit:
            raise StoreBusy
        loop = asyncio.get_running_loop()
        waiting = _Waiting(commit, partition, loop.create_future(), loop.time() + DEADLINE)
        self._queue.append(waiting)
        if self._flushing is None:
            self._flushing = loop.create_task(self._flush())
        return await waiting.outcome

    async def drained(self) -> None:
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            while self._queue:
                batch = self._take()
                try:
                    await self._round(batch)
                except Exception:  # a fault of ours must not leave callers waiting for ever
                    log.exception("append failed")
                    for waiting in batch:
                        waiting.settle(OutcomeUnknown(waiting.commit.id))
        finally:
            self._flushing = None

    def _take(self) -> list[_Waiting]:
        """The next batch: each stream and each id once at most, so that no outcome in it hangs on another.

        The more rounds were lost, the fewer: what a rival that never pauses leaves open is only long enough for one.
        """
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        seen: set[str] = set()
        most = max(1, min(len(self._queue), BATCH) >> self._lost)
        while self._queue and len(batch) < most:
            waiting = self._queue.popleft()
            if seen.isdisjoint((waiting.commit.stream, waiting.commit.id)):
                seen.update((waiting.commit.stream, waiting.commit.id))
                batch.append(waiting)
            else:
                later.append(waiting)
        self._queue.extendleft(reversed(later))
        return batch

    async def _round(self, batch: list[_Waiting]) -> None:
        try:
            documents = _documents(batch, await self._ends(batch), self._clock(), self.generation)
            await self._commits.insert_many([document.raw for document in documents], ordered=True)
            failpoint("store.after_insert")
        except BulkWriteError as error:
            await self._partly_kept(batch, documents, error.details)
        except PyMongoError:
            await self._unknown(batch)
        except Exception as error:  # one bad payload must not spoil the others
            await self._one_by_one(batch, error)
        else:
            self._lost = 0
            self._settle(batch, documents)

    async def _ends(self, batch: Sequence[_Waiting]) -> Mapping[int, _Head]:
        for p in {waiting.partition for waiting in batch} - self._heads.keys():
            self._heads[p] = await _read_head(self._commits, p)
        return self._heads

    def _settle(self, batch: Sequence[_Waiting], documents: Sequence[_Document]) -> None:
        for waiting, document in zip(batch, documents, strict=True):
            self._heads[waiting.partition] = document.head
            waiting.settle(document.kept)

    async def _one_by_one(self, batch: list[_Waiting], error: Exception) -> None:
        """Something in the batch cannot be written at all (it does not encode): find out which, alone."""
        if len(batch) == 1:
            batch[0].settle(error)
            return
        for waiting in batch:
            await self._round([waiting])

    async def _partly_kept(
        self, batch: list[_Waiting], documents: Sequence[_Document], details: Mapping[str, Any]
    ) -> None:
        errors = details.get("writeErrors") or ()
        if details.get("writeConcernErrors") or not errors:
            await self._unknown(batch)
            return
        failed = errors[0]["index"]
        self._settle(batch[:failed], documents[:failed])
        try:
            left = await self._refused(batch[failed:], errors[0])
        except PyMongoError:  # it could not be read why
            left = batch[failed:]
        self._try_again(left)

    async def _refused(self, batch: list[_Waiting], error: Mapping[str, Any]) -> list[_Waiting]:
        """Tell the caller of the first, which stopped the batch; answers what is to be tried again."""
        first, key = batch[0], error.get("keyPattern") or {}
        if error.get("code") != DUPLICATE_KEY:
            first.settle(PyMongoError(f"the store refused a commit: code {error.get('code')}"))
            return batch[1:]
        if "seq" in key:  # another process was quicker at this position
            self._heads.pop(first.partition, None)
            self._lost += 1
            await asyncio.sleep(random.uniform(0, min(0.02, 0.002 * 2**self._lost)))
            return batch
        left = await self._not_kept_before(batch)  # a repeat seldom comes alone
        if not left or left[0] is not first:
            return left
        if "_id" in key:  # it is there, but not yet with the majority
            await asyncio.sleep(0.01)
            return left
        newest = await self._commits.find_one({"stream": first.commit.stream}, sort=[("v0", DESCENDING)])
        first.settle(StreamMovedOn(first.commit.stream, commit_of(newest).version if newest else None))
        return left[1:]

    async def _unknown(self, batch: list[_Waiting]) -> None:
        """The answer was lost, not necessarily the commits: read back by id what was kept, try the rest again."""
        for waiting in batch:
            self._heads.pop(waiting.partition, None)
        pause = 0.05
        while batch:
            try:
                batch = await self._not_kept_before(batch)
                break
            except PyMongoError:
                batch = _not_expired(batch)
                await asyncio.sleep(random.uniform(0, pause))
                pause = min(1.0, pause * 2)
        self._try_again(batch)
        await asyncio.sleep(random.uniform(0, pause))

    async def _not_kept_before(self, batch: Sequence[_Waiting]) -> list[_Waiting]:
        """Settle those whose id the majority has, telling a repeat from a reuse; answers the others."""
        ids = [waiting.commit.id for waiting in batch]
        found = {document["_id"]: document async for document in self._commits.find({"_id": {"$in": ids}})}
        for waiting in batch:
            if document := found.get(waiting.commit.id):
                waiting.settle(_same_request(document, waiting.commit))
        return [waiting for waiting in batch if waiting.commit.id not in found]

    def _try_again(self, batch: Sequence[_Waiting]) -> None:
        self._queue.extendleft(reversed(_not_expired(batch)))


def _not_expired(batch: Sequence[_Waiting]) -> list[_Waiting]:
    """Those that have time left; the callers of the others are told that nobody knows."""
    present = asyncio.get_running_loop().time()
    for waiting in batch:
        if present >= waiting.deadline:
            waiting.settle(OutcomeUnknown(waiting.commit.id))
    return [waiting for waiting in batch if present < waiting.deadline]


def _documents(batch: Sequence[_Waiting], heads: Mapping[int, _Head], at: datetime, generation: int) -> list[_Document]:
    """The batch as documents that continue their partitions."""
    ends = dict(heads)
    documents: list[_Document] = []
    for waiting in batch:
        document = _document(waiting.commit, waiting.partition, ends[waiting.partition], at, generation)
        ends[waiting.partition] = document.head
        documents.append(document)
    return documents


def _document(commit: NewCommit, partition: int, end: _Head, at: datetime, generation: int) -> _Document:
    body = encode(
        {
            "_id": commit.id,
            "p": partition,
            "seq": end.next,
            "n": len(commit.events),
            "stream": commit.stream,
            "v0": commit.after + 1,
            "events": [{"type": event.type, "data": event.data} for event in commit.events],
            "meta": commit.meta.model_dump(mode="json"),
            "req": commit.request,
            "at": at,
            "gen": generation,
        }
    )
    digest = hashlib.sha256(end.digest + body).digest()
    raw = RawBSONDocument(_with_hash(body, digest))
    kept = _kept(commit, partition, end.next, at, generation)
    return _Document(raw, kept, _Head(end.next + len(commit.events), digest))


def _kept(commit: NewCommit, partition: int, seq: int, at: datetime, generation: int) -> Commit:
    return Commit(
        id=commit.id,
        partition=partition,
        seq=seq,
        stream=commit.stream,
        first_version=commit.after + 1,
        events=tuple(commit.events),
        meta=commit.meta,
        request=commit.request,
        recorded_at=at,
        generation=generation,
    )


def _with_hash(body: bytes, digest: bytes) -> bytes:
    element = b"\x05hash\x00" + struct.pack("<i", len(digest)) + b"\x00" + digest
    return struct.pack("<i", len(body) + len(element)) + body[4:-1] + element + b"\x00"


def _without_hash(document: bytes) -> bytes:
    return struct.pack("<i", len(document) - _HASH_ELEMENT) + document[4 : -_HASH_ELEMENT - 1] + b"\x00"


def next_digest(digest: bytes, document: bytes) -> bytes:
    """What a commit's own digest must be, from the digest before it and the document as it is kept."""
    return hashlib.sha256(digest + _without_hash(document)).digest()


async def chain_breaks(commits: AsyncCollection[Any], partition: int) -> list[str]:
    """What is wrong with a partition, in words: a gap, a repeat, or a digest that does not continue the one before."""
    wrong: list[str] = []
    expected, digest = 0, GENESIS
    raw: AsyncCollection[Any] = commits.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    async for document in raw.find({"p": partition}, sort=[("seq", ASCENDING)]):
        seq = document["seq"]
        if seq != expected:
            wrong.append(f"partition {partition}: position {seq} where {expected} should be")
        digest = next_digest(digest, bytes(document.raw))
        if digest != bytes(document["hash"]):
            wrong.append(f"partition {partition}: the chain breaks at position {seq}")
            digest = bytes(document["hash"])
        expected = seq + document["n"]
    return wrong


async def _read_head(commits: AsyncCollection[Any], partition: int) -> _Head:
    """At majority and from the primary: a head that could still roll back must not be built upon."""
    newest = await commits.find_one({"p": partition}, {"seq": 1, "n": 1, "hash": 1}, sort=[("seq", DESCENDING)])
    return _Head(newest["seq"] + newest["n"], bytes(newest["hash"])) if newest else _Head(0, GENESIS)


def _same_request(document: Mapping[str, Any], commit: NewCommit) -> Commit | KeyReused:
    return commit_of(document) if document["req"] == commit.request else KeyReused(commit.id)


def commit_of(document: Mapping[str, Any]) -> Commit:
    """The commit that a document of the collection `commits` holds."""
    return Commit(
        id=document["_id"],
        partition=document["p"],
        seq=document["seq"],
        stream=document["stream"],
        first_version=document["v0"],
        events=tuple(Payload(event["type"], event["data"]) for event in document["events"]),
        meta=Meta.model_validate(document["meta"]),
        request=document["req"],
        recorded_at=document["at"],
        generation=document["gen"],
    )
