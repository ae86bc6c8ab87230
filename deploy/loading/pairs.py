"""Pairs: a Team Manager and a QA Officer grade the same case, neither knowing the other's grades, and then compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from deploy.loading.audits import GRADES, THRESHOLDS, quality_of
from deploy.loading.chance import Month, child, nth_day, one, pick, times
from deploy.loading.people import Team, teams, wide
from deploy.loading.posting import Command, Story
from deploy.loading.worked import ANALYSIS, PLANS, planned
from services.audit.domain.audit.overall_grade import suggested
from services.audit.domain.template.defaults import PRACTICE

A_MONTH, OTHERWISE = 7, 1  # in the authority shown whole, three months' are enough for a quarter's statistics
OPTIMISM = {"a": 0.3, "b": 0.0}  # a manager sees the own team's work in a kinder light
SPREAD = 0.6  # by how much two who read the same record differ
CONSENSUS = 0.7
DAYS = {"planned": 0, "started": 1, "graded": 3, "submitted": 4, "moderated": 5, "compared": 6, "finalised": 7}
QUALITY: Mapping[str, float] = {"THOROUGH": 6, "ADEQUATE": 3, "INSUFFICIENT": 1}
CONCERN_MONTHS = frozenset({2, 5, 8, 10})
CONCERN = "The adult who is not to be alone with the child was in the home at the last two visits."
TALK = "Both read the record again together, and each said what had decided their grade."


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two audits of a case: `a` is the manager's."""

    name: str
    audit_type: str
    auditor: str
    grades: dict[str, str]

    @property
    def overall(self) -> str:
        return suggested(PRACTICE, self.grades, safety_concern=False) or GRADES[1]


@dataclass(frozen=True, slots=True)
class Case:
    """What both look at, from the working day `begins` of the month on."""

    month: Month
    ref: str
    team: Team
    plan_type: str
    child: str
    begins: int

    def step(self, half: str, noun: str, when: str, data: Mapping[str, Any], key: str = "") -> Command:
        """A command on one of the audits, or on the pair."""
        on = nth_day(self.month, self.begins + DAYS[when])
        path = f"/v1/{'pairs' if half == 'pair' else 'audits'}/{{{half}}}/{noun}"
        return Command("audit", path, {**data, "effective_date": on.isoformat()}, f"{self.ref}-{half}-{noun}-{key}")


def pairs(month: Month) -> list[Story]:
    """Every pair of the month, from the planning of both audits to their final grades."""
    dice = month.dice("pairs")
    many = (A_MONTH if month.whole and month.in_newest_quarter else OTHERWISE) * month.detailed
    return [list(_story(month, dice, number)) for number in range(times(dice, many * month.scale))]


def _story(month: Month, dice: Random, number: int) -> Iterator[Command]:
    team = one(dice, [team for team in teams(month.authority) if PLANS & set(team.plan_types)])
    plan_type = one(dice, [plan for plan in team.plan_types if plan in PLANS])
    case = Case(month, month.ref("pair", number), team, plan_type, child(dice, month.authority), 1 + number % 9)
    quality = quality_of(month, dice, team)
    a = Half("a", "TM_ROUTINE", team.manager, _grades(dice, case, quality + OPTIMISM["a"]))
    b = Half("b", "QA_ROUTINE", team.links["QA_OFFICER"], _grades(dice, case, quality + OPTIMISM["b"]))
    for half in (a, b):
        yield from _planned(case, half)
    both = {"kind": "PAIRED", "audit_a": "{a}", "audit_b": "{b}"}
    yield Command("audit", "/v1/pairs", {**both, **_on(case, "planned")}, f"{case.ref}-pair", name="pair")
    for half in (a, b):
        yield from _graded(case, half)
    if not number and month.first.month in CONCERN_MONTHS:
        yield from _concern(case, b)
    yield from _judged(dice, case, a, b)


def _planned(case: Case, half: Half) -> Iterator[Command]:
    data = {"audit_type": half.audit_type, **planned(case.month, case.team, case.plan_type, case.child)}
    yield Command("audit", "/v1/audits", {**data, **_on(case, "planned")}, f"{case.ref}-{half.name}", name=half.name)
    yield case.step(half.name, "allocation", "planned", {"auditor_ref": half.auditor})


def _graded(case: Case, half: Half) -> Iterator[Command]:
    by = {"on_behalf_of": half.auditor}
    yield case.step(half.name, "start", "started", by)
    for domain, grade in half.grades.items():
        data = {"domain": domain, "grade": grade, "rationale": ANALYSIS[grade], **by}
        yield case.step(half.name, "domain-grades", "graded", data, domain)
    yield case.step(half.name, "overall-grade", "graded", {"grade": half.overall, **by})
    yield case.step(half.name, "submission", "submitted", by)


def _concern(case: Case, half: Half) -> Iterator[Command]:
    by = {"on_behalf_of": half.auditor}
    yield case.step(half.name, "safety-concern", "submitted", {"concern": CONCERN, **by})
    manager = {"on_behalf_of": case.team.manager}
    yield case.step(half.name, "safety-concern-confirmation", "moderated", manager)
    yield case.step(half.name, "safety-concern-clearance", "compared", by)


def _judged(dice: Random, case: Case, a: Half, b: Half) -> Iterator[Command]:
    moderator = wide(case.month.authority, "HEAD_OF_SAFEGUARDING_QA")
    for half in (a, b):
        data = {"audit_quality": pick(dice, QUALITY), "overall": half.overall, "on_behalf_of": moderator}
        yield case.step(half.name, "moderation", "moderated", data)
    differ = a.overall != b.overall
    agreed = {"consensus": {"overall": min(a.overall, b.overall, key=GRADES.index)}}
    consensus = agreed if differ and dice.random() < CONSENSUS else {}
    yield case.step("pair", "comparison", "compared", {"discussion": TALK, **consensus})
    for half in (a, b):
        yield case.step(half.name, "finalisation", "finalised", {})


def _grades(dice: Random, case: Case, quality: float) -> dict[str, str]:
    seen = quality + dice.gauss(0, SPREAD)
    found = {}
    for code in sorted(PRACTICE.required(case.plan_type)):
        found[code] = GRADES[sum(seen + dice.gauss(0, 0.4) > threshold for threshold in THRESHOLDS)]
    return found


def _on(case: Case, when: str) -> dict[str, str]:
    return {"effective_date": nth_day(case.month, case.begins + DAYS[when]).isoformat()}
