"""The schedule of attempts, exact for given chances, and when an endpoint is given up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.reporting.sharing.webhooks.schedule import (
    DELAYS,
    Health,
    Outcome,
    next_attempt,
    outcome_of,
    retry_after,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HOURS = [0, 5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]


class Fixed(random.Random):
    """Chances that always come out at this place between the two bounds."""

    def __init__(self, at: float) -> None:
        super().__init__(0)
        self._at = at

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self._at


def test_the_steps_are_those_of_standard_webhooks() -> None:
    assert [delay.total_seconds() / 3600 for delay in DELAYS] == pytest.approx(HOURS)


@pytest.mark.parametrize(("at", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_every_step_is_its_delay_more_or_less_a_fifth(at: float, factor: float) -> None:
    for tried in range(1, 10):
        waited = next_attempt(tried, NOW, Fixed(at)) - NOW
        assert waited.total_seconds() == pytest.approx(HOURS[tried] * 3600 * factor)
    assert next_attempt(50, NOW, Fixed(0.5)) == NOW + timedelta(hours=24), "behind the last step: daily"


def test_the_same_chances_give_the_same_moments() -> None:
    one, again = ([next_attempt(n, NOW, random.Random(7)) for n in range(1, 12)] for _ in range(2))
    assert one == again
    varied = random.Random(7)
    factors = [(next_attempt(9, NOW, varied) - NOW) / DELAYS[9] for _ in range(200)]
    assert 0.8 <= min(factors) < 0.82
    assert 1.18 < max(factors) <= 1.2


def test_what_the_endpoint_asks_for_is_waited_for_up_to_a_day() -> None:
    assert next_attempt(1, NOW, Fixed(0.5), timedelta(seconds=60)) == NOW + timedelta(seconds=60)
    assert next_attempt(1, NOW, Fixed(0.5), timedelta(seconds=1)) == NOW + timedelta(seconds=5), "never sooner"
    assert next_attempt(1, NOW, Fixed(0.5), timedelta(days=30)) == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 01 Jul 2026 12:02:00 GMT", 120),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0),
        ("Wed, 01 Jul 2026 12:02:00 -0000", 120),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 40, None),
        ("Wed, 01 Jul 99999 12:02:00 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    for status in (429, 503):
        wait = retry_after(status, header, NOW)
        assert wait == (None if seconds is None else timedelta(seconds=seconds))
    assert retry_after(500, header, NOW) is None


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((200, 201, 202, 204, 299), Outcome.DELIVERED),
        ((301, 302, 303, 304, 307, 308), Outcome.REFUSED),
        ((400, 401, 403, 404, 409, 415, 422), Outcome.REFUSED),
        ((410,), Outcome.GONE),
        ((429, 500, 502, 503, 504), Outcome.BUSY),
    ],
)
def test_only_2xx_is_success(statuses: tuple[int, ...], outcome: Outcome) -> None:
    assert {outcome_of(status) for status in statuses} == {outcome}


def test_an_endpoint_is_given_up_after_five_days_of_only_failures() -> None:
    health = Health()
    for hours in range(0, 120, 3):
        health = health.after(Outcome.UNREACHED, NOW + timedelta(hours=hours))
    assert not health.given_up(NOW + timedelta(days=5, seconds=-1))
    assert health.given_up(NOW + timedelta(days=5))
    assert not health.after(Outcome.DELIVERED, NOW + timedelta(days=5)).given_up(NOW + timedelta(days=9))


def test_one_success_in_five_days_is_enough() -> None:
    health = Health().after(Outcome.BUSY, NOW).after(Outcome.DELIVERED, NOW + timedelta(days=4))
    health = health.after(Outcome.REFUSED, NOW + timedelta(days=4, hours=1))
    assert not health.given_up(NOW + timedelta(days=9))
    assert health.given_up(NOW + timedelta(days=9, hours=1))


def test_an_endpoint_that_asks_for_quiet_gets_it() -> None:
    health = Health().after(Outcome.BUSY, NOW, timedelta(hours=2))
    assert health.quiet(NOW + timedelta(hours=2, seconds=-1))
    assert not health.quiet(NOW + timedelta(hours=2))
    assert not Health().after(Outcome.BUSY, NOW, timedelta(days=9)).quiet(NOW + timedelta(days=1))
