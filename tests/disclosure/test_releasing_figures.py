"""The ledger: months stay as they were released, quarters are their sum, corrections and regions are shown if safe."""

from __future__ import annotations

import pytest

from services.reporting.disclosure.grades import GradeTable
from services.reporting.domain.disclosure_ledger.decisions import (
    ReleaseFigures,
    ReleaseRegionalFigures,
    release_figures,
    release_regional_figures,
)
from services.reporting.domain.disclosure_ledger.events import FiguresReleased, RegionalFiguresReleased
from services.reporting.domain.disclosure_ledger.state import DECIDER
from tests.disclosure.figures import SECRET, Released, counts, displays, releasing, table
from tests.disclosure.partners import History
from tests.specification import specification

ledger = specification(DECIDER)
APRIL, MAY, JUNE = (12, 20, 14, 8), (9, 30, 11, 7), (10, 25, 16, 9)
QUARTER = table("2026-Q1", APRIL, MAY, JUNE)


def test_a_release_is_made_once():
    ledger.given([]).when(release_figures, releasing("r1", QUARTER), SECRET).then_some(FiguresReleased)


def test_an_id_of_a_release_names_no_other():
    done = release_figures(releasing("r1", QUARTER), DECIDER.initial, SECRET)
    ledger.given(done).when(release_figures, releasing("r1", table("2026-04", APRIL)), SECRET).then_refused(
        "used once", field="release_id"
    )


def test_a_partner_cell_1_and_1_in_a_table_of_four():
    """Edge case 18: partner cell 1 and 1 in a table of four; third cell hidden."""
    assert displays(Released().figures(table("2026-05", (1, 52, 54, 1)))) == "c c 54 c / 108"


def test_the_same_table_republished_after_one_regrade():
    """Edge case 18: and the same table republished after one regrade; second release blocked by differencing check."""
    released = Released()
    first = released.figures(table("2026-05", (1, 52, 54, 1)))
    second = released.figures(table("2026-05", (1, 51, 55, 1)))
    assert (second.outcome, second.reason) == ("FORMER_STANDS", "DIFFERENCE_SMALL")
    assert (second.cells, second.total, second.months) == (first.cells, first.total, first.months)


def test_the_same_figures_again_stand():
    released = Released()
    released.figures(table("2026-05", MAY))
    again = released.figures(table("2026-05", MAY))
    assert (again.outcome, again.reason) == ("FORMER_STANDS", "UNCHANGED")


def test_a_correction_by_six_is_shown():
    released = Released()
    released.figures(table("2026-05", MAY))
    corrected = released.figures(table("2026-05", (9, 24, 17, 7)))
    assert (corrected.outcome, displays(corrected)) == ("SHOWN", "9 24 17 7 / 57")


def test_a_correction_goes_on_hiding_what_was_hidden():
    """8 could be shown, but whoever remembers 11 in two cells and sees 8 and 9 would know that it was 2."""
    released = Released()
    released.figures(table("2026-05", (2, 47, 50, 9)))
    corrected = released.figures(table("2026-05", (8, 47, 50, 9)))
    assert (corrected.outcome, displays(corrected)) == ("SHOWN", "c 47 50 c / 114")


def test_a_table_that_was_withheld_stays_so():
    """By how much it grew is taken to be known: to show it would be to show what was withheld."""
    released = Released()
    released.figures(table("2026-05", (1, 1, 2, 0)))
    corrected = released.figures(table("2026-05", (9, 30, 11, 7)))
    assert (corrected.outcome, displays(corrected)) == ("FORMER_STANDS", "/ c")


def test_a_correction_that_would_hide_what_was_shown_is_not_shown():
    released = Released()
    released.figures(table("2026-05", (12, 47, 50, 9)))
    corrected = released.figures(table("2026-05", (4, 55, 50, 9)))
    assert (corrected.outcome, corrected.reason) == ("FORMER_STANDS", "NOT_SAFE")


def test_a_quarter_is_the_sum_of_its_months_as_they_were_released():
    released = Released()
    for month, numbers in (("2026-04", APRIL), ("2026-05", MAY), ("2026-06", JUNE)):
        released.figures(table(month, numbers))
    quarter = released.figures(table("2026-Q1", (13, 19, 14, 8), MAY, JUNE))  # one audit of April was regraded
    assert displays(quarter) == "31 75 41 24 / 171"
    assert quarter.months["2026-04"] == counts(*APRIL)


def test_a_quarter_holds_a_month_that_was_not_released_for_itself():
    released = Released()
    released.figures(QUARTER)
    month = released.figures(table("2026-04", (13, 19, 14, 8)))
    assert displays(month) == "12 20 14 8 / 54"
    corrected = released.figures(table("2026-04", (12, 26, 14, 8)))
    assert displays(corrected) == "12 26 14 8 / 60"
    quarter = released.figures(QUARTER)
    assert displays(quarter) == "31 81 41 24 / 177"


