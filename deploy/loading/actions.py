"""What was agreed to be done after an audit, by whom it was done, and who saw that it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from deploy.loading.audits import GRADES, Done
from deploy.loading.chance import Month, one, pick
from deploy.loading.people import wide
from deploy.loading.posting import MACHINE, Command, Story
from services.audit.domain.policy import AuditPolicy
from shared.calendar.working_days import england

PRIORITIES: Mapping[str, float] = {"HIGH": 2, "MEDIUM": 5, "LOW": 3}
# How often something is agreed, by the audit's grade and by whether the authority is shown whole.
AGREED: Mapping[bool, Mapping[str, float]] = {
    True: {"INADEQUATE": 1.0, "REQUIRES_IMPROVEMENT": 0.2},
    False: {"INADEQUATE": 0.15, "REQUIRES_IMPROVEMENT": 0.03},
}
# What becomes of an action: done in time or late and then verified, only done, nothing, or not needed any more.
FATES: Mapping[str, float] = {"IN_TIME": 66, "LATE": 17, "NOT_VERIFIED": 6, "NOTHING": 7, "CANCELLED": 4}
TEXTS: Mapping[str, str] = {
    "CHILD_VOICE": "See the child alone and record what they say in their own words.",
    "ASSESSMENT": "Update the assessment with the family's history and what it means for the child.",
    "PLANNING": "Rewrite the plan with the family so that every step says what will change and by when.",
    "INTERVENTION": "Bring visits back into timescale and record the purpose of each.",
    "REVIEW": "Hold the overdue core group and record who challenged the delay.",
    "MANAGEMENT_OVERSIGHT": "Record the rationale for the decision and check that it was followed.",
    "SUPERVISION": "Hold reflective supervision on this case within the month.",
    "MULTI_AGENCY": "Ask school and health for their view and record what was agreed.",
    "IDENTITY_DIVERSITY": "Explore with the family what their culture and faith mean for the plan.",
    "CHRONOLOGY_RECORDING": "Bring the chronology and the genogram up to date.",
    "PERMANENCE_PATHWAY": "Set a date for the permanence planning meeting.",
    "IMPACT_OUTCOMES": "Record what has changed for the child since the last review.",
}
ANYTHING = "Discuss the findings in supervision and record what will be done."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was agreed to be done after an audit, and when."""

    audit: Done
    on: date
    domain: str
    text: str


def after(month: Month, audit: Done) -> Story:
    """The one action that was agreed after this audit, if any, and what was done about it by now."""
    dice = month.dice(f"action-{audit.event.id}")
    chance = AGREED[month.whole].get(audit.overall, 0.0) * (month.detailed or audit.overall == GRADES[0])
    if not audit.stands or dice.random() >= chance:
        return []
    domain = one(dice, audit.failed or list(audit.event.data["domains"]))
    return list(steps(month, dice, Wanted(audit, audit.on, domain, TEXTS.get(domain, ANYTHING)), pick(dice, FATES)))


def steps(month: Month, dice: Random, wanted: Wanted, fate: str, name: str = "id") -> Iterator[Command]:
    """One action's commands; `name` is what the story calls it."""
    audit, team, priority = wanted.audit, wanted.audit.wanted.team, pick(dice, PRIORITIES)
    owner = team.manager if priority == "HIGH" or dice.random() < 0.4 else team.worker
    agreed = {
        "audit_id": audit.id,
        "text": wanted.text,
        "owner": owner,
        "priority": priority,
        "domain": wanted.domain,
        "on_behalf_of": team.links["QA_OFFICER"],
    }
    key = f"{audit.event.id}-{name}"
    told = {**agreed, "effective_date": wanted.on.isoformat()}
    yield Command("audit", "/v1/actions", told, f"{key}-agreed", name=name)
    for noun, day, body, who in _then(dice, owner, wanted, priority, fate):
        if day > month.last:
            return
        told = {**body, "effective_date": day.isoformat()}
        yield Command("audit", f"/v1/actions/{{{name}}}/{noun}", told, f"{key}-{noun}", who)


Step = tuple[str, date, dict[str, Any], str]


def _then(dice: Random, owner: str, wanted: Wanted, priority: str, fate: str) -> Iterator[Step]:
    policy, days, on, team = AuditPolicy(), england(), wanted.on, wanted.audit.wanted.team
    limit = {
        "HIGH": policy.action_high_working_days,
        "MEDIUM": policy.action_medium_working_days,
        "LOW": policy.action_low_working_days,
    }[priority]
    if fate == "CANCELLED":
        reason = {"reason": one(dice, ("NO_LONGER_NEEDED", "CASE_CLOSED"))}
        yield (
            "cancellation",
            days.add(on, dice.randint(1, limit)),
            reason,
            wide(team.authority, "HEAD_OF_SAFEGUARDING_QA"),
        )
    if fate in ("IN_TIME", "LATE", "NOT_VERIFIED"):
        took = limit + dice.randint(1, 12) if fate == "LATE" else dice.randint(max(1, limit // 3), limit)
        done = days.add(on, took)
        yield "completion", done, {"evidence_ref": f"note-{dice.randrange(10**6):06d}", "on_behalf_of": owner}, MACHINE
        if fate != "NOT_VERIFIED":
            seen = days.add(done, dice.randint(2, 11))
            yield "verification", seen, {"on_behalf_of": team.links["QA_OFFICER"]}, MACHINE
