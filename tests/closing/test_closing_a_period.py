"""When a month or a quarter may be closed, and what closing it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.reporting.domain import periods
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.domain.reporting_period.decisions import ClosePeriod, close_day, close_period
from services.reporting.domain.reporting_period.state import DECIDER
from tests.examples.a_period import (
    APRIL,
    CLOSE_DAY,
    POLICY,
    QUARTER,
    WORKING_DAYS,
    close,
    closed,
    first,
    published,
    second,
)
from tests.specification import specification

period = specification(DECIDER)
POLICED = (POLICY, WORKING_DAYS)


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("2025-12", date(2026, 1, 8)),
        ("2026-04", date(2026, 5, 8)),  # the early May bank holiday lies between
        ("2026-03", date(2026, 4, 9)),  # and so does Easter here
        ("2026-Q1", date(2026, 7, 14)),
        ("2025-Q3", date(2026, 1, 15)),
        ("2022-05", date(2022, 6, 9)),  # two bank holidays of that year alone
    ],
)
def test_a_month_is_closed_on_the_fifth_working_day_after_it_and_a_quarter_on_the_tenth(key, day):
    assert close_day(periods.named(key), POLICY, WORKING_DAYS) == day


def test_an_authority_may_set_other_days():
    policy = ReportingPolicy(month_close_working_day=3, quarter_close_working_day=20)
    assert close_day(APRIL, policy, WORKING_DAYS) == date(2026, 5, 6)
    assert close_day(QUARTER, policy, WORKING_DAYS) == date(2026, 7, 28)


def test_closing_a_month_publishes_each_of_its_reports():
    after = period.given([]).when(close_period, close, first, *POLICED).then([closed, *published])
    assert [versions[-1].number for versions in after.reports.values()] == [1, 1]


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 4, 30), "when it is over"),
        (date(2026, 5, 1), "can be closed from 8 May 2026 on"),
        (date(2026, 5, 7), "can be closed from 8 May 2026 on"),
    ],
)
def test_a_period_is_not_closed_before_it_is_over_nor_before_its_close_day(today, words):
    period.given([]).when(close_period, replace(close, today=today), first, *POLICED).then_refused(words)


def test_a_period_may_be_closed_later_than_its_close_day():
    late = replace(close, today=date(2026, 6, 1))
    after = period.given([]).when(close_period, late, first, *POLICED).then_some(type(closed), *map(type, published))
    assert after.closed.closed_on == date(2026, 6, 1)


def test_a_period_is_closed_once_with_the_first_snapshot():
    given = period.given([closed, *published])
    assert given.when(close_period, close, second, *POLICED).then_nothing().closed.snapshot_hash == "all-v1"


def test_a_quarter_is_closed_after_each_of_its_months():
    asked = ClosePeriod("901", QUARTER, date(2026, 7, 14), frozenset({"2026-04", "2026-05"}))
    period.given([]).when(close_period, asked, first, *POLICED).then_refused("after each of its months")
    whole = replace(asked, closed_months=frozenset({"2026-04", "2026-05", "2026-06"}))
    after = period.given([]).when(close_period, whole, first, *POLICED).then_some(type(closed), *map(type, published))
    assert (after.closed.kind, after.closed.period) == ("quarter", "2026-Q1")


def test_a_closed_period_names_the_policy_that_it_was_closed_under():
    policy = ReportingPolicy(version="local-2", month_close_working_day=2)
    after = period.given([]).when(close_period, replace(close, today=date(2026, 5, 5)), first, policy, WORKING_DAYS)
    assert after.then_some(type(closed), *map(type, published)).closed.policy_version == "local-2"
    assert date(2026, 5, 8) == CLOSE_DAY
