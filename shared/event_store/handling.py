"""The edge of every decision in one place: read, fold, decide, append, and again if somebody was quicker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.deciding.refusal import Refused
from shared.event_store.store import Commit, EventStore, KeyReused, Meta, NewCommit, Payload, StreamMovedOn
from shared.event_store.upcasting import upcast

S = TypeVar("S")
E = TypeVar("E", bound=StoredEvent)

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """How a command came in.

    `id` becomes the commit's id: the same command sent again must bring the same one. `request` is a fingerprint of
    the command's body. `if_version` is the version that the sender saw (If-Match), or None to decide on what is there.
    """

    id: str
    request: str
    meta: Meta
    if_version: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E]):
    """One event as the store kept it, decoded."""

    id: str
    stream: str
    version: int
    partition: int
    seq: int
    recorded_at: datetime
    meta: Meta
    event: E


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """An aggregate as it stands: version 0 means that nothing ever happened to it."""

    state: S
    version: int


@dataclass(frozen=True, slots=True)
class Outcome(Generic[E]):
    """What came of a command: no events means that there was nothing new to record."""

    stream: str
    version: int
    events: tuple[Recorded[E], ...]


def recorded(decider: Decider[S, E], commit: Commit) -> tuple[Recorded[E], ...]:
    """The commit's events, lifted to their newest versions."""
    return tuple(
        _recorded(commit, i, decider.stored.validate_python(upcast(payload.type, payload.data)))
        for i, payload in enumerate(commit.events)
    )


def _recorded(commit: Commit, i: int, event: E) -> Recorded[E]:
    return Recorded(
        id=f"{commit.id}.{i}",
        stream=commit.stream,
        version=commit.first_version + i,
        partition=commit.partition,
        seq=commit.seq + i,
        recorded_at=commit.recorded_at,
        meta=commit.meta,
        event=event,
    )


async def load(store: EventStore, decider: Decider[S, E], stream: str) -> Loaded[S]:
    commits = await store.read(stream)
    state = decider.fold(told.event for commit in commits for told in recorded(decider, commit))
    return Loaded(state, commits[-1].version if commits else 0)


async def handle(
    store: EventStore,
    decider: Decider[S, E],
    stream: str,
    decide: Callable[[S], Sequence[E]],
    asked: Asked,
    seen: Loaded[S] | None = None,
) -> Outcome[E]:
    """Decide on the stream as it stands and keep what happened.

    `seen` is how the caller saw it, or expects it to be (`unborn`): if it still is like that, it is not read again.
    A command that was kept before answers what it answered then, without deciding again. Raises what `decide`
    raises (Refused), StreamMovedOn (at once when `if_version` was given, else after a few attempts), KeyReused,
    StoreBusy, OutcomeUnknown.
    """
    if seen is not None and (outcome := await _as_seen(store, decider, stream, decide, asked, seen)):
        return outcome
    for attempt in range(1, ATTEMPTS + 1):
        loaded = await load(store, decider, stream)
        try:
            happened = _decided(decide, loaded, stream, asked)
        except (Refused, StreamMovedOn):
            # It may have been kept the first time it was sent, before the rule that refuses it now was in the way.
            if before := await _kept_before(store, decider, asked):
                return before
            raise
        if not happened:
            return await _kept_before(store, decider, asked) or Outcome(stream, loaded.version, ())
        try:
            return await _kept(store, decider, stream, loaded.version, happened, asked)
        except StreamMovedOn:
            if asked.if_version is not None or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def unborn(decider: Decider[S, E]) -> Loaded[S]:
    """An aggregate to which nothing has happened yet."""
    return Loaded(decider.initial, 0)


async def _as_seen(
    store: EventStore,
    decider: Decider[S, E],
    stream: str,
    decide: Callable[[S], Sequence[E]],
    asked: Asked,
    seen: Loaded[S],
) -> Outcome[E] | None:
    """None when nothing could be kept on that state, which may be an old one: then it takes a look at the stream."""
    try:
        happened = _decided(decide, seen, stream, asked)
        return await _kept(store, decider, stream, seen.version, happened, asked) if happened else None
    except (Refused, StreamMovedOn):
        return None


async def _kept(
    store: EventStore, decider: Decider[S, E], stream: str, after: int, happened: Sequence[E], asked: Asked
) -> Outcome[E]:
    payloads = tuple(Payload(event.type, _data(event)) for event in happened)
    commit = await store.append(NewCommit(asked.id, stream, after, payloads, asked.meta, asked.request))
    if commit.events is not payloads:  # it was kept before, and may have been decided otherwise then
        return Outcome(commit.stream, commit.version, recorded(decider, commit))
    return Outcome(stream, commit.version, tuple(_recorded(commit, i, event) for i, event in enumerate(happened)))


def _data(event: StoredEvent) -> dict[str, Any]:
    data = event.model_dump(mode="json")
    del data["type"]
    return data


async def _kept_before(store: EventStore, decider: Decider[S, E], asked: Asked) -> Outcome[E] | None:
    commit = await store.find(asked.id)
    if commit is None:
        return None
    if commit.request != asked.request:
        raise KeyReused(asked.id)
    return Outcome(commit.stream, commit.version, recorded(decider, commit))


def _decided(decide: Callable[[S], Sequence[E]], loaded: Loaded[S], stream: str, asked: Asked) -> Sequence[E]:
    if asked.if_version is not None and asked.if_version != loaded.version:
        raise StreamMovedOn(stream, loaded.version)
    return decide(loaded.state)
