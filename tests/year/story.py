"""A year of one authority: what its people do day by day, and what they would note down of it.

24 teams, the routine cadence, the regular programme, two themes, 8 in 100 audits inadequate, moderation, pairs,
re-audits, remedial actions, 4R meetings, a team that moves and a link that changes hands. Some audits are done here,
step by step, and others in another system that tells of them when they are finished. Chances come from a seed.
"""

from __future__ import annotations

import calendar
import copy
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import holidays

from deploy.loading import people, units
from tests.year.facts import (
    DOMAINS,
    GRADES,
    RANK,
    Action,
    Audit,
    Caseload,
    Expected,
    Facts,
    Meeting,
    Pair,
    ReAudit,
    regraded,
)
from tests.year.town import BEGAN, CODE, FORMS, MACHINE, Town

ENDED = date(2026, 3, 31)
HEAD = people.wide(CODE, "HEAD_OF_SAFEGUARDING_QA")
PARENTING = f"{CODE}-parenting"
# The type of audit, how many of them in how many months, and the service area in which, if it is not everywhere.
PROGRAMME = (
    ("REGULAR_MASH", 6, 1, None),
    ("REGULAR_PRIVATE_FOSTERING", 1, 1, None),
    ("REGULAR_CONTACTS", 4, 1, None),
    ("REGULAR_CSE", 3, 3, None),
    ("REGULAR_CLA_IN_OUT", 2, 1, PARENTING),
)
TEMPLATE = {
    "template_id": "year",
    "version": 1,
    "title": "Two domains",
    "scale": {
        "id": "OFSTED4",
        "grades": [{"code": grade, "rank": RANK[grade]} for grade in GRADES],
        "non_grades": ["NOT_APPLICABLE", "NOT_EVIDENCED", "UNGRADED"],
    },
    "domains": [],
    "plan_types": [],
}
# How many teams' two auditors grade one case in a window that begins in this month, elsewhere two.
PAIRS = {8: 21}
ROUNDS = (1, 2)
AT_THE_DESK = 0.2  # of routine audits; those of the programme are all done in the other system
LATE_ENTRY = date(2025, 5, 20), date(2025, 7, 21)  # the day on which it was done, and on which it was told
REGRADED_ON, WITHDRAWN_ON = date(2025, 11, 20), date(2025, 12, 10)
# A theme's code, when it is commissioned, its quarter and the size of its sample.
THEMES = (("NEGLECT", date(2025, 7, 7), "2025-Q2", 16), ("SUPERVISION", date(2025, 10, 6), "2025-Q3", 12))
PRIORITIES = {"HIGH": 5, "MEDIUM": 10, "LOW": 20}  # working days
ENGLAND = holidays.country_holidays("GB", subdiv="ENG")
PLANS = ("CONTACT", "EH", "CIN", "CP", "CLA", "CL", "PF", "PLO", "SEND", "YJ")
Do = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Task:
    """An audit to do: planned and allocated on one day, graded and finalised on a later one."""

    audit_type: str
    role: str
    auditor: str
    team: people.Team
    child: str
    allocated: date
    on: date
    period: str | None = None
    expected: Expected | None = None
    plan: str = ""


