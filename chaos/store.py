"""The event store alone, on three mongods whose primary is killed or frozen again and again.

    python -m chaos.store --faults 300 --seed 7

Two rival stores share every partition, and some of the streams. In the end: whatever was acknowledged is there as it
was acknowledged, once, and every partition is dense with an unbroken chain.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pymongo import AsyncMongoClient

from deploy.local.cluster import MongoReplicaSet
from shared.event_store.mongo import MongoEventStore, chain_breaks
from shared.event_store.store import Actor, Commit, Meta, NewCommit, OutcomeUnknown, Payload, StoreBusy, StreamMovedOn

CALLERS = 24  # of each store
SHARED = 20  # streams that everybody writes to
SHARES = 0.1  # how often
PARTITIONS = 4
FROZEN = (4.0, 7.0)  # seconds: longer than an election
BETWEEN = (1.0, 3.0)  # seconds from health to the next fault

META = Meta(
    actor=Actor(staff_ref="s-1", role="QA_OFFICER"),
    la_code="901",
    occurred_at=datetime(2026, 4, 30, 9, tzinfo=UTC),
    effective_date=date(2026, 4, 30),
    correlation="chaos",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run proves: `wrong` is empty when every promise was kept."""

    seed: int
    faults: dict[str, int]
    acknowledged: int
    unknown: int
    moved_on: int
    stored: int
    lost: int
    duplicated: int
    longest_stall: float
    wrong: list[str]


@dataclass(slots=True)
class Told:
    """What the callers were told, by all of them together."""

    acknowledged: dict[str, Commit] = field(default_factory=dict)
    unknown: int = 0
    moved_on: int = 0
    longest_stall: float = 0.0
    _last: float = field(default_factory=time.monotonic)

    def acknowledge(self, commit: Commit) -> None:
        present = time.monotonic()
        self.longest_stall, self._last = max(self.longest_stall, present - self._last), present
        self.acknowledged[commit.id] = commit


async def run(faults: int, seed: int) -> Result:
    """Hurt the primary `faults` times under load. Starts engines of its own, and ends them."""
    cluster = MongoReplicaSet(3)
    await asyncio.to_thread(cluster.start)
    try:
        return await _run(cluster, faults, random.Random(seed), seed)
    finally:
        await asyncio.to_thread(cluster.stop)


async def _run(cluster: MongoReplicaSet, faults: int, rng: random.Random, seed: int) -> Result:
    async with _client(cluster) as one, _client(cluster) as other:
        rivals = [MongoEventStore(client["chaos"], PARTITIONS) for client in (one, other)]
        await rivals[0].prepare()
        told, over = Told(), asyncio.Event()
        callers = [
            asyncio.create_task(_calls(store, f"{r}-{i}", told, over, random.Random(rng.random())))
            for r, store in enumerate(rivals)
            for i in range(CALLERS)
        ]
        try:
            done = await _hurt(cluster, faults, rng)
        finally:
            over.set()
        await asyncio.gather(*callers)
        return await _judged(rivals[0], told, done, seed)


def _client(cluster: MongoReplicaSet) -> AsyncMongoClient[dict[str, Any]]:
    """As a service's: it gives up on a member that does not answer."""
    return AsyncMongoClient(cluster.url, tz_aware=True, serverSelectionTimeoutMS=5_000, timeoutMS=10_000)


async def _hurt(cluster: MongoReplicaSet, faults: int, rng: random.Random) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(faults):
        await asyncio.sleep(rng.uniform(*BETWEEN))
        primary = await asyncio.to_thread(cluster.primary)
        how = rng.choice(("kill", "freeze"))
        if how == "kill":
            await asyncio.to_thread(cluster.kill, primary)
            await asyncio.to_thread(cluster.primary)
            await asyncio.to_thread(cluster.restart, primary)
        else:
            cluster.freeze(primary)
            await asyncio.sleep(rng.uniform(*FROZEN))
            cluster.thaw(primary)
        done[how] += 1
    await asyncio.to_thread(cluster.primary)
    return done


async def _calls(store: MongoEventStore, name: str, told: Told, over: asyncio.Event, rng: random.Random) -> None:
    """One append after another, each until its outcome is certain, on its own stream or now and then a shared one."""
    versions: Counter[str] = Counter()
    sent = 0
    while not over.is_set():
        sent += 1
        stream = f"shared-{rng.randrange(SHARED)}" if rng.random() < SHARES else f"own-{name}"
        events = [Payload("Happened.v1", {"what": f"{name} {sent}.{i}"}) for i in range(rng.randint(1, 3))]
        commit = NewCommit(f"{name}-{sent}", stream, versions[stream], events, META, "r")
        try:
            kept = await _certain(store, commit, told)
        except StreamMovedOn as refused:
            told.moved_on += 1
            versions[stream] = refused.version or 0
        else:
            told.acknowledge(kept)
            versions[stream] = kept.version


async def _certain(store: MongoEventStore, commit: NewCommit, told: Told) -> Commit:
    while True:
        try:
            return await store.append(commit)
        except OutcomeUnknown:
            told.unknown += 1
        except StoreBusy as busy:
            await asyncio.sleep(busy.retry_after)


async def _judged(store: MongoEventStore, told: Told, done: Counter[str], seed: int) -> Result:
    stored = {p: await store.read_partition(p, -1, 10_000_000) for p in range(PARTITIONS)}
    every = [commit for commits in stored.values() for commit in commits]
    versions = Counter((commit.stream, v) for commit in every for v in _versions(commit))
    kept = {commit.id: commit for commit in every}
    lost = [id_ for id_, commit in told.acknowledged.items() if kept.get(id_) != commit]
    duplicated = [version for version, n in versions.items() if n > 1]
    wrong = [f"{id_} was acknowledged and is not so" for id_ in lost[:5]]
    wrong += [f"{version} is there more than once" for version in duplicated[:5]]
    wrong += [f"{id_} was kept and nobody was told" for id_ in sorted(kept.keys() - told.acknowledged.keys())[:5]]
    for partition, commits in stored.items():
        wrong += _gaps(partition, commits) + await chain_breaks(store.commits, partition)
    return Result(
        seed=seed,
        faults=dict(done),
        acknowledged=len(told.acknowledged),
        unknown=told.unknown,
        moved_on=told.moved_on,
        stored=len(every),
        lost=len(lost),
        duplicated=len(duplicated),
        longest_stall=round(told.longest_stall, 1),
        wrong=wrong,
    )


def _versions(commit: Commit) -> range:
    return range(commit.first_version, commit.version + 1)


def _gaps(partition: int, commits: Sequence[Commit]) -> list[str]:
    expected = 0
    for commit in commits:
        if commit.seq != expected:
            return [f"partition {partition}: {commit.seq} where {expected} should be"]
        expected = commit.last_seq + 1
    return []


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asking.add_argument("--faults", type=int, default=20)
    asking.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked = asking.parse_args()
    print(f"seed {asked.seed}", flush=True)  # noqa: T201 - what a program says
    result = asyncio.run(run(asked.faults, asked.seed))
    for name, value in asdict(result).items():
        print(f"{name}: {value}")  # noqa: T201
    sys.exit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
