"""A read model built again beside the live one, compared with it, and switched in one step.

Catch-up gear: the topic is read from its beginning and folded in memory (`building`); only final rows and totals are
written. The build goes exactly as far as the live generation is in one snapshot, so that the two can be compared row by
row and cell by cell. Then it stands by, kept up to date by the same projectors, until it is level; the switch is one
document in one transaction, and the former generation stands by in turn, so it can be switched back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, cast

import structlog
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from shared.calendar.clock import now
from shared.messaging.consuming import kafka_broker
from shared.projecting.building import Built, Order, TopicIncomplete, all_of, build, in_a_process
from shared.projecting.projection import Projection
from shared.projecting.projector import Feed
from shared.projecting.read_model import ReadModel, Row
from shared.projecting.state import (
    DURABLE,
    Generation,
    Generations,
    Mark,
    read_generations,
    write_generations,
)
from shared.projecting.totals import Totals, documents, flat

__all__ = ["Progress", "Rebuild", "Report", "TopicIncomplete", "cell_errors", "differences", "switch_to"]

log = structlog.get_logger()

CHUNK = 5_000  # documents in one insert
SHOWN = 20  # differences named in a report
SLOT = "0"
FEW_EVENTS = 20_000
PROCESSES = 8
COMPARING = "comparing"

Progress = Callable[[str, int, int], None]  # what is being done, how far, of how many


@dataclass(slots=True)
class Report:
    """What a rebuild found. `differences` name what is not equal to the live generation (at most the first twenty)."""

    model: str
    live: int
    built: int
    events: int = 0
    rows: int = 0
    parked: int = 0
    differing: int = 0
    differences: list[str] = field(default_factory=list)
    switched: bool = False


class Rebuild:
    """Rebuilds one read model. `progress` is called often and must be quick.

    With `mongo_url`, processes of their own share the partitions; without it, all is done in this one.
    """

    def __init__(
        self,
        client: AsyncMongoClient[Any],
        database: AsyncDatabase[Any],
        bootstrap: str,
        model: ReadModel,
        topic_prefix: str = "",
        progress: Progress = lambda _what, _done, _of: None,
        mongo_url: str | None = None,
    ) -> None:
        self._client = client
        self._mongo_url = mongo_url
        self._database = database
        self._bootstrap = bootstrap
        self._model = model
        self._topic = f"{topic_prefix}{model.topic.name}"
        self._progress = progress

    async def run(self, *, switch: bool = True, keep: bool = True) -> Report:
        """Build the next generation, compare it and, when it is equal or `switch` is forced by the caller, switch.

        With `keep=False` what was built is removed again after the comparison (a dry run). A build that differs from
        the live generation is not switched; it stands by, to be looked at, and `switch_to` can still make it live.
        Raises TopicIncomplete.
        """
        before = await read_generations(self._database, self._model.name)
        live = Generation(self._database, self._model.name, before.live)
        built = Generation(self._database, self._model.name, max(before.all) + 1)
        await built.drop()
        report = Report(self._model.name, before.live, built.number)
        await self._build(live, built, report)
        await self._compare(live, built, report)
        if not keep:
            await built.drop()
            return report
        await self._retire(before)
        await write_generations(self._database, self._model.name, Generations(before.live, (built.number,)))
        if switch and not report.differing:
            await switch_to(self._client, self._database, self._model, built.number)
            report.switched = True
        return report

    async def _retire(self, before: Generations) -> None:
        """Only the live generation and the newest one stay: older ones that stood by are removed."""
        await write_generations(self._database, self._model.name, Generations(before.live))
        await asyncio.sleep(1.0)  # projectors look twice a second which generations they keep
        for number in before.standby:
            await Generation(self._database, self._model.name, number).drop()

    async def lay(self, limits: Mapping[int, int], number: int) -> Generation:
        """Build a generation that exactly these positions have reached: nobody reads it, and nobody carries it on.

        Whoever asked for it removes it again with `drop`. Raises TopicIncomplete.
        """
        built = Generation(self._database, self._model.name, number)
        await built.drop()
        await self._write(limits, built)
        return built

    async def _build(self, live: Generation, built: Generation, report: Report) -> None:
        partitions = range(self._model.topic.partitions)
        limits = {p: mark.seq for p, mark in (await live.read_marks(partitions)).items()}
        found = await self._write(limits, built)
        report.events, report.rows, report.parked = found.events, found.rows, found.parked

    async def _write(self, limits: Mapping[int, int], built: Generation) -> Built:
        found = await self._fold(limits, built)
        self._progress("indexes and totals", 0, 1)
        await asyncio.gather(built.prepare(), self._insert(built.cells, list(documents(found.totals, SLOT))))
        markers = [
            {"_id": built.parked_id(stream), "generation": built.name, "stream": stream, "since": now()}
            for stream in found.parked_streams
        ]
        await self._insert(built.parked_streams, markers)
        marks = [
            {"_id": built.mark_id(p), "generation": built.name, "seq": mark.seq, "offset": mark.offset, "at": mark.at}
            for p, mark in found.marks.items()
            if mark != Mark()
        ]
        await self._insert(built.marks, marks)  # last: marks are what says that the rest is there
        return found

    async def _fold(self, limits: Mapping[int, int], built: Generation) -> Built:
        """All partitions, by as many processes as there are cores; few events are not worth a process."""
        total = sum(seq + 1 for seq in limits.values())
        done = 0

        def tell(more: int) -> None:
            nonlocal done
            done += more
            self._progress("events", done, total)

        if total <= FEW_EVENTS or self._mongo_url is None:
            return await build(self._client, self._order(limits, built), tell)
        shares = _shares(limits, min(os.cpu_count() or 1, PROCESSES))
        return await _by_processes([self._order(share, built) for share in shares], tell)

    def _order(self, limits: Mapping[int, int], built: Generation) -> Order:
        url, database = self._mongo_url or "", self._database.name
        return Order(url, database, self._bootstrap, self._topic, self._model, built.number, limits)

    async def _insert(self, collection: AsyncCollection[Any], documents: list[Any]) -> None:
        for start in range(0, len(documents), CHUNK):
            await collection.insert_many(documents[start : start + CHUNK], ordered=False)

    async def _compare(self, live: Generation, built: Generation, report: Report) -> None:
        """Compare with the live generation as it is in one snapshot, after going exactly as far as that."""
        self._progress(COMPARING, 0, 1)
        async with self._client.start_session(snapshot=True) as snapshot:
            marks = await live.read_marks(range(self._model.topic.partitions), snapshot)
            await self._go_on_to(built, {p: mark.seq for p, mark in marks.items()})
            rows = differences(_sorted(live.rows, snapshot), _sorted(built.rows, None))
            cells = _cell_differences(await _cells(live, snapshot), await _cells(built, None))
            async for difference in rows:
                _note(report, f"row {difference}")
            for difference in cells:
                _note(report, f"cell {difference}")

    async def _go_on_to(self, built: Generation, limits: Mapping[int, int]) -> None:
        """Project the few events between the build and the snapshot, in the live gear but no further than that."""
        marks = await built.read_marks(limits)
        if all(marks[p].seq >= limit for p, limit in limits.items()):
            return
        projection = Projection(self._client, built, self._model)
        projection.fold.limits = limits
        broker = kafka_broker(self._bootstrap)
        await broker.start()
        feed = Feed(broker, projection, self._topic)
        await feed.start()
        try:
            while any(projection.fold.marks[p].seq < limit for p, limit in limits.items()):
                await asyncio.sleep(0.02)
            await projection.settled()
        finally:
            await feed.stop()
            await broker.stop()


def _shares(limits: Mapping[int, int], many: int) -> list[dict[int, int]]:
    """The partitions dealt out, so that all shares have about as many events."""
    shares: list[dict[int, int]] = [{} for _ in range(many)]
    for partition, limit in sorted(limits.items(), key=lambda one: -one[1]):
        smallest = min(shares, key=lambda share: sum(seq + 1 for seq in share.values()))
        smallest[partition] = limit
    return [share for share in shares if share]


async def _by_processes(orders: Sequence[Order], tell: Callable[[int], None]) -> Built:
    """Each order by a process of its own. Raises what one of them raised, or EOFError when one was killed."""
    found = Built()
    for part in await all_of(_by_a_process(order, tell) for order in orders):
        found.add(part)
    return found


async def _by_a_process(order: Order, tell: Callable[[int], None]) -> Built:
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    worker = spawning.Process(target=_work, args=(order, theirs), daemon=True)
    worker.start()
    theirs.close()
    try:
        while isinstance(said := await asyncio.to_thread(ours.recv), int):
            tell(said)
        if isinstance(said, Exception):
            raise said
        return cast("Built", said)
    finally:
        worker.kill()
        await asyncio.to_thread(worker.join)
        ours.close()


def _work(order: Order, told: Connection) -> None:
    """In the worker: send how many events were read, again and again, then what was built or why it was not."""
    try:
        told.send(in_a_process(order, told.send))
    except Exception as failed:  # raised again by whoever gave the order
        told.send(failed)


def _note(report: Report, difference: str) -> None:
    report.differing += 1
    if len(report.differences) < SHOWN:
        report.differences.append(difference)


async def switch_to(
    client: AsyncMongoClient[Any], database: AsyncDatabase[Any], model: ReadModel, number: int, timeout: float = 60.0
) -> None:
    """Make a generation that stands by the live one, once it is level; the live one stands by from then on.

    Raises LookupError when the generation does not stand by, TimeoutError when it does not become level.
    """
    async with asyncio.timeout(timeout):
        while not await _switched(client, database, model, number):
            await asyncio.sleep(0.05)
    log.info("generation switched", model=model.name, live=number)


async def _switched(client: AsyncMongoClient[Any], database: AsyncDatabase[Any], model: ReadModel, number: int) -> bool:
    """Whether it was level. The server may break the transaction off beside a projector: then it is done anew."""
    async with client.start_session() as session:
        return await session.with_transaction(
            lambda within: _switch(within, database, model, number),
            read_concern=ReadConcern("snapshot"),
            write_concern=DURABLE,
        )


async def _switch(session: AsyncClientSession, database: AsyncDatabase[Any], model: ReadModel, number: int) -> bool:
    generations = await read_generations(database, model.name, session)
    if number not in generations.standby:
        raise LookupError(f"generation {number} of {model.name} does not stand by")
    partitions = range(model.topic.partitions)
    live = await Generation(database, model.name, generations.live).read_marks(partitions, session)
    ready = await Generation(database, model.name, number).read_marks(partitions, session)
    if any(ready[p].seq < live[p].seq for p in partitions):
        return False
    standby = (generations.live, *(n for n in generations.standby if n != number))
    await write_generations(database, model.name, Generations(number, standby), session)
    return True


async def _sorted(rows: AsyncCollection[Any], session: AsyncClientSession | None) -> AsyncIterator[Row]:
    # A snapshot session brings its own read concern: one on the collection would contradict it.
    source = rows if session is None else rows.with_options(read_concern=ReadConcern())
    async for row in source.find(sort=[("_id", 1)], session=session):
        yield row


async def differences(one: AsyncIterator[Row], other: AsyncIterator[Row]) -> AsyncIterator[str]:
    """What differs between two sequences of documents, both in order of `_id`."""
    left, right = await anext(one, None), await anext(other, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left["_id"] < right["_id"]):
            yield f"{left['_id'] if left else ''} is only in the live generation"
            left = await anext(one, None)
        elif left is None or right["_id"] < left["_id"]:
            yield f"{right['_id']} is only in the new generation"
            right = await anext(other, None)
        else:
            if left != right:
                fields = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
                yield f"{left['_id']} differs in {', '.join(fields)}"
            left, right = await anext(one, None), await anext(other, None)


CellKey = tuple[str, str, str | None, str, str]  # level, unit, within, year, path


async def _cells(generation: Generation, session: AsyncClientSession | None) -> dict[CellKey, int]:
    """Every cell, summed over the slots, without zeros."""
    sums: dict[CellKey, int] = {}
    async for document in _sorted(generation.cells, session):
        unit = (document["level"], document["unit"], document["within"], document["year"])
        for path, n in flat(document.get("m", {})):
            sums[*unit, path] = sums.get((*unit, path), 0) + n
    return {key: n for key, n in sums.items() if n}


def _cell_differences(live: Mapping[CellKey, int], built: Mapping[CellKey, int]) -> Iterable[str]:
    for key in sorted(live.keys() | built.keys(), key=str):
        if live.get(key, 0) != built.get(key, 0):
            yield f"{'|'.join(str(part) for part in key)}: {live.get(key, 0)} live, {built.get(key, 0)} new"


async def cell_errors(generation: Generation) -> list[str]:
    """What is wrong with a generation's totals, against a recount from its rows (both in one snapshot)."""
    client = generation.database.client
    async with client.start_session(snapshot=True) as snapshot:
        totals = Totals()
        async for row in _sorted(generation.rows, snapshot):
            totals.change(None, row)
        recount = {
            (unit.level, unit.unit, unit.within, year, path): n
            for (unit, year), paths in totals.by_unit().items()
            for path, n in paths.items()
        }
        return list(_cell_differences(await _cells(generation, snapshot), recount))
