"""The desk where commands come in over HTTP: what makes each one unique, what it was decided on, and the answer."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked, Outcome, Recorded
from shared.event_store.store import Actor, Meta
from shared.published.envelope import Published
from shared.web.principal import Principal
from shared.web.problems import Problem

POSITION = "Golden-Thread-Position"
CLOCKS_DIFFER = timedelta(minutes=2)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nothing that is told here is older; year 1 has no date in London
_KEY = re.compile(r"[\x21\x23-\x7e](?:[\x20\x21\x23-\x7e]{0,253}[\x21\x23-\x7e])?")
_VERSION = re.compile(r'"(0|[1-9]\d{0,8})"')
_POSITION = re.compile(r"([a-z][a-z_-]{0,39})\.(\d{1,4})\.(\d{1,15})")


class CommandBody(BaseModel):
    """The base of every command's body: unknown fields are refused, and both dates may be given.

    `occurred_at` is when it happened (default: now), `effective_date` the local date on which it counts (default: the
    London date of `occurred_at`). Neither may lie in the future.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    occurred_at: AwareDatetime | None = None
    effective_date: date | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a published event stands: reading after it means that a projection has seen this far."""

    service: str
    partition: int
    seq: int

    @staticmethod
    def parse(text: str) -> Position:
        """`audit.3.1234`; raises ValueError for anything else."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise ValueError("a position looks like audit.3.1234")
        return Position(found[1], int(found[2]), int(found[3]))

    @staticmethod
    def of(request: Request) -> Position | None:
        """The position after which this request wants to read; a 400 Problem when it is malformed."""
        asked = request.headers.get(POSITION)
        try:
            return Position.parse(asked) if asked is not None else None
        except ValueError as failed:
            raise Problem("bad-request", f"{POSITION} is malformed.") from failed

    def __str__(self) -> str:
        return f"{self.service}.{self.partition}.{self.seq}"


class Desk:
    """One service's desk. `tell` is the service's publishing rule: it decides which events have a position to name."""

    def __init__(
        self,
        service: str,
        tell: Callable[[Recorded[Any]], Published | None] | None = None,
        clock: Clock = now,
    ) -> None:
        self._service = service
        self._tell = tell
        self._clock = clock

    def asked(
        self,
        request: Request,
        principal: Principal,
        body: BaseModel | None = None,
        *,
        la_code: str,
        effective_date: date | None = None,
        occurred_at: datetime | None = None,
        actor_role: str | None = None,
        team_id: str | None = None,
        policy_version: str | None = None,
        creating: bool | None = None,
    ) -> Asked:
        """How this command came in. Dates not given are taken from the body, when it has them.

        `creating`: the command begins an aggregate, so that it needs an Idempotency-Key (else 400); any other needs
        If-Match (else 428). When not given: a POST to a collection such as /v1/audits creates. Raises Problem, or
        Refused naming the date that lies in the future.
        """
        if creating is None:
            creating = request.url.path.strip("/").count("/") <= 1
        fingerprint = hashlib.sha256(raw_body(request)).hexdigest()
        dates = self._dates(
            occurred_at or getattr(body, "occurred_at", None),
            effective_date or getattr(body, "effective_date", None),
        )
        actor = Actor(staff_ref=principal.subject, role=actor_role or _role(principal), team_id=team_id)
        return Asked(
            id=_commit_id(request, principal, _key(request, creating) or _implied_key(request, fingerprint)),
            request=fingerprint,
            meta=_meta(request, actor, la_code, dates, policy_version),
            if_version=_if_version(request, creating),
        )

    def entered(
        self, request: Request, principal: Principal, *, la_code: str, key: str, if_version: int | None = None
    ) -> Asked:
        """How a command came in by a form of one of our pages, which holds its `key` and the version that was shown."""
        if not _KEY.fullmatch(key):
            raise Problem("bad-request", "The form has no key.")
        actor = Actor(staff_ref=principal.subject, role=_role(principal), team_id=None)
        return Asked(
            id=_commit_id(request, principal, key),
            request=hashlib.sha256(raw_body(request)).hexdigest(),
            meta=_meta(request, actor, la_code, self._dates(None, None)),
            if_version=if_version,
        )

    def _dates(self, occurred_at: datetime | None, effective_date: date | None) -> tuple[datetime, date]:
        present = self._clock()
        happened = occurred_at or present
        if happened > present + CLOCKS_DIFFER:
            raise Refused("nothing can have happened in the future", field="occurred_at")
        if happened < EARLIEST:
            raise Refused("nothing is recorded from before 1990", field="occurred_at")
        counts = effective_date or local_date(happened)
        if counts > local_date(present):
            raise Refused("the effective date may not lie in the future", field="effective_date")
        if counts < EARLIEST.date():
            raise Refused("nothing is recorded from before 1990", field="effective_date")
        return happened, counts

    def answer(
        self,
        outcome: Outcome[Any],
        *,
        status: int | None = None,
        location: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Response:
        """200, or 201 with a Location; `{id, version}` and what `body` adds; ETag; the position to read after."""
        headers = {"ETag": f'"{outcome.version}"'}
        if location is not None:
            headers["Location"] = location
        if (position := self.position(outcome)) is not None:
            headers[POSITION] = str(position)
        told = {"id": outcome.stream.partition("-")[2], "version": outcome.version, **(body or {})}
        return _json(told, status or (200 if location is None else 201), headers)

    def position(self, outcome: Outcome[Any]) -> Position | None:
        """Where the last published event of this outcome stands, if any was published."""
        if self._tell is None:
            return None
        published = [told for told in outcome.events if self._tell(told) is not None]
        return Position(self._service, published[-1].partition, published[-1].seq) if published else None

    def shown(self, request: Request, version: int, body: Mapping[str, Any], *, whole: bool = False) -> Response:
        """An aggregate as it stands, with its ETag; 304 when the client has this version (If-None-Match).

        `whole`: what is shown depends on more than the version, so that it is always answered.
        """
        etag = f'"{version}"'
        seen = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
        if etag in seen and not whole:
            return Response(status_code=304, headers={"ETag": etag})
        return _json(body, 200, {"ETag": etag})

    @staticmethod
    def new_id() -> str:
        return new_id()

    @staticmethod
    def id_for(asked: Asked) -> str:
        """The id of what this command creates: the same again when the same command comes again."""
        return str(uuid.UUID(bytes=_marked(hashlib.sha256(b"id|" + asked.id.encode()).digest()[:16], 8)))


def new_id() -> str:
    """A UUID of version 7: unique, and later ones sort after earlier ones."""
    millis = time.time_ns() // 1_000_000
    return str(uuid.UUID(bytes=_marked(millis.to_bytes(6, "big") + secrets.token_bytes(10), 7)))


def _marked(raw: bytes, version: int) -> bytes:
    marked = bytearray(raw)
    marked[6] = marked[6] & 0x0F | version << 4
    marked[8] = marked[8] & 0x3F | 0x80
    return bytes(marked)


def raw_body(request: Request) -> bytes:
    """The body as it came, which the edge has read and checked before any route runs."""
    body: bytes = request.scope.get("goldenthread.body", b"")
    return body


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body, default=_plain), status, dict(headers), "application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError


