"""The checker itself: it accuses no right history, and finds each fault that it is there to find, by its name."""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chaos import checking
from chaos.checking import check
from tests.chaos.histories import LEVELS, MONTHS, TEAMS, Told, a_right_history, belongs, posts, views

History = list[Told]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 400))
@example(seed=0, steps=0)
def test_no_right_history_is_accused(seed: int, steps: int) -> None:
    history = a_right_history(seed, steps)
    verdict = check(history)
    assert verdict.faults == {}, verdict.examples
    assert verdict.right == (verdict.acknowledged > 0)


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_in_which_it_was_written_down_does_not_matter(seed: int, rng: random.Random) -> None:
    history = a_right_history(seed, 150)
    mixed = rng.sample(history, len(history))
    assert check(mixed) == check(history)


@given(st.integers(0, 2**32), st.integers(2, 50))
@settings(max_examples=50, deadline=None)
def test_a_coarse_clock_accuses_nobody(seed: int, tick: int) -> None:
    history = a_right_history(seed, 150)
    coarse = [{key: _rounded(key, value, tick) for key, value in told.items()} for told in history]
    assert check(coarse).faults == {}


def _rounded(key: str, value: Any, tick: int) -> Any:
    return value // tick if key in ("invoked", "completed") and value is not None else value


def test_a_history_is_read_back_from_json_lines() -> None:
    history = a_right_history(1, 200)
    lines = [json.dumps(told) for told in history]
    assert check(map(json.loads, lines)) == check(history)


def test_what_is_no_history_is_refused_and_nothing_at_all_proves_nothing() -> None:
    assert not check([]).right
    with pytest.raises(ValueError, match="neither a post nor a view"):
        check([{"kind": "poll"}])
    told = next(posts(a_right_history(1, 200), "acknowledged"))
    with pytest.raises(ValueError, match="outcome"):
        check([told | {"outcome": "maybe"}])


