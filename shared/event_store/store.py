"""The event store: what is asked of it, and the words it answers in. `mongo` and `in_memory` keep the same promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


class Actor(BaseModel):
    """Who did it: an opaque staff reference and the role it was done in, never a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    staff_ref: str
    role: str
    team_id: str | None = None


class Meta(BaseModel):
    """What is true of a whole commit.

    `occurred_at` is when it happened, `effective_date` the local date it counts on in reports; when the store
    learned of it (`recorded_at`) is set by the store. `la_code` is the authority. `policy_version` is the version of
    the dated policy that the decision used. `causation` is the id of the event or request that led here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: Actor
    la_code: str
    occurred_at: datetime
    effective_date: date
    correlation: str
    causation: str | None = None
    policy_version: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One event as stored: its versioned name and its JSON-ready fields."""

    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewCommit:
    """The events of one decision, to be kept together or not at all.

    `id` is the command's own id: appending it twice keeps it once. `after` is the version the decision saw: 0 for a
    new stream, else that of a commit that was read (nobody checks a version that nobody can have seen). `request` is
    a fingerprint of the command, so that a reused id with another body shows.
    """

    id: str
    stream: str
    after: int
    events: Sequence[Payload]
    meta: Meta
    request: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as kept. Event i has version `first_version + i` and position `seq + i` in its partition."""

    id: str
    partition: int
    seq: int
    stream: str
    first_version: int
    events: tuple[Payload, ...]
    meta: Meta
    request: str
    recorded_at: datetime
    generation: int = 0

    @property
    def version(self) -> int:
        """The stream's version after this commit."""
        return self.first_version + len(self.events) - 1

    @property
    def last_seq(self) -> int:
        return self.seq + len(self.events) - 1


class StreamMovedOn(Exception):
    """Somebody else appended to the stream first. `version` is where it stands now, when that is known."""

    def __init__(self, stream: str, version: int | None = None) -> None:
        super().__init__(f"{stream} has moved on")
        self.stream = stream
        self.version = version


class KeyReused(Exception):
    """The command's id was used before for another command."""


class StoreBusy(Exception):
    """The queue of waiting commits is full: ask again in `retry_after` seconds. Nothing was kept."""

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__("the event store has more work than it can take")
        self.retry_after = retry_after


class OutcomeUnknown(Exception):
    """The store could not be asked whether the commit was kept. Sending the same id again settles it."""


class EventStore(Protocol):
    """An append-only log, dense in each partition.

    Promises (tests/event_store/behaviour.py holds every implementation to them): a commit is visible whole or not;
    of several appends after the same version exactly one wins; an id is kept once; positions in a partition run
    0, 1, 2, … without a gap, in the order in which readers see them; what was acknowledged stays.
    """

    partitions: int

    async def append(self, commit: NewCommit) -> Commit:
        """Keep it, durably, and answer how it was kept; the same id and request again answers the first outcome.

        Raises StreamMovedOn, KeyReused, StoreBusy or OutcomeUnknown.
        """
        ...

    async def read(self, stream: str, after: int = 0) -> list[Commit]:
        """The stream's commits that begin after version `after`, oldest first: read on from the end of a commit."""
        ...

    async def find(self, commit_id: str) -> Commit | None: ...

    async def read_partition(self, partition: int, after: int, limit: int) -> list[Commit]:
        """At most `limit` commits that begin after position `after` (-1 for all), in order."""
        ...

    async def read_partitions(self, after: Mapping[int, int], limit: int) -> list[Commit]:
        """At most `limit` commits of these partitions, each partition's from behind its position and in its order.

        The log may be longer than what comes: which partitions it came from says nothing about the others.
        """
        ...

    async def head(self, partition: int) -> int:
        """The last position in the partition, or -1 when it is empty."""
        ...
