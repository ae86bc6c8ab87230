"""What a batch of records does to rows: in memory, without an engine, the same for live projection and rebuild."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any

from shared.calendar.clock import Clock
from shared.messaging.cloudevents import Attributes, KafkaRecord, Unreadable, decode_parts, position_of, stream_of
from shared.projecting.read_model import ReadModel, Row, Told
from shared.projecting.state import Mark

BEHIND_PARKED = "behind a parked event of its stream"


@dataclass(slots=True)
class Heard:
    """A record that comes next, and what it says. `seq` is None for a record that is not one of ours."""

    record: KafkaRecord
    stream: str
    seq: int | None
    told: Told | Unreadable


@dataclass(slots=True)
class Work:
    """What one batch writes. `before` are the rows as they stood, `after` as they stand (None: nothing to show)."""

    marks: dict[int, Mark] = field(default_factory=dict)
    before: dict[str, Row | None] = field(default_factory=dict)
    after: dict[str, Row | None] = field(default_factory=dict)
    parked: list[dict[str, Any]] = field(default_factory=list)
    newly_parked: dict[str, str] = field(default_factory=dict)
    used: int = 0


class Fold:
    """Where a reader stands: how far it got, the rows it holds, the streams set aside.

    `limits`, when given, are the last positions to hear of in each partition: what lies behind them is left for later.
    """

    def __init__(self, model: ReadModel, generation: str, clock: Clock) -> None:
        self.model = model
        self.generation = generation
        self.marks: dict[int, Mark] = {}
        self.rows: MutableMapping[str, Row | None] = {}
        self.parked: set[str] = set()
        self.limits: Mapping[int, int] | None = None
        self.counts: Counter[str] = Counter()
        self.gaps: set[int] = set()  # partitions of which a later record was heard, but not the next one
        self._clock = clock

    def hear(self, records: Sequence[KafkaRecord], reached: dict[int, int] | None = None) -> list[Heard]:
        """The records that come next in their partitions, decoded; repeats and what lies behind a gap are dropped.

        `reached` are the positions to go on from, and is moved along; without it, those of the marks.
        """
        if reached is None:
            reached = self.reached()
        heard: list[Heard] = []
        for record in records:
            headers = dict(record.headers)
            position = position_of(headers)
            partition = record.partition
            if position is None:
                if record.offset > self.marks[partition].offset:
                    stray = Unreadable("the record does not say its position")
                    heard.append(Heard(record, stream_of(record), None, stray))
                continue
            seq, previous = position
            if seq <= reached[partition]:
                self.counts["repeated"] += 1
            elif previous > reached[partition]:
                self.counts["behind_gap"] += 1  # the relay goes back to the gap and sends this one again
                self.gaps.add(partition)
            elif self.limits is None or seq <= self.limits[partition]:
                reached[partition] = seq
                self.gaps.discard(partition)
                heard.append(self._heard(record, headers, position))
        return heard

    def reached(self) -> dict[int, int]:
        return {p: mark.seq for p, mark in self.marks.items()}

    def fold(self, heard: Sequence[Heard], work: Work | None = None) -> Work:
        """What these records change, after what is in `work` already. Rows of their streams must be in `rows`."""
        work = work or Work()
        for one in heard:
            if one.stream in self.parked or one.stream in work.newly_parked:
                self._park(work, one, BEHIND_PARKED)
            elif isinstance(one.told, Unreadable):
                self._park(work, one, one.told.reason)
            else:
                self._learn(work, one, one.told)
        self._advance(work, heard)
        return work

    def remember(self, work: Work) -> None:
        """Stand where this batch leads."""
        self.counts["used"] += work.used
        self.counts["parked"] += len(work.parked)
        self.marks.update(work.marks)
        self.rows.update(work.after)
        self.parked.update(work.newly_parked)

    def _heard(self, record: KafkaRecord, headers: Attributes, position: tuple[int, int]) -> Heard:
        try:
            told = decode_parts(headers, record.value, self.model.decoders, position)
        except Unreadable as error:
            return Heard(record, stream_of(record), position[0], error)
        return Heard(record, told.stream, position[0], told)

    def _learn(self, work: Work, one: Heard, told: Told) -> None:
        stream = told.stream
        before = work.after[stream] if stream in work.after else self.rows.get(stream)
        try:
            after = learned(self.model, before, told)
        except Exception as error:  # the only place where a fault of a read model is met: its stream is set aside
            self._park(work, one, f"the read model failed on it: {type(error).__name__}")
            return
        work.before.setdefault(stream, before)
        work.after[stream] = after
        work.used += 1

    def _park(self, work: Work, one: Heard, reason: str) -> None:
        if reason is not BEHIND_PARKED:
            work.newly_parked[one.stream] = reason
        record = one.record
        work.parked.append(
            {
                "_id": f"{self.generation}|{record.partition}|{record.offset}",
                "generation": self.generation,
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "stream": one.stream,
                "seq": one.seq,
                "reason": reason,
                "first_seen": self._clock(),
                "key": record.key,
                "value": record.value,
                "headers": [[name, value] for name, value in record.headers],
            }
        )

    def _advance(self, work: Work, heard: Sequence[Heard]) -> None:
        offsets: dict[int, int] = {}
        seqs: dict[int, int] = {}
        times: dict[int, datetime] = {}
        for one in heard:
            partition = one.record.partition
            offsets[partition] = one.record.offset
            if one.seq is not None:
                seqs[partition] = one.seq
            if isinstance(one.told, Told):
                times[partition] = one.told.recorded_at
        for partition, offset in offsets.items():
            mark = work.marks.get(partition, self.marks[partition])
            work.marks[partition] = Mark(seqs.get(partition, mark.seq), offset, times.get(partition, mark.at))


def learned(model: ReadModel, before: Row | None, told: Told) -> Row | None:
    """The row after the event: the read model's own fields, its contributions, their months, the stream's version.

    `recorded_at` and `seq` are those of the last event heard of the stream; `late`, where there is one, is described
    at `late_change`.
    """
    row = model.learn(before, told)
    if row is None:
        return None
    row["_id"] = told.stream
    row["v"] = told.version
    row["seq"] = told.seq
    row["recorded_at"] = told.recorded_at
    # The same few thousand contributions in every row: kept once, they are hashed once, and rows are smaller.
    cells = row["cells"] = list(map(intern, model.cells(row)))
    row["months"] = sorted({cell[:7] for cell in cells})
    late = late_change(before, row, told)
    if late is not None:
        row["late"] = late
    return row


def late_change(before: Row | None, after: Row, told: Told) -> Row | None:
    """What was recorded of a month that was over by then: what may make a closed period differ from its figures.

    `at`, `on` and `seq` say when the last such event was recorded, on which day it counts, and its position; `first` is
    the earliest month that any of them touched, `left` are the places in which the row counted before one of them. Rows
    that never were late have none.
    """
    known: Row | None = before.get("late") if before is not None else None
    first = _first_touched(before, after)
    if first is None or first >= f"{told.recorded_at.year:04}-{told.recorded_at.month:02}":
        return known
    first = min(first, known["first"]) if known else first
    late = {"at": told.recorded_at, "on": told.effective_date.isoformat(), "seq": told.seq, "first": first}
    left = list(known.get("left", ())) if known else []
    if before is not None and before["place"] != after["place"] and before["place"] not in left:
        left.append(before["place"])
    return {**late, "left": left} if left else late


def _first_touched(before: Row | None, after: Row) -> str | None:
    """The earliest month in which the row counts otherwise than before; when nowhere, the first in which it counts."""
    months: list[str] = after["months"]
    if before is None or before["place"] != after["place"]:
        return min([*(before["months"] if before else ()), *months], default=None)
    if before["cells"] == after["cells"]:
        return months[0] if months else None
    came: Counter[str] = Counter(after["cells"])
    gone: Counter[str] = Counter(before["cells"])
    changed = (cell[:7] for cell in (came.keys() | gone.keys()) if came[cell] != gone[cell])
    return min(changed, default=months[0] if months else None)
