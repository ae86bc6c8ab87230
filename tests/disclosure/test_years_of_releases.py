"""T42: months, quarters and regions, with regrades and corrections between, attacked together."""

from __future__ import annotations

from collections import Counter

import pytest

from services.reporting.domain.disclosure_ledger.state import DECIDER
from tests.disclosure.attacker import Attacker
from tests.disclosure.figures import Released, by_code, table
from tests.disclosure.partners import History, Year
from tests.specification import as_stored
from tests.tiers import by_tier, chances


@pytest.mark.timeout(6 * 60 * 60)
def test_nothing_is_found_in_all_that_was_ever_released():
    source, found = chances("years of releases"), Counter[str]()
    outcomes: Counter[str] = Counter()
    for n in range(by_tier(3, 400)):
        authorities = ("901", "902", "903")[: 1 + n % 3]
        released = Year(source, authorities, regional=n % 2 == 1).lived()
        found += History().read(as_stored(DECIDER, released.events)).verdicts()
        outcomes.update(told.outcome for event in released.events for told in event.tables)
    print(dict(found), dict(outcomes))
    assert set(found) == {"uncertain"}
    assert {"SHOWN", "WITHHELD", "FORMER_STANDS"} <= outcomes.keys()


def test_an_attacker_catches_a_quarter_that_forgets_its_months():
    """Each table is safe for itself; put together they are not, and whoever looks sees it."""
    apart = [
        Released().figures(table("2026-04", (2, 47, 50, 9))),
        Released().figures(table("2026-05", (9, 20, 14, 8))),
        Released().figures(table("2026-06", (8, 20, 14, 8))),
    ]
    quarter = Released()
    quarter.figures(table("2026-Q1", (2, 47, 50, 9), (9, 20, 14, 8), (8, 20, 14, 8)))
    months = Released()
    for number, numbers in enumerate([(2, 47, 50, 9), (9, 20, 14, 8), (8, 20, 14, 8)], 4):
        months.figures(table(f"2026-0{number}", numbers))
    assert [told.outcome for told in apart] == ["SHOWN"] * 3
    found = History().read([*months.events, *quarter.events]).verdicts()
    assert found["exact"] > 0


def test_an_attacker_catches_months_that_add_up_from_the_beginning_of_the_year():
    """Cumulative figures, each safe for itself, give away the month between them."""
    so_far = by_code(Released().figures(table("2026-04", (12, 47, 50, 9))))
    later = by_code(Released().figures(table("2026-04", (14, 60, 50, 9))))
    attacker = Attacker()
    attacker.sees(["April"], so_far["OUTSTANDING"])
    attacker.sees(["April", "May"], later["OUTSTANDING"])
    assert attacker.range_of(["May"]) == (2, 2)
