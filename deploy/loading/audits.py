"""A month of synthetic audits: the strategy's cadence, a plausible grade mix, moderated and not, done again after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from deploy.loading.chance import Month, at, child, one, pick, times
from deploy.loading.people import FRONT_DOOR as FRONT_DOOR_TEAM
from deploy.loading.people import Team, teams, wide
from deploy.loading.posting import Command, Event, Story
from services.audit.domain.template.defaults import FRONT_DOOR, PRACTICE
from services.audit.domain.template.version import TemplateVersion
from services.audit.reactions import audit_id
from shared.calendar.working_days import england

GRADED = "goldenthread.intake.audit_graded.v1"
WITHDRAWN = "goldenthread.intake.audit_withdrawn.v1"

GRADES = ("INADEQUATE", "REQUIRES_IMPROVEMENT", "GOOD", "OUTSTANDING")
# Where the four grades meet on a normal scale: 8%, 37%, 47% and 8% of audits lie between.
THRESHOLDS = (-1.405, -0.126, 1.405)
ENDS = frozenset({"INADEQUATE", "OUTSTANDING"})
TEAM_SPREAD = 0.2
SAMPLED = 0.2  # of the audits between the ends, moderated as well
OPTIMISTIC, SEVERE = 0.22, 0.05  # how often the auditor was a grade above or below the moderator
CONSENSUS, REGRADED, SHARE_WITHDRAWN = 0.15, 0.015, 0.01
DONE, DONE_BY_MANAGERS = 0.94, 0.88
LATE = 0.06  # of the routine audits, done in the first days of the next month
FAILED_DOMAIN = 0.08  # how often what is below the line in a better audit is an inadequate domain
MANAGERS_MONTHS = frozenset({5, 7, 9, 11, 1, 3})  # two-month windows anchored at April end in these

ROUTINE = frozenset({"QA_ROUTINE", "TM_ROUTINE"})
# A month, whatever the number of teams: (audit type, how many, team or plan it is about)
REGULAR = (
    ("REGULAR_MASH", 12, FRONT_DOOR_TEAM),
    ("REGULAR_PRIVATE_FOSTERING", 1, "yew"),
    ("REGULAR_MARAC", 1, FRONT_DOOR_TEAM),
    ("REGULAR_CSE", 1, "thistle"),
    ("REGULAR_CONTACTS", 10, FRONT_DOOR_TEAM),
    ("REGULAR_CLA_IN_OUT", 5, "larch"),
)
ANYWHERE = (
    ("THEMED", 14, "IRO"),
    ("MULTI_AGENCY", 5, "QA_OFFICER"),
    ("DIP_SAMPLE", 5, "TEAM_MANAGER"),
)
AUTHORITY_LEAN: Mapping[str, float] = {"901": 0.1, "902": 0.2, "903": -0.1, "904": -0.2, "905": -0.1, "906": 0.1}
REGRADE_REASONS = ("NEW_EVIDENCE", "LATE_MODERATION", "APPEAL", "ENTRY_ERROR")
WITHDRAWAL_REASONS = ("WRONG_CHILD", "DUPLICATE", "CASE_CLOSED")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One audit to be made up."""

    audit_type: str
    team: Team
    auditor: str
    role: str
    independence: str


@dataclass(frozen=True, slots=True)
class Done:
    """A finished audit, what was said of it since, and the quality of practice that it found."""

    event: Event
    wanted: Wanted
    quality: float
    since: Story = field(default_factory=list)

    @property
    def id(self) -> str:
        return audit_id(self.event.source, self.event.id)

    @property
    def on(self) -> date:
        return self.event.at.date()

    @property
    def overall(self) -> str:
        return str(self.event.data["overall"])

    @property
    def failed(self) -> list[str]:
        """The domains that were inadequate."""
        return [code for code, grade in self.event.data["domains"].items() if grade == GRADES[0]]

    @property
    def stands(self) -> bool:
        """Whether nobody withdrew it or changed its grade."""
        return not self.since


@cache
def audits(month: Month) -> tuple[Done, ...]:
    """Every audit of the month that was finished by now; a withdrawal or a regrade may follow."""
    dice = month.dice("audits")
    done = [_done(month, dice, number, wanted) for number, wanted in enumerate(_wanted(month, dice))]
    return tuple(one for one in done if one.on <= month.last)


def _wanted(month: Month, dice: Random) -> Iterator[Wanted]:
    found = teams(month.authority)
    for team in found:
        for _ in range(times(dice, month.scale * DONE)):
            yield Wanted("QA_ROUTINE", team, team.links["QA_OFFICER"], "QA_OFFICER", "LINKED")
        for _ in range(times(dice, month.scale * DONE_BY_MANAGERS * (month.first.month in MANAGERS_MONTHS))):
            yield Wanted("TM_ROUTINE", team, team.manager, "TEAM_MANAGER", "OWN_TEAM")
    by_slug = {team.slug: team for team in found}
    for audit_type, many, slug in REGULAR:
        for _ in range(times(dice, many * month.scale * DONE)):
            yield Wanted(audit_type, by_slug[slug], by_slug[slug].links["QA_OFFICER"], "QA_OFFICER", "LINKED")
    for audit_type, many, role in ANYWHERE:
        for _ in range(times(dice, many * month.scale)):
            yield _elsewhere(dice, found, audit_type, role)


