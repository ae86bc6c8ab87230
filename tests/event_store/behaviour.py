"""What every event store promises, written once and inherited by each (tests/event_store/test_*.py)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from itertools import count, islice
from typing import Any

import pytest

from shared.event_store.partition import partition_of
from shared.event_store.store import Actor, Commit, EventStore, KeyReused, Meta, NewCommit, Payload, StreamMovedOn

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


def with_data(stream: str, data: dict[str, Any]) -> NewCommit:
    return NewCommit(f"{stream}@0", stream, 0, [Payload("Happened.v1", data)], META, "r")


async def growing(store: EventStore, stream: str, *sizes: int) -> list[Commit]:
    """A stream whose commits have so many events each."""
    kept: list[Commit] = []
    for n in sizes:
        kept.append(await store.append(a_commit(stream, after=kept[-1].version if kept else 0, n=n)))
    return kept


def streams_of_one_partition(n: int, partitions: int = 8) -> list[str]:
    named = (f"thing-{i}" for i in count())
    return list(islice((stream for stream in named if partition_of(stream, partitions) == 0), n))


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

    # What an append answers is what is kept.

    async def test_an_append_answers_what_every_way_of_reading_shows(self, store: EventStore) -> None:
        kept = await store.append(a_commit("thing-1", n=3))
        assert await store.read("thing-1") == [kept]
        assert await store.find(kept.id) == kept
        assert await store.read_partition(kept.partition, -1, 10) == [kept]

    async def test_a_repeat_answers_the_very_commit_that_was_kept(self, store: EventStore) -> None:
        first = await store.append(a_commit("thing-1", n=2))
        assert await store.append(a_commit("thing-1", n=2)) == first

    async def test_versions_are_counted_in_events(self, store: EventStore) -> None:
        kept = await growing(store, "thing-1", 1, 3, 2)
        assert [(commit.first_version, commit.version) for commit in kept] == [(1, 1), (2, 4), (5, 6)]

    async def test_positions_are_counted_in_events(self, store: EventStore) -> None:
        kept = await growing(store, "thing-1", 1, 3, 2)
        assert [(commit.seq, commit.last_seq) for commit in kept] == [(0, 0), (1, 3), (4, 5)]
        assert await store.head(kept[0].partition) == 5

    async def test_a_stream_lives_in_the_partition_of_its_name(self, store: EventStore) -> None:
        for i in range(20):
            kept = await store.append(a_commit(f"thing-{i}"))
            assert kept.partition == partition_of(f"thing-{i}", store.partitions)

    async def test_each_partition_has_positions_of_its_own(self, store: EventStore) -> None:
        kept = await asyncio.gather(*(store.append(a_commit(f"thing-{i}")) for i in range(64)))
        assert {commit.partition for commit in kept} == set(range(store.partitions))
        for partition in range(store.partitions):
            assert_dense(await whole_partition(store, partition))

    async def test_a_commit_of_many_events_is_one_commit(self, store: EventStore) -> None:
        kept = await store.append(a_commit("thing-1", n=500))
        (found,) = await store.read("thing-1")
        assert found == kept
        assert found.version == 500

    async def test_everything_that_is_true_of_a_commit_is_kept_with_it(self, store: EventStore) -> None:
        meta = META.model_copy(
            update={
                "actor": Actor(staff_ref="s-2", role="IRO", team_id="901-elm"),
                "causation": "e-1",
                "policy_version": "england-2026",
            }
        )
        kept = await store.append(NewCommit("k", "thing-1", 0, [Payload("Happened.v1", {})], meta, "a request"))
        found = await store.find("k")
        assert found == kept
        assert (found.meta, found.request, found.generation) == (meta, "a request", 0)
        assert found.recorded_at.tzinfo is not None

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"nothing": None, "yes": True, "no": False},
            {"words": "Zoë said “no” 🙂 \u0000 \u2028 \r\n"},
            {"least": -(2**63), "most": 2**63 - 1, "none": 0},
            {"small": 1e-300, "large": 1.7e308, "part": 0.1},
            {"deep": {"er": {"and": [{"deeper": [[], {}]}]}}},
            {"$set": {"a.b": 1}, "with.dot": 2, "": 3},
            {"z": 1, "a": 2, "m": 3},
            {"long": "x" * 250_000},
        ],
        ids=["empty", "truth", "words", "whole", "real", "nested", "names", "order", "long"],
    )
    async def test_a_payload_comes_back_as_it_went_in(self, store: EventStore, data: dict[str, Any]) -> None:
        await store.append(with_data("thing-1", data))
        ((event,),) = [commit.events for commit in await store.read("thing-1")]
        assert event == Payload("Happened.v1", data)
        assert list(event.data) == list(data)

    async def test_what_the_caller_does_to_a_payload_afterwards_changes_nothing(self, store: EventStore) -> None:
        data: dict[str, Any] = {"grades": ["GOOD"]}
        await store.append(with_data("thing-1", data))
        data["grades"].append("INADEQUATE")
        ((event,),) = [commit.events for commit in await store.read("thing-1")]
        assert event.data == {"grades": ["GOOD"]}

    @pytest.mark.parametrize("name", ["a/b-1", "thing-ü", "$where", "a.b", " ", "x" * 900])
    async def test_a_stream_may_have_any_name(self, store: EventStore, name: str) -> None:
        kept = await store.append(a_commit(name))
        assert await store.read(name) == [kept]

    # Versions.

    async def test_every_version_that_is_past_is_refused(self, store: EventStore) -> None:
        kept = await growing(store, "thing-1", 1, 2, 1)
        for after in (0, *(commit.version for commit in kept[:-1])):
            with pytest.raises(StreamMovedOn) as refused:
                await store.append(a_commit("thing-1", after, id_=f"late-{after}"))
            assert (refused.value.stream, refused.value.version) == ("thing-1", 4)
        assert len(await store.read("thing-1")) == 3

    async def test_a_refused_append_uses_up_no_position(self, store: EventStore) -> None:
        first = await store.append(a_commit("thing-1"))
        for i in range(5):
            with pytest.raises(StreamMovedOn):
                await store.append(a_commit("thing-1", n=3, id_=f"late-{i}"))
        assert (await store.append(a_commit("thing-1", after=1))).seq == first.seq + 1

    async def test_an_id_that_was_refused_can_be_sent_again_on_the_right_version(self, store: EventStore) -> None:
        await store.append(a_commit("thing-1"))
        with pytest.raises(StreamMovedOn):
            await store.append(a_commit("thing-1", after=0, id_="k"))
        assert (await store.append(a_commit("thing-1", after=1, id_="k"))).first_version == 2

    async def test_a_stream_that_moves_on_does_not_hold_up_its_neighbours(self, store: EventStore) -> None:
        stale, *others = streams_of_one_partition(30)
        await store.append(a_commit(stale))
        late = store.append(a_commit(stale, id_="late"))
        outcomes = await asyncio.gather(
            *(store.append(a_commit(stream)) for stream in others[:15]),
            late,
            *(store.append(a_commit(stream)) for stream in others[15:]),
            return_exceptions=True,
        )
        assert [i for i, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)] == [15]
        assert isinstance(outcomes[15], StreamMovedOn)

    async def test_two_rivals_that_try_again_both_get_everything_in(self, store: EventStore) -> None:
        async def rival(name: str) -> None:
            for i in range(15):
                while True:
                    commits = await store.read("thing-1")
                    after = commits[-1].version if commits else 0
                    try:
                        await store.append(a_commit("thing-1", after, n=1 + i % 2, id_=f"{name}-{i}"))
                    except StreamMovedOn:
                        continue
                    break

        await asyncio.gather(rival("one"), rival("two"))
        commits = await store.read("thing-1")
        assert len(commits) == 30
        assert [c.first_version for c in commits] == [1, *(c.version + 1 for c in commits[:-1])]
        for name in ("one", "two"):
            assert [c.id for c in commits if c.id.startswith(name)] == [f"{name}-{i}" for i in range(15)]

    # Ids.

    async def test_a_repeat_is_known_after_the_stream_has_moved_on(self, store: EventStore) -> None:
        first, *_ = await growing(store, "thing-1", 1, 1, 1)
        assert await store.append(a_commit("thing-1")) == first
        assert len(await store.read("thing-1")) == 3

    async def test_a_repeat_that_was_decided_on_another_version_answers_the_first_outcome(
        self, store: EventStore
    ) -> None:
        first = await store.append(a_commit("thing-1", id_="k"))
        await store.append(a_commit("thing-1", after=1))
        assert await store.append(a_commit("thing-1", after=2, n=3, id_="k")) == first
        assert await store.head(first.partition) == 1

    async def test_a_repeat_for_another_stream_answers_the_first_outcome(self, store: EventStore) -> None:
        first = await store.append(a_commit("thing-1", id_="k"))
        assert await store.append(a_commit("thing-2", id_="k")) == first
        assert await store.read("thing-2") == []

    async def test_of_two_requests_with_one_id_at_once_one_is_kept(self, store: EventStore) -> None:
        wanted = [a_commit(f"thing-{i % 4}", id_="k", request=f"r{i % 2}") for i in range(20)]
        outcomes = await asyncio.gather(*(store.append(commit) for commit in wanted), return_exceptions=True)
        found = await store.find("k")
        assert found is not None
        for commit, outcome in zip(wanted, outcomes, strict=True):
            if commit.request == found.request:
                assert outcome == found
            else:
                assert isinstance(outcome, KeyReused)
        assert sum([len(await store.read(f"thing-{i}")) for i in range(4)]) == 1

    async def test_repeats_among_first_attempts_are_told_apart(self, store: EventStore) -> None:
        known = [await store.append(a_commit(stream)) for stream in streams_of_one_partition(10)]
        every = streams_of_one_partition(20)
        kept = await asyncio.gather(*(store.append(a_commit(stream)) for stream in every))
        assert kept[:10] == known
        assert [commit.seq for commit in kept[10:]] == list(range(10, 20))

    async def test_an_empty_commit_does_not_use_up_its_id(self, store: EventStore) -> None:
        with pytest.raises(ValueError, match="at least one event"):
            await store.append(a_commit("thing-1", n=0, id_="k"))
        assert (await store.append(a_commit("thing-1", id_="k"))).first_version == 1

    # Reading.

    async def test_a_stream_is_read_without_its_neighbours(self, store: EventStore) -> None:
        first, second = streams_of_one_partition(2)
        for after in range(3):
            await store.append(a_commit(first, after))
            await store.append(a_commit(second, after))
        assert {commit.stream for commit in await store.read(first)} == {first}
        assert len(await store.read(first)) == 3

    async def test_reading_on_from_the_end_of_a_stream_finds_nothing(self, store: EventStore) -> None:
        kept = await growing(store, "thing-1", 2, 3)
        assert await store.read("thing-1", after=kept[-1].version) == []
        assert await store.read("thing-1", after=kept[-1].version + 10) == []

    async def test_a_log_is_read_in_portions_once_and_whole(self, store: EventStore) -> None:
        for i, stream in enumerate(streams_of_one_partition(25)):
            await store.append(a_commit(stream, n=1 + i % 4))
        read: list[Commit] = []
        while portion := await store.read_partition(0, read[-1].last_seq if read else -1, 4):
            assert len(portion) <= 4
            read += portion
        assert read == await store.read_partition(0, -1, 1_000)
        assert len(read) == 25

    async def test_several_partitions_are_read_at_once_each_in_its_order(self, store: EventStore) -> None:
        for number in range(40):
            await growing(store, f"thing-{number}", 1 + number % 3, 2)
        after = dict.fromkeys(range(store.partitions), -1)
        read: list[Commit] = []
        while portion := await store.read_partitions(after, 7):
            assert len(portion) <= 7
            for commit in portion:
                assert commit.seq == after[commit.partition] + 1, "no commit is passed over"
                after[commit.partition] = commit.last_seq
            read += portion
        assert len(read) == 80
        assert {commit.id: commit for commit in read} == {
            commit.id: commit for p in after for commit in await store.read_partition(p, -1, 1_000)
        }

    async def test_only_the_partitions_that_were_asked_for_are_read(self, store: EventStore) -> None:
        kept = [(await growing(store, f"thing-{number}", 1))[0] for number in range(12)]
        some = sorted({commit.partition for commit in kept})[:2]
        read = await store.read_partitions({some[0]: -1, some[1]: await store.head(some[1])}, 100)
        assert {commit.id for commit in read} == {one.id for one in kept if one.partition == some[0]}
        assert await store.read_partitions({}, 100) == []

    async def test_a_commit_is_read_from_its_beginning_never_from_its_middle(self, store: EventStore) -> None:
        first, second = await growing(store, "thing-1", 3, 2)
        assert await store.read_partition(first.partition, 0, 10) == [second]
        assert await store.read("thing-1", after=1) == [second]

    async def test_reading_on_from_the_head_finds_nothing(self, store: EventStore) -> None:
        (kept,) = await growing(store, "thing-1", 3)
        assert await store.read_partition(kept.partition, await store.head(kept.partition), 10) == []

    async def test_a_reader_beside_the_writer_sees_commits_whole(self, store: EventStore) -> None:
        writing = asyncio.create_task(growing(store, "thing-1", *[5] * 12))
        seen = 0
        while not writing.done() or seen < 60:
            seen = sum(len(commit.events) for commit in await store.read("thing-1"))
            assert seen % 5 == 0
            await asyncio.sleep(0)
        await writing
