"""A month of synthetic practice alerts, each with its way up the stages and to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from deploy.loading.chance import Month, at, child, one, pick, some, times
from deploy.loading.people import Team, teams
from deploy.loading.posting import Command, Event, Step, Story
from services.escalation.requests import CaseSystemFact
from shared.calendar.working_days import england

INTAKE = "goldenthread.intake.alert_"
A_MONTH = 12.5
RESPONSIBLE = {1: "TEAM_MANAGER", 2: "HEAD_OF_SERVICE", 3: "OPERATIONAL_DIRECTOR", 4: "DCS"}
LAST_STAGE = 4

TYPES = {"CONCERN": 0.68, "MANAGEMENT": 0.10, "PARTNER": 0.06, "GOOD_PRACTICE": 0.16}
RISKS = {"LOW": 0.3, "MEDIUM": 0.5, "HIGH": 0.2}
CATEGORIES: Mapping[str, float] = {
    "DRIFT_DELAY": 18,
    "PLAN_QUALITY": 10,
    "PLAN_NOT_IMPLEMENTED": 11,
    "REVIEW_DECISION_NOT_ACTIONED": 10,
    "STAT_VISIT_OVERDUE": 8,
    "REPORT_LATE_OR_MISSING": 9,
    "NO_ALLOCATED_WORKER": 3,
    "WORKER_CHANGES": 5,
    "SAFETY_RISK": 4,
    "PLACEMENT": 4,
    "PERMANENCE": 4,
    "HEALTH_EDUCATION": 3,
    "PARTICIPATION_ADVOCACY": 3,
    "FAMILY_TIME": 2,
    "CORE_GROUP": 4,
    "MANAGEMENT_OVERSIGHT": 5,
    "RESOURCES": 2,
}
PRAISE: Mapping[str, float] = {"PLAN_QUALITY": 4, "PARTICIPATION_ADVOCACY": 3, "PERMANENCE": 2, "FAMILY_TIME": 1}
# How the stage's manager answers: in time, late, or not at all.
ANSWERS = {"IN_TIME": 0.72, "LATE": 0.15, "NONE": 0.13}
OUTCOMES = {
    "ACTION_AGREED_AND_DONE": 0.52,
    "ACTION_AGREED_MONITORING": 0.24,
    "EXPLANATION_ACCEPTED": 0.14,
    "NOT_UPHELD": 0.06,
    "OVERTAKEN_BY_EVENTS": 0.04,
}
NOT_SATISFIED, BYPASSED, WITHDRAWN, REOPENED, SHARED = 0.18, 0.03, 0.03, 0.07, 0.6
CHALLENGED = frozenset({"CIN", "CP", "CLA", "CL", "PLO"})
AUDIENCES = ("TEAM_MANAGERS", "SERVICE_AREA", "PRACTICE_FORUM")


@dataclass(frozen=True, slots=True)
class Alert:
    """What all facts about one alert have in common."""

    month: Month
    ref: str
    team: Team
    plan_type: str
    by_role: str

    def fact(self, kind: str, on: date, data: Mapping[str, Any], number: int = 0) -> Event:
        known = {"la_code": self.month.authority, "external_ref": self.ref, f"{kind}_on": on.isoformat()}
        id_ = f"{self.ref}-{kind}-{number}"
        return Event("escalation", f"{INTAKE}{kind}.v1", self.month.source, id_, at(on), {**known, **data})

    def command(self, noun: str, on: date, data: Mapping[str, Any]) -> Command:
        identity = CaseSystemFact(la_code=self.month.authority, external_ref=self.ref, by_role=self.by_role)
        body = {"by_role": self.by_role, "effective_date": on.isoformat(), **data}
        return Command("escalation", f"/v1/alerts/{identity.alert_id}/{noun}", body, f"{self.ref}-{noun}")


@dataclass(frozen=True, slots=True)
class At:
    """Where an alert stands: its stage, the date of the last step, and how many steps there were."""

    stage: int
    on: date
    steps: int = 0


def alerts(month: Month) -> list[Story]:
    """Each story begins with the raising and goes on as far as it happened by the month's last date."""
    dice = month.dice("alerts")
    return [_story(month, dice, number) for number in range(times(dice, A_MONTH * month.scale))]


def _story(month: Month, dice: Random, number: int) -> Story:
    team = one(dice, [team for team in teams(month.authority) if CHALLENGED & set(team.plan_types)])
    plan_type = one(dice, [plan for plan in team.plan_types if plan in CHALLENGED])
    alert = Alert(
        month, month.ref("alert", number), team, plan_type, "IRO" if plan_type in ("CLA", "CL") else "CP_CHAIR"
    )
    life = list(_life(alert, dice, one(dice, month.days)))
    return [step for on, step in life if on <= month.last]


