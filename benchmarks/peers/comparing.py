"""All that is measured of a peer, and how it is shown and kept."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.peers.measuring import Drain, Engines, Killed, Latency, Stuck, drain, kill, latency
from benchmarks.peers.peer import Peer

QUICKLY = 5.0  # seconds; who is through in less cannot be timed well, and is given many events too
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    events: int = 60_000
    few: int = 6_000  # for slow peers
    many: int = 300_000  # for those that are through with `events` too quickly
    runs: int = 3
    kills: int = 4
    seconds: float = 10.0  # of latency


QUICK = Size(events=6_000, few=1_000, many=12_000, runs=1, kills=2, seconds=2.0)


@dataclass(frozen=True)
class Drained:
    """The same number of events, several times."""

    events: int
    runs: Sequence[Drain]

    @property
    def rate(self) -> float:
        return statistics.median(one.steady for one in self.runs)

    @property
    def with_start(self) -> float:
        return statistics.median(one.with_start for one in self.runs)

    @property
    def right(self) -> bool:
        return all(one.verdict.right for one in self.runs)

    @property
    def quick(self) -> bool:
        return all(self.events / one.with_start < QUICKLY for one in self.runs)


@dataclass(frozen=True)
class Measured:
    """`many` is missing for who is not quick, `latency` for who did not see the first posts."""

    peer: Peer
    drained: Drained
    many: Drained | None
    killed: Killed
    latency: Latency | None

    @property
    def right(self) -> bool:
        return all(one.right for one in self.all_drained())

    def all_drained(self) -> Iterator[Drained]:
        yield self.drained
        if self.many:
            yield self.many

    def peak_mb(self) -> float:
        return max(one.peak_mb for drained in self.all_drained() for one in drained.runs)

    def figures(self) -> dict[str, float]:
        """Flat, by name: events a second, milliseconds, MiB; 1 for right and 0 for wrong."""
        found = {
            "drain": self.drained.rate,
            "drain_with_start": self.drained.with_start,
            "right": float(self.right),
            "right_after_kill": float(self.killed.verdict.right),
            "rss_mb": self.peak_mb(),
        }
        if self.many:
            found["drain_many"] = self.many.rate
        if self.latency:
            found |= {"p50_ms": self.latency.p50_ms, "p99_ms": self.latency.p99_ms}
        return {f"peers.{self.peer.name}.{name}": value for name, value in found.items()}


def measure(peer: Peer, engines: Engines, size: Size, chance: random.Random, say: Say) -> Measured:
    """Errors: Stuck, when it does not even end a drain that nobody disturbs."""
    runs = 1 if peer.slow else size.runs
    drained = _drained(peer, engines, size.few if peer.slow else size.events, runs, say)
    many = _drained(peer, engines, size.many, runs, say) if drained.quick and not peer.slow else None
    killed = kill(peer, engines, (many or drained).events, size.kills, chance)
    say(f"  killed after {', '.join(f'{n:,}' for n in killed.at)}: {_outcome(killed)}")
    return Measured(peer, drained, many, killed, _latency(peer, engines, size.seconds, say))


def _drained(peer: Peer, engines: Engines, events: int, runs: int, say: Say) -> Drained:
    found: list[Drain] = []
    for _ in range(runs):
        found.append(drain(peer, engines, events))
        said = "right" if found[-1].verdict.right else str(found[-1].verdict)
        say(f"  {events:,}: {found[-1].steady:,.0f} a second, {found[-1].with_start:,.0f} with start, {said}")
    return Drained(events, found)


def _latency(peer: Peer, engines: Engines, seconds: float, say: Say) -> Latency | None:
    try:
        return asyncio.run(latency(peer, engines, seconds))
    except Stuck as stuck:
        say(f"  no latency: {stuck}")
        return None


# -- showing -----------------------------------------------------------------------------------------------------------

_COLUMNS = ("peer", "events", "events/s: least, median, most", "with start", "right", "killed", "p50 / p99", "memory")


def table(measured: Sequence[Measured], failed: Mapping[str, str]) -> Table:
    shown = Table(*_COLUMNS)
    for one in measured:
        rest = (_outcome(one.killed), _waited(one.latency), f"{one.peak_mb():,.0f} MiB")
        shown.add_row(one.peer.name, *_cells(one.drained), *rest)
        if one.many:
            shown.add_row("", *_cells(one.many))
    for name, reason in failed.items():
        shown.add_row(name, "", f"not measured: {reason}")
    return shown


def _cells(drained: Drained) -> tuple[str, str, str, str]:
    rates = [one.steady for one in drained.runs]
    said = ", ".join(f"{rate:,.0f}" for rate in (min(rates), drained.rate, max(rates)))
    return f"{drained.events:,}", said, f"{drained.with_start:,.0f}", "right" if drained.right else "WRONG"


def _outcome(killed: Killed) -> str:
    verdict, times = killed.verdict, f"{len(killed.at)} times"
    if verdict.right:
        return f"right, {times}"
    facts = verdict.facts_wrong + verdict.facts_missing
    return (
        f"WRONG, {times}: {killed.counted:,} counted, {verdict.documents_wrong:,} of {verdict.documents:,} documents "
        f"(+{verdict.too_much:,} -{verdict.too_little:,}), {facts:,} facts"
    )


def _waited(latency: Latency | None) -> str:
    if latency is None:
        return "never"
    late = "" if latency.visible == 1 else f", {1 - latency.visible:.0%} not in time"
    return f"{latency.p50_ms:,.1f} / {latency.p99_ms:,.1f} ms{late}"


def remarks(measured: Sequence[Measured]) -> list[str]:
    return [f"{one.peer.name}: {one.peer.note}" for one in measured if one.peer.note]


def ratios(measured: Sequence[Measured]) -> list[str]:
    """Golden Thread beside the batch that everybody would write, the fastest that ends right, and itself twice."""
    by_name = {one.peer.name: one for one in measured}
    ours, twice = by_name.get("golden_thread"), by_name.get("golden_thread_2")
    others = [one for one in measured if one not in (ours, twice) and one.right and one.killed.verdict.right]
    found: list[str] = []
    if ours and (batch := by_name.get("faststream_batch")):
        found.append(_ratio(ours, batch, 10))
    if ours and others:
        found.append(_ratio(ours, max(others, key=lambda one: one.drained.rate), 5))
    if ours and twice:
        found.append(_ratio(twice, ours, 1.5))
    return found


def _ratio(one: Measured, other: Measured, wanted: float) -> str:
    said = f"{one.peer.name} / {other.peer.name}: {one.drained.rate / other.drained.rate:.1f} times"
    if one.many:
        beside = other.many or other.drained
        said += f"; {one.many.rate / beside.rate:.1f} at {one.many.events:,} / {beside.events:,} events"
    return f"{said} (wanted: {wanted:g})"
