"""Taking an installation into an archive, and bringing it back (docs/running.md, "Backing up and restoring")."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.write_concern import WriteConcern

from deploy.archive import MANIFEST, RAW, Archive, Chain, Progress
from deploy.beside_the_logs import CHANGING, FOLLOWING, SECRETS, BesideTheLogs, in_batches, insert_missing
from deploy.looking import STORES, TOPICS, Plant
from services.reporting.closing.register import CLOSED_PERIODS
from services.reporting.closing.snapshots import SNAPSHOTS
from services.reporting.closing.timer import BEGINNINGS
from services.reporting.read_models import READ_MODELS
from shared.calendar.clock import now
from shared.event_store.mongo import DURABLE
from shared.messaging.topics import PARTITIONS
from shared.projecting.state import Generation, Generations, read_generations, write_generations

COMMITS = 10_000  # in one segment, and at once in memory
ENTRIES = 50_000
INSERTED = 2_000  # commits in one insert
TAIL = 2_000  # records looked at from the end of each partition of a topic
LOOKS, LOOK_PAUSE = 4, 0.5  # how often it is looked, and seconds between, whether nobody is at work any more
OVERLAP = timedelta(hours=1)  # ids of entries are made by many clocks: this late they may still come in between

# What is made from a log: made again after a restore.
FOLLOWERS = ("cursors", "deadlines", "register", CLOSED_PERIODS, *FOLLOWING)
KEPT_ELSEWHERE = {"commits", "access", "restores", *FOLLOWERS}
LEDGERS = ("redrives", SNAPSHOTS, BEGINNINGS)  # of reporting
# What read models are kept in: see `shared.projecting.state`.
READ_MODEL_STATE = {"generations", "marks", "parked", "parked_streams"}
# Which service's, or "keys", and the name.
KEYRING = {"subject_keys": "keys", "authority_keys": "keys", **dict.fromkeys(SECRETS, "reporting")}
FAST = WriteConcern("majority", j=False)  # what comes last waits for the disk, and then all before it is there


class Refused(Exception):
    """It would lose or mix something. The message says what, and what to do."""


@dataclass(slots=True)
class Tally:
    """What one run did: `events` and `commits` of all logs, `entries` of everything else."""

    events: int = 0
    commits: int = 0
    entries: int = 0
    segments: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        rate = round(self.events / self.seconds) if self.seconds else 0
        return {**fields, "seconds": round(self.seconds, 2), "events_per_second": rate}


@dataclass(frozen=True, slots=True)
class Log:
    """One partition of one service's store."""

    service: str
    partition: int

    @property
    def part(self) -> str:
        return f"{self.service}/commits/{self.partition}"


def logs(services: Iterable[str] = STORES) -> list[Log]:
    return [Log(service, partition) for service in services for partition in range(PARTITIONS)]


def reached(archive: Archive, log: Log) -> Chain:
    """Where the archive of a log ends."""
    segments = archive.segments(log.part)
    return Chain(segments[-1].last + 1, bytes.fromhex(segments[-1].head)) if segments else Chain()


