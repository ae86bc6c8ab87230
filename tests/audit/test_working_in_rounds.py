"""What the audit service does without being asked comes in rounds: the register first, then each on its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.audit.app import create_app
from services.audit.background import Background
from services.audit.register import Register
from services.audit.settings import Settings
from shared.event_store.following import Follower, Reaction
from shared.event_store.store import Commit
from shared.event_store.unattended import once
from shared.foundations import InMemoryFoundations
from shared.rounds import Rounds
from tests import http
from tests.audit.a_year_of_audits import a_year
from tests.audit.service import clock, learn


class Turns:
    """Work that notes its turn, and fails when it is told to."""

    def __init__(self, *failing: str) -> None:
        self.had: list[str] = []
        self.failing = failing

    def of(self, name: str):
        async def turn() -> None:
            self.had.append(name)
            if name in self.failing:
                raise ConnectionError(name)

        return turn


async def test_what_fails_does_not_keep_the_others_from_their_turn():
    turns = Turns("a")
    rounds = Rounds("test", (turns.of("a"), turns.of("b")), 1, first=(turns.of("register"),))
    with pytest.raises(ExceptionGroup) as failed:
        await rounds.round()
    assert turns.had == ["register", "a", "b"]
    assert [str(error) for error in failed.value.exceptions] == ["a"]


async def test_nothing_has_its_turn_when_what_it_relies_on_failed():
    turns = Turns("register")
    rounds = Rounds("test", (turns.of("a"),), 1, first=(turns.of("register"), turns.of("more")))
    with pytest.raises(ExceptionGroup):
        await rounds.round()
    assert turns.had == ["register"]


async def test_a_running_service_can_be_driven_round_by_round(mongo_database):
    foundations = InMemoryFoundations(clock)
    learn(foundations.directory)
    app = create_app(http.settings(Settings, round_seconds=3600), foundations, clock, mongo_database)
    background: Background = app.state.background
    async with http.client(app, "902-form", authorities=["902"]) as talking:
        plan = {"audit_type": "QA_ROUTINE", "template_id": "front-door", "plan_type": "CONTACT", "team_id": "alder"}
        answered = await talking.post("/v1/audits", json=plan, headers=http.new_key())
        assert answered.status_code == 201
        await background.round()
        kept = await mongo_database["register"].find_one({"_id": f"audit-{answered.json()['id']}"})
    assert kept is not None
    assert (kept["kind"], kept["stage"]) == ("audit", "PLANNED")


def test_an_id_made_of_other_parts_is_another():
    assert once("a", "b") == once("a", "b")
    assert len({once("a", "b"), once("a", "c"), once("b", "a"), once("a|b", "c")}) == 4


async def test_timers_wait_until_it_is_known_who_is_where(mongo_database):
    """After a start the directory may still say what has changed since: nothing is expected of anybody by that."""
    foundations, learned = InMemoryFoundations(clock), asyncio.Event()
    learn(foundations.directory)

    async def directory_known() -> bool:
        return learned.is_set()

    foundations.ready = {"directory": directory_known}
    background = create_app(http.settings(Settings), foundations, clock, mongo_database).state.background
    await background.round()
    assert await commits(foundations) == 0
    learned.set()
    await background.round()
    assert await commits(foundations) == 6


async def commits(foundations: InMemoryFoundations) -> int:
    store = foundations.store
    return sum([len(await store.read_partition(p, -1, 100)) for p in range(store.partitions)])


async def test_many_who_ask_the_register_at_once_share_a_reading_that_began_after_they_asked(mongo_database):
    async with a_year(mongo_database) as year:
        reading = Counted(year.foundations.store)
        register = Register(reading, mongo_database)
        first = asyncio.create_task(register.catch_up())
        await reading.began.wait()
        audit = await year.graded("2026-04-14")
        await asyncio.gather(first, *(register.catch_up() for _ in range(20)))
        assert await register.kept.find_one({"_id": f"audit-{audit}"}) is not None
        assert reading.read == 2


class Counted:
    """A store that notes how often its log was read."""

    def __init__(self, store: Any) -> None:
        self.began = asyncio.Event()
        self.read = 0
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def read_partitions(self, after: dict[int, int], limit: int) -> Any:
        self.read += 1
        self.began.set()
        return await self._store.read_partitions(after, limit)


async def test_a_partition_that_cannot_be_handled_does_not_keep_the_others_waiting(mongo_database):
    async with a_year(mongo_database) as year:
        for _ in range(12):
            await year.graded("2026-04-14")
        store, seen = year.foundations.store, list[int]()
        odd, *_ = [p for p in range(store.partitions) if await store.head(p) >= 0]

        async def handle(commit: Commit) -> None:
            if commit.partition == odd and stuck:
                raise ConnectionError
            seen.append(commit.partition)

        follower = Follower(store, mongo_database["cursors"], "odd", Reaction("odd", handle).handle_all)
        stuck = True
        with pytest.raises(ConnectionError):
            await follower.catch_up()
        assert odd not in seen
        assert len(set(seen)) > 1
        before, stuck = len(seen), False
        await follower.catch_up()
        assert set(seen[before:]) == {odd}
        await follower.catch_up()
        assert len(seen) == await commits(year.foundations), "each commit once"


async def test_the_register_may_repeat_and_never_goes_back(mongo_database):
    async with a_year(mongo_database) as year:
        audit = await year.graded("2026-04-14")
        await year.round()
        stream = {"_id": f"audit-{audit}"}
        kept = await year.register.kept.find_one(stream)
        newer = {**kept, "version": kept["version"] + 1, "stage": "NEWER"}
        await year.register.kept.replace_one(stream, newer)
        await year.database_forgets_where_it_was()
        await year.round()
        assert await year.register.kept.find_one(stream) == newer
