"""Auditing again what was inadequate: most in time and better, some late, a few not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from deploy.loading.audits import GRADED, GRADES, Done, Wanted, told
from deploy.loading.chance import Month, at, one, pick
from deploy.loading.people import teams
from deploy.loading.posting import Event
from shared.calendar.working_days import england

# How many days after the audit its re-audit is done, and how often: it is due after twelve weeks.
IN_TIME, LATE = (42, 80), (88, 115)
WHEN = {IN_TIME: 0.78, LATE: 0.12, None: 0.10}
BETTER_BY = (1.3, 0.7)  # mean and spread on the scale of quality
AGAIN = 2  # generations that are audited here: the second one a director reviews


def again(month: Month, first: Done) -> list[Done]:
    """The re-audits of this audit that were done by now, one after the other."""
    dice, found, parent = month.dice(f"again-{first.event.id}"), list[Done](), first
    while _calls_for_one(parent) and len(found) < AGAIN:
        when = pick(dice, WHEN)
        if when is None:
            break
        parent = _next(month, dice, parent, when)
        if parent.on > month.last:
            break
        found.append(parent)
    return found


def lapsed(month: Month, audit: Done) -> bool:
    """Whether nobody audited again what was inadequate, and it is too late to do it in time."""
    late = month.last - audit.on > timedelta(days=LATE[1])
    return late and _calls_for_one(audit) and not again(month, audit)


def _calls_for_one(audit: Done) -> bool:
    return audit.stands and (audit.overall == GRADES[0] or bool(audit.failed))


def _next(month: Month, dice: Random, parent: Done, when: tuple[int, int]) -> Done:
    on = england().add(parent.on + timedelta(days=dice.randint(*when) - 1), 1)
    ref, before = f"{parent.event.id}-again", parent.event.data
    team = parent.wanted.team
    officers = sorted({t.links["QA_OFFICER"] for t in teams(month.authority)} - {before["auditor_ref"]})
    auditor = one(dice, officers)
    independence = "LINKED" if auditor == team.links["QA_OFFICER"] else "INDEPENDENT"
    wanted = Wanted("RE_AUDIT", team, auditor, "QA_OFFICER", independence)
    quality = parent.quality + dice.gauss(*BETTER_BY)
    data = told(replace(month, first=on.replace(day=1)), dice, ref, wanted, before["plan_type"], on, quality)
    data |= {"child_ref": before["child_ref"], "re_audit_of": parent.event.id}
    return Done(Event("audit", GRADED, month.source, ref, at(on), data), wanted, quality)
