"""Intervals, agreement and medians, against vectors computed elsewhere."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.statistics.kappa import agreement, kappa, varied
from services.reporting.statistics.median import median
from services.reporting.statistics.wilson import wilson

MANAGER = [3, 3, 2, 2, 1, 4, 3, 2, 3, 3, 2, 1]
OFFICER = [3, 2, 2, 2, 1, 3, 3, 1, 3, 3, 3, 1]
SCALE = [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 1, 0.000, 0.793),
        (1, 1, 0.207, 1.000),
        (3, 4, 0.3006, 0.9544),
        (81, 108, 0.6607, 0.8221),
        (0, 10, 0.000, 0.278),
    ],
)
def test_the_wilson_interval_of_known_proportions(part, whole, low, high):
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-4)


def test_nothing_has_no_interval():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError):
        wilson(3, 2)


@given(st.integers(0, 200), st.integers(1, 200))
def test_an_interval_holds_its_proportion_and_stays_between_nothing_and_all(part, more):
    low, high = wilson(part, part + more)
    assert 0 <= low <= part / (part + more) <= high <= 1


def test_agreement_and_kappa_of_the_golden_pairs():
    found = agreement(MANAGER, OFFICER)
    assert (found.n, found.exact, found.within_one, found.signed) == pytest.approx((12, 0.6667, 1.0, 0.1667), abs=5e-5)
    assert kappa(MANAGER, OFFICER, SCALE, "unweighted").value == pytest.approx(0.5)
    quadratic = kappa(MANAGER, OFFICER, SCALE)
    assert quadratic.value == pytest.approx(0.7714, abs=5e-5)
    assert quadratic.low < quadratic.value < quadratic.high <= 1


def _kappa_of(weights: dict[tuple[int, int], float]) -> float:
    """Quadratic kappa of a table of shares, written down anew: one less what disagrees out of what chance would."""
    rows: dict[int, float] = {}
    columns: dict[int, float] = {}
    for (a, b), share in weights.items():
        rows[a] = rows.get(a, 0) + share
        columns[b] = columns.get(b, 0) + share
    apart = sum(share * (a - b) ** 2 for (a, b), share in weights.items())
    return 1 - apart / sum(p * q * (a - b) ** 2 for a, p in rows.items() for b, q in columns.items())


@pytest.mark.parametrize("times", [1, 2, 9])
def test_the_interval_of_kappa_is_how_far_it_moves_when_each_pair_weighs_a_little_more(times):
    """The delta method by numbers: the variance is the mean square of what each pair moves, divided by the pairs."""
    pairs = list(zip(MANAGER, OFFICER, strict=True)) * times
    shares = {pair: pairs.count(pair) / len(pairs) for pair in pairs}
    little = 1e-6
    moves = {}
    for pair in shares:
        more = {one: share * (1 - little) + little * (one == pair) for one, share in shares.items()}
        moves[pair] = (_kappa_of(more) - _kappa_of(shares)) / little
    spread = sum(share * moves[pair] ** 2 for pair, share in shares.items()) / len(pairs)
    found = kappa([a for a, _ in pairs], [b for _, b in pairs], SCALE)
    assert found.value == pytest.approx(_kappa_of(shares))
    assert (found.high - found.value) / 1.959964 == pytest.approx(spread**0.5, rel=1e-4)


def test_kappa_is_not_calculable_when_a_rater_used_one_grade_only():
    assert kappa([3] * 6, [3] * 6, SCALE) is None
    assert kappa([3] * 6, [3, 3, 3, 3, 3, 2], SCALE).value == pytest.approx(0)
    assert not varied([3] * 6, [3, 3, 3, 3, 3, 2])
    assert varied(MANAGER, OFFICER)
    assert kappa([], [], SCALE) is None
    assert agreement([], []) is None


def test_a_grade_outside_the_scale_is_refused():
    with pytest.raises(ValueError):
        kappa([5], [1], SCALE)


def test_the_interval_is_as_wide_as_the_large_sample_formula_says():
    # The classic table of 100 diagnoses by two psychiatrists: kappa 0.68 with a standard error of 0.087.
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    pairs = [(a, b) for a in range(3) for b in range(3) for _ in range(table[a][b])]
    found = kappa([a for a, _ in pairs], [b for _, b in pairs], [0, 1, 2], "unweighted")
    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert (found.high - found.value) / 1.96 == pytest.approx(0.0877, abs=5e-4)


@given(st.lists(st.integers(0, 181), min_size=1))
def test_the_median_of_a_histogram_is_the_median_of_what_was_counted(days):
    histogram = {day: days.count(day) for day in days}
    assert median(histogram) == statistics.median(days)


def test_no_days_have_no_median():
    assert median({}) is None
