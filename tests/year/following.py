"""What follows from an audit: it is done again, and remedial actions are agreed and seen through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from deploy.loading import people
from tests.year.auditing import Auditing, Task
from tests.year.days import HEAD, working_days_after
from tests.year.facts import RANK, Action, Audit, ReAudit
from tests.year.town import CODE, MACHINE

PRIORITIES = {"HIGH": 5, "MEDIUM": 10, "LOW": 20}  # working days


class Following:
    def __init__(self, auditing: Auditing) -> None:
        self.auditing = auditing
        self.days = auditing.days
        auditing.then = self._follow_up

    def _follow_up(self, audit: Audit, team: people.Team) -> None:
        failed = [domain for domain, grade in audit.domains.items() if grade == "INADEQUATE"]
        if audit.overall == "INADEQUATE" or failed:
            self._again(audit, team)
        if RANK[audit.overall] < 3 and self.days.chance.random() < 0.15:
            self.days.at(audit.on, lambda: self._agree(audit, team))

    # -- re-audits --------------------------------------------------------------------------------------------------

    def _again(self, parent: Audit, team: people.Team) -> None:
        due = parent.on + timedelta(weeks=12)
        required = ReAudit(
            parent=parent.id,
            root=parent.root or parent.id,
            generation=parent.generation + 1,
            trigger="INADEQUATE_OVERALL" if parent.overall == "INADEQUATE" else "INADEQUATE_DOMAIN",
            team=parent.team,
            area=parent.area,
            required=parent.on,
            due=due,
        )
        self.days.facts.re_audits.append(required)
        if self.days.chance.random() < 0.1:
            self.days.at(parent.on + timedelta(days=30), lambda: self._cannot(required))
            return
        on = due + timedelta(days=self.days.chance.randrange(-35, 12))
        if parent.id in self.auditing.forms and self.days.chance.random() < 0.7:
            self.days.at(on, lambda: self._fill_in(required, parent, team))
            return
        self.days.at(on - timedelta(days=7), lambda: self._plan(required, parent, team, on))

    async def _re_audit_id(self, required: ReAudit) -> str:
        shown = await self.days.town.get(HEAD, "audit", f"/v1/audits/{required.parent}/loop")
        (mine,) = [one for one in shown["re_audits"] if one["parent_audit_id"] == required.parent]
        return str(mine["id"])

    async def _cannot(self, required: ReAudit) -> None:
        id_ = await self._re_audit_id(required)
        await self.days.ask(HEAD, f"/v1/re-audits/{id_}/impossibility", {"reason": "CLOSED"})
        required.not_possible = self.days.today

    async def _plan(self, required: ReAudit, parent: Audit, team: people.Team, on: date) -> None:
        """Reach comes with the allocation."""
        id_ = await self._re_audit_id(required)
        planned = await self.days.town.post(MACHINE, "audit", f"/v1/re-audits/{id_}/audit", {})
        auditor = self._another(parent)
        await self.auditing.allocated(planned["id"], auditor)
        task = Task("RE_AUDIT", "QA_OFFICER", auditor, team, parent.child, self.days.today, on, plan=parent.plan)
        self.days.at(on, lambda: self._finish(task, str(planned["id"]), required))

    async def _finish(self, task: Task, id_: str, required: ReAudit) -> None:
        audit = _as_re_audit(self.auditing.seen(task, id_), required)
        if required.trigger == "INADEQUATE_DOMAIN":
            parent = self.days.facts.audits[required.parent]
            looked_at = [domain for domain, grade in parent.domains.items() if grade == "INADEQUATE"]
            only = {domain: audit.raw_domains[domain] for domain in looked_at}
            audit = replace(audit, raw_domains=only, domains=dict(only))
        await self.auditing.grade(audit, task.auditor)
        await self.auditing.finalise(audit, task)
        required.done_by, required.done = audit.id, audit.on

    async def _fill_in(self, required: ReAudit, parent: Audit, team: people.Team) -> None:
        """The other system audits all of the case again, whatever had failed."""
        today = self.days.today
        task = Task("RE_AUDIT", "QA_OFFICER", self._another(parent), team, parent.child, today, today, plan=parent.plan)
        audit = _as_re_audit(self.auditing.seen(task), required)
        required.done_by, required.done = await self.auditing.fill_in(task, audit), today

    def _another(self, parent: Audit) -> str:
        """A QA Officer who did not audit the first time."""
        first = self.auditing.auditors[parent.id]
        return next(ref for ref in (f"{CODE}-qa-{n}" for n in range(1, 7)) if ref != first)

    # -- remedial actions -------------------------------------------------------------------------------------------

    async def _agree(self, audit: Audit, team: people.Team) -> None:
        """The Team Manager is to do it; a QA Officer sees that it was done."""
        priority = self.days.chance.choice(tuple(PRIORITIES))
        body = {
            "audit_id": audit.id,
            "text": "see the child",
            "owner": team.manager,
            "owner_role": "TEAM_MANAGER",
            "priority": priority,
        }
        id_ = str((await self.days.ask(self.auditing.auditors[audit.id], "/v1/actions", body))["id"])
        today, days = self.days.today, PRIORITIES[priority]
        action = Action(id_, audit.id, audit.team, audit.area, today, days, [(today, "agreed")])
        self.days.facts.actions.append(action)
        self._see_through(action, team, working_days_after(today, days), last=self.days.chance.random() < 0.9)

    def _see_through(self, action: Action, team: people.Team, due: date, *, last: bool) -> None:
        late = self.days.chance.random() < 0.2
        done = due + timedelta(days=3) if late else due - timedelta(days=1)
        if late:
            self.days.at(due + timedelta(days=1), lambda: self._note(action, "overdue"))
        self.days.at(done, lambda: self._complete(action, team, last=last))

    async def _note(self, action: Action, step: str) -> None:
        action.steps.append((self.days.today, step))

    async def _complete(self, action: Action, team: people.Team, *, last: bool) -> None:
        await self.days.ask(team.manager, f"/v1/actions/{action.id}/completion", {"evidence_ref": "form-1"})
        await self._note(action, "completed")
        self.days.at(self.days.today + timedelta(days=2), lambda: self._look(action, team, last=last))

    async def _look(self, action: Action, team: people.Team, *, last: bool) -> None:
        officer = self.days.officer_of(team.id, self.days.today)
        if last:
            await self.days.ask(officer, f"/v1/actions/{action.id}/verification", {})
            await self._note(action, "verified")
            return
        await self.days.ask(officer, f"/v1/actions/{action.id}/failed-verification", {"reason": "not seen"})
        await self._note(action, "failed")
        self._see_through(action, team, working_days_after(self.days.today, action.days), last=True)


def _as_re_audit(audit: Audit, required: ReAudit) -> Audit:
    return replace(audit, parent=required.parent, root=required.root, generation=required.generation)
