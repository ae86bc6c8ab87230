"""Everything that was ever released of figures, through any door, with the true counts behind it."""

from __future__ import annotations

from typing import Literal

from services.reporting.disclosure.grades import RegionalTable, ReleasedTable
from shared.deciding.events import StoredEvent


class FiguresReleased(StoredEvent):
    """An authority's tables of a month or quarter, decided together; also those of which nothing is shown."""

    type: Literal["FiguresReleased.v1"] = "FiguresReleased.v1"
    release_id: str
    authority: str
    period: str
    tables: tuple[ReleasedTable, ...]


class RegionalFiguresReleased(StoredEvent):
    """A region's rounded tables of a month or quarter, of the authorities whose figures were released."""

    type: Literal["RegionalFiguresReleased.v1"] = "RegionalFiguresReleased.v1"
    release_id: str
    region: str
    period: str
    tables: tuple[RegionalTable, ...]


DisclosureLedgerEvent = FiguresReleased | RegionalFiguresReleased
