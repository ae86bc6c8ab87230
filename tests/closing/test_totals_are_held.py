"""While a period is closed its units are read once: what is held answers as the database does, whatever the months."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.closing.held import HeldCells
from services.reporting.domain import periods
from services.reporting.read_models.audit_cycle.query import STOCKS
from shared.projecting.reading import Cells, Which
from shared.projecting.state import Generation

pytestmark = pytest.mark.connected

LAST = "2026-05"
AREA = [Which("service_area", ["duty"]), Which("team", within=["duty"])]
TEAM = [Which("team", ["alder"])]


def document(level: str, unit: str, within: str, year: str, **months: dict[str, Any]) -> dict[str, Any]:
    return {"level": level, "unit": unit, "within": within, "year": year, "m": months}


def actions(agreed: int, verified: int) -> dict[str, Any]:
    return {"action": {"agreed": agreed, "verified": verified}, "re_audit": {"required": agreed, "ended": verified}}


@pytest.fixture
async def cells(mongo_database: AsyncDatabase[Any]) -> Cells:
    generation = Generation(mongo_database, "audit_cycle", 1)
    await generation.cells.insert_many(
        [
            document("service_area", "duty", "902", "2025", **{"11": actions(3, 1), "12": actions(2, 2)}),
            document("service_area", "duty", "902", "2026", **{"04": actions(5, 1), "06": actions(9, 9)}),
            document("team", "alder", "duty", "2025", **{"12": actions(2, 0)}),
            document("team", "alder", "duty", "2026", **{"04": actions(1, 1), "05": actions(1, 0)}),
            document("team", "alder", "intervention", "2026", **{"05": actions(4, 0)}),
        ]
    )
    return Cells(generation)


@pytest.mark.parametrize("which", [AREA, TEAM], ids=["an area", "a team"])
@pytest.mark.parametrize(("first", "last"), [("2026-05", "2026-05"), ("2025-12", "2026-04"), ("2025-06", LAST)])
async def test_what_is_held_is_what_the_database_says(cells: Cells, which: list[Which], first: str, last: str) -> None:
    held, months = HeldCells(cells, periods.months(periods.FIRST_MONTH, LAST)), periods.months(first, last)
    expected = await cells.by_month(which, months)
    found = await held.by_month(which, months)
    assert {unit: of for unit, of in found.items() if of} == {unit: of for unit, of in expected.items() if of}
    balances = await held.balances(which, periods.FIRST_MONTH, first, STOCKS)
    known = await cells.balances(which, periods.FIRST_MONTH, first, STOCKS)
    assert {unit: amounts for unit, amounts in balances.items() if any(amounts.values())} == {
        unit: amounts for unit, amounts in known.items() if any(amounts.values())
    }


async def test_it_is_read_once(cells: Cells) -> None:
    held = HeldCells(cells, periods.months(periods.FIRST_MONTH, LAST))
    before = await held.by_month(AREA, ("2026-04",))
    await cells.generation.cells.delete_many({})
    assert await held.by_month(AREA, ("2026-04",)) == before
    assert await held.by_month(TEAM, ("2026-04",)) == {}, "of others nothing is known yet"
    assert await held.by_month(AREA, ("2026-06",)) == {}, "what is later is asked of the database"
