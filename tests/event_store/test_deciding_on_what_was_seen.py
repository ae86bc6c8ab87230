"""A command may be decided on what its caller saw; what counts is how the stream stands when it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked, Outcome, handle, load, unborn
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Commit, KeyReused, StreamMovedOn
from tests.event_store.behaviour import META


class Counted(StoredEvent):
    type: Literal["Counted.v1"] = "Counted.v1"
    by: str


DECIDER: Decider[tuple[str, ...], Counted] = Decider(
    "count", (), lambda state, event: (*state, event.by), TypeAdapter(Counted)
)
STREAM = "count-1"


class Watched(InMemoryEventStore):
    """Counts how often a stream is read."""

    reads = 0

    async def read(self, stream: str, after: int = 0) -> list[Commit]:
        self.reads += 1
        return await super().read(stream, after)


@pytest.fixture
def store() -> Watched:
    return Watched()


def count(by: str, most: int = 9, least: int = 0) -> Any:
    def decide(state: tuple[str, ...]) -> Sequence[Counted]:
        if not least <= len(state) < most:
            raise Refused("not now")
        return [] if by in state else [Counted(by=by)]

    return decide


def asked(id_: str, if_version: int | None = None, request: str = "r") -> Asked:
    return Asked(id_, request, META, if_version)


async def keep(store: Watched, id_: str, decide: Any, **how: Any) -> Outcome[Counted]:
    return await handle(store, DECIDER, STREAM, decide, asked(id_, **how), unborn(DECIDER))


async def test_what_begins_is_kept_without_being_looked_for(store: Watched):
    outcome = await keep(store, "a", count("a"))
    assert (outcome.version, [told.event for told in outcome.events]) == (1, [Counted(by="a")])
    assert store.reads == 0


async def test_what_was_seen_before_somebody_else_was_quicker_is_decided_again(store: Watched):
    await keep(store, "a", count("a"))
    assert (await keep(store, "b", count("b"))).version == 2
    assert (await load(store, DECIDER, STREAM)).state == ("a", "b")


async def test_a_rule_that_refuses_what_was_seen_but_not_what_is_does_not_refuse(store: Watched):
    await keep(store, "a", count("a"))
    assert (await keep(store, "b", count("b", least=1))).version == 2


async def test_a_rule_that_refuses_what_is_refuses_whatever_was_seen(store: Watched):
    await keep(store, "a", count("a"))
    with pytest.raises(Refused):
        await keep(store, "b", count("b", most=1))
    assert (await load(store, DECIDER, STREAM)).state == ("a",)


async def test_what_is_there_already_is_not_kept_again(store: Watched):
    await keep(store, "a", count("a"))
    outcome = await keep(store, "b", count("a"))
    assert (outcome.version, outcome.events) == (1, ())


async def test_a_command_sent_again_is_answered_as_the_first_time(store: Watched):
    first = await keep(store, "a", count("a"))
    await keep(store, "b", count("b"))
    assert await keep(store, "a", count("a")) == first
    assert await keep(store, "a", count("a", most=1)) == first
    with pytest.raises(KeyReused):
        await keep(store, "a", count("c"), request="another")


async def test_a_version_that_the_sender_named_is_held_to(store: Watched):
    await keep(store, "a", count("a"), if_version=0)
    with pytest.raises(StreamMovedOn) as refused:
        await keep(store, "b", count("b"), if_version=0)
    assert refused.value.version == 1
