"""What was parked, and bringing it back: a stream is replayed in order, and flows again from then on."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

from shared.calendar.clock import now
from shared.messaging.cloudevents import Unreadable, decode
from shared.projecting.folding import learned
from shared.projecting.projection import write_cells, write_rows
from shared.projecting.read_model import ReadModel, Row
from shared.projecting.state import DURABLE, Generation
from shared.projecting.totals import Totals, increment

SLOT = "redriven"  # a slot of its own: no projector writes these documents


@dataclass(frozen=True, slots=True)
class Redriven:
    """`replayed` events of the stream; `stuck` says why it is still parked, or is None."""

    stream: str
    replayed: int
    stuck: str | None = None


async def parked(generation: Generation) -> list[dict[str, Any]]:
    """The parked streams, oldest first: stream, reason, since, and how many records wait."""
    streams = [
        marker async for marker in generation.parked_streams.find({"generation": generation.name}, sort=[("since", 1)])
    ]
    for marker in streams:
        marker["records"] = await generation.parked.count_documents(
            {"generation": generation.name, "stream": marker["stream"]}
        )
    return streams


async def redrive(
    client: AsyncMongoClient[Any], generation: Generation, model: ReadModel, stream: str, *, discard: bool = False
) -> Redriven:
    """Replay a parked stream through the read model, in one transaction; a record that still cannot be read stays.

    `discard` drops records that say no position: they are none of ours, and nothing is missing without them. A record
    of ours is never dropped. Safe to repeat, and safe beside a running projector.
    """
    async with client.start_session() as session:
        return await session.with_transaction(
            lambda within: _replay(within, generation, model, stream, discard),
            read_concern=ReadConcern("snapshot"),
            write_concern=DURABLE,
        )


async def _replay(
    session: AsyncClientSession, generation: Generation, model: ReadModel, stream: str, discard: bool
) -> Redriven:
    of_stream = {"generation": generation.name, "stream": stream}
    records = [record async for record in generation.parked.find(of_stream, sort=[("seq", 1)], session=session)]
    before: Row | None = await generation.rows.find_one({"_id": stream}, session=session)
    after, done, stuck = before, [], None
    for record in records:
        if record["seq"] is None and discard:
            done.append(record["_id"])
            continue
        try:
            after = learned(model, after, decode(_as_record(record), model.decoders))
        except Unreadable as error:
            stuck = error.reason
            break
        done.append(record["_id"])
    await _keep(session, generation, stream, before, after)
    await generation.parked.delete_many({"_id": {"$in": done}}, session=session)
    if stuck is None:
        await generation.parked_streams.delete_one({"_id": generation.parked_id(stream)}, session=session)
    await generation.database["redrives"].insert_one(
        {"generation": generation.name, "stream": stream, "at": now(), "replayed": len(done), "stuck": stuck},
        session=session,
    )
    return Redriven(stream, len(done), stuck)


async def _keep(
    session: AsyncClientSession, generation: Generation, stream: str, before: Row | None, after: Row | None
) -> None:
    await write_rows(generation, {stream: before}, {stream: after}, session)
    totals = Totals()
    totals.change(before, after)
    await write_cells(generation, [increment(*key, SLOT, paths) for key, paths in totals.by_unit().items()], session)


def _as_record(parked: dict[str, Any]) -> Any:
    return SimpleNamespace(
        topic=parked["topic"],
        partition=parked["partition"],
        offset=parked["offset"],
        key=parked["key"],
        value=parked["value"],
        headers=[(name, value) for name, value in parked["headers"]],
    )
