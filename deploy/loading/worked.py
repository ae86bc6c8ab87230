"""Audits that are still in somebody's hands: step by step through the commands that people use, with words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from deploy.loading.chance import Month, child, one, pick
from deploy.loading.people import Team, teams, wide
from deploy.loading.posting import Command, Story
from services.audit.domain.audit.overall_grade import suggested
from services.audit.domain.template.defaults import PRACTICE
from shared.calendar.working_days import england

# How far each of them got: to the last of these steps.
STAGES = ("allocation", "start", "domain-grades", "submission", "moderation", "finalisation")
GRADES: Mapping[str, float] = {"GOOD": 5, "REQUIRES_IMPROVEMENT": 4, "INADEQUATE": 1}
PLANS = frozenset({"CIN", "CP", "CLA", "CL", "EH", "PF"})
ANALYSIS: Mapping[str, str] = {
    "OUTSTANDING": "The work changed the child's life for the better, and the child says so.",
    "GOOD": "The record shows what changed for the child, and why.",
    "REQUIRES_IMPROVEMENT": "The work was done, but its effect on the child is described and not analysed.",
    "INADEQUATE": "Nothing on file shows that this was done in the last six months.",
}
DISCUSSION = "Auditor and moderator read the record together and agreed on what to do next."


@dataclass(frozen=True, slots=True)
class InHand:
    """One audit, who does it, and how far it got."""

    month: Month
    ref: str
    team: Team
    plan_type: str
    stage: str

    @property
    def auditor(self) -> str:
        return self.team.links["QA_OFFICER"]

    def reaches(self, stage: str) -> bool:
        return STAGES.index(stage) <= STAGES.index(self.stage)

    def step(self, noun: str, working_day: int, data: Mapping[str, Any], key: str = "") -> Command:
        """A command on the audit on that working day of the month, or its planning when there is no noun."""
        on = england().add(self.month.first, working_day)
        path = f"/v1/audits/{{id}}/{noun}" if noun else "/v1/audits"
        return Command("audit", path, {**data, **_effective(on)}, f"{self.ref}-{noun}-{key}")


def in_hand(month: Month) -> list[Story]:
    """One audit at each stage."""
    dice = month.dice("in-hand")
    able = [team for team in teams(month.authority) if {"CIN", "CP"} & set(team.plan_types)]
    found = []
    for number, stage in enumerate(STAGES):
        team = one(dice, able)
        plan_type = one(dice, [plan for plan in team.plan_types if plan in ("CIN", "CP")])
        found.append(_story(InHand(month, month.ref("in-hand", number), team, plan_type, stage), dice))
    return found


def _story(audit: InHand, dice: Random) -> Story:
    steps = [audit.step("", 1, _planned(audit, dice)), audit.step("allocation", 1, {"auditor_ref": audit.auditor})]
    if audit.reaches("start"):
        steps.append(audit.step("start", 2, {"on_behalf_of": audit.auditor}))
    if audit.reaches("domain-grades"):
        steps += _graded(audit, dice)
    return steps


def _planned(audit: InHand, dice: Random) -> dict[str, Any]:
    data = planned(audit.month, audit.team, audit.plan_type, child(dice, audit.month.authority))
    return {"audit_type": "QA_ROUTINE", **data}


def planned(month: Month, team: Team, plan_type: str, child_ref: str) -> dict[str, Any]:
    """What a plan says of a case of this team, but for the type of audit."""
    return {
        "template_id": PRACTICE.template_id,
        "template_version": PRACTICE.version,
        "plan_type": plan_type,
        "team_id": team.id,
        "period": f"{month.first:%Y-%m}",
        "child_ref": child_ref,
        "worker": team.worker,
        "supervisor": team.manager,
    }


def _graded(audit: InHand, dice: Random) -> list[Command]:
    codes = [domain.code for domain in PRACTICE.domains if audit.plan_type in domain.plan_types]
    grades = {code: pick(dice, GRADES) for code in codes}
    steps = [_domain(audit, code, grade) for code, grade in grades.items()]
    if not audit.reaches("submission"):
        return steps[:3]
    overall = suggested(PRACTICE, grades, safety_concern=False)
    by = {"on_behalf_of": audit.auditor}
    steps += [audit.step("overall-grade", 5, {"grade": overall, **by}), audit.step("submission", 6, by)]
    return steps + _judged(audit, overall)


def _domain(audit: InHand, code: str, grade: str) -> Command:
    data = {"domain": code, "grade": grade, "rationale": ANALYSIS[grade], "on_behalf_of": audit.auditor}
    return audit.step("domain-grades", 4, data, code)


def _judged(audit: InHand, overall: str | None) -> list[Command]:
    steps = []
    if audit.reaches("moderation"):
        moderator = wide(audit.month.authority, "HEAD_OF_SAFEGUARDING_QA")
        data = {"audit_quality": "THOROUGH", "overall": overall, "discussion": DISCUSSION, "on_behalf_of": moderator}
        steps.append(audit.step("moderation", 9, data))
    if audit.reaches("finalisation"):
        steps.append(audit.step("finalisation", 10, {}))
    return steps


def _effective(on: date) -> dict[str, str]:
    return {"effective_date": on.isoformat()}
