"""Was anything lost or counted twice? Asked of the clients' own record, of the store and of the whole plant."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chaos import world
from chaos.checking import Verdict, check
from chaos.faults import Tally
from chaos.load import History, Load
from deploy.looking import TOPICS, Plant
from shared.messaging.cloudevents import position_of

_OVERTAKEN = re.compile(r"\bovertaken\b")
_REPEATED = re.compile(r"\brepeated\W*=\W*(\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Judgement:
    """What a run showed. `wrong` says in words what must not be; empty when all is well."""

    verdict: Verdict
    kept: Counter[str]  # rows in the stores, by how often they were begun
    totals: int
    wrong_totals: list[str]
    breaches: list[str]
    refused: int
    dropped: int
    records: int
    repeated_records: int
    lost: list[str]
    duplicated: list[str]
    wrong: list[str] = field(default_factory=list)


async def judge(plant: Plant, load: Load, logs: Iterable[Path], *, level: bool) -> Judgement:
    """After the last look. `level`: whether everything had settled."""
    kept = await _kept(plant)
    sure = {post["row"] for post in load.history.posts() if post["outcome"] == "acknowledged"}
    records, distinct = await _records(plant)
    totals, wrong_totals = _totals(load.history, kept)
    said = [_ANSI.sub("", log.read_text(errors="replace")) for log in logs]
    found = Judgement(
        verdict=check(load.history.records),
        kept=kept,
        totals=totals,
        wrong_totals=wrong_totals,
        breaches=await plant.verify(),
        refused=sum(len(_OVERTAKEN.findall(text)) for text in said),
        dropped=sum(_dropped(text) for text in said),
        records=records,
        repeated_records=records - distinct,
        lost=sorted(sure - kept.keys()),
        duplicated=sorted(row for row, times in kept.items() if times > 1),
    )
    found.wrong = _wrong(found, load, level=level)
    return found


def _wrong(found: Judgement, load: Load, *, level: bool) -> list[str]:
    wrong = [] if level else ["relays or projectors did not get level"]
    wrong += [f"acknowledged, and not in the store: {row}" for row in found.lost]
    wrong += [f"more than once in the store: {row}" for row in found.duplicated]
    wrong += found.wrong_totals
    wrong += found.breaches
    wrong += [f"history: {name}: {n}" for name, n in found.verdict.faults.items()]
    if not found.verdict.faults and not found.verdict.right:
        wrong.append("history: nothing was acknowledged")
    if load.counts["refused"]:
        wrong.append(f"{load.counts['refused']} posts were refused: {load.refusals}")
    return wrong


async def _kept(plant: Plant) -> Counter[str]:
    """How often each row that the load made was begun, read from the logs themselves."""
    kept: Counter[str] = Counter()
    for service in world.MEASURES:
        commits = plant.store(service).commits
        async for commit in commits.find({"v0": 1, "stream": {"$regex": "^(audit|alert|feedback)-"}}, {"stream": 1}):
            kept[commit["stream"]] += 1
    return kept


async def _records(plant: Plant) -> tuple[int, int]:
    """How many records the topics hold, and how many positions they are about."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=plant.settings.kafka_url, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(plant.topic(service), p) for service in TOPICS for p in range(TOPICS[service].partitions)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        left = {tp for tp, end in ends.items() if end > 0}
        total, seen = 0, set[tuple[str, int, int]]()
        while left:
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                total += len(records)
                found = (position_of(dict(record.headers)) for record in records)
                seen |= {(tp.topic, tp.partition, position[0]) for position in found if position}
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
        return total, len(seen)
    finally:
        await consumer.stop()


def _totals(history: History, kept: Mapping[str, int]) -> tuple[int, list[str]]:
    """Every last total against our own count of what clients were told, and what the store has of the unanswered."""
    expected: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for post in history.posts():
        if post["outcome"] == "acknowledged" or kept.get(post["row"] or ""):
            effect = post["effect"]
            for level in world.LEVELS:
                expected[level, effect[level], effect["month"], effect["measure"]] += 1
    shown = {
        (view["level"], view["unit"], view["month"], view["measure"]): view["count"]
        for view in history.records
        if view.get("final")
    }
    wrong = [
        f"total of {' '.join(cell)}: shown {shown.get(cell, 'nothing')}, posted {expected[cell]}"
        for cell in sorted(expected.keys() | shown.keys())
        if shown.get(cell) != expected[cell]
    ]
    return len(shown), wrong


def _dropped(text: str) -> int:
    """What a projector's process counted as repeats: the last number that it told for each read model."""
    last: dict[str, int] = {}
    for line in text.splitlines():
        if (repeated := _REPEATED.search(line)) and (model := re.search(r"projection=(\S+)", line)):
            last[model[1]] = int(repeated[1])
    return sum(last.values())


def summary(judged: Judgement, load: Load, tally: Tally) -> dict[str, Any]:
    """Everything that a run showed, by name."""
    by_kind: dict[str, dict[str, int]] = {}
    for (kind, group), n in sorted(tally.faults.items()):
        by_kind.setdefault(kind, {})[group] = n
    return {
        "faults": by_kind,
        "acknowledged": load.acknowledged,
        "unknown": load.counts["unknown"],
        "sent again": load.counts["sent again"],
        "views": load.counts["views"],
        "lost": len(judged.lost) + judged.verdict.lost,
        "duplicated effects": len(judged.duplicated) + judged.verdict.duplicated,
        "totals compared": judged.totals,
        "wrong totals": len(judged.wrong_totals) + judged.verdict.wrong_totals,
        "views out of order": judged.verdict.skipped + judged.verdict.non_monotonic + judged.verdict.inconsistent,
        "breaches of stores and read models": len(judged.breaches),
        "stale commits refused": judged.refused,
        "repeats dropped": judged.dropped,
        "records": judged.records,
        "records sent more than once": judged.repeated_records,
        "longest stall seconds": round(load.stall.seconds, 1),
        "longest stall during": load.stalled_during,
        "wait for acknowledgement p50 ms": _milliseconds(load.waits, 0.5),
        "wait for acknowledgement p99 ms": _milliseconds(load.waits, 0.99),
        "recovery seconds": {
            kind: {"p50": round(statistics.median(took), 1), "max": round(max(took), 1)}
            for kind, took in sorted(tally.recoveries.items())
        },
        "clients met": {name: n for name, n in sorted(load.counts.items()) if name not in ("acknowledged", "views")},
    }


def _milliseconds(waits: Sequence[float], share: float) -> int:
    in_order = sorted(waits)
    return round(1000 * in_order[int(share * (len(in_order) - 1))]) if in_order else 0


def flat(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The summary as lines of one table."""
    lines: list[tuple[str, str]] = []
    for name, value in summary.items():
        if name == "faults":
            lines += [
                (f"faults: {kind}", f"{sum(by.values())}: " + ", ".join(f"{group} {n}" for group, n in by.items()))
                for kind, by in value.items()
            ]
        elif name == "recovery seconds":
            lines += [
                (f"recovery after {kind}", f"p50 {took['p50']} s, max {took['max']} s") for kind, took in value.items()
            ]
        elif isinstance(value, Mapping):
            lines.append((name, ", ".join(f"{key} {n}" for key, n in value.items())))
        else:
            lines.append((name, str(value)))
    return lines
