"""Who was shown what: written before anything personal leaves, or it does not leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pymongo import WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.calendar.clock import Clock, now
from shared.web.policy import Resource
from shared.web.principal import Principal
from shared.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Access:
    """One look at personal data: which records, which fields of them, by whom, and what for when it was asked."""

    staff_ref: str
    roles: tuple[str, ...]
    resource: str
    ids: tuple[str, ...]
    fields: tuple[str, ...]
    purpose: str | None
    at: datetime


class AccessLog(Protocol):
    async def record(
        self,
        principal: Principal,
        resource: Resource,
        ids: Sequence[str],
        fields: Iterable[str],
        purpose: str | None = None,
    ) -> None:
        """Keep this access. Raises a 503 Problem when it cannot be kept: the data must then not be shown."""
        ...


class MongoAccessLog:
    """Keeps accesses in the collection `access` of the service's own database, acknowledged by a majority."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], clock: Clock = now) -> None:
        self._kept = database.get_collection("access", write_concern=WriteConcern("majority", wtimeout=5000, j=True))
        self._clock = clock

    async def prepare(self) -> None:
        """Make the indexes that questions about a person's or a record's accesses need."""
        await self._kept.create_index([("staff_ref", 1), ("at", 1)])
        await self._kept.create_index([("ids", 1), ("at", 1)])

    async def record(
        self,
        principal: Principal,
        resource: Resource,
        ids: Sequence[str],
        fields: Iterable[str],
        purpose: str | None = None,
    ) -> None:
        access = _access(principal, resource, ids, fields, purpose, self._clock())
        try:
            await self._kept.insert_one({name: getattr(access, name) for name in Access.__slots__})
        except PyMongoError as failed:
            raise _not_kept() from failed


@dataclass(slots=True)
class InMemoryAccessLog:
    """For tests: `kept` shows what was recorded; `broken` makes it refuse."""

    clock: Clock = now
    kept: list[Access] = field(default_factory=list)
    broken: bool = False

    async def record(
        self,
        principal: Principal,
        resource: Resource,
        ids: Sequence[str],
        fields: Iterable[str],
        purpose: str | None = None,
    ) -> None:
        if self.broken:
            raise _not_kept()
        self.kept.append(_access(principal, resource, ids, fields, purpose, self.clock()))


def _access(
    principal: Principal,
    resource: Resource,
    ids: Sequence[str],
    fields: Iterable[str],
    purpose: str | None,
    at: datetime,
) -> Access:
    roles = tuple(sorted(principal.roles))
    return Access(principal.subject, roles, resource.value, tuple(ids), tuple(sorted(fields)), purpose, at)


def _not_kept() -> Problem:
    return Problem("unavailable", "The access could not be recorded.", headers={"Retry-After": "5"})
