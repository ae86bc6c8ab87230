"""Counting working days in England."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.working_days import WorkingDays, england

days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2025-12-19", 2, "2025-12-23"),
        ("2025-12-19", 5, "2025-12-30"),
        ("2025-12-19", 10, "2026-01-07"),
        ("2025-12-19", 15, "2026-01-14"),
        ("2025-12-19", 20, "2026-01-21"),
        ("2025-12-19", 25, "2026-01-28"),
        ("2025-12-19", 65, "2026-03-25"),
        ("2026-12-24", 2, "2026-12-30"),
        ("2026-12-24", 5, "2027-01-05"),
        ("2026-12-24", 10, "2027-01-12"),
        ("2026-12-24", 15, "2027-01-19"),
        ("2026-12-24", 20, "2027-01-26"),
        ("2026-12-24", 25, "2027-02-02"),
        ("2026-12-24", 65, "2027-04-01"),
        ("2022-05-30", 5, "2022-06-08"),
        ("2022-05-30", 10, "2022-06-15"),
        ("2022-05-30", 15, "2022-06-22"),
        ("2022-05-30", 20, "2022-06-29"),
    ],
)
def test_deadlines_fall_where_the_printed_calendar_puts_them(start, n, expected):
    assert england().add(date.fromisoformat(start), n) == date.fromisoformat(expected)


def test_a_deadline_on_good_friday_moves_past_easter_monday():
    assert england().add(date(2026, 4, 2), 1) == date(2026, 4, 7)


@pytest.mark.parametrize("day", ["2022-06-03", "2022-09-19", "2023-05-08", "2020-05-08", "2025-08-25", "2025-04-21"])
def test_odd_and_english_bank_holidays_are_not_worked(day):
    assert not england().is_working(date.fromisoformat(day))


def test_the_start_is_the_answer_when_nothing_is_added():
    assert england().add(date(2025, 12, 25), 0) == date(2025, 12, 25)


def test_days_are_never_counted_backwards():
    with pytest.raises(ValueError, match="forwards"):
        england().add(date(2026, 1, 5), -1)


def test_a_later_bank_holiday_makes_another_version_and_moves_the_deadline():
    proclaimed = england(frozenset({date(2026, 7, 13)}))
    assert proclaimed.version != england().version
    assert england().add(date(2026, 7, 10), 1) == date(2026, 7, 13)
    assert proclaimed.add(date(2026, 7, 10), 1) == date(2026, 7, 14)


def test_a_bank_holiday_on_a_saturday_takes_nothing_away():
    saturday = date(2026, 12, 26)
    assert WorkingDays("x", [saturday]).version == WorkingDays("x", []).version


@given(days, days)
def test_counting_equals_looking_at_every_day(start, end):
    calendar = england()
    naive = sum(calendar.is_working(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))
    assert calendar.between(start, end) == naive


@given(days, st.integers(1, 70))
def test_adding_and_counting_agree(start, n):
    calendar = england()
    deadline = calendar.add(start, n)
    assert calendar.is_working(deadline)
    assert calendar.between(start, deadline) == n