def _meta(
    request: Request, actor: Actor, la_code: str, dates: tuple[datetime, date], policy_version: str | None = None
) -> Meta:
    """`dates` are when it happened and the date that it counts on."""
    return Meta(
        actor=actor,
        la_code=la_code,
        occurred_at=dates[0],
        effective_date=dates[1],
        correlation=request.scope.get("goldenthread.request_id") or new_id(),
        policy_version=policy_version,
    )


def _commit_id(request: Request, principal: Principal, key: str) -> str:
    parts = "|".join((principal.subject, request.method, request.url.path, key))
    return hashlib.sha256(parts.encode()).hexdigest()


def _key(request: Request, required: bool) -> str | None:
    given = request.headers.get("idempotency-key")
    if given is None:
        # "Whatever the version" says nothing that tells a repeat from a second command of the same words.
        if required or request.headers.get("if-match") == "*":
            raise Problem("idempotency-key-required")
        return None
    quoted = len(given) >= 2 and given[0] == given[-1] == '"'
    key = given[1:-1] if quoted else given
    if not _KEY.fullmatch(key):
        raise Problem("bad-request", "The Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return key


def _implied_key(request: Request, fingerprint: str) -> str:
    """Without a key: the same body for the same version, sent again, is the same command."""
    return f"{request.headers.get('if-match', '')}|{fingerprint}"


def _if_version(request: Request, creating: bool) -> int | None:
    given = request.headers.get("if-match")
    if creating:
        return 0 if request.headers.get("if-none-match") == "*" else None
    if given is None:
        raise Problem("version-required")
    if given == "*":
        return None
    found = _VERSION.fullmatch(given)
    if found is None:
        raise Problem("bad-request", 'If-Match must be one version as the ETag gave it, such as "3".')
    return int(found[1])


def _role(principal: Principal) -> str:
    return "SYSTEM" if principal.is_machine else next(iter(sorted(principal.roles)), "NONE")
