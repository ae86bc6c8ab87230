"""One table of grades: the agreed vectors, and percentages made of what is shown."""

from __future__ import annotations

import pytest

from services.reporting.disclosure.grades import good_or_better
from tests.disclosure.figures import Released, displays, table


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((2, 47, 50, 9), "c 47 50 c / 108"),
        ((1, 52, 54, 1), "c c 54 c / 108"),
        ((0, 4, 5, 0), "0 c c 0 / 9"),
        ((5, 5, 6, 6), "c c 6 6 / 22"),
        ((6, 40, 20, 10), "6 40 20 10 / 76"),
        ((0, 6, 0, 0), "0 6 0 0 / 6"),
        ((0, 0, 0, 0), "z z z z / z"),
    ],
)
def test_a_table_is_shown_as_agreed(numbers, shown):
    released = Released().figures(table("2026-05", numbers))
    assert (released.outcome, displays(released)) == ("SHOWN", shown)


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ((1, 1, 2, 0), "TOTAL_SMALL"),
        ((0, 0, 0, 6), "ALL_INADEQUATE"),
        ((3, 0, 0, 3), "NOT_SAFE"),  # the two come to 6, so that neither could be 6 or more
    ],
)
def test_nothing_is_shown_of_a_table_that_cannot_be_made_safe(numbers, reason):
    released = Released().figures(table("2026-05", numbers))
    assert (released.outcome, released.reason, displays(released)) == ("WITHHELD", reason, "/ c")


@pytest.mark.parametrize(
    ("numbers", "share", "percent"),
    [
        ((6, 40, 20, 10), ("46", "76"), "60.5"),
        ((5, 5, 6, 6), ("10", "22"), "45.5"),  # both are hidden, but what is left beside 6 and 6 is not
        ((2, 47, 50, 9), ("c", "108"), None),
        ((0, 4, 5, 0), ("c", "9"), None),
        ((0, 0, 9, 8), ("0", "17"), "0.0"),
        ((0, 0, 0, 0), ("z", "z"), None),
        ((1, 1, 2, 0), ("c", "c"), None),
    ],
)
def test_a_percentage_is_shown_where_both_of_its_counts_can_be(numbers, share, percent):
    released = Released().figures(table("2026-05", numbers))
    shown = good_or_better(released.cells, released.total)
    assert (shown.numerator, shown.denominator) == share
    assert shown.percent == percent
    assert (shown.interval is None) == (percent is None)