def _elsewhere(dice: Random, found: Sequence[Team], audit_type: str, role: str) -> Wanted:
    """By somebody who stands further away: another team's manager, or an officer linked with another team."""
    team = one(dice, found)
    other = one(dice, [two for two in found if two.links["QA_OFFICER"] != team.links["QA_OFFICER"]])
    if role == "TEAM_MANAGER":
        return Wanted(audit_type, team, other.manager, role, "PEER_TEAM")
    return Wanted(audit_type, team, other.links[role], role, "INDEPENDENT")


def _done(month: Month, dice: Random, number: int, wanted: Wanted) -> Done:
    quality = quality_of(month, dice, wanted.team)
    event = _graded(month, dice, number, wanted, quality)
    chance = dice.random()
    if chance < SHARE_WITHDRAWN:
        return Done(event, wanted, quality, [_withdrawn(month, dice, event)])
    if chance < SHARE_WITHDRAWN + REGRADED:
        return Done(event, wanted, quality, [_regraded(month, dice, event)])
    return Done(event, wanted, quality)


def _graded(month: Month, dice: Random, number: int, wanted: Wanted, quality: float) -> Event:
    ref, plan_type = month.ref("audit", number), _plan_type(dice, wanted)
    on = _day(month, dice, wanted)
    return Event("audit", GRADED, month.source, ref, at(on), told(month, dice, ref, wanted, plan_type, on, quality))


def told(
    month: Month, dice: Random, ref: str, wanted: Wanted, plan_type: str, on: date, quality: float
) -> dict[str, Any]:
    """The data of a finished audit."""
    template = FRONT_DOOR if plan_type == "CONTACT" else PRACTICE
    return {
        "external_ref": ref,
        "audit_type": wanted.audit_type,
        "template_id": template.template_id,
        "template_version": template.version,
        "plan_type": plan_type,
        "team_id": wanted.team.id,
        "effective_date": on.isoformat(),
        "period": f"{month.first:%Y-%m}",
        "domains": _domains(dice, template, plan_type, quality),
        **_overall(dice, _grade(quality)),
        "independence": wanted.independence,
        "auditor_ref": wanted.auditor,
        "auditor_role": wanted.role,
        "allocated_on": (on - timedelta(days=dice.randint(5, 24))).isoformat(),
        "child_ref": child(dice, month.authority),
    }


def _day(month: Month, dice: Random, wanted: Wanted) -> date:
    late = wanted.audit_type in ROUTINE and dice.random() < LATE
    return england().add(month.days[-1], dice.randint(1, 6)) if late else one(dice, month.days)


def _plan_type(dice: Random, wanted: Wanted) -> str:
    if wanted.audit_type == "REGULAR_CLA_IN_OUT":
        return "CLA"
    return one(dice, wanted.team.plan_types)


def quality_of(month: Month, dice: Random, team: Team) -> float:
    """Where the practice lies on a normal scale: teams differ a little, and so do authorities."""
    lean = Random(f"{month.seed}|{team.id}").gauss(0, TEAM_SPREAD) + AUTHORITY_LEAN.get(month.authority, 0.0)
    return float(dice.gauss(0, 1) + lean)


def _grade(quality: float) -> str:
    return GRADES[sum(quality > threshold for threshold in THRESHOLDS)]


def _domains(dice: Random, template: TemplateVersion, plan_type: str, quality: float) -> dict[str, str]:
    """Each domain that applies, near the whole; here and there nothing about it was on file.

    One that fails alone is rare: whoever finds several finds the whole inadequate.
    """
    lowest = _grade(quality) == GRADES[0]
    found = {}
    for domain in template.domains:
        if plan_type in domain.plan_types:
            grade = _grade(0.75 * quality + dice.gauss(0, 0.66))
            if grade == GRADES[0] and not lowest and dice.random() >= FAILED_DOMAIN:
                grade = GRADES[1]
            found[domain.code] = "NOT_EVIDENCED" if dice.random() < 0.03 else grade
    return found


def _overall(dice: Random, final: str) -> dict[str, Any]:
    """The grade as submitted and as it stands: both ends of the scale are always moderated, the others in a sample."""
    raw = _as_submitted(dice, final)
    if not ENDS & {raw, final} and dice.random() >= SAMPLED:
        return {"overall": final, "raw_overall": final, "grade_source": "RAW"}
    source = "CONSENSUS" if raw != final and dice.random() < CONSENSUS else "MODERATED"
    return {"overall": final, "raw_overall": raw, "grade_source": source}


def _as_submitted(dice: Random, final: str) -> str:
    step = pick(dice, {1: OPTIMISTIC, -1: SEVERE, 0: 1 - OPTIMISTIC - SEVERE})
    return GRADES[min(max(GRADES.index(final) + step, 0), len(GRADES) - 1)]


def _withdrawn(month: Month, dice: Random, event: Event) -> Event:
    data = {
        "external_ref": event.id,
        "reason": one(dice, WITHDRAWAL_REASONS),
        "approved_by": wide(month.authority, "HEAD_OF_SAFEGUARDING_QA"),
    }
    return Event("audit", WITHDRAWN, event.source, f"{event.id}-withdrawn", event.at, data)


def _regraded(month: Month, dice: Random, event: Event) -> Command:
    before = GRADES.index(event.data["overall"])
    after = before - 1 if before == len(GRADES) - 1 or (before and dice.random() < 0.7) else before + 1
    body = {"overall": GRADES[after], "reason": one(dice, REGRADE_REASONS)}
    path = f"/v1/audits/{audit_id(event.source, event.id)}/regrade"
    return Command("audit", path, body, f"{event.id}-regrade", wide(month.authority, "HEAD_OF_SAFEGUARDING_QA"))
