"""Whatever way a log reaches the reader, rows are the plain fold of it and totals are their recount."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar.clock import now
from shared.projecting.folding import Fold, learned
from shared.projecting.read_model import Row, Told
from shared.projecting.state import Mark
from shared.projecting.totals import Totals, Unit, nested, recount
from tests.projecting.toy import MODEL, TOPIC, FakeRecord, MarkedV1, place_of, published_log


def a_fold() -> Fold:
    fold = Fold(MODEL, "toy.1", now)
    fold.marks = dict.fromkeys(range(TOPIC.partitions), Mark())
    return fold


def rows_of(fold: Fold) -> dict[str, Row]:
    return {stream: row for stream, row in fold.rows.items() if row is not None}


def in_one_go(log: dict[int, list[FakeRecord]]) -> dict[str, Row]:
    fold = a_fold()
    fold.remember(fold.fold(fold.hear([record for records in log.values() for record in records])))
    return rows_of(fold)


Counts = dict[tuple[Unit, str], dict[str, int]]


def add(counts: dict[Any, dict[str, int]], changes: Counts) -> None:
    for key, paths in changes.items():
        for path, by in paths.items():
            counts.setdefault(key, {})[path] = counts.get(key, {}).get(path, 0) + by


def without_zeros(counts: Counts) -> Counts:
    found = {key: {path: n for path, n in paths.items() if n} for key, paths in counts.items()}
    return {key: paths for key, paths in found.items() if paths}


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 80), st.integers(0, 2**32), st.integers(0, 2**32))
def test_batch_cuts_repeats_and_rewinds_change_nothing(n: int, seed: int, cuts: int) -> None:
    log, rng = published_log(n, seed), random.Random(cuts)
    fold, totals = a_fold(), {}
    while any(fold.marks[p].offset < len(records) - 1 for p, records in log.items()):
        batch: list[FakeRecord] = []
        for p, records in log.items():
            start = rng.randint(max(0, fold.marks[p].offset - 3), fold.marks[p].offset + 1)
            batch += records[start : start + rng.randint(0, 7)]
        work = fold.fold(fold.hear(batch))
        fold.remember(work)
        changed = Totals()
        for stream, after in work.after.items():
            changed.change(work.before[stream], after)
        add(totals, changed.by_unit())
    assert rows_of(fold) == in_one_go(log)
    assert without_zeros(totals) == recount(rows_of(fold).values())


def test_what_lies_behind_a_gap_is_left_until_the_gap_is_filled() -> None:
    log = published_log(60, 5)
    p, records = max(log.items(), key=lambda item: len(item[1]))
    fold = a_fold()
    fold.remember(fold.fold(fold.hear([*records[:2], *records[3:]])))
    assert fold.marks[p].seq == int(dict(records[1].headers)["ce_sequence"] or b"")
    assert fold.counts["behind_gap"] == len(records) - 3
    # the relay goes back and sends everything after its cursor again, further down the topic
    again = [replace(record, offset=record.offset + 100) for record in records[2:]]
    fold.remember(fold.fold(fold.hear(again)))
    assert rows_of(fold) == in_one_go({p: records})


def spoiled(record: FakeRecord) -> FakeRecord:
    return replace(record, value=b"{")


def test_an_unreadable_record_parks_its_stream_and_all_others_go_on() -> None:
    log = published_log(80, 9)
    records = [record for partition in log.values() for record in partition]
    victim = records[10]
    behind = [r for r in records[11:] if r.key == victim.key]
    fold = a_fold()
    work = fold.fold(fold.hear([spoiled(r) if r is victim else r for r in records]))
    fold.remember(work)
    assert list(work.newly_parked) == [victim.key.decode()]
    assert len(work.parked) == 1 + len(behind)
    assert [parked["offset"] for parked in work.parked] == [r.offset for r in (victim, *behind)]
    others = {stream: row for stream, row in in_one_go(log).items() if stream != victim.key.decode()}
    assert {s: r for s, r in rows_of(fold).items() if s != victim.key.decode()} == others


def test_a_record_of_somebody_else_is_parked_without_moving_the_position() -> None:
    fold = a_fold()
    stray = FakeRecord("toy", 0, 0, None, b"hello", [("x", None)])
    work = fold.fold(fold.hear([stray]))
    assert [parked["stream"] for parked in work.parked] == ["unknown-toy-0"]
    assert work.marks[0] == Mark(-1, 0, None)


def test_a_read_model_that_fails_parks_the_stream_it_failed_on() -> None:
    def fails(row: Row | None, told: object) -> Row | None:
        raise ZeroDivisionError

    fold = a_fold()
    fold.model = replace(MODEL, learn=fails)
    record = next(record for records in published_log(20, 1).values() for record in records)
    assert "ZeroDivisionError" in fold.fold(fold.hear([record])).parked[0]["reason"]


def test_nothing_is_heard_beyond_the_limits() -> None:
    log = published_log(50, 3)
    fold = a_fold()
    fold.limits = dict.fromkeys(range(TOPIC.partitions), 4)
    fold.remember(fold.fold(fold.hear([record for records in log.values() for record in records])))
    assert all(mark.seq <= 4 for mark in fold.marks.values())


def test_a_contribution_counts_for_every_unit_above_its_place() -> None:
    place = {"team": "t1", "service_area": "a1", "authority": "901", "regions": ["london", "ncl"]}
    counted = recount([{"place": place, "cells": ["2026-04|A.count"]}])
    assert {unit for unit, _ in counted} == {
        Unit("team", "t1", "a1"),
        Unit("service_area", "a1", "901"),
        Unit("authority", "901", None),
        Unit("authority_in_region", "901", "london"),
        Unit("region", "london", None),
        Unit("authority_in_region", "901", "ncl"),
        Unit("region", "ncl", None),
    }
    assert all(paths == {"04.A.count": 1} for paths in counted.values())


def test_paths_nest() -> None:
    assert nested({"04.A.x": 1, "04.A.y": 2, "05.B": 3}) == {"04": {"A": {"x": 1, "y": 2}}, "05": {"B": 3}}


# -- what was recorded of months that were over ----------------------------------------------------------------------

APRIL, JUNE = "2026-04", "2026-06"
IN_APRIL, IN_MAY, IN_JUNE = (datetime(2026, month, 12, 10, tzinfo=UTC) for month in (4, 5, 6))


def heard(before: Row | None, month: str, at: datetime, *, team: str = "t1", mark: str = "A") -> Row:
    version = 1 if before is None else before["v"] + 1
    data = MarkedV1(place=place_of(team), month=month, mark=mark)
    row = learned(MODEL, before, Told(data.TYPE, "toy-1", version, version, version - 1, at, at, at.date(), data))
    assert row is not None
    return row


def test_a_row_says_when_its_last_event_was_recorded() -> None:
    row = heard(heard(None, APRIL, IN_APRIL), APRIL, IN_MAY)
    assert (row["recorded_at"], row["seq"]) == (IN_MAY, 2)


def test_what_is_recorded_in_its_own_month_is_not_late() -> None:
    assert "late" not in heard(heard(None, APRIL, IN_APRIL), APRIL, IN_APRIL)
    assert "late" not in heard(None, JUNE, IN_APRIL)


def test_what_is_recorded_of_a_month_that_is_over_is_late() -> None:
    assert heard(None, APRIL, IN_MAY)["late"] == {"at": IN_MAY, "on": "2026-05-12", "seq": 1, "first": APRIL}
    assert heard(heard(None, APRIL, IN_APRIL), APRIL, IN_MAY)["late"] == {
        "at": IN_MAY,
        "on": "2026-05-12",
        "seq": 2,
        "first": APRIL,
    }


def test_a_row_that_leaves_a_month_that_is_over_is_late_of_the_month_it_left() -> None:
    assert heard(heard(None, APRIL, IN_APRIL), JUNE, IN_JUNE)["late"]["first"] == APRIL


def test_of_several_late_changes_the_last_moment_and_the_earliest_month_are_kept() -> None:
    row = heard(heard(heard(None, APRIL, IN_MAY), JUNE, IN_JUNE), JUNE, IN_JUNE)
    late = {"at": IN_JUNE, "on": "2026-06-12", "seq": 2, "first": APRIL}
    assert row["late"] == late, "the third event touched June only, in June"


def test_a_place_that_was_left_is_remembered() -> None:
    row = heard(heard(None, APRIL, IN_APRIL), APRIL, IN_MAY, team="t3")
    assert [place["team"] for place in row["late"]["left"]] == ["t1"]
