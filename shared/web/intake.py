"""Where events of other systems come in: each becomes one command, kept once however often it is sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from shared.calendar.clock import Clock, local_date, now
from shared.deciding.refusal import Refused
from shared.event_store.handling import Asked, Outcome
from shared.event_store.store import Actor, EventStore, KeyReused, Meta
from shared.logging_ import frames
from shared.web import cloud_events
from shared.web.cloud_events import CloudEvent
from shared.web.desk import CLOCKS_DIFFER, EARLIEST, POSITION, Desk, raw_body
from shared.web.edge import INTAKE
from shared.web.identity import requires
from shared.web.policy import Action, Resource
from shared.web.principal import Principal
from shared.web.problems import Problem, error, invalid, names_in, problem_of

EVENT_BYTES = 64 * 1024
MOST_IN_BATCH = 500
AT_ONCE = 1_500
EFFECTIVE_DATE = "effective_date"

Handler = Callable[[Any, CloudEvent, Asked, Principal], Awaitable[Outcome[Any]]]


@dataclass(frozen=True, slots=True)
class IntakeType:
    """What a service does with one type of event.

    `data` validates the event's data. `handle(data, event, asked, principal)` runs the command; it checks the
    principal's reach, and names the place with `placed(asked, ...)`. Events of a batch with the same `key` are taken
    one after the other in the order of the batch (without a function: those with the same subject); others, and those
    whose key is None, at the same time.
    `location` is where the aggregate can be read, such as "/v1/alerts/{id}". `dated` is the field of the data that
    says when it counts: what is wrong with the effective date is said of that field.
    """

    data: type[BaseModel]
    handle: Handler
    key: Callable[[Any], str | None] | None = None
    location: str | None = None
    dated: str = EFFECTIVE_DATE


@dataclass(frozen=True, slots=True)
class _Taken:
    """What came of one event: kept now (201), known before or nothing new (200), or a problem."""

    status: int
    outcome: Outcome[Any] | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    index: int
    event: CloudEvent
    kind: IntakeType
    data: BaseModel
    fingerprint: str

    @property
    def key(self) -> str | int:
        """What it shares with the events that must wait for it; its own place in the batch when it is alone."""
        key = self.kind.key(self.data) if self.kind.key is not None else self.event.subject
        return key or self.index


def placed(asked: Asked, la_code: str, effective_date: date | None = None, *, team_id: str | None = None) -> Asked:
    """The same request, once its handler knows whose it is and when it counts."""
    actor = asked.meta.actor.model_copy(update={"team_id": team_id}) if team_id else asked.meta.actor
    known = {"la_code": la_code, "effective_date": effective_date or asked.meta.effective_date, "actor": actor}
    return replace(asked, meta=asked.meta.model_copy(update=known))


def intake_router(
    types: Mapping[str, IntakeType], *, store: EventStore, desk: Desk, resource: Resource, clock: Clock = now
) -> APIRouter:
    """POST /v1/events for these types: one event (structured or binary) or a batch of at most 500.

    One event answers 201 when it was kept, 200 when it was known already. A batch answers 200 and, for each event in
    its order, `{index, id, source, status, problem?}`.
    """
    router = APIRouter()
    intake = _Intake(types, store, desk, clock)
    guard = requires(resource, Action.C, "events:write")  # a default: an annotation could not see `resource`

    @router.post(INTAKE, openapi_extra=_described(types), summary="Take one event, or a batch of events")
    async def take(request: Request, principal: Principal = guard) -> Response:
        if "content-encoding" in request.headers:
            raise Problem("media-type", "Events are accepted without a content encoding.")
        media = cloud_events.media_type(request.headers.get("content-type", ""))
        if media == cloud_events.BATCH:
            return await intake.batch(request, principal)
        return await intake.one(_single(request, media), request, principal)

    return router


def _single(request: Request, media: str) -> CloudEvent:
    raw = raw_body(request)
    if media not in (cloud_events.STRUCTURED, "application/json"):
        raise Problem("media-type", f"Events come as {cloud_events.STRUCTURED}, as a batch, or in binary mode.")
    if len(raw) > EVENT_BYTES:
        raise Problem("too-large", f"An event has at most {EVENT_BYTES} bytes.")
    if media == cloud_events.STRUCTURED:
        return cloud_events.structured(raw)
    return cloud_events.binary(request.scope["headers"], raw)


class _Intake:
    def __init__(self, types: Mapping[str, IntakeType], store: EventStore, desk: Desk, clock: Clock) -> None:
        self._types = types
        self._names = {name: names_in(kind.data.model_json_schema()) for name, kind in types.items()}
        self._store = store
        self._desk = desk
        self._clock = clock
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def one(self, event: CloudEvent, request: Request, principal: Principal) -> Response:
        item = self._item(0, event)
        taken = await self._take(item, request, principal)
        if taken.outcome is None:
            raise taken.problem or Problem("internal")
        outcome = taken.outcome
        id_ = outcome.stream.partition("-")[2]
        where = item.kind.location.format(id=id_) if item.kind.location else None
        return self._desk.answer(outcome, status=taken.status, location=where)

    async def batch(self, request: Request, principal: Principal) -> Response:
        members = cloud_events.batch(raw_body(request))
        if len(members) > MOST_IN_BATCH:
            raise Problem("too-large", f"A batch has at most {MOST_IN_BATCH} events.")
        taken: dict[int, _Taken] = {}
        lines: dict[str | int, list[_Item]] = {}
        for index, member in enumerate(members):
            try:
                item = self._item(index, cloud_events.from_object(member))
                lines.setdefault(item.key, []).append(item)
            except Problem as problem:
                taken[index] = _Taken(problem.status, problem=problem)
        await asyncio.gather(*(self._take_in_order(line, taken, request, principal) for line in lines.values()))
        return self._told(members, [taken[index] for index in range(len(members))])

    async def _take_in_order(
        self, line: Sequence[_Item], taken: dict[int, _Taken], request: Request, principal: Principal
    ) -> None:
        for item in line:
            async with self._at_once:
                taken[item.index] = await self._take(item, request, principal)

    def _item(self, index: int, event: CloudEvent) -> _Item:
        kind = self._types.get(event.type)
        if kind is None:
            raise Problem("invalid", errors=[error("#/type", "type", "must be a type that is accepted here")])
        content = orjson.dumps([event.type, event.subject, event.time, event.data], option=orjson.OPT_SORT_KEYS)
        if len(content) > EVENT_BYTES:
            raise Problem("too-large", f"An event has at most {EVENT_BYTES} bytes.")
        try:
            data = kind.data.model_validate(event.data)
        except ValidationError as failed:
            raise _in_data(invalid(failed, self._names[event.type])) from None
        return _Item(index, event, kind, data, hashlib.sha256(content).hexdigest())

    async def _take(self, item: _Item, request: Request, principal: Principal) -> _Taken:
        try:
            asked = self._asked(item, request, principal)
            return await self._settled(asked, await item.kind.handle(item.data, item.event, asked, principal))
        except KeyReused:
            problem = Problem("already-sent-differently")
        except Refused as refused:
            problem = _refused(refused, item.kind)
        except Exception as raised:  # one event of a batch fails alone: its problem is its answer
            problem = problem_of(raised)
            if problem.slug == "internal":
                request.app.state.log.error("unexpected", error=type(raised).__name__, frames=frames(raised))
        return _Taken(problem.status, problem=problem)

    async def _settled(self, asked: Asked, outcome: Outcome[Any]) -> _Taken:
        """Was it kept now, or is it the answer of an earlier sending? Its causation names the request that kept it."""
        if outcome.events:
            now_kept = outcome.events[0].meta.causation == asked.meta.causation
            return _Taken(201 if now_kept else 200, outcome)
        before = await self._store.find(asked.id)
        if before is None:
            return _Taken(200, outcome)
        if before.request != asked.request:
            raise KeyReused
        return _Taken(200, replace(outcome, version=before.version))

    def _asked(self, item: _Item, request: Request, principal: Principal) -> Asked:
        event, present = item.event, self._clock()
        happened = event.time or present
        if happened > present + CLOCKS_DIFFER:
            raise Problem("invalid", errors=[error("#/time", "future", "must not lie in the future")])
        if happened < EARLIEST:
            raise Problem("invalid", errors=[error("#/time", "past", "must not lie before 1990")])
        counts = getattr(item.data, "effective_date", None) or local_date(happened)
        if not EARLIEST.date() <= counts <= local_date(present):
            where, words = f"#/data/{item.kind.dated}", "must lie between 1990 and today"
            raise Problem("invalid", errors=[error(where, "date_range", words)])
        request_id = request.scope["goldenthread.request_id"]
        correlation = event.extensions.get("correlationid")
        role = "SYSTEM" if principal.is_machine else min(principal.roles, default="NONE")
        meta = Meta(
            actor=Actor(staff_ref=principal.subject, role=role),
            la_code=getattr(item.data, "la_code", None) or min(principal.authorities, default=""),
            occurred_at=happened,
            effective_date=counts,
            correlation=correlation if isinstance(correlation, str) else request_id,
            causation=f"{request_id}.{item.index}",
        )
        commit_id = hashlib.sha256(orjson.dumps([event.source, event.id])).hexdigest()
        return Asked(commit_id, item.fingerprint, meta)

    def _told(self, members: Sequence[Any], taken: Sequence[_Taken]) -> Response:
        items = [_line(index, members[index], one) for index, one in enumerate(taken)]
        told = (self._desk.position(one.outcome) for one in reversed(taken) if one.outcome)
        last = next((position for position in told if position), None)
        headers = {POSITION: str(last)} if last else None
        return Response(orjson.dumps({"items": items}), 200, headers, "application/json")


def _line(index: int, member: Any, taken: _Taken) -> dict[str, Any]:
    """One event's line of the answer. Its id and source are named when they can be an id and a source."""
    line: dict[str, Any] = {"index": index}
    if isinstance(member, dict):
        line |= {name: member[name] for name in ("id", "source") if cloud_events.is_name(member.get(name))}
    line["status"] = taken.status
    if taken.problem is not None:
        line["problem"] = taken.problem.members()
    return line


