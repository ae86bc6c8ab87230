"""Whatever is done to a store, in whatever order and whoever dies meanwhile: database, twin and a dict agree."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect

from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.mongo import MongoEventStore
from shared.event_store.partition import partition_of
from shared.event_store.store import Commit, KeyReused, NewCommit, StreamMovedOn
from tests.event_store.behaviour import a_commit
from tests.event_store.whole import what_is_wrong
from tests.tiers import SEED, by_tier, seeded

PARTITIONS = 2
STREAMS = [f"thing-{i}" for i in range(5)]
THAT_MOMENT = datetime(2026, 4, 30, 9, tzinfo=UTC)
STEPS = 50
streams = st.sampled_from(STREAMS)
sizes = st.integers(1, 3)
which = st.integers(0, 1)  # of the two rivals
moments = st.sampled_from([0.0, 0.0, 0.0005, 0.001, 0.002, 0.004])


class Engine:
    """A database and the loop that its client lives on, for the whole run."""

    def __init__(self, url: str, name: str) -> None:
        self._runner = asyncio.Runner()
        self.client = self.run(self._connected(url))
        self.database = self.client[name]
        self.run(self.a_store().prepare())

    def run(self, doing: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await doing

        return self._runner.run(done())

    def a_store(self) -> MongoEventStore:
        return MongoEventStore(self.database, PARTITIONS, clock=lambda: THAT_MOMENT)

    def close(self) -> None:
        self.run(self.client.drop_database(self.database.name))
        self.run(self.client.close())
        self._runner.close()
        gc.collect()  # what was left behind is seen here, not in some later test

    @staticmethod
    async def _connected(url: str) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(url, tz_aware=True)


class Losing:
    """A collection whose next insert is lost on the way there, or whose answer is lost on the way back."""

    def __init__(self, commits: Any, after: bool) -> None:
        self._commits, self._after, self._lost = commits, after, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._commits, name)

    async def insert_many(self, documents: Any, ordered: bool) -> Any:
        if self._lost:
            return await self._commits.insert_many(documents, ordered=ordered)
        self._lost = True
        if self._after:
            await self._commits.insert_many(documents, ordered=ordered)
        raise AutoReconnect("a test cut the connection")


class Stores(RuleBasedStateMachine):
    """`model` is what was kept, by stream; `log` the same by partition."""

    engine: ClassVar[Engine]
    steps: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.engine.run(self.engine.a_store().commits.delete_many({}))
        self.rivals = [self.engine.a_store() for _ in range(2)]
        self.twin = InMemoryEventStore(PARTITIONS, clock=lambda: THAT_MOMENT)
        self.model: dict[str, list[NewCommit]] = {stream: [] for stream in STREAMS}
        self.log: dict[int, list[NewCommit]] = {p: [] for p in range(PARTITIONS)}
        self.ids = 0

    # What is done.

    @rule(stream=streams, n=sizes, rival=which)
    def append(self, stream: str, n: int, rival: int) -> None:
        (kept,) = self.both(rival, [self.next_commit(stream, n)])
        assert isinstance(kept, Commit)

    @precondition(lambda self: any(self.model.values()))
    @rule(data=st.data(), n=sizes, rival=which)
    def append_after_a_past_version(self, data: st.DataObject, n: int, rival: int) -> None:
        commits = self.model[data.draw(st.sampled_from([stream for stream in STREAMS if self.model[stream]]))]
        past = data.draw(st.sampled_from(commits))
        (refused,) = self.both(rival, [a_commit(past.stream, past.after, n, self.new_id())])
        assert isinstance(refused, StreamMovedOn)
        assert refused.version == end(commits)

    @precondition(lambda self: any(self.model.values()))
    @rule(data=st.data(), rival=which, same=st.booleans())
    def send_an_id_again(self, data: st.DataObject, rival: int, same: bool) -> None:
        kept = data.draw(st.sampled_from([commit for commits in self.model.values() for commit in commits]))
        stream = data.draw(streams)
        request = kept.request if same else "another body"
        (answer,) = self.both(rival, [a_commit(stream, end(self.model[stream]), 1, kept.id, request)])
        assert isinstance(answer, Commit if same else KeyReused)
        assert not same or (answer.id, answer.stream, answer.first_version) == (kept.id, kept.stream, kept.after + 1)

    @rule(asked=st.lists(st.tuples(streams, sizes), min_size=2, max_size=6), rival=which)
    def append_several_at_once(self, asked: list[tuple[str, int]], rival: int) -> None:
        """Of those for one stream the first wins."""
        outcomes = self.both(rival, [self.next_commit(stream, n) for stream, n in asked])
        first = {stream: i for i, (stream, _) in reversed(list(enumerate(asked)))}
        assert [isinstance(outcome, Commit) for outcome in outcomes] == [
            first[stream] == i for i, (stream, _) in enumerate(asked)
        ]

    @rule(stream=streams, copies=st.integers(2, 5), rival=which)
    def send_copies_at_once(self, stream: str, copies: int, rival: int) -> None:
        kept = self.both(rival, [self.next_commit(stream, 1)] * copies)
        assert len({commit.seq for commit in kept}) == 1

    @rule(stream=streams, n=sizes, rival=which, after=st.booleans())
    def lose_the_answer(self, stream: str, n: int, rival: int, after: bool) -> None:
        lossy = Losing(self.rivals[rival].commits, after)
        self.rivals[rival]._writer._commits = lossy  # type: ignore[assignment]
        self.append(stream, n, rival)

    @rule(stream=streams, n=sizes, rival=which, moment=moments)
    def leave_before_the_answer(self, stream: str, n: int, rival: int, moment: float) -> None:
        """The caller goes; what it asked for is kept all the same."""
        commit = self.next_commit(stream, n)

        async def leave() -> None:
            task = asyncio.create_task(self.rivals[rival].append(commit))
            await asyncio.sleep(moment)
            task.cancel()
            await asyncio.wait([task])
            await self.rivals[rival].close()

        self.engine.run(leave())
        self.both(rival, [commit])

    @rule(asked=st.lists(st.tuples(streams, sizes), min_size=1, max_size=4, unique_by=lambda a: a[0]), moment=moments)
    def die_in_the_middle(self, asked: list[tuple[str, int]], moment: float) -> None:
        """A process ends with its inserts on their way; another takes its place, and everything is sent again."""
        commits = [self.next_commit(stream, n) for stream, n in asked]

        async def die() -> None:
            dying = self.rivals[0]
            callers = [asyncio.create_task(dying.append(commit)) for commit in commits]
            await asyncio.sleep(moment)
            flushing = [dying._writer._flushing] if dying._writer._flushing else []
            for task in (*flushing, *callers):
                task.cancel()
            await asyncio.gather(*flushing, *callers, return_exceptions=True)

        self.engine.run(die())
        self.rivals[0] = self.engine.a_store()
        assert all(isinstance(kept, Commit) for kept in self.both(0, commits))

    # What is seen.

    @rule(stream=streams, data=st.data(), rival=which)
    def read_a_stream(self, stream: str, data: st.DataObject, rival: int) -> None:
        commits = self.model[stream]
        skipped = data.draw(st.integers(0, len(commits)))
        after = end(commits[:skipped])
        found = self.agreed(rival, lambda store: store.read(stream, after))
        assert [(one.id, one.first_version) for one in found] == [(c.id, c.after + 1) for c in commits[skipped:]]

    @rule(partition=st.integers(0, PARTITIONS - 1), data=st.data(), rival=which, limit=st.integers(1, 10))
    def read_a_partition(self, partition: int, data: st.DataObject, rival: int, limit: int) -> None:
        log = self.log[partition]
        skipped = data.draw(st.integers(0, len(log)))
        after = sum(len(commit.events) for commit in log[:skipped]) - 1
        found = self.agreed(rival, lambda store: store.read_partition(partition, after, limit))
        assert [one.id for one in found] == [commit.id for commit in log[skipped:][:limit]]
        assert self.agreed(rival, lambda store: store.head(partition)) == sum(len(c.events) for c in log) - 1

    @rule(number=st.integers(0, 40), rival=which)
    def find(self, number: int, rival: int) -> None:
        found = self.agreed(rival, lambda store: store.find(f"id-{number}"))
        kept = [c for commits in self.model.values() for c in commits if c.id == f"id-{number}"]
        assert ([found.id] if found else []) == [commit.id for commit in kept]

    def teardown(self) -> None:
        if hasattr(self, "rivals"):
            assert self.engine.run(what_is_wrong(self.rivals[0])) == []

    # How.

    def new_id(self) -> str:
        self.ids += 1
        return f"id-{self.ids}"

    def next_commit(self, stream: str, n: int) -> NewCommit:
        return a_commit(stream, end(self.model[stream]), n, self.new_id())

    def both(self, rival: int, commits: list[NewCommit]) -> list[Any]:
        """Append at once to the database and to the twin; the outcomes, which must be alike. The model keeps them."""

        async def appended(store: Any) -> list[Any]:
            return await asyncio.gather(*(store.append(commit) for commit in commits), return_exceptions=True)

        outcomes = self.agreed(rival, appended)
        for commit, outcome in zip(commits, outcomes, strict=True):
            if isinstance(outcome, Commit) and commit not in self.model[commit.stream] and outcome.id == commit.id:
                self._keep(commit, outcome)
        return outcomes

    def _keep(self, commit: NewCommit, outcome: Commit) -> None:
        if any(known.id == commit.id for commits in self.model.values() for known in commits):
            return
        assert outcome.first_version == commit.after + 1
        self.model[commit.stream].append(commit)
        self.log[partition_of(commit.stream, PARTITIONS)].append(commit)

    def agreed(self, rival: int, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        type(self).steps += 1
        real, twin = self.engine.run(ask(self.rivals[rival])), self.engine.run(ask(self.twin))
        assert plain(real) == plain(twin)
        return real


def end(commits: list[NewCommit]) -> int:
    return commits[-1].after + len(commits[-1].events) if commits else 0


def plain(answer: Any) -> Any:
    """Exceptions compare by what they say."""
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    return (type(answer), vars(answer), answer.args) if isinstance(answer, Exception) else answer


@pytest.fixture
def engine(mongo_url: str, topic_prefix: str) -> Iterator[Engine]:
    engine = Engine(mongo_url, topic_prefix.rstrip("."))
    yield engine
    engine.close()


# The driver leaves a socket behind when it is cancelled while it connects, as here when a process "dies".
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(by_tier(300, 7_200))
def test_no_sequence_of_appends_retries_deaths_and_reads_tells_them_apart(engine: Engine) -> None:
    machine = seeded(type("Machine", (Stores,), {"engine": engine, "steps": 0}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=by_tier(100, 4_000),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{machine.steps} steps, GOLDENTHREAD_SEED={SEED}")
    assert machine.steps >= by_tier(4_000, 150_000)
