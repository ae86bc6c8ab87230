"""Reading totals: a handful of small documents for any unit, never a scan."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from shared.projecting.state import Generation
from shared.projecting.totals import flat

Sums = dict[tuple[str, str | None], dict[str, dict[str, int]]]
POLL = 0.01


class Cells:
    """The totals of one generation."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation

    async def sum(
        self,
        level: str,
        units: Collection[str] | None,
        months: Collection[str],
        within: Collection[str] | None = None,
    ) -> Sums:
        """{(unit, within): {"2026-04": {"OFSTED4.count": 3}}} for these units, or all that counted within others.

        `months` are "YYYY-MM". Nothing is there for units and months without any contribution.
        """
        wanted = set(months)
        found = self.generation.cells.find(self._filter(level, units, wanted, within), self._projection(wanted))
        sums: defaultdict[tuple[str, str | None], defaultdict[str, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        async for document in found:
            by_month = sums[document["unit"], document["within"]]
            for number, measures in document.get("m", {}).items():
                month = f"{document['year']}-{number}"
                if month in wanted:
                    by_month[month].update(dict(flat(measures)))
        return {unit: {month: _without_zeros(n) for month, n in months.items()} for unit, months in sums.items()}

    @staticmethod
    def _filter(
        level: str, units: Collection[str] | None, months: Iterable[str], within: Collection[str] | None
    ) -> dict[str, Any]:
        wanted: dict[str, Any] = {"level": level, "year": {"$in": sorted({month[:4] for month in months})}}
        if units is not None:
            wanted["unit"] = {"$in": sorted(units)}
        if within is not None:
            wanted["within"] = {"$in": sorted(within)}
        return wanted

    @staticmethod
    def _projection(months: Collection[str]) -> dict[str, int]:
        numbers = {month[5:] for month in months}
        return {"unit": 1, "within": 1, "year": 1, **{f"m.{number}": 1 for number in numbers}}


def _without_zeros(counter: Counter[str]) -> dict[str, int]:
    return {measure: n for measure, n in counter.items() if n}


async def reached(generation: Generation, partition: int, seq: int, timeout: float) -> bool:
    """Wait until the event at this position is in the totals; False when it is not within `timeout` seconds."""
    deadline = asyncio.get_running_loop().time() + timeout
    while (await generation.read_marks([partition]))[partition].seq < seq:
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(POLL)
    return True