def _refused(refused: Refused, kind: IntakeType) -> Problem:
    """A rule's refusal, naming the field as the event's data spells it."""
    if refused.field is None:
        return problem_of(refused)
    field = kind.dated if refused.field == EFFECTIVE_DATE else refused.field
    return _in_data(problem_of(Refused(refused.rule, field=field)))


def _in_data(problem: Problem) -> Problem:
    """The same problem, pointing into the event instead of its data."""
    errors = [{**one, "pointer": "#/data" + one["pointer"][1:]} for one in problem.errors]
    return Problem("invalid", problem.detail, errors=errors)


def _described(types: Mapping[str, IntakeType]) -> dict[str, Any]:
    event = {
        "type": "object",
        "required": ["id", "source", "specversion", "type"],
        "properties": {
            "id": {"type": "string", "minLength": 1},
            "source": {"type": "string", "minLength": 1},
            "specversion": {"const": "1.0"},
            "type": {"enum": sorted(types)},
            "subject": {"type": "string"},
            "time": {"type": "string", "format": "date-time"},
            "data": {"type": "object"},
        },
    }
    content = {
        cloud_events.STRUCTURED: {"schema": event},
        cloud_events.BATCH: {"schema": {"type": "array", "maxItems": MOST_IN_BATCH, "items": event}},
        "application/json": {"schema": {"type": "object", "description": "Data only; attributes in ce- headers"}},
    }
    return {"requestBody": {"required": True, "content": content}}
