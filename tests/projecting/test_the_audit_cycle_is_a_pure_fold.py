"""Rows of the audit cycle are the plain fold of each thing's history, however its topic is cut, mixed and repeated."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.read_models import audit_cycle
from shared.calendar.clock import now
from shared.event_store.partition import partition_of
from shared.projecting.folding import Fold
from shared.projecting.state import Mark
from shared.projecting.totals import Totals, recount
from shared.published.envelope import Published
from tests.projecting.histories import Topic, relayed
from tests.projecting.toy import a_record
from tests.reporting.cycle_telling import histories
from tests.reporting.filling import rows_of
from tests.tiers import by_tier, seeded

MODEL = audit_cycle.READ_MODEL
PARTITIONS = 3

Streams = dict[str, list[Published]]


def published(streams: Streams, rng: random.Random) -> Topic:
    """The events of all streams as a log: each stream in its order, in any order between them."""
    topic: Topic = {p: [] for p in range(PARTITIONS)}
    left = {stream: list(enumerate(events)) for stream, events in streams.items() if events}
    seqs = dict.fromkeys(topic, -1)
    while left:
        stream = rng.choice(sorted(left))
        version, event = left[stream].pop(0)
        if not left[stream]:
            del left[stream]
        p = partition_of(stream, PARTITIONS)
        at = len(topic[p])
        topic[p].append(a_record(event, stream, version, p, seqs[p] + 1, seqs[p], at, f"{stream}.{version}"))
        seqs[p] += 1
    return topic


@seeded
@settings(max_examples=by_tier(150, 5_000, 20_000), deadline=None)
@given(st.lists(histories, min_size=1, max_size=5), st.integers(0, 2**32))
def test_any_cut_and_any_repeat_make_the_same_rows_and_move_totals_to_the_same_place(each, chance):
    rng = random.Random(chance)
    streams: Streams = {f"thing-{n}": events for n, events in enumerate(each)}
    topic = relayed(published(streams, rng), rng)
    fold, totals = Fold(MODEL, "audit_cycle.1", now), Totals()
    fold.marks = dict.fromkeys(topic, Mark())
    at = dict.fromkeys(topic, 0)
    while any(at[p] < len(topic[p]) for p in topic):
        batch = []
        for p in rng.sample(sorted(topic), len(topic)):
            start = max(0, at[p] - rng.choice((0, 0, 2)))
            at[p] = max(at[p], start + rng.randint(0, 5))
            batch += topic[p][start : at[p]]
        before = dict(fold.rows)
        work = fold.fold(fold.hear(batch))
        fold.remember(work)
        for stream, after in work.after.items():
            totals.change(before.get(stream), after)
    rows = {row["_id"]: row for row in fold.rows.values() if row is not None}
    anew = {row["_id"]: row for row in rows_of(MODEL, streams)}
    assert {stream: _told(row) for stream, row in rows.items()} == {stream: _told(row) for stream, row in anew.items()}
    assert _nonzero(totals.by_unit()) == _nonzero(recount(anew.values()))
    assert fold.parked == set()


def _told(row):
    """Whatever the row says but where in the log it was told, and when: only that differs between these two ways."""
    return {name: value for name, value in row.items() if name not in ("seq", "recorded_at", "late")}


def _nonzero(found):
    return {key: {path: n for path, n in paths.items() if n} for key, paths in found.items() if any(paths.values())}
