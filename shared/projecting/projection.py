"""One generation of a read model, kept up to date: a batch is a transaction, and its mark is the fence.

For a batch the projection drops repeats, ignores what lies behind a gap, folds the rest in memory and writes rows,
coalesced cell changes and the marks in one MongoDB transaction with a compare-and-set on each mark and on the owner
of the slot. A crash delivers the batch again and the marks say so; a process that was overtaken loses the
compare-and-set. Kafka's offsets are a hint about where to read on, never the record of what was done.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from shared.calendar.clock import Clock, now
from shared.failpoints import failpoint
from shared.messaging.cloudevents import KafkaRecord
from shared.patience import Patience
from shared.projecting.folding import Fold, Heard, Work
from shared.projecting.read_model import ReadModel, Row, Told
from shared.projecting.shard import Shard
from shared.projecting.state import DURABLE, Generation, Mark, Statement, chunks, insert, update
from shared.projecting.totals import Totals

log = structlog.get_logger()

CACHED_ROWS = 20_000
MOST = 20_000  # records in one transaction
SLICE = 250  # records between two looks at the engines: some milliseconds
STAND_BACK = 1.0  # seconds
GAP_SECONDS = 15.0
TOO_LARGE = frozenset({257, 388})  # TransactionTooLarge, TransactionTooLargeForCache
MASS_PARKING = 10  # newly parked streams in a batch, and one in a hundred of its records: an outage, not poison


class Projection:
    """Projects the partitions of one slot (`index % slots == slot`) of one generation.

    Feed it with `take`; `seek(partition, offset)` is called when it must read again from somewhere. `fold.counts` tells
    what became of the records (used, repeated, behind_gap, parked) and of the commits (refused).
    """

    def __init__(
        self,
        client: AsyncMongoClient[Any],
        generation: Generation,
        model: ReadModel,
        slot: int = 0,
        slots: int = 1,
        clock: Clock = now,
    ) -> None:
        self.generation = generation
        self.fold = Fold(model, generation.name, clock)
        self.slot = str(slot)
        self.partitions = [p for p in range(model.topic.partitions) if p % slots == slot]
        self.halted: str | None = None
        self.seek: Callable[[int, int], None] = lambda _partition, _offset: None
        self._client = client
        self._clock = clock
        self._session: AsyncClientSession | None = None
        self._shard = Shard(self.slot)
        self._rows: OrderedDict[str, Row | None] = OrderedDict()
        self.fold.rows = self._rows
        self._read: dict[int, Mark] = {}
        self._epoch = 0
        self._committed = 0  # batches, as the owner of the slot
        self._most = MOST
        self._gaping: dict[int, float] = {}
        self._sought: set[tuple[int, int]] = set()
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """End the predecessor's session, take the slot over, then load the marks and what is parked.

        A process that was killed inside a transaction leaves it open on the server, and its successor would stand
        still before its write conflicts for up to a minute.
        """
        await self.generation.prepare()
        before, _ = await self.generation.owner(self.slot)
        if before is not None:
            await self._client.admin.command({"killSessions": [before]})
        self._session = self._client.start_session(causal_consistency=False)
        await self._claim()
        await self._load()

    async def _claim(self) -> None:
        if self._session is not None:
            await self.generation.claim(self.slot, self._session.session_id, self.partitions)
            self._committed = 0

    async def stop(self) -> None:
        """Finish what was taken. Errors: as `settled`.

        The session is not given back to the driver, which would lend it to somebody else: whoever has the slot next
        ends it, with all that is done in it then.
        """
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was taken is written. Raises what no repetition could mend."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing.result()

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Fold these records while the batch before them is being written, then begin to write them.

        Records of a partition come in the order of their offsets.
        """
        for start in range(0, len(records), self._most):
            await self._take(records[start : start + self._most])

    async def _take(self, records: Sequence[KafkaRecord]) -> None:
        if self.halted:
            return
        epoch = self._epoch
        work = await self._fold_batch(records)
        if self._is_mass_parking(work, len(records)):
            await self.settled()
            self._halt(work)
            return
        writes = await self._total(work)
        await self.settled()
        if epoch != self._epoch:  # overtaken meanwhile: this was folded on sand, and is read again
            self._forget()  # a look at the engine that was under way may have brought back what was true before
            return
        if work.marks:
            self._remember(work)
            self._writing = asyncio.create_task(self._write(work, writes))

    def mend_gaps(self, seconds: float = GAP_SECONDS) -> None:
        """Read partitions whose gap has stayed open from the beginning again, once for each place where one gaped.

        A topic that was filled anew has other offsets, so the place to read on from may lie behind what is missing.
        When the record is not there at all, somebody must rewind the relay: the log says so.
        """
        moment = time.monotonic()
        self._gaping = {p: self._gaping.get(p, moment) for p in self.fold.gaps}
        for partition, since in self._gaping.items():
            at = (partition, self.fold.marks[partition].seq)
            if moment - since >= seconds and at not in self._sought:
                log.error("records are missing", projection=self.generation.name, partition=partition, after=at[1])
                self._sought.add(at)
                self.seek(partition, 0)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def _fold_batch(self, records: Sequence[KafkaRecord]) -> Work:
        heard: list[Heard] = []
        reached = self.fold.reached()
        for start in range(0, len(records), SLICE):
            heard += self.fold.hear(records[start : start + SLICE], reached)
            await asyncio.sleep(0)
        await self._refresh_parked({one.stream for one in heard} & self.fold.parked)
        await self._fetch(heard)
        work = Work()
        for start in range(0, len(heard), SLICE):
            self.fold.fold(heard[start : start + SLICE], work)
            await asyncio.sleep(0)
        return work

    async def _fetch(self, heard: Sequence[Heard]) -> None:
        """Bring the rows of these streams into memory, in one query. Waits while the engine is away."""
        streams = {one.stream for one in heard if isinstance(one.told, Told) and one.told.version > 1}
        missing = [stream for stream in streams - self.fold.parked if stream not in self._rows]
        if not missing:
            return

        async def find() -> dict[str, Row]:
            return {row["_id"]: row async for row in self.generation.rows.find({"_id": {"$in": missing}})}

        found = await self._patiently(find)
        for stream in missing:
            self._rows[stream] = found.get(stream)

    async def _total(self, work: Work) -> list[Statement]:
        """What the batch does to the totals, encoded; documents that are written whole are fetched first."""
        totals = Totals()
        for stream, after in work.after.items():
            totals.change(work.before[stream], after)
        changes = totals.by_unit()
        if missing := self._shard.missing(changes):
            await self.settled()  # what is being written now may change them

            async def find() -> list[Any]:
                return [document async for document in self.generation.cells.find({"_id": {"$in": missing}})]

            self._shard.hold(missing, await self._patiently(find))
        return self._shard.writes(changes)

    async def _refresh_parked(self, suspects: set[str]) -> None:
        """Look whether parked streams were redriven since; their rows were changed elsewhere then."""
        if not suspects:
            return
        await self.settled()  # the batch that parks them may be under way: its marker would not be found
        ids = {self.generation.parked_id(stream): stream for stream in suspects}

        async def find() -> set[str]:
            found = self.generation.parked_streams.find({"_id": {"$in": list(ids)}}, {"_id": 1})
            return {ids[marker["_id"]] async for marker in found}

        released = suspects - await self._patiently(find)
        self.fold.parked -= released
        for stream in released:
            self._rows.pop(stream, None)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _remember(self, work: Work) -> None:
        self._read = {p: self.fold.marks[p] for p in work.marks}
        self.fold.remember(work)
        for stream in work.after:
            self._rows.move_to_end(stream)
        while len(self._rows) > CACHED_ROWS + len(work.after):
            self._rows.popitem(last=False)

    async def _write(self, work: Work, writes: list[Statement]) -> None:
        """Write until it is kept, or until it shows that another process has gone past us."""
        patience = Patience(base=0.005)
        while True:
            try:
                if await self._commit(work, writes) or await self._was_kept():
                    self._committed += 1
                    return
                await self._stand_back()
                return
            except DuplicateKeyError:  # a row or a mark that this process did not know of: look again
                await self._read_again()
                return
            except (ConnectionFailure, OperationFailure) as error:
                if _is_too_large(error) and self._most > 1:
                    self._most //= 2
                    log.warning("transaction too large", projection=self.generation.name, records=self._most)
                    await self._read_again()
                    return
                if patience.failures:  # once is nothing: write conflicts come and go
                    log.warning("write repeated", projection=self.generation.name, error=type(error).__name__)
                await patience.pause()

    async def _commit(self, work: Work, writes: list[Statement]) -> bool:
        session = self._session
        if session is None:
            raise RuntimeError("the projection was not started")
        async with await session.start_transaction(ReadConcern("snapshot"), DURABLE):
            if not await self.generation.move_marks(self.slot, self._read, work.marks, session):
                await session.abort_transaction()
                return False
            await write_rows(self.generation, work.before, work.after, session)
            await write_cells(self.generation, writes, session)
            await self._write_parked(work, session)
            failpoint("projection.before_commit")
        failpoint("projection.after_commit")
        return True

    async def _stand_back(self) -> None:
        """Another process took the slot or went past us: let it work for a while, then claim the slot again.

        It may be our successor, or it may have failed since: whoever owns the slot and meets the marks may commit.
        """
        self.fold.counts["refused"] += 1
        log.warning("overtaken", projection=self.generation.name, slot=self.slot)
        await asyncio.sleep(STAND_BACK)
        await self._patiently(self._claim)
        await self._read_again()

    async def _write_parked(self, work: Work, session: AsyncClientSession) -> None:
        if not work.parked:
            return
        for some in chunks(work.parked):
            await insert(self.generation.parked, some, session)
        for stream, records in Counter(record["stream"] for record in work.parked).items():
            reason = work.newly_parked.get(stream)
            first = {"generation": self.generation.name, "stream": stream, "reason": reason, "since": self._clock()}
            # The marker is touched each time, so that a redrive of the stream at this moment conflicts with us.
            await self.generation.parked_streams.update_one(
                {"_id": self.generation.parked_id(stream)},
                {"$inc": {"records": records}, "$setOnInsert": first},
                upsert=True,
                session=session,
            )

    async def _was_kept(self) -> bool:
        """The answer was lost, not the transaction: this session owns the slot and has committed one batch more.

        The marks alone would not do: a rival may have brought them to the same place, in a slot of its own.
        """
        owner = await self.generation.owner(self.slot)
        return self._session is not None and owner == (self._session.session_id, self._committed + 1)

    async def _read_again(self) -> None:
        await self._patiently(self._load)
        self._epoch += 1  # only now: what was folded while the marks were being read was folded on sand as well
        self._forget()
        for partition, mark in self.fold.marks.items():
            self.seek(partition, mark.offset + 1)

    def _forget(self) -> None:
        self._rows.clear()
        self._shard.clear()

    async def _load(self) -> None:
        self.fold.marks = await self.generation.read_marks(self.partitions)
        self.fold.parked = {
            parked["stream"]
            async for parked in self.generation.parked_streams.find({"generation": self.generation.name})
        }

    async def _patiently(self, ask: Callable[[], Any]) -> Any:
        patience = Patience()
        while True:
            try:
                return await ask()
            except (ConnectionFailure, OperationFailure) as error:
                log.warning("read repeated", projection=self.generation.name, error=type(error).__name__)
                await patience.pause()

    # -- stopping the line -----------------------------------------------------------------------------------------

    def _is_mass_parking(self, work: Work, records: int) -> bool:
        return len(work.newly_parked) > MASS_PARKING and len(work.newly_parked) * 100 > records

    def _halt(self, work: Work) -> None:
        self.halted = (
            f"{len(work.newly_parked)} streams could not be read in one batch: {min(work.newly_parked.values())}"
        )
        log.error("projection halted", projection=self.generation.name, slot=self.slot, reason=self.halted)


def _is_too_large(error: PyMongoError) -> bool:
    """The server could not hold the transaction: fewer records at once may fit."""
    return isinstance(error, OperationFailure) and error.code in TOO_LARGE


async def write_rows(
    generation: Generation,
    before: dict[str, Row | None],
    after: dict[str, Row | None],
    session: AsyncClientSession,
) -> None:
    """Insert first rows, replace known ones, delete those with nothing left to show: inserts are far the cheapest.

    In as few commands as possible: between two of them the server has nothing to do until this process comes round.
    """
    rows = generation.rows
    for some in chunks([row for stream, row in after.items() if row is not None and before[stream] is None]):
        await insert(rows, some, session)
    for some in chunks([row for stream, row in after.items() if row is not None and before[stream] is not None]):
        await update(rows, [{"q": {"_id": row["_id"]}, "u": row} for row in some], session)
    if gone := [stream for stream, row in after.items() if row is None and before[stream] is not None]:
        await rows.delete_many({"_id": {"$in": gone}}, session=session)


async def write_cells(generation: Generation, writes: Sequence[Statement], session: AsyncClientSession) -> None:
    for some in chunks(writes):
        await update(generation.cells, some, session)
