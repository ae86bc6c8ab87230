"""A small service to try the web edge on: notes that may be written and amended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Outcome, Recorded, handle, load
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import EventStore
from shared.published.audit import AuditWithdrawnV1
from shared.published.envelope import Published
from shared.published.place import Place
from shared.web.cloud_events import CloudEvent
from shared.web.desk import CommandBody, Desk
from shared.web.identity import requires
from shared.web.intake import IntakeType, intake_router, placed
from shared.web.policy import AUDIT, Action, Policy
from shared.web.principal import Principal
from shared.web.service import build
from shared.web.session import session_router
from tests import http


class NoteWritten(StoredEvent):
    type: Literal["NoteWritten.v1"] = "NoteWritten.v1"
    grade: str
    la_code: str


class NoteAmended(StoredEvent):
    type: Literal["NoteAmended.v1"] = "NoteAmended.v1"
    grade: str


@dataclass(frozen=True)
class Note:
    grade: str | None = None
    la_code: str = ""


def evolve(note: Note, event: NoteWritten | NoteAmended) -> Note:
    match event:
        case NoteWritten():
            return Note(event.grade, event.la_code)
        case NoteAmended():
            return replace(note, grade=event.grade)


DECIDER: Decider[Note, NoteWritten | NoteAmended] = Decider(
    "note",
    Note(),
    evolve,
    TypeAdapter(Annotated[NoteWritten | NoteAmended, Field(discriminator="type")]),
)


class WriteNote(CommandBody):
    grade: Literal["GOOD", "INADEQUATE"]
    la_code: str = Field(pattern=r"^9\d\d$")
    domains: dict[str, Literal["GOOD", "INADEQUATE"]] = {}
    score: int = 0
    words: str = ""


class AmendNote(CommandBody):
    grade: Literal["GOOD", "INADEQUATE"]


def write(grade: str, la_code: str, note: Note) -> list[Any]:
    if note.grade is None:
        return [NoteWritten(grade=grade, la_code=la_code)]
    if note.grade != grade:
        raise Refused("a written note is amended, not written again")
    return []


def amend(grade: str, note: Note) -> list[Any]:
    if grade == "INADEQUATE":
        raise Refused("a note is never amended downwards", field="grade")
    if note.grade is None:
        raise Refused("only a written note can be amended")
    return [] if note.grade == grade else [NoteAmended(grade=grade)]


def tell(recorded: Recorded[Any]) -> Published | None:
    if isinstance(recorded.event, NoteWritten):
        return AuditWithdrawnV1(audit_id=recorded.stream, reason="example")
    return None


def notes(store: EventStore, desk: Desk, policy: Policy) -> APIRouter:
    router = APIRouter(prefix="/v1/notes")

    @router.post("", status_code=201)
    async def write_note(
        body: WriteNote, request: Request, principal: Annotated[Principal, requires(AUDIT, Action.C, "audit:write")]
    ) -> Response:
        if not policy.decide(principal, AUDIT, Action.C, Place(authority=body.la_code)):
            raise NotFound
        asked = desk.asked(request, principal, body, la_code=body.la_code)
        id_ = desk.id_for(asked)
        outcome = await handle(
            store, DECIDER, DECIDER.stream(id_), lambda note: write(body.grade, body.la_code, note), asked
        )
        return desk.answer(outcome, location=f"/v1/notes/{id_}")

    @router.post("/{note_id}/amendment")
    async def amend_note(
        note_id: str,
        body: AmendNote,
        request: Request,
        principal: Annotated[Principal, requires(AUDIT, Action.U, "audit:write")],
    ) -> Response:
        note = await within_reach(note_id, principal)
        asked = desk.asked(request, principal, body, la_code=note.state.la_code)
        outcome = await handle(store, DECIDER, DECIDER.stream(note_id), lambda note: amend(body.grade, note), asked)
        return desk.answer(outcome)

    @router.get("/{note_id}")
    async def read_note(
        note_id: str, request: Request, principal: Annotated[Principal, requires(AUDIT, Action.R, "read")]
    ) -> Response:
        note = await within_reach(note_id, principal)
        return desk.shown(request, note.version, {"id": note_id, "grade": note.state.grade})

    @router.get("/{note_id}/accident")
    async def break_down(note_id: str, principal: Annotated[Principal, requires(AUDIT, Action.R, "read")]) -> Response:
        raise ZeroDivisionError(f"a secret about {note_id}")

    async def within_reach(note_id: str, principal: Principal) -> Any:
        note = await load(store, DECIDER, DECIDER.stream(note_id))
        if not note.version or not policy.decide(principal, AUDIT, Action.R, Place(authority=note.state.la_code)):
            raise NotFound
        return note

    return router


class NoteData(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note_id: str
    grade: Literal["GOOD", "INADEQUATE"]
    la_code: str
    effective_date: date | None = None


def note_intake(store: EventStore, desk: Desk, policy: Policy) -> APIRouter:
    async def written(data: NoteData, event: CloudEvent, asked: Asked, principal: Principal) -> Outcome[Any]:
        if not policy.decide(principal, AUDIT, Action.C, Place(authority=data.la_code)):
            raise NotFound
        stream = DECIDER.stream(data.note_id)
        return await handle(
            store, DECIDER, stream, lambda note: write(data.grade, data.la_code, note), placed(asked, data.la_code)
        )

    async def amended(data: NoteData, event: CloudEvent, asked: Asked, principal: Principal) -> Outcome[Any]:
        return await handle(store, DECIDER, DECIDER.stream(data.note_id), lambda note: amend(data.grade, note), asked)

    types = {
        "goldenthread.intake.note_written.v1": IntakeType(
            NoteData, written, key=lambda data: data.note_id, location="/v1/notes/{id}"
        ),
        "goldenthread.intake.note_amended.v1": IntakeType(NoteData, amended, key=lambda data: data.note_id),
    }
    return intake_router(types, store=store, desk=desk, resource=AUDIT)


def example_app(*routers: APIRouter, store: EventStore | None = None, **given: Any) -> FastAPI:
    policy = Policy()
    kept = store or InMemoryEventStore(partitions=8)
    desk = Desk("example", tell)
    own = [notes(kept, desk, policy), note_intake(kept, desk, policy), session_router()]
    settings = given.pop("settings", None) or http.settings()
    return build("example", settings, [*own, *routers], policy=policy, **given)
