"""A month of synthetic audits: the strategy's cadence, a plausible grade mix, moderated and not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from deploy.loading.chance import Month, at, child, one, pick, times
from deploy.loading.people import FRONT_DOOR as FRONT_DOOR_TEAM
from deploy.loading.people import Team, teams, wide
from deploy.loading.posting import Command, Event, Story
from services.audit.domain.template.defaults import FRONT_DOOR, PRACTICE
from services.audit.domain.template.version import TemplateVersion
from services.audit.reactions import audit_id

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
MANAGERS_MONTHS = frozenset({5, 7, 9, 11, 1, 3})  # two-month windows anchored at April end in these

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
    ("RE_AUDIT", 5, "QA_OFFICER"),
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


def audits(month: Month) -> list[Story]:
    """Each story begins with the finished audit; a withdrawal or a regrade may follow."""
    dice = month.dice("audits")
    return [_story(month, dice, number, wanted) for number, wanted in enumerate(_wanted(month, dice))]


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


def _story(month: Month, dice: Random, number: int, wanted: Wanted) -> Story:
    event = _graded(month, dice, number, wanted)
    chance = dice.random()
    if chance < SHARE_WITHDRAWN:
        return [event, _withdrawn(month, dice, event)]
    if chance < SHARE_WITHDRAWN + REGRADED:
        return [event, _regraded(month, dice, event)]
    return [event]


def _graded(month: Month, dice: Random, number: int, wanted: Wanted) -> Event:
    ref, on = month.ref("audit", number), one(dice, month.days)
    plan_type = _plan_type(dice, wanted)
    template = FRONT_DOOR if plan_type == "CONTACT" else PRACTICE
    quality = _quality(month, dice, wanted.team)
    data = {
        "external_ref": ref,
        "audit_type": wanted.audit_type,
        "template_id": template.template_id,
        "template_version": template.version,
        "plan_type": plan_type,
        "team_id": wanted.team.id,
        "effective_date": on.isoformat(),
        "domains": _domains(dice, template, plan_type, quality),
        **_overall(dice, _grade(quality)),
        "independence": wanted.independence,
        "auditor_ref": wanted.auditor,
        "auditor_role": wanted.role,
        "allocated_on": (on - timedelta(days=dice.randint(5, 24))).isoformat(),
        "child_ref": child(dice, month.authority),
    }
    return Event("audit", GRADED, month.source, ref, at(on), data)


def _plan_type(dice: Random, wanted: Wanted) -> str:
    if wanted.audit_type == "REGULAR_CLA_IN_OUT":
        return "CLA"
    return one(dice, wanted.team.plan_types)


def _quality(month: Month, dice: Random, team: Team) -> float:
    """Where the practice lies on a normal scale: teams differ a little, and so do authorities."""
    lean = Random(f"{month.seed}|{team.id}").gauss(0, TEAM_SPREAD) + AUTHORITY_LEAN.get(month.authority, 0.0)
    return float(dice.gauss(0, 1) + lean)


def _grade(quality: float) -> str:
    return GRADES[sum(quality > threshold for threshold in THRESHOLDS)]


def _domains(dice: Random, template: TemplateVersion, plan_type: str, quality: float) -> dict[str, str]:
    """Each domain that applies, near the whole; here and there nothing about it was on file."""
    return {
        domain.code: "NOT_EVIDENCED" if dice.random() < 0.03 else _grade(0.75 * quality + dice.gauss(0, 0.66))
        for domain in template.domains
        if plan_type in domain.plan_types
    }


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