def test_the_checker_knows_nothing_of_what_it_judges() -> None:
    tree = ast.parse(Path(checking.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


# Each fault spoils a right history in place. It raises Unfit when this history offers no place for it.


class Unfit(Exception):
    pass


def chosen(found: Any, rng: random.Random) -> Any:
    among = list(found)
    if not among:
        raise Unfit
    return rng.choice(among)


def without(view: Told, post: Told) -> None:
    view["count"] -= 1
    if view["rows"] is not None:
        view["rows"] = [row for row in view["rows"] if row != post["row"]]


def of(history: History, post: Told, *, final: bool = True, levels: tuple[str, ...] = LEVELS) -> list[Told]:
    return [view for view in views(history, final) if view["level"] in levels and belongs(post, view)]


def an_effect_is_dropped(history: History, rng: random.Random) -> None:
    _dropped(history, chosen(posts(history, "acknowledged"), rng))


def an_effect_is_dropped_and_no_rows_tell(history: History, rng: random.Random) -> None:
    _dropped(history, chosen(_plain(history), rng))
    _hide_rows(history)


def an_effect_is_doubled(history: History, rng: random.Random) -> None:
    _doubled(history, chosen(posts(history, "acknowledged"), rng))


def an_effect_is_doubled_and_no_rows_tell(history: History, rng: random.Random) -> None:
    _doubled(history, chosen(_plain(history), rng))
    _hide_rows(history)


def _dropped(history: History, post: Told) -> None:
    for view in of(history, post):
        without(view, post)


def _doubled(history: History, post: Told) -> None:
    for view in of(history, post):
        view["count"] += 1
        view["rows"].append(post["row"])


def _plain(history: History) -> list[Told]:
    """Acknowledged posts whose place no post of unknown outcome might fill."""
    unsure = [post["effect"] for post in posts(history, "unknown")]
    return [post for post in posts(history, "acknowledged") if post["effect"] not in unsure]


def _hide_rows(history: History) -> None:
    for view in views(history, final=True):
        view["rows"] = None


def one_effect_is_dropped_and_another_doubled(history: History, rng: random.Random) -> None:
    view = chosen((view for view in views(history, final=True) if len(view["rows"]) > 1), rng)
    sure = {post["row"] for post in posts(history, "acknowledged")}
    gone = chosen((row for row in view["rows"] if row in sure), rng)
    kept = chosen((row for row in view["rows"] if row != gone), rng)
    view["rows"] = [kept if row == gone else row for row in view["rows"]]


def two_posts_have_one_position(history: History, rng: random.Random) -> None:
    first, second = rng.sample(list(posts(history, "acknowledged")), 2)
    second["position"] = first["position"]


def two_posts_have_one_row(history: History, rng: random.Random) -> None:
    first, second = rng.sample(list(posts(history, "acknowledged")), 2)
    second["row"] = first["row"]


def one_post_has_two_positions(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "acknowledged"), rng)
    history.append({**post, "position": "feedback.0.100000", "completed": post["completed"] + 1})


def positions_run_against_time(history: History, rng: random.Random) -> None:
    sure = list(posts(history, "acknowledged"))
    first = chosen(sure, rng)
    log = first["position"].rpartition(".")[0]
    later = [post for post in sure if post["invoked"] > first["completed"] and post["position"].startswith(log + ".")]
    later = [post for post in later if sum(one["op"] == post["op"] for one in history if "op" in one) == 1]
    second = chosen(later, rng)
    first["position"], second["position"] = second["position"], first["position"]


def a_view_lacks_what_it_was_asked_to_be_after(history: History, rng: random.Random) -> None:
    view, _ = chosen(_views_after_a_post(history), rng)
    view["count"], view["rows"] = 0, None if view["rows"] is None else []


def a_later_view_lacks_what_an_earlier_one_was_after(history: History, rng: random.Random) -> None:
    """The earlier one is of another unit, so nothing that was shown has gone."""
    earlier, post = chosen(_views_after_a_post(history), rng)
    view = chosen((v for v in of(history, post, final=False) if v["invoked"] > earlier["completed"]), rng)
    view |= {"after": None, "count": 0, "rows": None}
    for other in list(views(history, final=False)):
        if other is not view and belongs(post, other):
            history.remove(other) if other is not earlier else other.update(unit="900-none", count=0, rows=None)


def _views_after_a_post(history: History) -> list[tuple[Told, Told]]:
    sure = list(posts(history, "acknowledged"))
    asked = [view for view in views(history, final=False) if view["after"]]
    return [(view, post) for view in asked for post in sure if belongs(post, view) and _is_upto(post, view["after"])]


def _is_upto(post: Told, position: str) -> bool:
    (log, _, seq), (upto_log, _, upto) = post["position"].rpartition("."), position.rpartition(".")
    return log == upto_log and int(seq) <= int(upto)


def a_view_goes_back(history: History, rng: random.Random) -> None:
    seen = [view for view in views(history, final=False) if view["count"]]
    before = chosen(seen, rng)
    later = chosen((view for view in seen if _same(view, before) and view["invoked"] > before["completed"]), rng)
    later |= {"count": before["count"] - 1, "rows": None}


def a_row_that_was_shown_is_gone(history: History, rng: random.Random) -> None:
    listed = [view for view in views(history, final=False) if view["rows"]]
    before = chosen(listed, rng)
    later = [view for view in listed if _same(view, before) and view["invoked"] > before["completed"]]
    view = chosen(later, rng)
    view["rows"] = [row for row in view["rows"] if row != before["rows"][0]]


def _same(view: Told, other: Told) -> bool:
    return all(view[key] == other[key] for key in ("level", "unit", "month"))


def something_is_counted_where_nobody_posted(history: History, rng: random.Random) -> None:
    view = chosen(views(history, final=True), rng)
    history.append({**view, "unit": "900-none", "count": 1, "rows": None})


def an_unheard_of_row_is_listed(history: History, rng: random.Random) -> None:
    view = chosen((v for v in views(history, final=True) if not any(_nameless(history, v))), rng)
    view["rows"].append("feedback-of-nobody")


def _nameless(history: History, view: Told) -> list[Told]:
    named = {post["op"] for post in history if post["kind"] == "post" and post["row"]}
    return [post for post in posts(history, "unknown") if post["op"] not in named and belongs(post, view)]


def an_effect_is_in_the_wrong_month(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "acknowledged"), rng)
    wrong = {**post, "effect": {**post["effect"], "month": next(m for m in MONTHS if m != post["effect"]["month"])}}
    _moved(history, post, wrong)


def an_effect_is_in_the_wrong_team_of_the_right_region(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "acknowledged"), rng)
    team = rng.choice([team for team in TEAMS if team != post["effect"]["team"]])
    there = dict(zip(LEVELS, (team, *TEAMS[team]), strict=True))
    _moved(history, post, {**post, "effect": {**post["effect"], **there}})


def _moved(history: History, post: Told, wrong: Told) -> None:
    for view in of(history, post):
        without(view, post)
    for view in of(history, wrong):
        view["count"] += 1
        view["rows"].append(post["row"])


