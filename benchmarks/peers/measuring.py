"""How fast a peer is, and whether it is right: seen from outside, through what is in the database."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from benchmarks.peers.environments import BUILD
from benchmarks.peers.peer import Peer
from benchmarks.peers.sources import Post
from benchmarks.peers.task import Task
from benchmarks.yardstick import Answer, Verdict, expected, generate, verify
from deploy.local.child import Child

LOOK = 0.02  # seconds between two looks at a drain
STUCK = 90.0  # seconds without anything new after which a killed peer is judged by what it has
HOPELESS = 180.0  # the same for who was not disturbed
SLACK = 5.0  # seconds of quiet beyond a session's end after which nothing comes twice any more
LATEST = 0.4  # seconds by which a kill comes at most after its moment
RATE, WARM = 200, 100  # events a second that latency is measured at; events before it
PATIENCE = 30.0  # seconds that the last of them may take to be seen


class Stuck(Exception):
    """A peer ended by itself, or showed nothing new for too long. The message says which, and what it said last."""


@dataclass(frozen=True)
class Engines:
    kafka: str
    mongo: MongoClient[dict[str, Any]]
    mongo_url: str


@dataclass(frozen=True)
class Drain:
    """Events a second, from the first visible batch to the last and from the start of the processes; MiB at most."""

    steady: float
    with_start: float
    peak_mb: float
    verdict: Verdict


@dataclass(frozen=True)
class Killed:
    """After how many visible events it was killed, how many it had counted in the end, and what of that is wrong."""

    at: list[int]
    counted: int
    verdict: Verdict


@dataclass(frozen=True)
class Latency:
    """Milliseconds from posting to visible; `visible` is the share of the posts that were seen in time."""

    p50_ms: float
    p99_ms: float
    visible: float


class AtWork:
    """One peer with a database and a directory of its own, which stay when its processes are killed."""

    def __init__(self, peer: Peer, engines: Engines, source: str) -> None:
        mark = f"{peer.name}_{uuid.uuid4().hex[:8]}"
        work = BUILD / "work" / mark
        work.mkdir(parents=True)
        self.peer = peer
        self.database = engines.mongo[f"peers_{mark}_reporting"]
        self.task = Task(engines.kafka, engines.mongo_url, self.database.name, source, mark, str(work))
        self._children: list[Child] = []

    def start(self) -> None:
        self._children = self.peer.start(self.task)

    def kill(self) -> None:
        for child in self._children:
            child.kill()

    def alive(self) -> bool:
        return all(child.alive() for child in self._children)

    def counted(self) -> int:
        """How many events are visible. Errors: Stuck, when a process has ended by itself."""
        if not self.alive():
            said = [child.said().strip()[-300:] for child in self._children if not child.alive()]
            raise Stuck(f"it ended by itself: {said[0]}")
        return self.peer.counted(self.database)

    def peak_mb(self) -> float:
        """Resident memory at its highest, of all processes together."""
        return sum(_peak_kb(child.pid) for child in self._children) / 1024

    def verdict(self, n: int) -> Verdict:
        return verify(self.peer.answer(self.database), _right(n))

    def clear(self) -> None:
        self.kill()
        self.database.client.drop_database(self.database.name)
        shutil.rmtree(self.task.work)


@lru_cache(maxsize=1)
def _right(n: int) -> Answer:
    return expected(generate(n))


def _peak_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@contextmanager
def _at_work(peer: Peer, engines: Engines, source: str) -> Iterator[AtWork]:
    work = AtWork(peer, engines, source)
    try:
        yield work
    finally:
        work.clear()


# -- the drain ---------------------------------------------------------------------------------------------------------


def drain(peer: Peer, engines: Engines, n: int) -> Drain:
    """Let it read n events that lie there already. Errors: Stuck."""
    with _at_work(peer, engines, peer.source.filled(n)) as work:
        begun = time.perf_counter()
        work.start()
        seen = _wait_until(work, 1)
        first = time.perf_counter()
        _wait_until(work, n)
        last = time.perf_counter()
        peak = work.peak_mb()
        time.sleep(1)  # the counters of the regions are not the last that some write
        work.kill()
        finishing = peer.finish(work.database)
        with_start = n / (last - begun + finishing)
        # Who shows everything at once was not seen at work, only from start to end.
        steady = (n - seen) / (last - first + finishing) if seen < n else with_start
        return Drain(steady, with_start, peak, work.verdict(n))


def _wait_until(work: AtWork, n: int, patience: float = HOPELESS) -> int:
    """Wait until n events are visible; answers how many are then. Errors: Stuck."""
    seen, since = work.counted(), time.monotonic()
    while seen < n:
        time.sleep(LOOK)
        if (now := work.counted()) != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > patience:
            raise Stuck(f"nothing new for {patience:.0f} s after {seen:,} of {n:,} events")
    return seen


# -- kills -------------------------------------------------------------------------------------------------------------


def kill(peer: Peer, engines: Engines, n: int, times: int, chance: random.Random) -> Killed:
    """Kill all its processes at random moments of a drain, start them again each time, and look at what it answers.

    A peer that stands still afterwards is judged by what it has.
    """
    with _at_work(peer, engines, peer.source.filled(n)) as work:
        at: list[int] = []
        work.start()
        for share in sorted(chance.uniform(0.02, 0.95) for _ in range(times)):
            if (at and at[-1] >= n) or not _has_reached(work, share * n, since=at):
                break  # it is through, or it stands still
            time.sleep(chance.uniform(0, LATEST))
            at.append(peer.counted(work.database))
            work.kill()
            work.start()
        counted = _wait_for_quiet(work, n)
        work.kill()
        peer.finish(work.database)
        return Killed(at, counted, work.verdict(n))


def _has_reached(work: AtWork, n: float, since: list[int]) -> bool:
    """Wait until n events are visible and more than at the last kill. False when that does not come."""
    try:
        _wait_until(work, max(int(n), since[-1] + 1 if since else 1), STUCK)
    except Stuck:
        return False
    return True


def _wait_for_quiet(work: AtWork, n: int) -> int:
    """Until nothing is to be expected any more; answers how many events are visible then."""
    seen, since = work.peer.counted(work.database), time.monotonic()
    while work.alive() and time.monotonic() - since < (work.peer.settle + SLACK if seen >= n else STUCK):
        time.sleep(LOOK)
        if (now := work.peer.counted(work.database)) != seen:
            seen, since = now, time.monotonic()
    return seen


# -- latency -----------------------------------------------------------------------------------------------------------


async def latency(peer: Peer, engines: Engines, seconds: float) -> Latency:
    """From posting an event until it is counted, at RATE a second. k-th posted to k-th visible. Errors: Stuck."""
    source = await peer.source.create()
    with _at_work(peer, engines, source) as work:
        async with peer.source.posting(source) as post:
            work.start()
            await _warm(work, post)
            posts = int(RATE * seconds)
            watching = asyncio.create_task(asyncio.to_thread(_watch, work, posts, seconds + PATIENCE))
            posted = await _post_steadily(post, posts)
            seen = await watching
    waits = sorted(at - sent for sent, at in zip(posted, seen, strict=False))  # what was not seen has no end
    return Latency(waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000, len(seen) / posts)


async def _warm(work: AtWork, post: Post) -> None:
    for _ in range(WARM):
        await post()
        await asyncio.sleep(0.02)
    await asyncio.to_thread(_wait_until, work, WARM)


async def _post_steadily(post: Post, posts: int) -> list[float]:
    """When each was posted."""
    begun = time.perf_counter()
    posted: list[float] = []
    for i in range(posts):
        if (early := begun + i / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        posted.append(time.perf_counter())
        await post()
    return posted


def _watch(work: AtWork, posts: int, timeout: float) -> list[float]:
    """When each became visible, to within two milliseconds, as far as they do in time."""
    until = time.perf_counter() + timeout
    seen: list[float] = []
    while len(seen) < posts and time.perf_counter() < until:
        visible, now = work.counted() - WARM, time.perf_counter()
        seen += [now] * (min(visible, posts) - len(seen))
        time.sleep(0.002)
    return seen
