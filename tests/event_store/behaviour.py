"""What every event store promises, written once and inherited by each (tests/event_store/test_*.py)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from shared.event_store.partition import partition_of
from shared.event_store.store import Actor, EventStore, KeyReused, Meta, NewCommit, Payload, StreamMovedOn

META = Meta(
    actor=Actor(staff_ref="s-1", role="QA_OFFICER"),
    la_code="901",
    occurred_at=datetime(2026, 4, 30, 9, tzinfo=UTC),
    effective_date=date(2026, 4, 30),
    correlation="c-1",
)


def a_commit(stream: str, after: int = 0, n: int = 1, id_: str | None = None, request: str = "r") -> NewCommit:
    events = [Payload("Happened.v1", {"what": f"{stream} {after + i + 1}"}) for i in range(n)]
    return NewCommit(id_ or f"{stream}@{after}", stream, after, events, META, request)


def streams_of_one_partition(n: int, partitions: int = 8) -> list[str]:
    found = (f"thing-{i}" for i in range(100_000))
    return [stream for stream in found if partition_of(stream, partitions) == 0][:n]


async def whole_partition(store: EventStore, partition: int) -> list[tuple[int, int, str]]:
    commits = await store.read_partition(partition, -1, 1_000_000)
    return [(commit.seq, len(commit.events), commit.id) for commit in commits]


def assert_dense(run: list[tuple[int, int, str]]) -> None:
    expected = 0
    for seq, n, _ in run:
        assert seq == expected
        expected += n


class EventStoreBehaviour:
    async def test_what_was_appended_is_read_back_in_order(self, store: EventStore) -> None:
        await store.append(a_commit("thing-1", n=2))
        await store.append(a_commit("thing-1", after=2))
        commits = await store.read("thing-1")
        assert [commit.first_version for commit in commits] == [1, 3]
        assert [event.data["what"] for commit in commits for event in commit.events] == [
            "thing-1 1",
            "thing-1 2",
            "thing-1 3",
        ]
        assert commits[0].meta == META

    async def test_a_stream_that_never_was_is_empty(self, store: EventStore) -> None:
        assert await store.read("thing-never") == []
        assert await store.find("no such id") is None

    async def test_reading_on_from_a_version_leaves_out_what_came_before(self, store: EventStore) -> None:
        await store.append(a_commit("thing-1", n=2))
        later = await store.append(a_commit("thing-1", after=2))
        assert await store.read("thing-1", after=2) == [later]

    async def test_an_append_after_an_old_version_is_refused_and_says_where_the_stream_stands(
        self, store: EventStore
    ) -> None:
        await store.append(a_commit("thing-1", n=2))
        with pytest.raises(StreamMovedOn) as refused:
            await store.append(a_commit("thing-1", after=0, id_="late"))
        assert refused.value.version == 2
        assert await store.find("late") is None

    async def test_the_same_command_twice_is_kept_once_and_answered_alike(self, store: EventStore) -> None:
        first = await store.append(a_commit("thing-1"))
        again = await store.append(a_commit("thing-1"))
        assert (again.seq, again.first_version, again.id) == (first.seq, first.first_version, first.id)
        assert len(await store.read("thing-1")) == 1

    async def test_an_id_used_for_another_command_is_refused(self, store: EventStore) -> None:
        await store.append(a_commit("thing-1", id_="k", request="one"))
        with pytest.raises(KeyReused):
            await store.append(a_commit("thing-1", after=1, id_="k", request="two"))
        with pytest.raises(KeyReused):
            await store.append(a_commit("thing-2", id_="k", request="two"))

    async def test_fifty_copies_of_one_command_at_once_are_kept_once(self, store: EventStore) -> None:
        kept = await asyncio.gather(*(store.append(a_commit("thing-1")) for _ in range(50)))
        assert {commit.seq for commit in kept} == {kept[0].seq}
        assert len(await store.read("thing-1")) == 1

    async def test_of_eight_writers_at_the_same_version_exactly_one_wins(self, store: EventStore) -> None:
        for round_ in range(20):
            outcomes = await asyncio.gather(
                *(store.append(a_commit("thing-1", after=round_, id_=f"{round_}-{i}")) for i in range(8)),
                return_exceptions=True,
            )
            assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
            assert sum(isinstance(outcome, StreamMovedOn) for outcome in outcomes) == 7
        assert [commit.first_version for commit in await store.read("thing-1")] == list(range(1, 21))

    async def test_a_commit_of_several_events_is_there_whole_or_not_at_all(self, store: EventStore) -> None:
        await store.append(a_commit("thing-1"))
        with pytest.raises(StreamMovedOn):
            await store.append(a_commit("thing-1", after=0, n=3, id_="late"))
        assert sum(len(commit.events) for commit in await store.read("thing-1")) == 1

    async def test_an_empty_commit_is_refused(self, store: EventStore) -> None:
        with pytest.raises(ValueError, match="at least one event"):
            await store.append(a_commit("thing-1", n=0))

    async def test_positions_of_a_partition_run_without_a_gap(self, store: EventStore) -> None:
        streams = streams_of_one_partition(40)
        await asyncio.gather(*(store.append(a_commit(stream, n=1 + i % 3)) for i, stream in enumerate(streams)))
        run = await whole_partition(store, 0)
        assert len(run) == 40
        assert_dense(run)
        assert await store.head(0) == run[-1][0] + run[-1][1] - 1

    async def test_the_head_of_an_empty_partition_is_before_the_first_position(self, store: EventStore) -> None:
        assert await store.head(3) == -1

    async def test_the_feed_never_shows_a_later_event_before_an_earlier_one(self, store: EventStore) -> None:
        streams = streams_of_one_partition(300)
        writing = asyncio.gather(*(store.append(a_commit(stream)) for stream in streams))
        seen: list[int] = []
        while len(seen) < len(streams):
            commits = await store.read_partition(0, seen[-1] if seen else -1, 50)
            seen += [commit.seq for commit in commits]
            await asyncio.sleep(0)
        await writing
        assert seen == list(range(len(streams)))

    async def test_a_caller_that_goes_away_leaves_the_log_whole(self, store: EventStore) -> None:
        streams = streams_of_one_partition(30)
        tasks = [asyncio.create_task(store.append(a_commit(stream))) for stream in streams]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        kept = await asyncio.gather(*(store.append(a_commit(stream)) for stream in streams))
        assert [commit.first_version for commit in kept] == [1] * 30
        assert_dense(await whole_partition(store, 0))