def a_refused_post_is_counted(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "refused"), rng)
    post["row"] = f"feedback-{post['op']}"
    for view in of(history, post):
        view["count"] += 1
        view["rows"].append(post["row"])


def an_effect_is_counted_before_it_was_posted(history: History, rng: random.Random) -> None:
    view = chosen((view for view in views(history, final=False) if view["rows"] is None), rng)
    begun = {post["op"] for post in history if post["kind"] == "post" and post["invoked"] < view["completed"]}
    refused = {post["op"] for post in posts(history, "refused")}
    every = [post for post in history if post["kind"] == "post" and post["op"] in begun - refused]
    view["count"] = len({post["op"] for post in every if belongs(post, view)}) + 1


def a_row_is_listed_twice(history: History, rng: random.Random) -> None:
    view = chosen((view for view in history if view.get("rows")), rng)
    view["rows"].append(view["rows"][0])


def an_area_is_not_the_sum_of_its_teams(history: History, rng: random.Random) -> None:
    """By a post whose answer was lost: with it or without it either total is right, but not both."""
    post = chosen(posts(history, "unknown"), rng)
    sure = {told["op"] for told in posts(history, "acknowledged")}
    row = f"feedback-{post['op']}"
    (area,) = of(history, post, levels=("area",))
    if post["op"] in sure or row not in area["rows"]:
        raise Unfit
    without(area, {"row": row})


def rows_do_not_add_up_to_their_count(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "unknown"), rng)
    row = f"feedback-{post['op']}"
    sure = {told["op"] for told in posts(history, "acknowledged")}
    view = chosen((view for view in of(history, post) if row in view["rows"] and post["op"] not in sure), rng)
    view["rows"].remove(row)


def nobody_looked_in_the_end(history: History, rng: random.Random) -> None:
    post = chosen(posts(history, "acknowledged"), rng)
    for view in of(history, post):
        history.remove(view)


FAULTS: dict[Callable[[History, random.Random], None], set[str]] = {
    an_effect_is_dropped: {"lost"},
    an_effect_is_dropped_and_no_rows_tell: {"lost"},
    an_effect_is_doubled: {"duplicated"},
    an_effect_is_doubled_and_no_rows_tell: {"duplicated"},
    one_effect_is_dropped_and_another_doubled: {"lost", "duplicated"},
    two_posts_have_one_position: {"inconsistent"},
    two_posts_have_one_row: {"inconsistent"},
    one_post_has_two_positions: {"inconsistent"},
    positions_run_against_time: {"inconsistent"},
    a_view_lacks_what_it_was_asked_to_be_after: {"skipped"},
    a_later_view_lacks_what_an_earlier_one_was_after: {"skipped"},
    a_view_goes_back: {"non_monotonic"},
    a_row_that_was_shown_is_gone: {"non_monotonic"},
    something_is_counted_where_nobody_posted: {"duplicated"},
    an_unheard_of_row_is_listed: {"duplicated"},
    an_effect_is_in_the_wrong_month: {"lost", "duplicated"},
    an_effect_is_in_the_wrong_team_of_the_right_region: {"lost", "duplicated"},
    a_refused_post_is_counted: {"duplicated"},
    an_effect_is_counted_before_it_was_posted: {"duplicated"},
    a_row_is_listed_twice: {"duplicated"},
    an_area_is_not_the_sum_of_its_teams: {"wrong_totals"},
    rows_do_not_add_up_to_their_count: {"wrong_totals"},
    nobody_looked_in_the_end: {"unseen"},
}
HISTORIES = 25  # right ones that each fault is tried on


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_fault_is_found_by_its_name(spoil: Callable[[History, random.Random], None]) -> None:
    tried = 0
    for seed in range(2_000):
        history = copy.deepcopy(a_right_history(seed, 200))
        try:
            spoil(history, random.Random(seed))
        except Unfit:
            continue
        verdict = check(history)
        assert FAULTS[spoil] <= verdict.faults.keys(), (seed, verdict)
        assert verdict.examples
        tried += 1
        if tried == HISTORIES:
            return
    raise AssertionError(f"only {tried} histories have a place for it")


def test_one_effect_that_is_missing_at_every_level_is_one_lost_effect() -> None:
    history, rng = a_right_history(5, 200), random.Random(5)
    an_effect_is_dropped(history, rng)
    assert check(history).lost == 1


def test_a_total_that_went_astray_between_months_is_one_lost_and_one_too_many() -> None:
    history, rng = a_right_history(7, 200), random.Random(7)
    an_effect_is_in_the_wrong_month(history, rng)
    verdict = check(history)
    assert (verdict.lost, verdict.duplicated) == (1, 1)
