"""What leads to a command about expectations without a person asking: the calendar, audits, and other systems."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.audit.domain.audit import state as audits
from services.audit.domain.audit.events import AuditFinalised, AuditWithdrawn
from services.audit.domain.expectation.decisions import (
    MeetExpectation,
    ReopenExpectation,
    meet_expectation,
    reopen_expectation,
)
from services.audit.domain.expectation.events import AuditExpectationReopened, AuditExpected
from services.audit.domain.expectation.fitting import Done, Known, candidates, fits
from services.audit.domain.expectation.state import DECIDER, Standing
from services.audit.domain.windows import month_of, months_from
from services.audit.programme import requests as bodies
from services.audit.programme.opening import Opening
from services.audit.programme.work import Programme
from services.audit.register import Register
from services.audit.work import Work
from shared.calendar.clock import local_date
from shared.deciding.decider import Decider
from shared.deciding.refusal import Refused
from shared.event_store.following import Reaction
from shared.event_store.handling import Asked, Outcome, handle, load, recorded
from shared.event_store.store import Actor, Commit
from shared.event_store.unattended import once, unattended
from shared.published.place import Place
from shared.rounds import Work as Timer
from shared.web.cloud_events import CloudEvent
from shared.web.intake import IntakeType
from shared.web.principal import Principal

CADENCE = Actor(staff_ref="audit-cadence", role="SYSTEM")
# How soon a month is opened for a team, a link or an authority that became known after the month began.
LOOK_AGAIN = timedelta(minutes=10)
AUDITS = audits.DECIDER
LED_BY = frozenset(
    one.model_fields["type"].default
    for one in (AuditFinalised, AuditWithdrawn, AuditExpected, AuditExpectationReopened)
)


def caseload_intake(work: Work) -> dict[str, IntakeType]:
    """What case systems tell of their open cases."""
    programme = Programme(work)

    async def reported(
        data: bodies.CaseloadTold, event: CloudEvent, asked: Asked, principal: Principal
    ) -> Outcome[Any]:
        return await programme.report_caseload(data, asked, principal)

    kind = IntakeType(bodies.CaseloadTold, reported, lambda told: told.team_id, "/v1/caseloads/{id}", dated="as_at")
    return {"goldenthread.intake.caseload_reported.v1": kind}


def opening_months(work: Work, register: Register) -> Timer:
    """Opens the present month for every authority, and each since the last that was opened: a standstill skips none."""
    opening, looked = Opening(work), list[datetime]()

    async def look() -> None:
        moment = work.clock()
        if looked and local_date(looked[0]) == local_date(moment) and moment - looked[0] < LOOK_AGAIN:
            return
        for authority in work.directory.authorities():
            for month in await _months(register, authority.authority_id, local_date(moment)):
                await _open(opening, register, authority.authority_id, month)
        looked[:] = [moment]

    return look


async def _months(register: Register, la_code: str, today: date) -> list[date]:
    query = {"kind": DECIDER.category, "la_code": la_code, "window_first": {"$lte": today.isoformat()}}
    last = await register.kept.find_one(query, {"window_first": 1}, sort=[("window_first", -1)])
    return months_from(date.fromisoformat(last["window_first"]) if last else today, today)


async def _open(opening: Opening, register: Register, la_code: str, month: date) -> None:
    expected = await opening.plan(la_code, month)
    streams = [DECIDER.stream(one.expectation_id) for one in expected]
    found = await register.kept.find({"_id": {"$in": streams}}, {"_id": 1}).to_list()
    known = {document["_id"] for document in found}
    missing = [one for one in expected if DECIDER.stream(one.expectation_id) not in known]
    id_ = once("open", la_code, month.isoformat())
    await opening.open(missing, unattended(id_, CADENCE, la_code, opening.work.clock(), month))


def meeting_expectations(work: Work, register: Register) -> Reaction:
    """Finds for each finalised audit the expectation that it meets, and for each expectation the audit."""
    return Reaction("expectations", Meeting(work, register).handle, before=register.catch_up)


class Meeting:
    """An audit meets one expectation at most, and once only: the commit that says so has an id made of the audit."""

    def __init__(self, work: Work, register: Register) -> None:
        self._work = work
        self._register = register

    async def handle(self, commit: Commit) -> None:
        if not any(payload.type in LED_BY for payload in commit.events):
            return
        decider: Decider[Any, Any] = AUDITS if commit.stream.startswith(f"{AUDITS.category}-") else DECIDER
        for told in recorded(decider, commit):
            match told.event:
                case AuditFinalised():
                    await self._audited(commit.stream)
                case AuditWithdrawn(audit_id=audit_id, reason=reason):
                    await self._withdrawn(audit_id, reason, commit.meta.la_code)
                case AuditExpected() | AuditExpectationReopened():
                    await self._offer(_known(await self._entry(commit.stream)).expected)
                case _:
                    pass

    async def _audited(self, stream: str) -> None:
        entry = await self._entry(stream)
        if entry["counts_on"] is not None:  # it was not withdrawn in the meantime
            await self._find_one_for(_done(entry))

    async def _entry(self, stream: str) -> dict[str, Any]:
        """The register caught up before the commit was handed over: what happened to the stream is in it."""
        entry: dict[str, Any] = await self._register.kept.find_one({"_id": stream}) or {}
        return entry

    async def _withdrawn(self, audit_id: str, reason: str, la_code: str) -> None:
        met = await self._work.store.find(once("meets", audit_id))
        if met is None:
            return
        command = ReopenExpectation(audit_id, reason)
        asked = await self._asked(once("reopens", audit_id), la_code, local_date(self._work.clock()), met.id)
        await handle(self._work.store, DECIDER, met.stream, lambda known: reopen_expectation(command, known), asked)

    async def _offer(self, expected: AuditExpected) -> None:
        """Every audit that was there first and met nothing: of this window, or of a later one and able to make up."""
        months = [month_of(month) for month in months_from(expected.window_first, expected.window_last)]
        query = {
            "kind": AUDITS.category,
            "la_code": expected.place.authority,
            "audit_type": expected.audit_type,
            "$or": [
                {"period": {"$in": months}, "counts_on": {"$ne": None}},
                {"period": None, "counts_on": {"$gte": expected.window_first.isoformat()}},
            ],
        }
        kept = self._register.kept
        entries = await kept.find(query).sort([("counts_on", 1), ("_id", 1)]).to_list()
        fitting = [done for done in map(_done, entries) if fits(expected, done)]
        settled = set(await kept.distinct("met_by", {"met_by": {"$in": [done.audit_id for done in fitting]}}))
        for done in fitting:
            if done.audit_id not in settled:
                await self._find_one_for(done)

    async def _find_one_for(self, done: Done) -> None:
        id_, chosen = once("meets", done.audit_id), candidates(done, await self._known(done))
        if not chosen or await self._work.store.find(id_) is not None:
            return
        command, la_code = MeetExpectation(done), done.place.authority
        asked = await self._asked(id_, la_code, done.counts_on, AUDITS.stream(done.audit_id))
        for expectation_id in chosen:
            stream = DECIDER.stream(expectation_id)
            try:
                await handle(self._work.store, DECIDER, stream, lambda known: meet_expectation(command, known), asked)
            except Refused:  # somebody else met it, or it was exempted, since the register was read
                continue
            await self._look_again(done)
            return

    async def _look_again(self, done: Done) -> None:
        """If the audit was withdrawn while it met the expectation, that may have gone unnoticed by both."""
        audit = (await load(self._work.store, AUDITS, AUDITS.stream(done.audit_id))).state
        if audit.withdrawn is not None:
            await self._withdrawn(done.audit_id, audit.withdrawn.reason, done.place.authority)

    async def _known(self, done: Done) -> list[Known]:
        """The expectations in whose window it was done, and the open ones from before."""
        day = done.day.isoformat()
        query = {
            "kind": DECIDER.category,
            "la_code": done.place.authority,
            "audit_type": done.audit_type,
            "window_first": {"$lte": day},
            "place.team": {"$in": [done.place.team, None]},
            "$or": [{"window_last": {"$gte": day}}, {"standing": Standing.OPEN.value}],
        }
        return [_known(entry) for entry in await self._register.kept.find(query).to_list()]

    async def _asked(self, id_: str, la_code: str, counts_on: date, causation: str) -> Asked:
        policy = await self._work.policies.on(la_code, counts_on)
        return unattended(id_, CADENCE, la_code, self._work.clock(), counts_on, policy.version, causation)


def _done(entry: dict[str, Any]) -> Done:
    return Done(
        audit_id=entry["_id"].partition("-")[2],
        audit_type=entry["audit_type"],
        auditor_role=entry["auditor_role"],
        place=Place.model_validate(entry["place"]),
        counts_on=date.fromisoformat(entry["counts_on"]),
        period=entry["period"],
        auditor_ref=entry["auditor"],
    )


def _known(entry: dict[str, Any]) -> Known:
    fields = {name: entry[name] for name in AuditExpected.model_fields if name in entry}
    expected = AuditExpected.model_validate(
        {**fields, "expectation_id": entry["_id"].partition("-")[2], "auditor_ref": entry["auditor"]}
    )
    return Known(expected, entry["standing"] == Standing.OPEN.value)
