"""Months and financial quarters, by local date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain import periods
from shared.calendar.clock import local_date


@pytest.mark.parametrize(
    ("month", "quarter"),
    [("2026-04", "2026-Q1"), ("2026-09", "2026-Q2"), ("2026-12", "2026-Q3"), ("2027-01", "2026-Q4")],
)
def test_a_quarter_belongs_to_the_financial_year_that_began_in_april(month, quarter):
    assert periods.quarter(month) == quarter


def test_a_quarter_says_its_months_because_its_name_alone_misleads():
    (spring,) = periods.spans(periods.months("2026-04", "2026-06"), "quarter")
    (winter,) = periods.spans(periods.months("2027-01", "2027-03"), "quarter")
    assert spring.label == "2026-Q1 (Apr-Jun 2026)"
    assert winter.label == "2026-Q4 (Jan-Mar 2027)"


def test_a_quarter_asked_in_part_says_which_part():
    first, second = periods.spans(periods.months("2026-06", "2026-08"), "quarter")
    assert (first.label, second.label) == ("2026-Q1 (Jun 2026)", "2026-Q2 (Jul-Aug 2026)")


def test_one_minute_to_midnight_on_the_last_of_march_is_still_the_old_year():
    # Summer time began on 29 March: 22:59 UTC is 23:59 in London, and 23:01 UTC is the first of April.
    assert periods.quarter(periods.month_of(local_date(datetime(2026, 3, 31, 22, 59, tzinfo=UTC)))) == "2025-Q4"
    assert periods.quarter(periods.month_of(local_date(datetime(2026, 3, 31, 23, 1, tzinfo=UTC)))) == "2026-Q1"


@given(st.dates(date(2000, 1, 1), date(2098, 12, 31)), st.integers(0, 60))
def test_quarters_hold_every_month_once_and_in_order(day, more):
    first = periods.month_of(day)
    asked = periods.months(first, periods.following(first, more))
    assert tuple(month for span in periods.spans(asked, "quarter") for month in span.months) == asked
    assert len(asked) == more + 1


@given(st.dates(date(2000, 1, 1), date(2098, 12, 31)))
def test_a_month_runs_from_its_first_to_its_last_day(day):
    month = periods.month_of(day)
    assert periods.first_day(month) <= day <= periods.last_day(month)
    assert periods.month_of(periods.last_day(month) + timedelta(days=1)) == periods.following(month)


@pytest.mark.parametrize(
    ("key", "months"),
    [
        ("2026-05", ("2026-05",)),
        ("2026-Q1", ("2026-04", "2026-05", "2026-06")),
        ("2026-Q4", ("2027-01", "2027-02", "2027-03")),
    ],
)
def test_a_key_names_a_whole_month_or_a_whole_quarter(key, months):
    span = periods.named(key)
    assert (span.key, span.months) == (key, months)
