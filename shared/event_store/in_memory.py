"""The event store's twin without an engine: the same promises, for tests of the domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy

from shared.calendar.clock import Clock, now
from shared.event_store.partition import partition_of
from shared.event_store.store import Commit, KeyReused, NewCommit, StreamMovedOn


class InMemoryEventStore:
    def __init__(self, partitions: int = 8, clock: Clock = now) -> None:
        self.partitions = partitions
        self._clock = clock
        self._by_id: dict[str, Commit] = {}
        self._streams: defaultdict[str, list[Commit]] = defaultdict(list)
        self._logs: defaultdict[int, list[Commit]] = defaultdict(list)

    async def append(self, commit: NewCommit) -> Commit:
        if not commit.events:
            raise ValueError("a commit holds at least one event")
        if kept := self._by_id.get(commit.id):
            if kept.request != commit.request:
                raise KeyReused(commit.id)
            return kept
        stream = self._streams[commit.stream]
        version = stream[-1].version if stream else 0
        if version != commit.after:
            raise StreamMovedOn(commit.stream, version)
        partition = partition_of(commit.stream, self.partitions)
        kept = Commit(
            id=commit.id,
            partition=partition,
            seq=await self.head(partition) + 1,
            stream=commit.stream,
            first_version=version + 1,
            events=tuple(deepcopy(event) for event in commit.events),
            meta=commit.meta,
            request=commit.request,
            recorded_at=self._clock(),
        )
        self._by_id[kept.id] = kept
        stream.append(kept)
        self._logs[partition].append(kept)
        return kept

    async def read(self, stream: str, after: int = 0) -> list[Commit]:
        return [commit for commit in self._streams.get(stream, ()) if commit.first_version > after]

    async def find(self, commit_id: str) -> Commit | None:
        return self._by_id.get(commit_id)

    async def read_partition(self, partition: int, after: int, limit: int) -> list[Commit]:
        return [commit for commit in self._logs.get(partition, ()) if commit.seq > after][:limit]

    async def read_partitions(self, after: Mapping[int, int], limit: int) -> list[Commit]:
        parts = [await self.read_partition(partition, seq, limit) for partition, seq in sorted(after.items())]
        return [commit for part in parts for commit in part][:limit]

    async def head(self, partition: int) -> int:
        log = self._logs.get(partition)
        return log[-1].last_seq if log else -1