class Archiving:
    """Archives the installation behind `plant` in a folder, and restores it from there.

    `progress(part, n)` is called for each piece of work with the number of documents it was.
    """

    def __init__(self, plant: Plant, folder: Path, progress: Progress = lambda _part, _n: None) -> None:
        self._plant = plant
        self._archive = Archive.at(folder)
        self._progress = progress
        self.tally = Tally()
        self._beside = BesideTheLogs(self._archive, partial(self._collection, "reporting"), self._count)

    # -- backing up ------------------------------------------------------------------------------------------------

    async def backup(self, keys: Path | None) -> Tally:
        """Append what is new. Raises Damaged when a log or the archive is not whole, Refused when they do not meet."""
        began = time.monotonic()
        await self._beside.backup()  # first, so that it speaks of nothing that is not in the logs
        for log in logs():
            await self._backup_log(log)
        for part, collection in self._ledgers():
            await self._backup_ledger(part, collection)
        self._archive.save()
        self._archive.tidy()
        if keys is None:
            self.tally.notes.append("the keys are not in this backup: without them sealed text cannot be read again")
        else:
            await self._backup_keys(keys)
        self.tally.notes += await self._unknown()
        self.tally.seconds = time.monotonic() - began
        return self.tally

    async def _backup_log(self, log: Log) -> None:
        chain = reached(self._archive, log)
        commits = self._commits(log.service)
        if chain.next and await _stand(commits, log, chain.next) != chain:
            raise Refused(
                f"{log.service}/{log.partition}: the archive holds events up to {chain.next - 1} that are not in the "
                "store, which was restored to an earlier moment or is another one. Begin a new folder"
            )
        found = commits.find({"p": log.partition, "seq": {"$gte": chain.next}}, sort=[("seq", ASCENDING)])
        async for documents in in_batches(found, COMMITS):
            first = documents[0]["seq"]
            chain.over(f"{log.service}/{log.partition}", documents, first, _last(documents))
            generation = max(document["gen"] for document in documents)
            self._archive.add(
                log.part, documents, first, chain.next - 1, head=chain.digest.hex(), generation=generation
            )
            self._archive.save()
            self._count(log.part, documents, events=chain.next - first)

    async def _backup_ledger(self, part: str, collection: AsyncCollection[Any]) -> None:
        known, since, last = self._lately(part)
        found = collection.find({"_id": {"$gt": since}}, sort=[("_id", ASCENDING)])
        async for documents in in_batches(found, ENTRIES):
            fresh = [document for document in documents if document["_id"] not in known]
            if fresh:
                last = max(last, str(fresh[-1]["_id"]))
                self._archive.add(part, fresh, str(fresh[0]["_id"]), last)
                self._count(part, fresh)
        missing = await collection.count_documents({"_id": {"$lte": ObjectId(last)}}) - self._archive.count(part)
        if missing > 0:
            self.tally.notes.append(f"{part}: {missing} entries came in too late for the archive: begin a new folder")

    def _lately(self, part: str) -> tuple[set[ObjectId], ObjectId, str]:
        """The ids of the archive's last hour, where that hour begins, and where it ends."""
        segments = self._archive.segments(part)
        if not segments:
            return set(), ObjectId("0" * 24), "0" * 24
        last = segments[-1].last
        since = ObjectId.from_datetime(ObjectId(last).generation_time - OVERLAP)
        recent = [segment for segment in segments if segment.last >= str(since)]
        return {document["_id"] for segment in recent for document in self._archive.read(segment)}, since, last

    async def _backup_keys(self, folder: Path) -> None:
        """The whole keyring as it is now, in place of what was in the folder: a destroyed key leaves it too."""
        keys = Archive(folder)
        for name in KEYRING:
            async for documents in in_batches(self._keyring(name).find(sort=[("_id", ASCENDING)]), ENTRIES):
                keys.add(name, documents, documents[0]["_id"], documents[-1]["_id"])
                self._count(name, documents)
        keys.save()
        keys.tidy()

    async def _unknown(self) -> list[str]:
        """Collections that somebody added to a service's database and nobody told us about."""
        unknown = [
            (service, name)
            for service in STORES
            for name in await self._database(service).list_collection_names()
            if name not in KEPT_ELSEWHERE and not name.startswith("system.") and not _of_reporting(service, name)
        ]
        return [f"{service}: the collection {name} is in no archive" for service, name in unknown]

    # -- restoring -------------------------------------------------------------------------------------------------

    async def restore(self, keys: Path | None, *, accept_loss: bool) -> Tally:
        """Bring the stores to where the archive ends; nothing is written before everything has been looked at.

        Raises Damaged when the archive is not whole, Refused when processes run, when the stores hold something else,
        or when events that were published are not in the archive and nobody accepted their loss.
        """
        began = time.monotonic()
        if not (self._archive.folder / MANIFEST).exists():
            raise Refused(f"{self._archive.folder} holds no archive")
        self._archive.verify()
        keyring = Archive.at(keys) if keys else None
        if keyring:
            keyring.verify()
        await self._nobody_at_work()
        stands = {log: await self._meets(log) for log in logs()}
        lost = await self._lost(stands)
        if lost and not accept_loss:
            raise Refused("\n".join([*lost.values(), "Look for a newer backup. --accept-loss goes on without them"]))
        await self._bring_back(stands, keyring, {log.service for log in lost})
        self.tally.notes += [f"accepted: {line}" for line in lost.values()]
        self.tally.seconds = time.monotonic() - began
        return self.tally

    async def _bring_back(self, stands: dict[Log, Chain], keyring: Archive | None, losing: set[str]) -> None:
        for service in sorted(losing):
            await self._forget_what_was_told(service)
        for service in STORES:
            behind = [log for log, stand in stands.items() if log.service == service and self._is_behind(log, stand)]
            if behind or service in losing or await self._unfinished(service):
                await self._restore_store(service, {log: stands[log] for log in behind})
        for part, collection in self._ledgers():
            await self._restore_ledger(part, collection)
        if keyring:
            await self._restore_keys(keyring)

    def _is_behind(self, log: Log, stand: Chain) -> bool:
        return stand.next < reached(self._archive, log).next

    async def _nobody_at_work(self) -> None:
        """A process that runs knows positions that are about to be given out again.

        One that ended a moment ago may still count as connected: so it is looked more than once.
        """
        for _ in range(LOOKS):
            if not (running := await self._connected()):
                return
            await asyncio.sleep(LOOK_PAUSE)
        raise Refused(f"stop every process first; connected to the database: {', '.join(running)}")

    async def _connected(self) -> list[str]:
        client, prefix = self._plant.client, f"{self._plant.settings.mongo_prefix}-"
        everybody = await client.admin.aggregate([{"$currentOp": {"allUsers": True, "idleConnections": True}}])
        names = {str(one.get("appName", "")) async for one in everybody}
        return sorted(name for name in names if name.startswith(prefix) and name != f"{prefix}command")

    async def _meets(self, log: Log) -> Chain:
        """Where the store stands. Raises Refused unless it and the archive are one log, one of them further on."""
        store, archive = await _stand(self._commits(log.service), log), reached(self._archive, log)
        if store.next <= archive.next:
            same = store == self._archived(log, store.next)
        else:
            same = await _stand(self._commits(log.service), log, archive.next) == archive
        if not same:
            raise Refused(f"{log.service}/{log.partition}: the store holds another log than the archive")
        return store

    def _archived(self, log: Log, end: int) -> Chain:
        """The archive's chain after the commit that ends before position `end`."""
        if end == 0:
            return Chain()
        for segment in self._archive.segments(log.part):
            if segment.first < end <= segment.last + 1:
                documents = [one for one in self._archive.read(segment) if one["seq"] < end]
                return Chain(_last(documents) + 1, bytes(documents[-1]["hash"]))
        return Chain()

    async def _lost(self, stands: dict[Log, Chain]) -> dict[Log, str]:
        """Logs that will end before what was told of them, each with a sentence."""
        lost = {}
        for service in TOPICS:
            told = await self._told(service)
            for log in logs([service]):
                end = max(stands[log].next, reached(self._archive, log).next)
                last, who = max(told[log.partition], key=lambda one: one[0])
                if last >= end:
                    lost[log] = (
                        f"{service}/{log.partition}: the archive ends at position {end - 1}, but {who} reaches "
                        f"{last}: up to {last - end + 1} events would be lost"
                    )
        return lost

    async def _told(self, service: str) -> dict[int, list[tuple[int, str]]]:
        """For each partition, how far everybody was told who remembers it: read models, the topic, the relay."""
        told: dict[int, list[tuple[int, str]]] = {p: [(-1, "")] for p in range(TOPICS[service].partitions)}
        for model in (model for model in READ_MODELS if model.topic == TOPICS[service]):
            for number in (await read_generations(self._plant.reporting, model.name)).all:
                generation = Generation(self._plant.reporting, model.name, number)
                for p, mark in (await generation.read_marks(told)).items():
                    told[p].append((mark.seq, generation.name))
        for p, seq in (await self._plant.last_published(service, TAIL)).items():
            told[p].append((seq, f"the topic {self._plant.topic(service)}"))
        async for cursor in self._database(service)["cursors"].find({"_id": {"$regex": "^relay/"}}):
            told[int(cursor["_id"].removeprefix("relay/"))].append((cursor.get("last", -1), "its relay"))
        return told

    async def _forget_what_was_told(self, service: str) -> None:
        """Empty the topic and drop its read models: a reader past the new end would take new events for repeats."""
        await self._plant.empty_topic(service)
        for model in (model for model in READ_MODELS if model.topic == TOPICS[service]):
            before = await read_generations(self._plant.reporting, model.name)
            # A number that was never used: whoever remembers something of an old one does not take it for this.
            await write_generations(self._plant.reporting, model.name, Generations(max(before.all) + 1))
            for number in before.all:
                await Generation(self._plant.reporting, model.name, number).drop()

    async def _unfinished(self, service: str) -> bool:
        return await self._database(service)["restores"].find_one({"done": False}) is not None

    async def _restore_store(self, service: str, behind: dict[Log, Chain]) -> None:
        database = self._database(service)
        restores = database.get_collection("restores", write_concern=DURABLE)
        await self._plant.store(service).prepare()
        begun = await restores.find_one({"done": False})
        number = begun["_id"] if begun else await self._next_generation(service)
        await restores.update_one({"_id": number}, {"$set": {"done": False, "at": now()}}, upsert=True)
        for log, stand in behind.items():
            await self._restore_log(log, stand)
        for name in FOLLOWERS:
            await database[name].drop()
        if service == "reporting":
            await self._beside.restore()
        await restores.update_one({"_id": number}, {"$set": {"done": True}})

    async def _next_generation(self, service: str) -> int:
        newest = await self._database(service)["restores"].find_one(sort=[("_id", DESCENDING)])
        archived = [one.generation for log in logs([service]) for one in self._archive.segments(log.part)]
        return max([*archived, newest["_id"] if newest else 0]) + 1

    async def _restore_log(self, log: Log, stand: Chain) -> None:
        commits = self._commits(log.service).with_options(write_concern=FAST)
        for segment in self._archive.segments(log.part):
            if segment.last < stand.next:
                continue
            documents = [one for one in self._archive.read(segment) if one["seq"] >= stand.next]
            for start in range(0, len(documents), INSERTED):
                await commits.insert_many(documents[start : start + INSERTED], ordered=True)
            self._count(log.part, documents, events=_last(documents) + 1 - documents[0]["seq"])
        if await _stand(self._commits(log.service), log) != reached(self._archive, log):
            raise Refused(f"{log.service}/{log.partition}: the store does not end where the archive does: do it again")

    async def _restore_ledger(self, part: str, collection: AsyncCollection[Any]) -> None:
        for segment in self._archive.segments(part):
            self._count(part, await insert_missing(collection, self._archive.read(segment)))

    async def _restore_keys(self, keyring: Archive) -> None:
        """Add keys that are missing. A key that is destroyed on either side stays destroyed."""
        for name in KEYRING:
            collection = self._keyring(name)
            for segment in keyring.segments(name):
                documents = keyring.read(segment)
                self._count(name, await insert_missing(collection, documents))
                for document in documents:
                    if "destroyed_at" in document:
                        change = {"$min": {"destroyed_at": document["destroyed_at"]}, "$unset": {"wrapped": ""}}
                        await collection.update_one({"_id": document["_id"]}, change)

    # -- where things are ------------------------------------------------------------------------------------------

    def _database(self, service: str) -> Any:
        return self._plant.client[self._plant.settings.database(service)]

    def _commits(self, service: str) -> AsyncCollection[Any]:
        return self._plant.store(service).commits.with_options(codec_options=RAW)

    def _keyring(self, name: str) -> AsyncCollection[Any]:
        return self._collection(KEYRING[name], name)

    def _collection(self, service: str, name: str) -> AsyncCollection[Any]:
        database = self._plant.client[self._plant.settings.database(service)]
        return database.get_collection(name, codec_options=RAW, write_concern=DURABLE)

    def _ledgers(self) -> list[tuple[str, AsyncCollection[Any]]]:
        """What is written down beside the logs: who was shown what, who replayed what was set aside, what was published
        of closed periods, and since when they are closed."""
        of_reporting = [("reporting", name) for name in LEDGERS]
        names = [*((service, "access") for service in TOPICS), *of_reporting]
        return [(f"{service}/{name}", self._collection(service, name)) for service, name in names]

    def _count(self, part: str, documents: Sequence[RawBSONDocument], events: int = 0) -> None:
        if events:
            self.tally.commits += len(documents)
        else:
            self.tally.entries += len(documents)
        self.tally.events += events
        self.tally.segments += 1
        self._progress(part, len(documents))


