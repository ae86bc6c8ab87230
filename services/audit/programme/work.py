"""From what was asked about policies, programmes, expectations and caseloads to what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.audit.domain.audit_policy import decisions as policies
from services.audit.domain.audit_policy import state as audit_policy
from services.audit.domain.audit_policy.events import AuditPolicyEvent
from services.audit.domain.audit_policy.state import AuditPolicies
from services.audit.domain.caseload import state as caseload
from services.audit.domain.caseload.decisions import ReportCaseload, report_caseload
from services.audit.domain.caseload.events import CaseloadEvent
from services.audit.domain.expectation import state as expectation
from services.audit.domain.expectation.decisions import ExemptFromAudit, exempt_from_audit
from services.audit.domain.expectation.events import AuditExpected, ExpectationEvent
from services.audit.domain.expectation.state import Expectation
from services.audit.domain.programme import state as programme
from services.audit.domain.programme.decisions import Row, SetAuditProgramme, regular, set_audit_programme
from services.audit.domain.programme.events import ProgrammeEvent
from services.audit.domain.windows import first_of_month
from services.audit.programme import requests as bodies
from services.audit.programme.opening import Opening
from services.audit.work import APPROVE, ARRANGE, READ, Right, Work
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.published.place import Place
from shared.web.intake import placed
from shared.web.policy import AUDIT, ORGANISATION, Action
from shared.web.principal import Principal

LOOK: tuple[Right, ...] = ((ORGANISATION, Action.R),)


@dataclass(frozen=True, slots=True)
class Expected:
    """An expected audit within the principal's reach."""

    expectation: Expectation
    expected: AuditExpected
    version: int


