"""Following a log: every commit once at least, in order, from a place that survives a crash."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.event_store.mongo import commit_of
from shared.event_store.store import Commit, EventStore
from shared.patience import Patience
from shared.stopping import cut_short

log = structlog.get_logger()

LIMIT = 500  # commits read at once
CLOSE_DEADLINE = 1.0  # seconds
HELD = 2_000  # commits that may wait to be taken; a follower that is further behind reads the log


class Arrivals:
    """What a log's change stream told since it was last asked: quick, and only a hint.

    A change stream tells nothing that the majority does not have, and each partition in order, but it may begin too
    late or break off. Positions are dense, so a follower can tell: the commit that begins at its very next position
    is the next one, and behind anything else it reads the log.
    """

    def __init__(self) -> None:
        self._commits: list[Commit] = []
        self._complete = False
        self._heard = asyncio.Event()

    def take(self) -> tuple[list[Commit], bool]:
        """The commits that came, in order, and whether there were none besides since the last time."""
        taken = self._commits, self._complete
        self._commits, self._complete = [], True
        self._heard.clear()
        return taken

    async def wait(self, seconds: float) -> bool:
        """Until there is something to take, but no longer than this; whether there is."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return False
        return True

    async def watch(self, commits: AsyncCollection[Any]) -> None:
        """Listen for as long as the change stream works, and open it again when it does not."""
        patience = Patience(base=0.5)
        while True:
            try:
                # Closing a change stream asks the engine: one that is silent would hold us up for half a minute.
                await cut_short(self._listen(commits, patience), CLOSE_DEADLINE)
            except PyMongoError as error:
                if not patience.failures:
                    log.warning("change stream lost", error=type(error).__name__)
                await patience.pause()

    async def _listen(self, commits: AsyncCollection[Any], patience: Patience) -> None:
        pipeline: list[dict[str, Any]] = [{"$match": {"operationType": "insert"}}, {"$project": {"fullDocument": 1}}]
        async with await commits.watch(pipeline, max_await_time_ms=1_000) as changes:
            self._miss()  # what came before it was open
            async for change in changes:
                patience.restored()
                self._hear(change["fullDocument"])

    def _hear(self, document: dict[str, Any]) -> None:
        if len(self._commits) >= HELD:
            self._miss()
        self._commits.append(commit_of(document))
        self._heard.set()

    def _miss(self) -> None:
        self._commits, self._complete = [], False
        self._heard.set()


HandleAll = Callable[[Sequence[Commit]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What `handle` does about each commit. `name` is that of its follower's place in the log: it never changes.

    `before` is done whenever commits were read that will now be handled: what it looks at knows all of them.
    """

    name: str
    handle: Callable[[Commit], Awaitable[None]]
    before: Callable[[], Awaitable[None]] | None = None

    async def handle_all(self, commits: Sequence[Commit]) -> None:
        if self.before is not None:
            await self.before()
        for commit in commits:
            await self.handle(commit)


class Follower:
    """Hands every commit of a store to `handle_all`, partition by partition, oldest first, many at a time.

    The cursor of a partition moves after `handle_all` returned, by compare-and-set: a crash or a second follower makes
    commits come again, so what it does must be harmless when done twice.
    """

    def __init__(self, store: EventStore, cursors: AsyncCollection[Any], name: str, handle_all: HandleAll) -> None:
        self._store = store
        self._cursors = cursors
        self._name = name
        self._handle_all = handle_all

    async def catch_up(self) -> None:
        """Handle what is there now, then return.

        What handling raises passes through, once the other partitions had their turn; its commits come again.
        """
        partitions, failed = set(range(self._store.partitions)), list[Exception]()
        while True:
            cursors = await read_cursors(self._cursors, self._name, partitions)
            commits = await self._store.read_partitions(cursors, LIMIT)
            for partition, some in itertools.groupby(commits, lambda commit: commit.partition):
                try:
                    await self._take(partition, cursors[partition], list(some))
                except Exception as error:  # raised below; this partition waits for the next time
                    failed.append(error)
                    partitions.discard(partition)
            if len(commits) < LIMIT:
                break
        if failed:
            raise failed[0]

    async def _take(self, partition: int, cursor: int, commits: Sequence[Commit]) -> None:
        await self._handle_all(commits)
        await move_cursor(self._cursors, f"{self._name}/{partition}", cursor, commits[-1].last_seq)


async def keep_newest(
    collection: AsyncCollection[Any],
    id_: str,
    version: int,
    said: Mapping[str, Any],
    first: Mapping[str, Any] | None = None,
) -> bool:
    """Keep what a stream says at this version; False when as much or more is known of it already.

    `first` is kept besides when nothing was. Another process may be further: then the upsert meets its document.
    """
    change = {"$set": {**said, "version": version}, "$setOnInsert": dict(first or {})}
    try:
        await collection.update_one({"_id": id_, "version": {"$lt": version}}, change, upsert=True)
    except DuplicateKeyError:
        return False
    return True


async def read_cursors(cursors: AsyncCollection[Any], name: str, partitions: Iterable[int]) -> dict[int, int]:
    """By partition the last position that a follower of this name dealt with, or -1."""
    keys = {f"{name}/{partition}": partition for partition in partitions}
    found = await cursors.find({"_id": {"$in": list(keys)}}).to_list()
    return dict.fromkeys(partitions, -1) | {keys[one["_id"]]: int(one["n"]) for one in found}


async def move_cursor(
    cursors: AsyncCollection[Any], key: str, read: int, to: int, also: dict[str, Any] | None = None
) -> bool:
    """Move a cursor from where it was read; False when somebody else moved it in the meantime."""
    if read == -1:
        await cursors.update_one({"_id": key}, {"$setOnInsert": {"n": -1}}, upsert=True)
    moved = await cursors.update_one({"_id": key, "n": read}, {"$set": {"n": to, **(also or {})}})
    return moved.matched_count == 1
