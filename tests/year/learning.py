"""What people do about audits together: they meet, audit a theme, and change what was closed when they know better."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from deploy.loading import people
from tests.year.auditing import Auditing, Task
from tests.year.days import HEAD
from tests.year.facts import RANK, Meeting, regraded
from tests.year.town import CODE

LATE_ENTRY = date(2025, 5, 20), date(2025, 7, 21)  # the day on which it was done, and on which it was told
AT_ONCE = date(2025, 9, 10)
REGRADED_ON, WITHDRAWN_ON = date(2025, 11, 20), date(2025, 12, 10)
# A theme's code, when it is commissioned, its quarter and the size of its sample.
THEMES = (("NEGLECT", date(2025, 7, 7), "2025-Q2", 10), ("SUPERVISION", date(2025, 10, 6), "2025-Q3", 8))


def plan_of(team: people.Team, number: int) -> str:
    """The type of plan of one of the team's cases."""
    return team.plan_types[number % len(team.plan_types)]


class Learning:
    def __init__(self, auditing: Auditing) -> None:
        self.auditing = auditing
        self.days = auditing.days
        self.facts = self.days.facts

    def arrange(self) -> None:
        for theme in THEMES:
            self.days.at(theme[1], lambda theme=theme: self._theme(*theme))  # type: ignore[misc]
        self.days.at(LATE_ENTRY[1], self._enter_late)
        self.days.at(AT_ONCE, self._enter_at_once)
        self.days.at(REGRADED_ON, self._regrade)
        self.days.at(WITHDRAWN_ON, self._withdraw)

    # -- meetings ---------------------------------------------------------------------------------------------------

    async def meet(self, first: date) -> None:
        """About up to three weaker audits of the month so far."""
        weak = [a for a in self.facts.counting() if a.on >= first and RANK[a.overall] < 3][:3]
        if not weak:
            return
        today = self.days.today
        planned = today + timedelta(days=5)
        ids = tuple(a.id for a in weak)
        body = {"planned_on": planned.isoformat(), "linked_audits": ids}
        id_ = (await self.days.ask(HEAD, "/v1/four-r-meetings", body))["id"]
        teams = tuple(sorted({(self.days.area_of(a.team, today), a.team) for a in weak}))
        meeting = Meeting(str(id_), teams, planned, ids)
        self.facts.meetings.append(meeting)
        self.days.at(planned, lambda: self._hold(meeting))

    async def _hold(self, meeting: Meeting) -> None:
        """What was agreed of the audits so far is said to have been agreed here."""
        path, today = f"/v1/four-r-meetings/{meeting.id}", self.days.today
        if self.days.chance.random() < 0.2:
            await self.days.ask(HEAD, f"{path}/cancellation", {"reason": "POSTPONED"})
            meeting.cancelled = today
            return
        roles = ("HEAD_OF_SAFEGUARDING_QA", "QA_OFFICER", "TEAM_MANAGER")
        actions = tuple(action.id for action in self.facts.actions if action.audit in meeting.audits)
        again = today + timedelta(days=28)
        said = {"attendees": roles, "decisions": ["one", "two"], "prompts": {"r1": "what we saw"}}
        agreed = {"action_ids": actions, "next_on": again.isoformat()}
        await self.days.ask(HEAD, f"{path}/holding", {**said, **agreed})
        meeting.held, meeting.roles, meeting.decisions = today, roles, 2
        meeting.actions, meeting.next = actions, again

    # -- themes -----------------------------------------------------------------------------------------------------

    async def _theme(self, code: str, on: date, quarter: str, size: int) -> None:
        """Commissioned, drawn, one case put aside for the next of the draw, planned, shared out and graded."""
        ask, officers = self.days.ask, [f"{CODE}-qa-{n}" for n in range(1, 7)]
        theme = {
            "la_code": CODE,
            "theme_code": code,
            "title": "a theme",
            "quarter": quarter,
            "sample_size": size,
            "auditors": [{"staff_ref": ref, "role": "QA_OFFICER"} for ref in officers],
            "due_on": (on + timedelta(days=80)).isoformat(),
        }
        id_ = (await ask(HEAD, "/v1/themes", theme))["id"]
        drawing = {"theme_id": id_, "template_id": "year", "frame": self._frame()}
        sample = f"/v1/samples/{(await ask(HEAD, '/v1/samples', drawing))['id']}"
        shown = await self.days.town.get(HEAD, "audit", sample)
        await ask(HEAD, f"{sample}/eliminations", {"case": shown["cases"][0]["case"], "reason": "CASE_CLOSED"})
        await ask(HEAD, f"{sample}/audits", {})
        shown = await self.days.town.get(HEAD, "audit", sample, purpose="to share out the audits of the theme")
        self.facts.themes += 1
        for case in shown["cases"]:
            child = shown["people"][case["case"]]["child_ref"]
            await self._share_out(case, child, self.days.chance.choice(officers))

    def _frame(self) -> list[dict[str, Any]]:
        """Twelve open cases of each team."""
        frame = []
        for team in self.days.teams.values():
            for plan in team.plan_types:
                cases = [f"case-{team.slug}-{number}" for number in range(12) if plan_of(team, number) == plan]
                frame.append({"team_id": team.id, "plan_type": plan, "cases": [{"child_ref": ref} for ref in cases]})
        return frame

    async def _share_out(self, case: dict[str, Any], child: str, officer: str) -> None:
        team, today = self.days.teams[case["team"]], self.days.today
        await self.auditing.allocated(case["audit_id"], officer)
        on = today + timedelta(days=self.days.chance.randrange(5, 60))
        task = Task("THEMED", "QA_OFFICER", officer, team, child, today, on, plan=case["plan_type"])
        self.days.at(on, lambda: self.auditing.finish(task, case["audit_id"]))

    # -- what changes periods that were closed ----------------------------------------------------------------------

    async def _enter_late(self) -> None:
        """Done in May of a case that was audited again in June, and told of when May and its quarter were closed."""
        known = {audit.child for audit in self.facts.counting() if audit.on < LATE_ENTRY[0]}
        again = next(a for a in self.facts.counting() if f"{a.on:%Y-%m}" == "2025-06" and a.child not in known)
        await self._look_into(again.team, again.child, again.plan, LATE_ENTRY[0])

    async def _enter_at_once(self) -> None:
        """Two audits of one case on one day, told of in the same moment."""
        team = self.days.teams[f"{CODE}-cedar"]
        for _ in range(2):
            await self._look_into(team.id, "case-cedar-twice", team.plan_types[0], AT_ONCE)
        await self.auditing.send(at_once=True)

    async def _look_into(self, team: str, child: str, plan: str, on: date) -> None:
        officer = self.days.officer_of(team, on)
        task = Task("DIP_SAMPLE", "QA_OFFICER", officer, self.days.teams[team], child, on, on, plan=plan)
        await self.auditing.fill_in(task, self.auditing.seen(task, overall="GOOD"))

    async def _regrade(self) -> None:
        """Of June's audits one that was moderated in the other system, and one that was done here."""
        june = [a for a in self.facts.counting() if f"{a.on:%Y-%m}" == "2025-06" and a.overall == "GOOD"]
        elsewhere = next(a for a in june if a.source == "MODERATED" and a.quality is None and a.raw == "GOOD")
        here = next(a for a in june if a.role == "TEAM_MANAGER" and a is not elsewhere)
        for audit in (elsewhere, here):
            body = {"overall": "REQUIRES_IMPROVEMENT", "reason": "NEW_EVIDENCE"}
            await self.days.ask(HEAD, f"/v1/audits/{audit.id}/regrade", body)
            self.facts.audits[audit.id] = regraded(audit, "REQUIRES_IMPROVEMENT", {})

    async def _withdraw(self) -> None:
        """A themed audit. If it was done again, what came of that is held against nothing any more."""
        re_audits, today = self.facts.re_audits, self.days.today
        again = {one.parent: one for one in re_audits if one.done_by not in {other.parent for other in re_audits}}
        barred = {one.parent for one in re_audits if one.parent not in again or one.done is None}
        themed = [
            a for a in self.facts.counting() if a.audit_type == "THEMED" and not a.moderated and a.id not in barred
        ]
        audit = min(themed, key=lambda one: (one.id not in again, one.on))
        await self.days.ask(HEAD, f"/v1/audits/{audit.id}/withdrawal", {"reason": "DUPLICATE"})
        audit.withdrawn = today
        if audit.id in again:
            again[audit.id].cancelled = today
