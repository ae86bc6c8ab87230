"""How the read models are doing, for the people who run the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.alliance.sources import Source
from services.reporting.dashboard.tables import NOT_SHARED, Cell, PageTable, listed
from services.reporting.labels import label
from services.reporting.views import Column
from shared.calendar.clock import LONDON
from shared.projecting.state import read_generations


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One read model. `behind` counts published events not yet in it, None while unknown; `last_event` is UTC."""

    model: str
    generation: int
    behind: int | None
    last_event: datetime | None
    parked_streams: int

    @property
    def words(self) -> str:
        """The state in a word or two, for those who do not see colours."""
        if self.parked_streams:
            return "Streams parked"
        if self.behind is None:
            return "Not known"
        return "Up to date" if self.behind == 0 else "Catching up"


ReadSources = Callable[[], Awaitable[Sequence[Source]]]
ReadStatus = Callable[[], Awaitable[Sequence[ModelStatus]]]
Behind = Callable[[str], Awaitable[int | None]]


def status_in(database: AsyncDatabase[Any], models: Sequence[str], behind: Behind) -> ReadStatus:
    """Reads the status of these read models from the reporting database; `behind` is asked by the model's name."""

    async def read() -> list[ModelStatus]:
        return [await _of(database, model, behind) for model in models]

    return read


async def no_sources() -> Sequence[Source]:
    return ()


TROUBLES: Mapping[str | None, str] = {
    None: "Read",
    "UNREACHABLE": "Does not answer",
    "FORBIDDEN": "Is at an address that is not allowed",
    "REFUSED": "Does not let us in",
    "NO_TOKEN": "Has no token",
    "MALFORMED": "Answers what cannot be read",
    "GAP": "An event is missing: asked for again",
    "GONE": "Events were forgotten before they were read",
}


def sources_table(sources: Sequence[Source]) -> PageTable:
    """One row for each feed of another authority that is read; times are in London."""
    columns = (
        Column(code="source", label="Source", numeric=False),
        Column(code="state", label="State", numeric=False),
        Column(code="number", label="Read up to number"),
        Column(code="refused", label="Events refused"),
        Column(code="last_read", label="Last read", numeric=False),
    )
    return listed("sources", "Sources", columns, [_source_row(one) for one in sources])


def _source_row(one: Source) -> list[Cell]:
    last = f"{one.read_at.astimezone(LONDON):%Y-%m-%d %H:%M:%S}" if one.read_at else "not yet"
    words = (one.id, TROUBLES[one.trouble], str(one.number), str(one.parked), last)
    return [Cell(text) for text in words]


def status_table(models: Sequence[ModelStatus]) -> PageTable:
    """One row for each read model; times are in London."""
    columns = (
        Column(code="read_model", label="Read model", numeric=False),
        Column(code="state", label="State", numeric=False),
        Column(code="generation", label="Generation"),
        Column(code="behind", label="Events behind"),
        Column(code="last_event", label="Last event", numeric=False),
        Column(code="parked_streams", label="Streams parked"),
    )
    return listed("read-models", "Read models", columns, [_row(model) for model in models])


def _row(model: ModelStatus) -> list[Cell]:
    last = f"{model.last_event.astimezone(LONDON):%Y-%m-%d %H:%M:%S}" if model.last_event else "none yet"
    behind = NOT_SHARED if model.behind is None else str(model.behind)
    numbers = (str(model.generation), behind, last, str(model.parked_streams))
    return [Cell(label(model.model)), Cell(model.words), *(Cell(text) for text in numbers)]


async def _of(database: AsyncDatabase[Any], model: str, behind: Behind) -> ModelStatus:
    generation = (await read_generations(database, model)).live
    ours = {"generation": f"{model}.{generation}"}
    newest = await database["marks"].find_one({**ours, "at": {"$ne": None}}, sort=[("at", -1)])
    parked = await database["parked_streams"].count_documents(ours)
    return ModelStatus(model, generation, await behind(model), newest["at"] if newest else None, parked)