class Story:
    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.facts = Facts()
        self.teams = {team.id: team for team in people.teams(CODE)}
        self._chance = random.Random(seed)
        self._queue: list[tuple[date, int, Do]] = []
        self._order = itertools.count()
        self._auditors: dict[str, str] = {}
        self._to_pair: dict[str, Expected] = {}
        self._forms: list[tuple[Task, Audit, dict[str, Any]]] = []
        self._form_of: dict[str, str] = {}
        self.known: dict[str, Facts] = {}

    # -- the calendar ---------------------------------------------------------------------------------------------

    def at(self, day: date, do: Do) -> None:
        heapq.heappush(self._queue, (max(day, self.town.today), next(self._order), do))

    async def live(self, until: date) -> None:
        """Day by day; on some evenings the services do what nobody asked for."""
        closing = {day: [key for key, closes in CLOSES.items() if closes == day] for day in CLOSES.values()}
        day = self.town.today
        while day <= until:
            self.town.go_to(day)
            if day in closing:
                await self.town.close()
            await self._live_today()
            tomorrow = day + timedelta(days=1)
            if day.day in ROUNDS or tomorrow in closing:
                await self.town.round()
            if tomorrow in closing:
                await self.town.level()
                self.known |= dict.fromkeys(closing[tomorrow], copy.deepcopy(self.facts))
            day = tomorrow

    async def _live_today(self) -> None:
        while self._forms or (self._queue and self._queue[0][0] <= self.town.today):
            while self._queue and self._queue[0][0] <= self.town.today:
                await heapq.heappop(self._queue)[2]()
            await self._send_forms()

    def area_of(self, team: str, day: date) -> str:
        if team == f"{CODE}-{people.MOVED_TEAM}" and day >= people.MOVED_ON:
            return f"{CODE}-{people.MOVED_TO}"
        return self.teams[team].area

    def officer_of(self, team: str, day: date) -> str:
        if team == f"{CODE}-{people.RELINKED_TEAM}" and day < people.MOVED_ON:
            return f"{CODE}-qa-1"
        return self.teams[team].links["QA_OFFICER"]

    # -- what is arranged before the year -------------------------------------------------------------------------

    async def arrange(self) -> None:
        domains = [{"code": domain, "plan_types": PLANS} for domain in DOMAINS]
        template = {**TEMPLATE, "domains": domains, "plan_types": PLANS}
        await self.town.post(MACHINE, "audit", "/v1/templates", {"template": template})
        await self.town.post(HEAD, "audit", f"/v1/audit-programmes/{CODE}", {"rows": [_row(*row) for row in PROGRAMME]})
        for month in range(12):
            first = date(BEGAN.year + (3 + month) // 12, (3 + month) % 12 + 1, 1)
            self._routine(first)
            self._programme(first)
            self.at(first + timedelta(days=19), lambda first=first: self._four_r(first))  # type: ignore[misc]
            if month % 3 == 2:
                self.at(_last(first), lambda first=first: self._caseloads(_last(first)))  # type: ignore[misc]
        for theme in THEMES:
            self.at(theme[1], lambda theme=theme: self._theme(*theme))  # type: ignore[misc]
        self.at(people.MOVED_ON, self._move)
        self.at(LATE_ENTRY[1], self._enter_late)
        self.at(REGRADED_ON, self._regrade)
        self.at(WITHDRAWN_ON, self._withdraw)

    def _routine(self, first: date) -> None:
        """A QA Officer's audit of each team this month, and a Team Manager's where a window begins."""
        for at, team in enumerate(self.teams.values()):
            begin_area = self.area_of(team.id, first)
            officer = Expected("QA_OFFICER", "QA_ROUTINE", "QA_OFFICER", team.id, begin_area, first, _last(first))
            if (first.month - BEGAN.month) % 2 == 0:
                last = _last(first + timedelta(days=40))
                manager = Expected("TEAM_MANAGER", "TM_ROUTINE", "TEAM_MANAGER", team.id, begin_area, first, last)
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
            last = _last(first + timedelta(days=31 * (months - 1)))
            for _ in range(n if (first.month - BEGAN.month) % months == 0 else 0):
                team = self._chance.choice([team for team in self.teams.values() if area in (None, team.area)])
                self._expect(Expected("PROGRAMME", audit_type, None, None, area, first, last), team)

    def _expect(self, expected: Expected, team: people.Team) -> None:
        """It is done in time, done late, exempted, or nobody does it."""
        self.facts.expected.append(expected)
        share = self._chance.random()
        if share < 0.03 and expected.team is not None:
            self.at(expected.first + timedelta(days=self._chance.randrange(2, 20)), lambda: self._exempt(expected))
            return
        if share < 0.06:
            return
        on = expected.first + timedelta(days=self._chance.randrange((expected.last - expected.first).days + 1))
        if share < 0.10:
            on = expected.last + timedelta(days=self._chance.randrange(1, 15))
        role = "TEAM_MANAGER" if expected.cadence == "TEAM_MANAGER" else "QA_OFFICER"
        allocated = max(expected.first, on - timedelta(days=self._chance.randrange(10)))
        auditor = team.manager if role == "TEAM_MANAGER" else self.officer_of(team.id, allocated)
        child, plan = self._case(team)
        period = f"{expected.last:%Y-%m}"
        task = Task(expected.audit_type, role, auditor, team, child, allocated, on, period, expected, plan)
        if expected.cadence != "PROGRAMME" and self._chance.random() < AT_THE_DESK:
            self._do(task)
        else:
            self.at(on, lambda: self._fill_in(task, self._seen(task, "")))

    def _case(self, team: people.Team) -> tuple[str, str]:
        """One of the team's cases, with its type of plan."""
        number = self._chance.randrange(team.open_children)
        return f"case-{team.slug}-{number}", _plan(team, number)

    # -- audits ---------------------------------------------------------------------------------------------------

    def _do(self, task: Task) -> None:
        async def begin() -> None:
            id_ = await self._planned(task)
            self.at(task.on, lambda: self._finish(task, id_))

        self.at(task.allocated, begin)

    async def _planned(self, task: Task) -> str:
        body = {
            "audit_type": task.audit_type,
            "template_id": "year",
            "plan_type": task.plan,
            "team_id": task.team.id,
            "child_ref": task.child,
            **({"period": task.period} if task.period else {}),
        }
        id_ = str((await self._ask(task.auditor, "/v1/audits", body))["id"])
        allocation = {"auditor_ref": task.auditor, "auditor_role": task.role}
        await self._ask(task.auditor, f"/v1/audits/{id_}/allocation", allocation)
        self._auditors[id_] = task.auditor
        return id_

    async def _finish(self, task: Task, id_: str) -> None:
        audit = self._seen(task, id_)
        await self._grade(audit, task.auditor)
        await self._finalise(audit, task)

    def _seen(self, task: Task, id_: str) -> Audit:
        return Audit(
            id=id_,
            team=task.team.id,
            area=self.area_of(task.team.id, task.on),
            child=task.child,
            audit_type=task.audit_type,
            role=task.role,
            plan=task.plan,
            allocated=task.allocated,
            on=task.on,
            **self._graded(),
        )

    async def _finalise(self, audit: Audit, task: Task) -> None:
        audit = await self._moderate(audit)
        await self._ask(HEAD, f"/v1/audits/{audit.id}/finalisation", {})
        self._finished(audit, task)

    def _finished(self, audit: Audit, task: Task) -> None:
        self.facts.audits[audit.id] = audit
        if task.expected is not None:
            task.expected.met_by, task.expected.met_on = audit.id, audit.on
        self._follow_up(audit, task.team)

    async def _fill_in(self, task: Task, audit: Audit) -> str:
        """In the other system, which knows no more of its moderation than that it was moderated."""
        if self._chance.random() < 0.2:
            audit = self._changed(audit)
        ref = f"form-{len(self.facts.audits) + len(self._forms)}"
        audit = replace(audit, id=str(uuid5(uuid5(NAMESPACE_URL, FORMS), ref)))
        self._auditors[audit.id] = task.auditor
        self._form_of[audit.id] = ref
        again = {"re_audit_of": self._form_of[audit.parent]} if audit.parent else {}
        self._forms.append((task, audit, {"external_ref": ref, **_form(task, audit), **again}))
        return audit.id

    async def _send_forms(self) -> None:
        forms, self._forms = self._forms, []
        if forms:
            await self.town.tell([form for _, _, form in forms])
        for task, audit, _ in forms:
            self._finished(audit, task)

    def _graded(self) -> dict[str, Any]:
        """8 in 100 are inadequate, 37 require improvement, 47 are good, 8 outstanding."""
        overall = self._chance.choices(GRADES, (8, 47, 37, 8))[0]
        domains = {domain: self._near(overall) for domain in DOMAINS}
        if overall == "REQUIRES_IMPROVEMENT" and self._chance.random() < 0.05:
            domains["ASSESSMENT"] = "INADEQUATE"
        return {"raw": overall, "raw_domains": domains, "overall": overall, "domains": dict(domains)}

    def _near(self, grade: str) -> str:
        """The same grade most of the time; only what is inadequate as a whole has inadequate parts."""
        if grade == "INADEQUATE" or self._chance.random() < 0.7:
            return grade
        return GRADES[min(2, max(0, GRADES.index(grade) + self._chance.choice((-1, 1))))]

    async def _grade(self, audit: Audit, auditor: str) -> None:
        path = f"/v1/audits/{audit.id}"
        await self._ask(auditor, f"{path}/start", {})
        for domain, grade in audit.raw_domains.items():
            await self._ask(auditor, f"{path}/domain-grades", {"domain": domain, "grade": grade, "rationale": "seen"})
        await self._ask(auditor, f"{path}/overall-grade", {"grade": audit.raw})
        await self._ask(auditor, f"{path}/submission", {})

    async def _moderate(self, audit: Audit) -> Audit:
        """Where the policy's sample asks for it; one in four grades is changed."""
        shown = await self.town.get(HEAD, "audit", f"/v1/audits/{audit.id}")
        if not shown["submitted"]["moderation_required"]:
            return audit
        quality = self._chance.choice(("THOROUGH", "ADEQUATE", "INSUFFICIENT"))
        audit = replace(self._changed(audit), quality=quality, moderator_role="HEAD_OF_SAFEGUARDING_QA")
        changed = {code: grade for code, grade in audit.domains.items() if grade != audit.raw_domains[code]}
        body = {"audit_quality": quality, "overall": audit.overall, "domains": changed}
        await self._ask(HEAD, f"/v1/audits/{audit.id}/moderation", body)
        return audit

    def _changed(self, audit: Audit) -> Audit:
        """As a moderator left it: mostly as it was."""
        overall, domains = audit.raw, dict(audit.raw_domains)
        if self._chance.random() < 0.25:
            overall = GRADES[min(3, GRADES.index(audit.raw) + 1)] if audit.raw != "INADEQUATE" else GRADES[2]
            domains = dict.fromkeys(domains, overall)
        return replace(audit, overall=overall, domains=domains, source="MODERATED", moderated=overall)

    # -- what follows from an audit --------------------------------------------------------------------------------

    def _follow_up(self, audit: Audit, team: people.Team) -> None:
        failed = [domain for domain, grade in audit.domains.items() if grade == "INADEQUATE"]
        if audit.overall == "INADEQUATE" or failed:
            trigger = "INADEQUATE_OVERALL" if audit.overall == "INADEQUATE" else "INADEQUATE_DOMAIN"
            self._again(audit, team, trigger, failed)
        if RANK[audit.overall] < 3 and self._chance.random() < 0.15:
            self.at(audit.on, lambda: self._agree(audit, team))

    def _again(self, parent: Audit, team: people.Team, trigger: str, failed: list[str]) -> None:
        due = parent.on + timedelta(weeks=12)
        required = ReAudit(
            parent=parent.id,
            root=parent.root or parent.id,
            generation=parent.generation + 1,
            trigger=trigger,
            team=parent.team,
            area=parent.area,
            required=parent.on,
            due=due,
        )
        self.facts.re_audits.append(required)
        if self._chance.random() < 0.1:
            self.at(parent.on + timedelta(days=30), lambda: self._cannot(required))
            return
        on = due + timedelta(days=self._chance.randrange(-35, 12))
        if parent.id in self._form_of and self._chance.random() < 0.7:
            self.at(on, lambda: self._fill_in_again(required, parent, team))
            return
        self.at(on - timedelta(days=7), lambda: self._plan_again(required, parent, team, on))

    async def _re_audit_id(self, required: ReAudit) -> str:
        shown = await self.town.get(HEAD, "audit", f"/v1/audits/{required.parent}/loop")
        (mine,) = [one for one in shown["re_audits"] if one["parent_audit_id"] == required.parent]
        return str(mine["id"])

    async def _cannot(self, required: ReAudit) -> None:
        id_ = await self._re_audit_id(required)
        await self._ask(HEAD, f"/v1/re-audits/{id_}/impossibility", {"reason": "CLOSED"})
        required.not_possible = self.town.today

    async def _plan_again(self, required: ReAudit, parent: Audit, team: people.Team, on: date) -> None:
        """Reach comes with the allocation."""
        id_ = await self._re_audit_id(required)
        planned = await self.town.post(MACHINE, "audit", f"/v1/re-audits/{id_}/audit", {})
        auditor = self._another(parent)
        allocation = {"auditor_ref": auditor, "auditor_role": "QA_OFFICER"}
        await self._ask(HEAD, f"/v1/audits/{planned['id']}/allocation", allocation)
        self._auditors[planned["id"]] = auditor
        task = Task("RE_AUDIT", "QA_OFFICER", auditor, team, parent.child, self.town.today, on, plan=parent.plan)
        self.at(on, lambda: self._finish_again(task, str(planned["id"]), required))

    async def _finish_again(self, task: Task, id_: str, required: ReAudit) -> None:
        audit = self._seen(task, id_)
        audit = replace(audit, parent=required.parent, root=required.root, generation=required.generation)
        if required.trigger == "INADEQUATE_DOMAIN":
            parent = self.facts.audits[required.parent]
            looked_at = [domain for domain, grade in parent.domains.items() if grade == "INADEQUATE"]
            only = {domain: audit.raw_domains[domain] for domain in looked_at}
            audit = replace(audit, raw_domains=only, domains=dict(only))
        await self._grade(audit, task.auditor)
        await self._finalise(audit, task)
        required.done_by, required.done = audit.id, audit.on

    async def _fill_in_again(self, required: ReAudit, parent: Audit, team: people.Team) -> None:
        """The other system audits all of the case again, whatever had failed."""
        auditor, today = self._another(parent), self.town.today
        task = Task("RE_AUDIT", "QA_OFFICER", auditor, team, parent.child, today, today, plan=parent.plan)
        seen = self._seen(task, "")
        audit = replace(seen, parent=required.parent, root=required.root, generation=required.generation)
        required.done_by, required.done = await self._fill_in(task, audit), today

    def _another(self, parent: Audit) -> str:
        """A QA Officer who did not audit the first time."""
        first = self._auditors[parent.id]
        return next(ref for ref in (f"{CODE}-qa-{n}" for n in range(1, 7)) if ref != first)

    async def _agree(self, audit: Audit, team: people.Team) -> None:
        """The Team Manager is to do it; a QA Officer sees that it was done."""
        priority = self._chance.choice(tuple(PRIORITIES))
        body = {
            "audit_id": audit.id,
            "text": "see the child",
            "owner": team.manager,
            "owner_role": "TEAM_MANAGER",
            "priority": priority,
        }
        id_ = str((await self._ask(self._auditors[audit.id], "/v1/actions", body))["id"])
        today = self.town.today
        due = working_days_after(today, PRIORITIES[priority])
        action = Action(id_, audit.id, audit.team, audit.area, today, PRIORITIES[priority], [(today, "agreed")])
        self.facts.actions.append(action)
        self._see_through(action, team, due, last=self._chance.random() < 0.9)

    def _see_through(self, action: Action, team: people.Team, due: date, *, last: bool) -> None:
        late = self._chance.random() < 0.2
        done = due + timedelta(days=3) if late else due - timedelta(days=1)
        if late:
            self.at(due + timedelta(days=1), lambda: self._note(action, "overdue"))
        self.at(done, lambda: self._complete(action, team, last=last))

    async def _note(self, action: Action, step: str) -> None:
        action.steps.append((self.town.today, step))

    async def _complete(self, action: Action, team: people.Team, *, last: bool) -> None:
        await self._ask(team.manager, f"/v1/actions/{action.id}/completion", {"evidence_ref": "form-1"})
        await self._note(action, "completed")
        self.at(self.town.today + timedelta(days=2), lambda: self._look(action, team, last=last))

    async def _look(self, action: Action, team: people.Team, *, last: bool) -> None:
        officer = self.officer_of(team.id, self.town.today)
        if last:
            await self._ask(officer, f"/v1/actions/{action.id}/verification", {})
            await self._note(action, "verified")
            return
        await self._ask(officer, f"/v1/actions/{action.id}/failed-verification", {"reason": "not seen"})
        await self._note(action, "failed")
        self._see_through(action, team, working_days_after(self.town.today, action.days), last=True)

    # -- two auditors, one case ------------------------------------------------------------------------------------

    def _pair(self, officer: Expected, manager: Expected, team: people.Team) -> None:
        self.facts.expected += (officer, manager)
        on = officer.first + timedelta(days=self._chance.randrange(5, 25))
        child, plan = self._case(team)
        period = f"{officer.last:%Y-%m}"
        a = Task("TM_ROUTINE", "TEAM_MANAGER", team.manager, team, child, on, on, period, manager, plan)
        qa = self.officer_of(team.id, on)
        b = Task("QA_ROUTINE", "QA_OFFICER", qa, team, child, on, on, period, officer, plan)
        self.at(on, lambda: self._compare(a, b))

    async def _compare(self, a: Task, b: Task) -> None:
        ids = [await self._planned(task) for task in (a, b)]
        body = {"kind": "PAIRED", "audit_a": ids[0], "audit_b": ids[1]}
        pair = (await self._ask(HEAD, "/v1/pairs", body))["id"]
        seen = [self._seen(task, id_) for task, id_ in zip((a, b), ids, strict=True)]
        for audit, task in zip(seen, (a, b), strict=True):
            await self._grade(audit, task.auditor)
        await self._ask(HEAD, f"/v1/pairs/{pair}/comparison", {"discussion": "what each of us saw"})
        self.facts.pairs.append(Pair(a.team.id, seen[0].area, self.town.today, ids[0], ids[1]))
        for audit, task in zip(seen, (a, b), strict=True):
            await self._finalise(audit, task)

    # -- around audits --------------------------------------------------------------------------------------------

    async def _exempt(self, expected: Expected) -> None:
        query = {"team_id": expected.team or "", "month": f"{expected.last:%Y-%m}", "state": "OPEN"}
        found = (await self.town.get(HEAD, "audit", "/v1/expectations", **query))["items"]
        (mine,) = [one for one in found if one["cadence"] == expected.cadence]
        await self._ask(HEAD, f"/v1/expectations/{mine['id']}/exemption", {"reason": "ABSENCE"})
        expected.exempted = True

    async def _move(self) -> None:
        moved = units.team_moved(f"{CODE}-{people.MOVED_TEAM}", f"{CODE}-{people.MOVED_TO}", people.MOVED_ON)
        relinked = units.link(
            self.teams[f"{CODE}-{people.RELINKED_TEAM}"].links["QA_OFFICER"],
            f"{CODE}-{people.RELINKED_TEAM}",
            "QA_OFFICER",
            people.MOVED_ON,
        )
        for command in (moved, relinked):
            await self.town.post(MACHINE, command.service, command.path, command.body)
        damson, elm = f"{CODE}-{people.MOVED_TEAM}", f"{CODE}-{people.RELINKED_TEAM}"
        await self.town.told(
            lambda known: (
                known.place(damson, people.MOVED_ON) is not None
                and known.place(damson, people.MOVED_ON).service_area == f"{CODE}-{people.MOVED_TO}"  # type: ignore[union-attr]
                and elm in known.linked_teams(self.teams[elm].links["QA_OFFICER"], people.MOVED_ON)
            )
        )

    async def _caseloads(self, day: date) -> None:
        for team in self.teams.values():
            open_cases = {plan: team.open_children // len(team.plan_types) for plan in team.plan_types}
            body = {"team_id": team.id, "as_at": day.isoformat(), "open_cases": open_cases}
            await self._ask(team.manager, "/v1/caseloads", body)
            self.facts.caseloads.append(Caseload(team.id, self.area_of(team.id, day), day, open_cases))

    async def _four_r(self, first: date) -> None:
        """About up to three weaker audits of the month so far."""
        weak = [a for a in self.facts.counting() if a.on >= first and RANK[a.overall] < 3][:3]
        if not weak:
            return
        today = self.town.today
        planned = today + timedelta(days=5)
        ids = tuple(a.id for a in weak)
        body = {"planned_on": planned.isoformat(), "linked_audits": ids}
        id_ = (await self._ask(HEAD, "/v1/four-r-meetings", body))["id"]
        teams = tuple(sorted({(self.area_of(a.team, today), a.team) for a in weak}))
        meeting = Meeting(str(id_), teams, planned, ids)
        self.facts.meetings.append(meeting)
        self.at(planned, lambda: self._hold(meeting))

    async def _hold(self, meeting: Meeting) -> None:
        if self._chance.random() < 0.2:
            await self._ask(HEAD, f"/v1/four-r-meetings/{meeting.id}/cancellation", {"reason": "POSTPONED"})
            meeting.cancelled = self.town.today
            return
        roles = ("HEAD_OF_SAFEGUARDING_QA", "QA_OFFICER", "TEAM_MANAGER")
        body = {"attendees": roles, "decisions": ["one", "two"], "prompts": {"r1": "what we saw"}}
        await self._ask(HEAD, f"/v1/four-r-meetings/{meeting.id}/holding", body)
        meeting.held, meeting.roles, meeting.decisions = self.town.today, roles, 2

    # -- themes ---------------------------------------------------------------------------------------------------

    async def _theme(self, code: str, on: date, quarter: str, size: int) -> None:
        """Commissioned, drawn, one case put aside for the next of the draw, planned, shared out and graded."""
        officers = [f"{CODE}-qa-{n}" for n in range(1, 7)]
        theme = {
            "la_code": CODE,
            "theme_code": code,
            "title": "a theme",
            "quarter": quarter,
            "sample_size": size,
            "auditors": [{"staff_ref": ref, "role": "QA_OFFICER"} for ref in officers],
            "due_on": (on + timedelta(days=80)).isoformat(),
        }
        id_ = (await self._ask(HEAD, "/v1/themes", theme))["id"]
        drawing = {"theme_id": id_, "template_id": "year", "frame": self._frame()}
        sample = f"/v1/samples/{(await self._ask(HEAD, '/v1/samples', drawing))['id']}"
        shown = await self.town.get(HEAD, "audit", sample)
        left = {"case": shown["cases"][0]["case"], "reason": "CASE_CLOSED"}
        await self._ask(HEAD, f"{sample}/eliminations", left)
        await self._ask(HEAD, f"{sample}/audits", {})
        shown = await self.town.get(HEAD, "audit", sample, purpose="to share out the audits of the theme")
        self.facts.themes += 1
        for case in shown["cases"]:
            await self._share_out(case, shown["people"][case["case"]]["child_ref"], self._chance.choice(officers))

    def _frame(self) -> list[dict[str, Any]]:
        """Twelve open cases of each team."""
        frame = []
        for team in self.teams.values():
            for plan in team.plan_types:
                cases = [f"case-{team.slug}-{number}" for number in range(12) if _plan(team, number) == plan]
                frame.append({"team_id": team.id, "plan_type": plan, "cases": [{"child_ref": ref} for ref in cases]})
        return frame

    async def _share_out(self, case: dict[str, Any], child: str, officer: str) -> None:
        team, today = self.teams[case["team"]], self.town.today
        allocation = {"auditor_ref": officer, "auditor_role": "QA_OFFICER"}
        await self._ask(HEAD, f"/v1/audits/{case['audit_id']}/allocation", allocation)
        self._auditors[case["audit_id"]] = officer
        on = today + timedelta(days=self._chance.randrange(5, 60))
        task = Task("THEMED", "QA_OFFICER", officer, team, child, today, on, plan=case["plan_type"])
        self.at(on, lambda: self._finish(task, case["audit_id"]))

    # -- what changes periods that were closed ---------------------------------------------------------------------

    async def _enter_late(self) -> None:
        """Done in May, and told of when May and its quarter had been closed."""
        team, on = self.teams[f"{CODE}-cedar"], LATE_ENTRY[0]
        plan = team.plan_types[0]
        task = Task("DIP_SAMPLE", "QA_OFFICER", f"{CODE}-qa-1", team, "case-cedar-late", on, on, plan=plan)
        domains = dict.fromkeys(DOMAINS, "GOOD")
        audit = replace(self._seen(task, ""), raw="GOOD", raw_domains=domains, overall="GOOD", domains=dict(domains))
        await self._fill_in(task, audit)

    async def _regrade(self) -> None:
        """Of June's audits one that was moderated in the other system, and one that was done here."""
        june = [a for a in self.facts.counting() if f"{a.on:%Y-%m}" == "2025-06" and a.overall == "GOOD"]
        elsewhere = next(a for a in june if a.source == "MODERATED" and a.quality is None and a.raw == "GOOD")
        here = next(a for a in june if a.role == "TEAM_MANAGER" and a is not elsewhere)
        for audit in (elsewhere, here):
            body = {"overall": "REQUIRES_IMPROVEMENT", "reason": "NEW_EVIDENCE"}
            await self._ask(HEAD, f"/v1/audits/{audit.id}/regrade", body)
            self.facts.audits[audit.id] = regraded(audit, "REQUIRES_IMPROVEMENT", {})

    async def _withdraw(self) -> None:
        """A themed audit of a case that another audit was about as well."""
        themed = [a for a in self.facts.counting() if a.audit_type == "THEMED" and not a.moderated]
        audit = min(themed, key=lambda one: one.on)
        await self._ask(HEAD, f"/v1/audits/{audit.id}/withdrawal", {"reason": "DUPLICATE"})
        audit.withdrawn = self.town.today

    async def _ask(self, who: str, path: str, body: dict[str, Any]) -> Any:
        return await self.town.post(who, "audit", path, body)


def _row(audit_type: str, n: int, months: int, area: str | None) -> dict[str, Any]:
    unit = {1: "MONTH", 3: "QUARTER"}[months]
    within = {"service_area_id": area} if area else {}
    return {"audit_type": audit_type, "period_unit": unit, "expected_n": n, "first": BEGAN.isoformat(), **within}


def _form(task: Task, audit: Audit) -> dict[str, Any]:
    """What the other system says of an audit that is finished."""
    own = task.role == "TEAM_MANAGER"
    return {
        "audit_type": task.audit_type,
        "template_id": "year",
        "plan_type": task.plan,
        "team_id": task.team.id,
        "effective_date": audit.on.isoformat(),
        "overall": audit.overall,
        "raw_overall": audit.raw,
        "domains": audit.domains,
        "grade_source": audit.source,
        "independence": "OWN_TEAM" if own else "LINKED",
        "auditor_ref": task.auditor,
        "auditor_role": task.role,
        "allocated_on": task.allocated.isoformat(),
        "child_ref": task.child,
        **({"period": task.period} if task.period else {}),
    }


def _plan(team: people.Team, number: int) -> str:
    return team.plan_types[number % len(team.plan_types)]


def _last(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def working_days_after(day: date, days: int) -> date:
    """The day after is day 1; Saturdays, Sundays and the bank holidays of England do not count."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in ENGLAND
    return day


def _closes() -> dict[str, date]:
    """The fifth working day after each month, the tenth after each quarter."""
    found: dict[str, date] = {}
    for at in range(12):
        last = _last(date(BEGAN.year + (3 + at) // 12, (3 + at) % 12 + 1, 1))
        found[f"{last:%Y-%m}"] = working_days_after(last, 5)
        if at % 3 == 2:
            found[f"{BEGAN.year}-Q{at // 3 + 1}"] = working_days_after(last, 10)
    return found


CLOSES = _closes()
