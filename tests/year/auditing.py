"""Audits: those that are done here, step by step, and those of another system that tells of them when they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from deploy.loading import people
from tests.year.days import HEAD, Days
from tests.year.facts import DOMAINS, GRADES, Audit, Expected
from tests.year.town import FORMS


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


class Auditing:
    """`then` is told of every audit that is finished; `auditors` and `forms` are by audit."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.auditors: dict[str, str] = {}
        self.forms: dict[str, str] = {}
        self.then: Callable[[Audit, people.Team], None] = lambda _audit, _team: None
        self._filled_in: list[tuple[Task, Audit, dict[str, Any]]] = []
        days.evening = self.send

    # -- here -------------------------------------------------------------------------------------------------------

    def do(self, task: Task) -> None:
        async def begin() -> None:
            id_ = await self.planned(task)
            self.days.at(task.on, lambda: self.finish(task, id_))

        self.days.at(task.allocated, begin)

    async def planned(self, task: Task) -> str:
        body = {
            "audit_type": task.audit_type,
            "template_id": "year",
            "plan_type": task.plan,
            "team_id": task.team.id,
            "child_ref": task.child,
            **({"period": task.period} if task.period else {}),
        }
        id_ = str((await self.days.ask(task.auditor, "/v1/audits", body))["id"])
        await self.allocated(id_, task.auditor, task.role, by=task.auditor)
        return id_

    async def allocated(self, id_: str, auditor: str, role: str = "QA_OFFICER", *, by: str = HEAD) -> None:
        await self.days.ask(by, f"/v1/audits/{id_}/allocation", {"auditor_ref": auditor, "auditor_role": role})
        self.auditors[id_] = auditor

    async def finish(self, task: Task, id_: str) -> None:
        audit = self.seen(task, id_)
        await self.grade(audit, task.auditor)
        await self.finalise(audit, task)

    async def grade(self, audit: Audit, auditor: str) -> None:
        path, ask = f"/v1/audits/{audit.id}", self.days.ask
        await ask(auditor, f"{path}/start", {})
        for domain, grade in audit.raw_domains.items():
            await ask(auditor, f"{path}/domain-grades", {"domain": domain, "grade": grade, "rationale": "seen"})
        await ask(auditor, f"{path}/overall-grade", {"grade": audit.raw})
        await ask(auditor, f"{path}/submission", {})

    async def finalise(self, audit: Audit, task: Task) -> None:
        audit = await self._moderate(audit)
        await self.days.ask(HEAD, f"/v1/audits/{audit.id}/finalisation", {})
        self._finished(audit, task)

    async def _moderate(self, audit: Audit) -> Audit:
        """Where the policy's sample asks for it; one in four grades is changed."""
        shown = await self.days.town.get(HEAD, "audit", f"/v1/audits/{audit.id}")
        if not shown["submitted"]["moderation_required"]:
            return audit
        quality = self.days.chance.choice(("THOROUGH", "ADEQUATE", "INSUFFICIENT"))
        audit = replace(self._changed(audit), quality=quality, moderator_role="HEAD_OF_SAFEGUARDING_QA")
        changed = {code: grade for code, grade in audit.domains.items() if grade != audit.raw_domains[code]}
        body = {"audit_quality": quality, "overall": audit.overall, "domains": changed}
        await self.days.ask(HEAD, f"/v1/audits/{audit.id}/moderation", body)
        return audit

    def _finished(self, audit: Audit, task: Task) -> None:
        self.days.facts.audits[audit.id] = audit
        if task.expected is not None:
            task.expected.met_by, task.expected.met_on = audit.id, audit.on
        self.then(audit, task.team)

    # -- in the other system ----------------------------------------------------------------------------------------

    async def fill_in(self, task: Task, audit: Audit) -> str:
        """It knows no more of an audit's moderation than that it was moderated."""
        if self.days.chance.random() < 0.2:
            audit = self._changed(audit)
        ref = f"form-{len(self.days.facts.audits) + len(self._filled_in)}"
        audit = replace(audit, id=str(uuid5(uuid5(NAMESPACE_URL, FORMS), ref)))
        self.auditors[audit.id], self.forms[audit.id] = task.auditor, ref
        again = {"re_audit_of": self.forms[audit.parent]} if audit.parent else {}
        self._filled_in.append((task, audit, {"external_ref": ref, **_form(task, audit), **again}))
        return audit.id

    async def send(self, *, at_once: bool = False) -> None:
        """What was filled in, as one batch, or each by itself at the same time."""
        filled_in, self._filled_in = self._filled_in, []
        forms = [form for _, _, form in filled_in]
        batches = [[form] for form in forms] if at_once else [forms] if forms else []
        await asyncio.gather(*map(self.days.town.tell, batches))
        for task, audit, _ in filled_in:
            self._finished(audit, task)

    # -- what is seen -----------------------------------------------------------------------------------------------

    def seen(self, task: Task, id_: str = "", overall: str | None = None) -> Audit:
        """8 in 100 are inadequate, 37 require improvement, 47 are good, 8 outstanding."""
        overall = overall or self.days.chance.choices(GRADES, (8, 47, 37, 8))[0]
        domains = self._domains(overall)
        return Audit(
            id=id_,
            team=task.team.id,
            area=self.days.area_of(task.team.id, task.on),
            child=task.child,
            audit_type=task.audit_type,
            role=task.role,
            plan=task.plan,
            allocated=task.allocated,
            on=task.on,
            raw=overall,
            raw_domains=domains,
            overall=overall,
            domains=dict(domains),
        )

    def _domains(self, overall: str) -> dict[str, str]:
        domains = {domain: self._near(overall) for domain in DOMAINS}
        if overall == "REQUIRES_IMPROVEMENT" and self.days.chance.random() < 0.05:
            domains["ASSESSMENT"] = "INADEQUATE"
        if overall == "GOOD" and self.days.chance.random() < 0.1:
            domains["MANAGEMENT_OVERSIGHT"] = "NOT_EVIDENCED"
        return domains

    def _near(self, grade: str) -> str:
        """The same grade most of the time; only what is inadequate as a whole has inadequate parts."""
        if grade == "INADEQUATE" or self.days.chance.random() < 0.7:
            return grade
        return GRADES[min(2, max(0, GRADES.index(grade) + self.days.chance.choice((-1, 1))))]

    def _changed(self, audit: Audit) -> Audit:
        """As a moderator left it: mostly as it was."""
        overall, domains = audit.raw, dict(audit.raw_domains)
        if self.days.chance.random() < 0.25:
            overall = GRADES[min(3, GRADES.index(audit.raw) + 1)] if audit.raw != "INADEQUATE" else GRADES[2]
            domains = dict.fromkeys(domains, overall)
        return replace(audit, overall=overall, domains=domains, source="MODERATED", moderated=overall)


def _form(task: Task, audit: Audit) -> dict[str, Any]:
    """What the other system says of an audit that is finished."""
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
        "independence": "OWN_TEAM" if task.role == "TEAM_MANAGER" else "LINKED",
        "auditor_ref": task.auditor,
        "auditor_role": task.role,
        "allocated_on": task.allocated.isoformat(),
        "child_ref": task.child,
        **({"period": task.period} if task.period else {}),
    }
