"""In every report the parts of a unit sum to it and months sum to their quarter, in either structure."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.library import MongoLibrary
from services.reporting.reports.report import Report, ReportRow, ReportTable
from tests.reporting.cycle_telling import histories
from tests.reporting.filling import InMemoryLibrary, fill
from tests.reporting.reporting import ALL, UNITS, made
from tests.tiers import by_tier, seeded

LIBRARY = InMemoryLibrary(ALL)
SUMMED = ("R1", "R2", "R3", "R5", "R13")
STRUCTURES = ("as-then", "as-now")
NO_SUMS = frozenset(
    {"median_days", "difference", "drift", "kappa", "kappa_low", "kappa_high", "low", "high"}
)  # figures of a whole that are no sum of its parts
STOCKS = frozenset({"open_actions", "overdue_actions", "overdue", "open"})
OF_A_YEAR = frozenset({"coverage", "plan_types"})  # these look back over twelve months, whatever the period


def amounts(table: ReportTable, row: ReportRow) -> dict[str, int]:
    found = {}
    for column, cell in zip(table.columns, row.cells, strict=True):
        if column.kind == "number" and column.code not in NO_SUMS and isinstance(cell, int):
            found[column.code] = cell
    return {code: n for code, n in found.items() if n}


def together(table: ReportTable, rows: list[ReportRow]) -> dict[str, int]:
    total: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        for code, n in amounts(table, row).items():
            total[code] += n
    return {code: n for code, n in total.items() if n}


def about(row: ReportRow) -> str:
    """What a row tells of its unit: the scale, the role, the domain."""
    return row.key.partition("|")[2]


def checked(report: Report) -> int:
    """Holds every row against the rows of its parts; how many figures that were."""
    figures = 0
    for table in report.tables:
        parts = [row for row in table.rows if row.kind == "PART" and row.unit is not None]
        wholes = [row for row in table.rows if row.kind == "TOTAL"] if parts else []
        for whole in (*wholes, *(row for row in parts if row.depth == 1)):
            below = [row for row in parts if row.depth == whole.depth + 1 and about(row) == about(whole)]
            if whole.depth:
                below = [row for row in below if row.key.startswith(f"{whole.key.partition('|')[0]}/")]
            if below or not whole.depth:
                assert together(table, below) == amounts(table, whole), (report.code, table.name, whole.key)
                figures += len(amounts(table, whole))
    return figures


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("code", SUMMED)
async def test_the_parts_of_a_unit_sum_to_it(code, structure):
    figures = 0
    for unit, period in product(UNITS, ("2026-04", "2026-06", "2026-Q1")):
        figures += checked(await made(code, unit, period, structure, LIBRARY))
    assert figures > 20


@pytest.mark.parametrize("code", SUMMED)
async def test_roles_and_plan_types_sum_to_all_of_them(code):
    report = await made(code, ("authority", "901"), "2026-Q1", histories=LIBRARY)
    for table in report.tables:
        rows = [row for row in table.rows if row.kind == "PART" and row.unit is None]
        for whole in [row for row in table.rows if row.kind == "TOTAL"] if rows else ():
            same = {row.key: row for row in rows}
            if table.name.startswith(("pairs_", "moderated_")):
                parts = [row for key, row in same.items() if key.partition("|")[2] == about(whole)]
            else:
                parts = [row for key, row in same.items() if key.startswith((f"{whole.key}|", "plan:"))]
            assert together(table, parts) == amounts(table, whole), (table.name, whole.key)
    cadence = [table for table in report.tables if table.name == "cadence"]
    for table in cadence:
        for whole in [row for row in table.rows if "|" not in row.key]:
            roles = [row for row in table.rows if row.key.startswith(f"{whole.key}|")]
            assert together(table, roles) == amounts(table, whole), whole.key


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("code", SUMMED)
async def test_months_sum_to_their_quarter(code, structure):
    """What happened does; what is open at the end of the quarter is what is open at the end of its last month."""
    for unit in UNITS:
        months = [await made(code, unit, month, structure, LIBRARY) for month in ("2026-04", "2026-05", "2026-06")]
        quarter = await made(code, unit, "2026-Q1", structure, LIBRARY)
        for table in quarter.tables:
            of_months = [found for one in months for found in one.tables if found.name == table.name]
            for whole in [row for row in table.rows if row.kind in ("TOTAL", "FOOTER")]:
                each = [(found, row) for found in of_months for row in found.rows if row.key == whole.key]
                _matches(table, whole, each)


def _matches(table: ReportTable, whole: ReportRow, each: list[tuple[ReportTable, ReportRow]]) -> None:
    expected: defaultdict[str, int] = defaultdict(int)
    for found, row in each:
        for code, n in amounts(found, row).items():
            last = found is each[-1][0]
            if code in STOCKS or table.name in OF_A_YEAR:
                expected[code] = n if last else 0
            else:
                expected[code] += n
    changes = {code for code in amounts(table, whole) | expected if code.endswith("_change")}
    assert {code: n for code, n in expected.items() if n and code not in changes} == {
        code: n for code, n in amounts(table, whole).items() if code not in changes
    }, (table.name, whole.key)


@seeded
@settings(max_examples=by_tier(15, 400, 2_000), deadline=None)
@given(
    st.lists(histories, max_size=12),
    st.sampled_from(UNITS),
    st.sampled_from(["2026-05", "2026-Q1", "2025-Q4"]),
    st.sampled_from(STRUCTURES),
)
async def test_the_parts_of_a_unit_sum_to_it_whatever_happened(streams, unit, period, structure):
    library = InMemoryLibrary({f"thing-{n}": events for n, events in enumerate(streams)})
    for code in SUMMED:
        checked(await made(code, unit, period, structure, library))


@pytest.mark.parametrize("code", SUMMED)
async def test_a_report_is_the_same_in_whatever_order_its_rows_came(code):
    there = await made(code, ("authority", "901"), "2026-Q1", histories=ALL)
    back = await made(code, ("authority", "901"), "2026-Q1", histories=dict(reversed(ALL.items())))
    assert there == back


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("unit", [UNITS[1], UNITS[2], UNITS[4], UNITS[6]], ids=lambda unit: unit[1])
async def test_a_report_from_mongodb_is_the_one_from_memory(mongo_database, unit, structure):
    await fill(mongo_database, ALL)
    library: Any = MongoLibrary(mongo_database)
    for code in SUMMED:
        kept = await made(code, unit, "2026-Q1", structure, library)
        assert kept == await made(code, unit, "2026-Q1", structure, LIBRARY)