def keep_apart(folder: Path, keys: Path) -> None:
    """Raises Refused when one of the folders is within the other: erasure must survive whatever becomes of one."""
    one, other = folder.resolve(), keys.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise Refused("the keys belong into a folder of their own, neither within the archive nor around it")


async def read_archives(folder: Path, keys: Path | None, progress: Progress) -> Tally:
    """Read everything that is archived, without any database. Raises Damaged naming each segment at fault."""
    began, tally = time.monotonic(), Tally()
    for archive in [Archive.at(folder), *([Archive.at(keys)] if keys else [])]:
        if not archive.parts:
            raise Refused(f"{archive.folder} holds no archive")
        archive.verify(progress)
        for part, segments in archive.parts.items():
            tally.segments += len(segments)
            if "/commits/" in part:
                tally.events += segments[-1].last + 1
                tally.commits += archive.count(part)
            else:
                tally.entries += archive.count(part)
    tally.seconds = time.monotonic() - began
    return tally


async def _stand(commits: AsyncCollection[Any], log: Log, before: int | None = None) -> Chain:
    """Where a store's log ends, or ended at the last commit that begins before position `before`."""
    earlier = {} if before is None else {"seq": {"$lt": before}}
    newest = await commits.find_one({"p": log.partition, **earlier}, sort=[("seq", DESCENDING)])
    return Chain(newest["seq"] + newest["n"], bytes(newest["hash"])) if newest else Chain()


def _of_reporting(service: str, name: str) -> bool:
    if service != "reporting":
        return False
    of_a_model = any(name.startswith(f"{model.name}.") for model in READ_MODELS)
    return of_a_model or name in {*LEDGERS, *CHANGING, *SECRETS, *READ_MODEL_STATE}


def _last(commits: list[RawBSONDocument]) -> int:
    return int(commits[-1]["seq"] + commits[-1]["n"] - 1)
