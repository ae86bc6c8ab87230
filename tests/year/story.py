"""A year of one authority: what its people do day by day, and what they would note down of it.

24 teams, the routine cadence, the regular programme, two themes, 8 in 100 audits inadequate, moderation, pairs,
re-audits, remedial actions, 4R meetings, a team that moves and a link that changes hands. Some audits are done here,
step by step, and others in another system that tells of them when they are finished. Chances come from a seed.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from deploy.loading import people, units
from tests.year.auditing import Auditing, Task
from tests.year.days import HEAD, Days, first_of_months, last_of
from tests.year.facts import DOMAINS, GRADES, RANK, Caseload, Expected, Pair
from tests.year.following import Following
from tests.year.learning import Learning, plan_of
from tests.year.town import BEGAN, CODE, MACHINE, Town

PARENTING = f"{CODE}-parenting"
# The type of audit, how many of them in how many months, and the service area in which, if it is not everywhere.
PROGRAMME = (
    ("REGULAR_MASH", 6, 1, None),
    ("REGULAR_PRIVATE_FOSTERING", 1, 1, None),
    ("REGULAR_CONTACTS", 4, 1, None),
    ("REGULAR_CSE", 3, 3, None),
    ("REGULAR_CLA_IN_OUT", 2, 1, PARENTING),
)
PLANS = ("CONTACT", "EH", "CIN", "CP", "CLA", "CL", "PF", "PLO", "SEND", "YJ")
TEMPLATE = {
    "template_id": "year",
    "version": 1,
    "title": "Two domains",
    "scale": {
        "id": "OFSTED4",
        "grades": [{"code": grade, "rank": RANK[grade]} for grade in GRADES],
        "non_grades": ["NOT_APPLICABLE", "NOT_EVIDENCED", "UNGRADED"],
    },
    "domains": [{"code": domain, "plan_types": PLANS} for domain in DOMAINS],
    "plan_types": PLANS,
}
# How many teams' two auditors grade one case in a window that begins in this month, elsewhere two.
PAIRS = {8: 21}
AT_THE_DESK = 0.1  # of routine audits; those of the programme are all done in the other system


class Story:
    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.days = Days(town, seed)
        self.auditing = Auditing(self.days)
        self.following = Following(self.auditing)
        self.learning = Learning(self.auditing)
        self._to_pair: dict[str, Expected] = {}

    async def arrange(self) -> None:
        await self.town.post(MACHINE, "audit", "/v1/templates", {"template": TEMPLATE})
        await self.town.post(HEAD, "audit", f"/v1/audit-programmes/{CODE}", {"rows": [_row(*row) for row in PROGRAMME]})
        for month, first in enumerate(first_of_months()):
            self._routine(first)
            self._programme(first)
            self.days.at(first + timedelta(days=19), lambda first=first: self.learning.meet(first))  # type: ignore[misc]
            if month % 3 == 2:
                self.days.at(last_of(first), self._caseloads)
        self.days.at(people.MOVED_ON, self._move)
        self.learning.arrange()

    # -- what is expected -------------------------------------------------------------------------------------------

    def _routine(self, first: date) -> None:
        """A QA Officer's audit of each team this month, and a Team Manager's where a window begins."""
        for at, team in enumerate(self.days.teams.values()):
            area = self.days.area_of(team.id, first)
            officer = Expected("QA_OFFICER", "QA_ROUTINE", "QA_OFFICER", team.id, area, first, last_of(first))
            if (first.month - BEGAN.month) % 2 == 0:
                last = last_of(first + timedelta(days=40))
                manager = Expected("TEAM_MANAGER", "TM_ROUTINE", "TEAM_MANAGER", team.id, area, first, last)
                if at < PAIRS.get(first.month, 2):
                    self._to_pair[team.id] = manager
                else:
                    self._expect(manager, team)
            elif manager_too := self._to_pair.pop(team.id, None):
                self._pair(officer, manager_too, team)
                continue
            self._expect(officer, team)

    def _programme(self, first: date) -> None:
        for audit_type, n, months, area in PROGRAMME:
            last = last_of(first + timedelta(days=31 * (months - 1)))
            inside = [team for team in self.days.teams.values() if area in (None, team.area)]
            for _ in range(n if (first.month - BEGAN.month) % months == 0 else 0):
                team = self.days.chance.choice(inside)
                self._expect(Expected("PROGRAMME", audit_type, None, None, area, first, last), team)

    def _expect(self, expected: Expected, team: people.Team) -> None:
        """It is done in time, done late, exempted, or nobody does it."""
        self.days.facts.expected.append(expected)
        chance = self.days.chance
        share = chance.random()
        if share < 0.03 and expected.team is not None:
            self.days.at(expected.first + timedelta(days=chance.randrange(2, 20)), lambda: self._exempt(expected))
            return
        if share < 0.06:
            return
        on = expected.first + timedelta(days=chance.randrange((expected.last - expected.first).days + 1))
        if share < 0.10:
            on = expected.last + timedelta(days=chance.randrange(1, 15))
        allocated = max(expected.first, on - timedelta(days=chance.randrange(10)))
        task = self._task(expected, team, allocated, on)
        if expected.cadence != "PROGRAMME" and chance.random() < AT_THE_DESK:
            self.auditing.do(task)
        else:
            self.days.at(on, lambda: self.auditing.fill_in(task, self.auditing.seen(task)))

    def _task(
        self, expected: Expected, team: people.Team, allocated: date, on: date, case: tuple[str, str] | None = None
    ) -> Task:
        """About one of the team's cases, any of them unless it is said which."""
        role = expected.role or "QA_OFFICER"
        auditor = team.manager if role == "TEAM_MANAGER" else self.days.officer_of(team.id, allocated)
        child, plan = case or self._case(team)
        period = f"{expected.last:%Y-%m}"
        return Task(expected.audit_type, role, auditor, team, child, allocated, on, period, expected, plan)

    def _case(self, team: people.Team) -> tuple[str, str]:
        """One of the team's cases, with its type of plan."""
        number = self.days.chance.randrange(team.open_children)
        return f"case-{team.slug}-{number}", plan_of(team, number)

    async def _exempt(self, expected: Expected) -> None:
        query = {"team_id": expected.team or "", "month": f"{expected.last:%Y-%m}", "state": "OPEN"}
        found = (await self.town.get(HEAD, "audit", "/v1/expectations", **query))["items"]
        (mine,) = [one for one in found if one["cadence"] == expected.cadence]
        await self.days.ask(HEAD, f"/v1/expectations/{mine['id']}/exemption", {"reason": "ABSENCE"})
        expected.exempted = True

    # -- two auditors, one case -------------------------------------------------------------------------------------

    def _pair(self, officer: Expected, manager: Expected, team: people.Team) -> None:
        self.days.facts.expected += (officer, manager)
        on = officer.first + timedelta(days=self.days.chance.randrange(5, 25))
        case = self._case(team)
        a, b = (self._task(expected, team, on, on, case) for expected in (manager, officer))
        self.days.at(on, lambda: self._compare(a, b))

    async def _compare(self, a: Task, b: Task) -> None:
        auditing, ask = self.auditing, self.days.ask
        ids = [await auditing.planned(task) for task in (a, b)]
        body = {"kind": "PAIRED", "audit_a": ids[0], "audit_b": ids[1]}
        pair = (await ask(HEAD, "/v1/pairs", body))["id"]
        seen = [(auditing.seen(task, id_), task) for task, id_ in zip((a, b), ids, strict=True)]
        for audit, task in seen:
            await auditing.grade(audit, task.auditor)
        await ask(HEAD, f"/v1/pairs/{pair}/comparison", {"discussion": "what each of us saw"})
        self.days.facts.pairs.append(Pair(a.team.id, seen[0][0].area, self.days.today, ids[0], ids[1]))
        for audit, task in seen:
            await auditing.finalise(audit, task)

    # -- teams ------------------------------------------------------------------------------------------------------

    async def _move(self) -> None:
        damson, elm = f"{CODE}-{people.MOVED_TEAM}", f"{CODE}-{people.RELINKED_TEAM}"
        officer, on = self.days.teams[elm].links["QA_OFFICER"], people.MOVED_ON
        moved = units.team_moved(damson, f"{CODE}-{people.MOVED_TO}", on)
        for command in (moved, units.link(officer, elm, "QA_OFFICER", on)):
            await self.town.post(MACHINE, command.service, command.path, command.body)
        await self.town.told(
            lambda known: (
                (place := known.place(damson, on)) is not None
                and place.service_area == f"{CODE}-{people.MOVED_TO}"
                and elm in known.linked_teams(officer, on)
            )
        )

    async def _caseloads(self) -> None:
        day = self.days.today

        async def told(team: people.Team) -> None:
            open_cases = {plan: team.open_children // len(team.plan_types) for plan in team.plan_types}
            body = {"team_id": team.id, "as_at": day.isoformat(), "open_cases": open_cases}
            await self.days.ask(team.manager, "/v1/caseloads", body)
            self.days.facts.caseloads.append(Caseload(team.id, self.days.area_of(team.id, day), day, open_cases))

        await asyncio.gather(*map(told, self.days.teams.values()))


def _row(audit_type: str, n: int, months: int, area: str | None) -> dict[str, Any]:
    unit = {1: "MONTH", 3: "QUARTER"}[months]
    within = {"service_area_id": area} if area else {}
    return {"audit_type": audit_type, "period_unit": unit, "expected_n": n, "first": BEGAN.isoformat(), **within}
