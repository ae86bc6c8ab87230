"""Opening a month: what its windows expect, from the structure, the policy and the programme as they then were."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.audit.domain.expectation.decisions import ExpectAudit, expect_audit
from services.audit.domain.expectation.events import AuditExpected
from services.audit.domain.expectation.planning import TeamThen, by_programme, of_qa_officers, of_team_managers
from services.audit.domain.expectation.state import DECIDER
from services.audit.domain.programme import state as programme
from services.audit.domain.programme.state import PeriodUnit
from services.audit.domain.windows import MONTHS
from services.audit.work import Work
from shared.event_store.handling import Asked, handle, load, unborn
from shared.event_store.unattended import once
from shared.published.place import Place

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Opening:
    work: Work

    async def plan(self, la_code: str, month: date) -> list[AuditExpected]:
        """Every audit expected in the windows that hold this month (its first day), by policy and programme.

        Whose team it was and who was linked with it is asked of the window's first day: what begins later is expected
        from the next window on.
        """
        policies = self.work.policies
        monthly = MONTHS.around(month)
        managers = (await policies.on(la_code, month)).team_manager_windows.around(month)
        of_officers = (await policies.on(la_code, monthly.first)).qa_officer_audits_per_month
        of_managers = (await policies.on(la_code, managers.first)).team_manager_audits_per_window
        return [
            *of_qa_officers(monthly, of_officers, self._teams(la_code, monthly.first)),
            *of_team_managers(managers, of_managers, self._teams(la_code, managers.first)),
            *await self._programme(la_code, month),
        ]

    async def open(self, expected: Sequence[AuditExpected], asked: Asked) -> int:
        """Expect these audits, each in a stream of its own under an id of its own; answers how many were new."""
        opened = 0
        for at in range(0, len(expected), AT_ONCE):
            some = expected[at : at + AT_ONCE]
            opened += sum(await asyncio.gather(*(self._expect(one, asked) for one in some)))
        return opened

    async def _expect(self, expected: AuditExpected, asked: Asked) -> bool:
        """False when it was expected before."""
        place, id_ = expected.place, once("expect", expected.expectation_id)
        policy = await self.work.policies.on(place.authority, expected.window_first)
        known = {
            "la_code": place.authority,
            "effective_date": expected.window_first,
            "policy_version": policy.version,
            "causation": asked.id,
        }
        mine = replace(asked, id=id_, request=id_, if_version=None, meta=asked.meta.model_copy(update=known))
        stream, command = DECIDER.stream(expected.expectation_id), ExpectAudit(expected)
        outcome = await handle(
            self.work.store, DECIDER, stream, lambda known: expect_audit(command, known), mine, unborn(DECIDER)
        )
        return any(told.meta.causation == asked.id for told in outcome.events)

    def _teams(self, la_code: str, day: date) -> list[TeamThen]:
        directory = self.work.directory
        places = (
            directory.place(team, day)
            for area in directory.areas_of(la_code, day)
            for team in directory.teams_of(area, day)
        )
        return [
            TeamThen(place, directory.link_holders(place.team, "QA_OFFICER", day))
            for place in places
            if place is not None and place.team is not None
        ]

    async def _programme(self, la_code: str, month: date) -> list[AuditExpected]:
        rows = (await load(self.work.store, programme.DECIDER, programme.DECIDER.stream(la_code))).state
        expected: list[AuditExpected] = []
        for unit in PeriodUnit:
            window = unit.windows.around(month)
            for row in rows.on(window.first):
                place = self.scope(row.place, window.first)
                if row.period_unit == unit and place is not None:
                    expected += by_programme(window, row, place)
        return expected

    def scope(self, scope: Place, day: date) -> Place | None:
        """The same team, service area or authority as it stood on that day; None when it was not open."""
        directory = self.work.directory
        if scope.team is not None:
            return directory.place(scope.team, day)
        whole = directory.authority_place(scope.authority, day)
        if whole is None or scope.service_area is None:
            return whole
        is_open = scope.service_area in directory.areas_of(scope.authority, day)
        return whole.model_copy(update={"service_area": scope.service_area}) if is_open else None
