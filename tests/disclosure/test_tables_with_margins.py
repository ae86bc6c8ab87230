"""T41 and T44: random tables with margins are protected, and the same attacker catches what does not protect them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.disclosure.bounds import extreme, in_one_sum
from services.reporting.disclosure.protecting import Cell, Problem, protect
from services.reporting.disclosure.sums import Key, Known, Sum
from tests.disclosure.attacker import Attacker, enumerated, verdict
from tests.disclosure.margins import (
    SECRET,
    Table,
    attack,
    audited,
    one_more_in_each_line,
    random_table,
    small_only,
)
from tests.tiers import by_tier, chances, seeded


def _attacked(protected: Callable[[Table], set[Key]], tables: list[Table]) -> tuple[Counter[str], int]:
    hidden = [protected(table) for table in tables]
    found = Counter(what for table, cells in zip(tables, hidden, strict=True) for what in attack(table, cells))
    print(f"{protected.__name__}: {sum(map(len, hidden))} cells hidden, {dict(found)}")
    return found, sum(map(len, hidden))


@pytest.mark.timeout(6 * 60 * 60)
def test_nothing_hidden_is_found_and_little_more_is_hidden_than_usual():
    source = chances("tables with margins")
    tables = [random_table(source) for _ in range(by_tier(15, 2_000, 100_000))]
    found, hidden = _attacked(audited, tables)
    assert found["exact"] == found["tight"] == 0 < found["uncertain"]
    usual = sum(len(one_more_in_each_line(table)) for table in tables)
    print(f"{hidden / usual:.3f} times as many cells as usual are hidden")
    assert hidden <= 1.35 * usual


@pytest.mark.parametrize(("protected", "share"), [(small_only, 0.5), (one_more_in_each_line, 0.2)])
def test_the_attacker_catches_what_does_not_protect(protected, share):
    source = chances("tables that are badly protected")
    found, hidden = _attacked(protected, [random_table(source) for _ in range(by_tier(40, 300))])
    assert found["exact"] > 0
    assert found["exact"] + found["tight"] > share * hidden


small_counts = st.integers(0, 9)
sizes = st.tuples(st.integers(2, 3), st.integers(2, 3))
small_tables = sizes.flatmap(lambda size: st.tuples(*[st.tuples(*[small_counts] * size[1])] * size[0]).map(Table))


@seeded
@settings(max_examples=by_tier(25, 500), deadline=None)
@given(small_tables)
def test_any_small_table_is_safe(table):
    assert set(attack(table, audited(table))) <= {"uncertain"}


@seeded
@settings(max_examples=by_tier(12, 300), deadline=None)
@given(st.tuples(*[st.tuples(*[st.integers(0, 5)] * 3)] * 3).map(Table), st.data())
def test_the_attacker_finds_what_counting_every_filling_finds(table, data):
    """The oracle of the oracle: with the margins in sight, every table that has them is looked at."""
    counts = table.counts
    open_to_hide = [key for key in table.inner if counts[key]]
    hidden = data.draw(st.sets(st.sampled_from(open_to_hide))) if open_to_hide else set()
    attacker = Attacker()
    for key, count in counts.items():
        attacker.sees(table.parts(key), "c" if key in hidden else str(count))
    margins = [[counts[kind, str(n)] for n in range(3)] for kind in ("row", "column")]
    possible = [Table(rows).counts for rows in enumerated(*margins)]
    possible = [
        one
        for one in possible
        if all(one[key] >= 1 if key in hidden else one[key] == counts[key] for key in table.inner)
    ]
    for key in hidden:
        seen = [one[key] for one in possible]
        assert attacker.range_of(table.parts(key)) == (min(seen), max(seen))


@seeded
@settings(max_examples=by_tier(30, 2_000), deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=8), st.data())
def test_a_single_sum_has_the_bounds_that_the_solver_finds(counts, data):
    keys = [("part", str(n)) for n in range(len(counts))]
    lows = [data.draw(st.integers(0, count)) for count in counts]
    highs = [data.draw(st.none() | st.integers(count, 60)) for count in counts]
    total = sum(counts)
    known = Known(
        [Sum(("whole",), tuple(keys))],
        {("whole",): (total, total), **{key: told for key, *told in zip(keys, lows, highs, strict=True)}},
    )
    for key in keys:
        if known.exactly(key):
            continue
        component = known.component([key])
        solved = (extreme(known, component, [key], "low")[key], extreme(known, component, [key], "high")[key])
        assert in_one_sum(known, component, key) == solved


def test_what_is_known_may_not_contradict_itself():
    known = Known([Sum(("whole",), (("a",), ("b",)))], {("whole",): (1, 1), ("a",): (2, 5)})
    with pytest.raises(ArithmeticError):
        extreme(known, known.component([("a",)]), [("a",)], "low")


def test_the_choice_is_the_same_each_time_and_among_equals_the_secret_makes_it():
    counts = {("whole",): 63, ("small",): 3, ("a",): 20, ("b",): 20, ("c",): 20}
    sums = [Sum(("whole",), (("small",), ("a",), ("b",), ("c",)))]
    problem = Problem(counts, sums, [Cell(key, count) for key, count in counts.items()])
    chosen = {protect(problem, bytes([n])) for n in range(30)}
    assert chosen == {frozenset({("small",), (one,)}) for one in "abc"}
    assert all(protect(problem, SECRET) == protect(problem, SECRET) for _ in range(3))


@pytest.mark.parametrize("count", [18, 21, 23])
def test_the_choice_does_not_depend_on_a_count_but_on_its_class_of_size(count):
    """18 to 23 are one class: which of a and b is the smaller one makes no difference."""
    counts = {("whole",): 3 + count + 20, ("small",): 3, ("a",): count, ("b",): 20}
    sums = [Sum(("whole",), (("small",), ("a",), ("b",)))]
    problem = Problem(counts, sums, [Cell(key, number) for key, number in counts.items()])
    hidden = protect(problem, SECRET)
    assert hidden is not None
    assert (("a",) in hidden) == (("a",) in (protect(_with_a(20), SECRET) or ()))


def _with_a(count: int) -> Problem:
    counts = {("whole",): 23 + count, ("small",): 3, ("a",): count, ("b",): 20}
    sums = [Sum(("whole",), (("small",), ("a",), ("b",)))]
    return Problem(counts, sums, [Cell(key, number) for key, number in counts.items()])


def test_a_range_is_judged_as_agreed():
    assert [verdict(3, 3), verdict(1, 5), verdict(5, 9), verdict(1, 6)] == ["exact", "tight", "tight", "uncertain"]