def test_a_quarter_gives_no_month_away():
    """Two months that are shown, taken from the quarter, would leave the hidden 2 of the third."""
    released = Released()
    for month, numbers in (("2026-04", (2, 47, 50, 9)), ("2026-05", MAY), ("2026-06", JUNE)):
        released.figures(table(month, numbers))
    quarter = released.figures(table("2026-Q1", (2, 47, 50, 9), MAY, JUNE))
    assert displays(quarter) == "c 102 77 c / 225"
    assert set(History().read(released.events).verdicts()) == {"uncertain"}


def test_a_quarter_does_not_give_away_a_month_that_was_withheld():
    released = Released()
    for month, numbers in (("2026-04", (1, 1, 2, 0)), ("2026-05", MAY), ("2026-06", JUNE)):
        released.figures(table(month, numbers))
    quarter = released.figures(table("2026-Q1", (1, 1, 2, 0), MAY, JUNE))
    assert quarter.total == "c"
    assert set(History().read(released.events).verdicts()) == {"uncertain"}


def test_a_quarter_does_not_say_that_a_whole_month_was_inadequate():
    released = Released()
    for month, numbers in (("2026-04", (0, 0, 0, 9)), ("2026-05", MAY), ("2026-06", JUNE)):
        released.figures(table(month, numbers))
    quarter = released.figures(table("2026-Q1", (0, 0, 0, 9), MAY, JUNE))
    assert not all(cell.display.isdigit() for cell in quarter.cells)
    assert History().read(released.events).verdicts()["all inadequate"] == 0


def test_domains_are_decided_together_and_apart():
    released = Released()
    command = releasing("r1", table("2026-05", MAY), table("2026-05", (2, 47, 50, 9), domain="PLANNING"))
    (event,) = release_figures(command, released.ledger, SECRET)
    assert [displays(told) for told in event.tables] == ["9 30 11 7 / 57", "c 47 50 c / 108"]


def test_a_region_is_rounded_and_names_the_authorities_in_it():
    released = Released()
    for authority in ("901", "902", "903"):
        released.figures(table("2026-05", MAY, authority=authority))
    region = released.region("2026-05", "901", "902", "903", "904")
    assert region.authorities == ("901", "902", "903")
    assert displays(region) == "30 90 30 20 / 170"
    again = released.region("2026-05", "901", "902", "903", "904")
    assert (again.outcome, again.reason) == ("FORMER_STANDS", "UNCHANGED")


def test_a_region_does_not_tell_one_authority_about_the_other():
    """Two in a region: each takes its own figures off, and what is left is no small count."""
    released = Released()
    released.figures(table("2026-05", (2, 47, 50, 9), authority="901"))
    released.figures(table("2026-05", (1, 30, 11, 7), authority="902"))
    region = released.region("2026-05", "901", "902")
    assert region.cells[0].display == "c"  # 3 would be rounded to 0: nobody has more than 4
    assert set(History().read(released.events).verdicts()) == {"uncertain"}


def test_a_region_of_nobody_is_refused():
    command = ReleaseRegionalFigures("r1", "london", "2026-05", ("901",))
    ledger.given([]).when(release_regional_figures, command, SECRET).then_refused("none released")


def test_a_region_is_released_once():
    done = release_figures(releasing("r1", table("2026-05", MAY)), DECIDER.initial, SECRET)
    command = ReleaseRegionalFigures("r2", "london", "2026-05", ("901",))
    ledger.given(done).when(release_regional_figures, command, SECRET).then_some(RegionalFiguresReleased)
    twice = ReleaseRegionalFigures("r2", "london", "2026-05", ("901",), (None, None))
    ledger.given(done).when(release_regional_figures, twice, SECRET).then_refused("one table", field="domains")


@pytest.mark.parametrize(
    "tables",
    [
        (),
        (table("2026-05", MAY), table("2026-05", MAY)),
        (table("2026-05", MAY, authority="902"),),
        (table("2026-06", MAY),),
        (GradeTable("901", "2026-05", None, {}),),
        (GradeTable("901", "2026-05", None, {"2026-05": {}}),),
        (GradeTable("901", "2026-05", None, {"2026-05": {"GOOD": -1}}),),
        (GradeTable("901", "2026-05", None, {"2026-05": {"TOTAL": 1}}),),
    ],
)
def test_what_is_no_table_of_the_period_is_refused(tables):
    command = ReleaseFigures("r1", "901", "2026-05", tables)
    ledger.given([]).when(release_figures, command, SECRET).then_refused("table", field="tables")