def _life(alert: Alert, dice: Random, raised_on: date) -> Iterator[tuple[date, Step]]:
    alert_type = pick(dice, TYPES)
    raised = _raising(alert, dice, alert_type)
    yield raised_on, alert.fact("raised", raised_on, raised)
    if alert_type == "GOOD_PRACTICE":
        yield from _sharing(alert, dice, raised_on)
    elif dice.random() < WITHDRAWN:
        on = _later(dice, raised_on, 1, 4)
        yield on, alert.fact("withdrawn", on, {"by_role": alert.by_role, "reason": "RAISED_IN_ERROR"})
    else:
        yield from _up_and_out(alert, dice, At(raised["start_stage"], raised_on))


def _raising(alert: Alert, dice: Random, alert_type: str) -> dict[str, Any]:
    praise = alert_type == "GOOD_PRACTICE"
    return {
        "by_role": alert.by_role,
        "alert_type": alert_type,
        "categories": some(dice, PRAISE if praise else CATEGORIES, pick(dice, {1: 0.75, 2: 0.25})),
        "child_ref": child(dice, alert.month.authority),
        "plan_type": alert.plan_type,
        "team_id": alert.team.id,
        "risk": pick(dice, RISKS),
        "start_stage": 2 if alert_type == "MANAGEMENT" and dice.random() < 0.5 else 1,
        "held_by": alert.team.links[alert.by_role],
        "allocated_worker": alert.team.worker,
        "allocated_manager": alert.team.manager,
    }


def _sharing(alert: Alert, dice: Random, raised_on: date) -> Iterator[tuple[date, Step]]:
    if dice.random() < SHARED:
        on = _later(dice, raised_on, 2, 8)
        yield on, alert.command("sharing", on, {"audience": [one(dice, AUDIENCES)]})


def _up_and_out(alert: Alert, dice: Random, now: At) -> Iterator[tuple[date, Step]]:
    """Through the stages to a resolution; some alerts come back, and are then answered and resolved again."""
    if dice.random() < BYPASSED:
        on = _later(dice, now.on, 1, 2)
        yield on, _escalation(alert, now, on, LAST_STAGE, "BYPASS_URGENT")
        now = At(LAST_STAGE, on, now.steps + 1)
    while True:
        answer = pick(dice, ANSWERS)
        if answer == "NONE" and now.stage < LAST_STAGE:
            on = _later(dice, now.on, 6, 8)
            yield on, _escalation(alert, now, on, now.stage + 1, "NO_RESPONSE")
            now = At(now.stage + 1, on, now.steps + 1)
            continue
        answered = _later(dice, now.on, *((1, 5) if answer == "IN_TIME" else (6, 9)))
        yield answered, _answer(alert, now, answered)
        if now.stage == LAST_STAGE or dice.random() >= NOT_SATISFIED:
            break
        on = _later(dice, answered, 1, 2)
        yield on, _escalation(alert, now, on, now.stage + 1, "NOT_SATISFIED")
        now = At(now.stage + 1, on, now.steps + 1)
    resolved = _later(dice, answered, 1, 5)
    yield resolved, _resolution(alert, dice, now, resolved)
    if dice.random() < REOPENED:
        yield from _again(alert, dice, At(now.stage, resolved, now.steps + 1))


def _again(alert: Alert, dice: Random, now: At) -> Iterator[tuple[date, Step]]:
    """Within ten working days the first clock goes on, later a new one begins: both happen."""
    on = _later(dice, now.on, *one(dice, [(3, 8), (12, 18)]))
    yield on, alert.command("reopening", on, {})
    answered = _later(dice, on, 1, 4)
    yield answered, _answer(alert, now, answered)
    resolved = _later(dice, answered, 1, 4)
    yield resolved, _resolution(alert, dice, now, resolved)


def _answer(alert: Alert, now: At, on: date) -> Event:
    return alert.fact("answered", on, {"by_role": RESPONSIBLE[now.stage]}, now.steps)


def _escalation(alert: Alert, now: At, on: date, to_stage: int, reason: str) -> Event:
    data = {"by_role": alert.by_role, "to_stage": to_stage, "reason": reason}
    return alert.fact("escalated", on, data, now.steps)


def _resolution(alert: Alert, dice: Random, now: At, on: date) -> Event:
    cafcass = now.stage == LAST_STAGE and alert.plan_type == "CLA" and dice.random() < 0.3
    outcome = "REFERRED_CAFCASS" if cafcass else pick(dice, OUTCOMES)
    return alert.fact("resolved", on, {"by_role": alert.by_role, "outcome": outcome}, now.steps)


def _later(dice: Random, start: date, least: int, most: int) -> date:
    return england().add(start, dice.randint(least, most))
