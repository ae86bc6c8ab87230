"""Everybody is measured against the same events, and whoever answers wrongly is found out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.yardstick import GRADES, Answer, encode, expected, flat, generate, verify

N = 3000
EVENTS = tuple(generate(N))
RIGHT = expected(EVENTS)
DIGEST = "3d81372f0c4c0e0bbb2203df51da6416dd396fb73835e403d23c7b36807dd1fa"


def test_the_events_are_always_the_same():
    assert hashlib.sha256(b"".join(map(encode, generate(N)))).hexdigest() == DIGEST
    assert tuple(generate(N + 500))[:N] == EVENTS
    assert tuple(generate(N, seed=1)) != EVENTS


def test_every_stream_counts_its_versions_from_one_and_stays_where_it_is():
    versions: defaultdict[str, list[int]] = defaultdict(list)
    teams: defaultdict[str, set[str]] = defaultdict(set)
    for event in EVENTS:
        versions[event["stream"]].append(event["version"])
        teams[event["stream"]].add(event["team"])
    assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values())
    assert all(len(seen) == 1 for seen in teams.values())


def test_the_events_are_of_every_kind_and_regrades_do_not_carry_the_old_grade():
    kinds = Counter(event["type"] for event in EVENTS)
    regrades = sum(event["type"] == "AuditGraded" and event["version"] > 1 for event in EVENTS)
    assert kinds.keys() == {"AuditGraded", "AlertRaised", "AlertResolved", "FeedbackReceived"}
    assert 0.12 < regrades / N < 0.18
    assert all(event["data"].keys() == {"grade", "domains"} for event in EVENTS if event["type"] == "AuditGraded")


def test_the_expected_totals_equal_a_recount_from_the_last_state():
    """Another way to the same answer: what audits say in the end is counted once, everything else as it happens."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    last = {event["stream"]: event for event in EVENTS if event["type"] == "AuditGraded"}
    for event in EVENTS:
        names = ["events"]
        data = event["data"]
        if last.get(event["stream"]) is event:
            names += [f"graded.{data['grade']}", *(f"domains.{d}.{g}" for d, g in data["domains"].items())]
        elif event["type"] == "AlertRaised":
            names += ["alerts.raised", f"severity.{data['severity']}"]
        elif event["type"] == "AlertResolved":
            names += ["alerts.resolved"]
        elif event["type"] == "FeedbackReceived":
            names += [f"feedback.{data['rating']}"]
        for level in ("team", "area", "region"):
            counted[f"{level}|{event[level]}|{event['period']}"].update(names)
    assert {id_: dict(names) for id_, names in counted.items()} == RIGHT.counters


def test_levels_agree_and_nothing_is_counted_less_than_never():
    of_level = {
        level: sum((Counter(c) for id_, c in RIGHT.counters.items() if id_.startswith(level)), Counter[str]())
        for level in ("team|", "area|", "region|")
    }
    assert of_level["team|"] == of_level["area|"] == of_level["region|"]
    assert of_level["region|"]["events"] == N
    assert min(n for document in RIGHT.counters.values() for n in document.values()) > 0


def test_the_right_answer_is_found_right():
    verdict = verify(expected(EVENTS), RIGHT)
    assert verdict.right
    assert (verdict.facts_wrong, verdict.facts_missing, verdict.documents_wrong) == (0, 0, 0)
    assert verdict.documents == len(RIGHT.counters)


@pytest.mark.parametrize("kind", ["AuditGraded", "AlertRaised", "AlertResolved", "FeedbackReceived"])
def test_a_lost_event_is_found(kind: str):
    lost = next(i for i in reversed(range(N)) if EVENTS[i]["type"] == kind)
    verdict = verify(expected(EVENTS[:lost] + EVENTS[lost + 1 :]), RIGHT)
    assert not verdict.right
    assert verdict.documents_wrong == 3
    assert verdict.too_little > verdict.too_much
    assert verdict.facts_wrong + verdict.facts_missing == 1


@pytest.mark.parametrize("kind", ["AuditGraded", "AlertRaised", "AlertResolved", "FeedbackReceived"])
def test_an_event_counted_twice_is_found(kind: str):
    twice = next(i for i in range(N) if EVENTS[i]["type"] == kind)
    verdict = verify(expected(EVENTS[: twice + 1] + EVENTS[twice:]), RIGHT)
    assert not verdict.right
    assert verdict.documents_wrong == 3
    assert verdict.too_much > verdict.too_little == 0
    assert (verdict.facts_wrong, verdict.facts_missing) == (0, 0)


def test_counts_of_one_team_under_another_are_found_though_the_sums_agree():
    one, other = [id_ for id_ in RIGHT.counters if id_.startswith("team|")][:2]
    swapped = {**RIGHT.counters, one: RIGHT.counters[other], other: RIGHT.counters[one]}
    verdict = verify(replace(RIGHT, counters=swapped), RIGHT)
    assert not verdict.right
    assert verdict.documents_wrong == 2
    assert verdict.too_much == verdict.too_little > 0


def test_a_fact_that_says_something_else_is_found():
    stream = next(event["stream"] for event in EVENTS if event["type"] == "AuditGraded")
    fact = RIGHT.facts[stream]
    other = next(grade for grade in GRADES if grade != fact["grade"])
    verdict = verify(replace(RIGHT, facts={**RIGHT.facts, stream: {**fact, "grade": other}}), RIGHT)
    assert not verdict.right
    assert verdict.facts_wrong == 1


def test_facts_and_counters_of_nothing_that_happened_are_found():
    assert verify(replace(RIGHT, facts={**RIGHT.facts, "audit-x": {"version": 1}}), RIGHT).facts_wrong == 1
    assert verify(replace(RIGHT, counters={**RIGHT.counters, "team|X|2025-01": {"events": 1}}), RIGHT).too_much == 1
    assert not verify(Answer({}, {}), RIGHT).right


def test_nested_counters_are_the_same_as_dotted_ones():
    nested: dict[str, Any] = json.loads('{"events": 3, "graded": {"good": 2}, "domains": {"plan": {"good": 1.0}}}')
    assert flat(nested) == {"events": 3, "graded.good": 2, "domains.plan.good": 1}