@dataclass(frozen=True, slots=True)
class Programme:
    """Methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises."""

    work: Work

    async def set_policy(
        self, la_code: str, body: bodies.SetAuditPolicyBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditPolicyEvent]:
        place = self._authority(la_code, APPROVE, principal)
        command = policies.SetAuditPolicy(
            place=place,
            policy_version=body.policy_version,
            from_date=body.from_date,
            limits=body.limits.model_dump(include=body.limits.model_fields_set),
            retroactive_reason=body.retroactive_reason,
        )
        asked, today = await self.work.attributed(asked, place, principal), self.work.today
        decider = audit_policy.DECIDER
        outcome = await handle(
            self.work.store,
            decider,
            decider.stream(la_code),
            lambda known: policies.set_audit_policy(command, known, today),
            asked,
        )
        await self.work.policies.read(la_code)  # this process decides by it at once
        return outcome

    async def policies(self, la_code: str, principal: Principal) -> Loaded[AuditPolicies]:
        self._authority(la_code, LOOK, principal)
        return await self.work.policies.read(la_code)

    async def set_rows(
        self, la_code: str, body: bodies.SetProgrammeBody, asked: Asked, principal: Principal
    ) -> Outcome[ProgrammeEvent]:
        place = self._authority(la_code, APPROVE, principal)
        command = SetAuditProgramme(tuple(self._row(row, place) for row in body.rows))
        return await self._set_programme(command, asked, place, principal)

    async def set_regular(
        self, la_code: str, body: bodies.SetRegularProgrammeBody, asked: Asked, principal: Principal
    ) -> Outcome[ProgrammeEvent]:
        place = self._authority(la_code, APPROVE, principal)
        return await self._set_programme(regular(place, body.period_unit, body.first), asked, place, principal)

    async def programme(self, la_code: str, principal: Principal) -> Loaded[programme.Programme]:
        self._authority(la_code, LOOK, principal)
        return await load(self.work.store, programme.DECIDER, programme.DECIDER.stream(la_code))

    async def open_month(self, body: bodies.OpenMonthBody, asked: Asked, principal: Principal) -> dict[str, Any]:
        place = self._authority(body.la_code, ARRANGE, principal)
        month = first_of_month(body.month)
        if month > self.work.today:
            raise Refused("a month is opened when it has begun", field="month")
        opening = Opening(self.work)
        expected = await opening.plan(place.authority, month)
        opened = await opening.open(expected, await self.work.attributed(asked, place, principal))
        ids = [one.expectation_id for one in expected]
        return {"la_code": place.authority, "month": body.month, "opened": opened, "expectations": ids}

    async def find(self, expectation_id: str, principal: Principal, rights: tuple[Right, ...] = READ) -> Expected:
        """The expected audit, when the principal has one of these rights over it."""
        decider = expectation.DECIDER
        loaded = await load(self.work.store, decider, decider.stream(expectation_id))
        expected = loaded.state.expected
        if expected is None:
            raise NotFound
        place = Opening(self.work).scope(expected.place, self.work.today) or expected.place
        mine = principal.subject == expected.auditor_ref
        if not any(self.work.policy.decide(principal, *right, place, allocated=mine) for right in rights):
            raise NotFound
        return Expected(loaded.state, expected, loaded.version)

    async def exempt(
        self, expectation_id: str, body: bodies.ExemptBody, asked: Asked, principal: Principal
    ) -> Outcome[ExpectationEvent]:
        found = await self.find(expectation_id, principal, APPROVE)
        command = ExemptFromAudit(body.reason, principal.subject, self._would_do_it(principal, found.expected))
        asked = await self.work.attributed(asked, found.expected.place, principal)
        decider = expectation.DECIDER
        return await handle(
            self.work.store,
            decider,
            decider.stream(expectation_id),
            lambda known: exempt_from_audit(command, known),
            asked,
            Loaded(found.expectation, found.version),
        )

    async def report_caseload(
        self, body: bodies.ReportCaseloadBody | bodies.CaseloadTold, asked: Asked, principal: Principal
    ) -> Outcome[CaseloadEvent]:
        today = self.work.today
        if body.as_at > today:
            raise Refused("nobody knows what will be open on a day that has not come", field="as_at")
        place = self.work.place_within_reach(body.team_id, None, body.as_at, principal)
        asked = placed(await self.work.attributed(asked, place, principal), place.authority, body.as_at)
        command, decider = ReportCaseload(place, body.as_at, body.open_cases), caseload.DECIDER
        stream = decider.stream(caseload.caseload_id(body.team_id, body.as_at))
        return await handle(
            self.work.store, decider, stream, lambda known: report_caseload(command, known, today), asked
        )

    async def caseload(self, caseload_id: str, principal: Principal) -> Loaded[caseload.Caseload]:
        loaded = await load(self.work.store, caseload.DECIDER, caseload.DECIDER.stream(caseload_id))
        days = list(loaded.state.days.values())
        if not days or not self.work.policy.decide(principal, AUDIT, Action.R, days[-1].place):
            raise NotFound
        return loaded

    async def _set_programme(
        self, command: SetAuditProgramme, asked: Asked, place: Place, principal: Principal
    ) -> Outcome[ProgrammeEvent]:
        asked, decider = await self.work.attributed(asked, place, principal), programme.DECIDER
        stream = decider.stream(place.authority)
        return await handle(self.work.store, decider, stream, lambda known: set_audit_programme(command, known), asked)

    def _row(self, row: bodies.ProgrammeRow, authority: Place) -> Row:
        if row.team_id is not None and row.service_area_id is not None:
            raise Refused("a row is for a team or for a service area", field="service_area_id")
        scope = authority.model_copy(update={"team": row.team_id, "service_area": row.service_area_id})
        place = Opening(self.work).scope(scope, self.work.today)
        if place is None or place.authority != authority.authority:
            field = "team_id" if row.team_id else "service_area_id"
            raise Refused("nothing of that name is open in this authority today", field=field)
        return Row(place, row.audit_type, row.period_unit, row.expected_n, row.first, row.last)

    def _authority(self, la_code: str, rights: tuple[Right, ...], principal: Principal) -> Place:
        place = self.work.directory.authority_place(la_code, self.work.today)
        if place is None or not any(self.work.policy.decide(principal, *right, place) for right in rights):
            raise NotFound
        return place

    def _would_do_it(self, principal: Principal, expected: AuditExpected) -> bool:
        """Holding the role in that very team: a Head who manages a team as well does not exempt themselves."""
        held = self.work.directory.roles(principal.subject, self.work.today)
        return any(
            one.role == expected.auditor_role and one.scope == "team" and one.unit_id == expected.place.team
            for one in held
        )


def policies_body(la_code: str, policies: AuditPolicies, on: date | None) -> dict[str, Any]:
    """Every version, in the order in which they were set; the first came with the service. Which is in force `on`."""
    versions = [
        {
            "policy_version": version.name,
            "from_date": version.from_date if version is not policies.versions[0] else None,
            "retroactive_reason": version.retroactive_reason,
            "limits": version.value.limits().model_dump(mode="json"),
        }
        for version in policies.versions
    ]
    in_force = {"in_force": policies.on(on).name} if on else {}
    return {"la_code": la_code, "versions": versions, **in_force}


def programme_body(la_code: str, known: programme.Programme) -> dict[str, Any]:
    rows = [term.model_dump(mode="json", exclude={"type"}) for terms in known.rows.values() for term in terms]
    return {"la_code": la_code, "rows": rows}


def expectation_body(expectation_id: str, found: Expected) -> dict[str, Any]:
    met, exempted = found.expectation.met, found.expectation.exempted
    return {
        "id": expectation_id,
        "version": found.version,
        **found.expected.model_dump(mode="json", exclude={"type", "expectation_id", "auditor_ref"}),
        "auditor": found.expected.auditor_ref,
        "standing": found.expectation.standing.value,
        "met_by": met.audit_id if met else None,
        "met_on": met.met_on if met else None,
        "exempted_for": exempted.reason if exempted else None,
    }


def caseload_body(caseload_id: str, known: caseload.Caseload) -> dict[str, Any]:
    days = {day.isoformat(): report.open_cases for day, report in sorted(known.days.items())}
    return {"id": caseload_id, "days": days}
