"""What was made of the audits: a 4R meeting each month, learning points with their impact, themes with a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from deploy.loading import actions
from deploy.loading.audits import GRADES, Done
from deploy.loading.chance import Month, nth_day, one, pick, some
from deploy.loading.people import teams, wide
from deploy.loading.posting import Command, Story
from services.audit.domain.template.defaults import PRACTICE
from shared.calendar.working_days import england

HEAD = "HEAD_OF_SAFEGUARDING_QA"
MEETING_DAY = 17  # of the month's working days
NOT_QUORATE_IN = 8
LINKED = 3  # audits that a meeting talks about
ROLES: Mapping[str, float] = {"QA_OFFICER": 5, "IRO": 3, "CP_CHAIR": 3, "PRACTICE_DEVELOPMENT_WORKER": 3}
PROMPTS = {
    "r1": "The records say what was done; twice nobody could say what it changed.",
    "r2": "The children waited longer than they should have for a plan that they recognised.",
    "r3": "Managers look at one case a week together with the worker.",
    "r4": "The next three audits of these teams show the child's view in the plan.",
}
DECISIONS = ("Supervision starts with the child's own words.", "Overdue core groups are looked at every Monday.")
AGREED = "The manager looks at this case with the worker and reports to the next meeting."
LEARNED: Sequence[tuple[str, str, str]] = (
    ("CHILDS_VOICE", "CHILD_VOICE", "Plans that quote the child are followed more often."),
    ("DRIFT_AND_DELAY", "REVIEW", "Delay begins where nobody writes down who decides next."),
    ("FATHERS", "ASSESSMENT", "Assessments leave out fathers who live elsewhere."),
    ("SUPERVISION", "SUPERVISION", "Reflective supervision is recorded where managers have a template for it."),
    ("PARTNERS", "MULTI_AGENCY", "Schools know more than they are asked for."),
    ("CHRONOLOGY", "CHRONOLOGY_RECORDING", "A chronology that is kept up to date shortens every later assessment."),
)
AUDIENCES = (("TEAM",), ("SERVICE_AREA", "MANAGERS"), ("WHOLE_SERVICE",), ("WHOLE_SERVICE", "PARTNERSHIP"))
CHANNELS = ("TEAM_MEETING", "BRIEFING", "TRAINING", "NEWSLETTER", "PRACTICE_WEEK")
METHODS = ("CASE_TRACKING", "RE_AUDIT", "DIP_SAMPLE", "PERFORMANCE_DATA")
RESULTS: Mapping[str, float] = {"IMPROVED": 6, "NO_CHANGE": 2, "TOO_EARLY": 2}
EVERY = {True: 1, False: 3}  # months between two learning points
FRAME, SAMPLE = 14, {True: 6, False: 3}  # cases of each team in the frame, cases drawn
FINDINGS = (
    ("STRENGTH", "CHILD_VOICE", "Direct work with adolescents is creative and recorded in their words."),
    ("CONCERN", "MULTI_AGENCY", "Strategy meetings are held without health in a third of the cases."),
)


def meetings(month: Month, done: Sequence[Done]) -> list[Story]:
    """One about the weakest audits of the month so far, with an action; once a year one more that came to nothing."""
    dice, on = month.dice("4r"), nth_day(month, MEETING_DAY)
    weakest = sorted((one for one in done if one.stands and one.on < on), key=lambda one: one.quality)[:LINKED]
    if not weakest:
        return []
    found: list[Story] = [list(_meeting(month, dice, weakest, on))]
    if month.first.month == NOT_QUORATE_IN:
        again = nth_day(month, MEETING_DAY + 2)
        called_off = _command(
            month, "4r-2-off", "/v1/four-r-meetings/{id}/cancellation", again, {"reason": "NOT_QUORATE"}
        )
        found.append([_scheduled(month, "4r-2", weakest[:1], again), called_off])
    return found


def _meeting(month: Month, dice: Random, audits: Sequence[Done], on: date) -> Iterator[Command]:
    fate = pick(dice, {"IN_TIME": 7, "NOTHING": 2, "NOT_VERIFIED": 1})
    wanted = actions.Wanted(audits[0], on, next(iter(audits[0].event.data["domains"])), AGREED)
    agreed, *rest = actions.steps(month, dice, wanted, fate, "action")
    yield agreed
    yield _scheduled(month, "4r", audits, on)
    roles = ["HEAD_OF_SAFEGUARDING_QA", "HEAD_OF_SERVICE", "TEAM_MANAGER", *some(dice, ROLES, dice.randint(1, 3))]
    said = {"attendees": roles, "prompts": PROMPTS, "decisions": DECISIONS[: dice.randint(1, 2)]}
    then = {"action_ids": ["{action}"], "next_on": england().add(on, 21).isoformat(), "on_behalf_of": _head(month)}
    yield _command(month, "4r-held", "/v1/four-r-meetings/{meeting}/holding", on, {**said, **then})
    yield from rest


def _scheduled(month: Month, kind: str, audits: Sequence[Done], on: date) -> Command:
    body = {"planned_on": on.isoformat(), "linked_audits": [one.id for one in audits], "on_behalf_of": _head(month)}
    path = "/v1/four-r-meetings"
    return _command(month, kind, path, nth_day(month, MEETING_DAY - 5), body, "meeting")


def points(month: Month, done: Sequence[Done]) -> list[Story]:
    """What was learned from an audit, who was told of it and, some weeks later, whether it changed anything."""
    number = month.first.year * 12 + month.first.month
    weak = [one for one in done if one.stands and one.overall in GRADES[:2]]
    if number % EVERY[month.whole] or not weak:
        return []
    dice = month.dice("learning")
    theme, domain, words = LEARNED[number // EVERY[month.whole] % len(LEARNED)]
    on, by = month.days[-1], {"on_behalf_of": _head(month)}
    learned = {"theme_code": theme, "source": "AUDIT", "learning": words, "domain": domain, **by}
    where = {"links": [one(dice, weak).id], "la_code": month.authority}
    told, looked = england().add(on, dice.randint(3, 15)), england().add(on, dice.randint(45, 60))
    story = [_command(month, "learned", "/v1/learning-points", on, {**learned, **where})]
    if told <= month.last:
        whom = {"audience": one(dice, AUDIENCES), "channel": one(dice, CHANNELS)}
        story.append(_command(month, "told", "/v1/learning-points/{id}/dissemination", told, whom))
    if looked <= month.last:
        seen = {"result": pick(dice, RESULTS), "method": one(dice, METHODS), "cases": dice.randint(6, 20), **by}
        story.append(_command(month, "looked", "/v1/learning-points/{id}/impact-review", looked, seen))
    return [story]


def themes(month: Month) -> list[Story]:
    """The newest month has a theme whose sample was drawn; the authority shown whole also had one that is closed."""
    if month.age == 0:
        return [list(_running(month))]
    if month.age == 3 and month.whole:
        return [list(_closed(month))]
    return []


def _running(month: Month) -> Iterator[Command]:
    title = "Exploitation outside the home"
    yield _commissioned(month, "EXPLOITATION", title, SAMPLE[month.whole])
    frame = [
        {"team_id": team.id, "plan_type": "CIN", "cases": _cases(month, team.slug, team.worker)}
        for team in teams(month.authority)
        if team.area.endswith(("-reach", "-intervention"))
    ]
    drawn = {"theme_id": "{theme}", "template_id": PRACTICE.template_id, "frame": frame, "strata_by": "NONE"}
    yield _command(month, "sample", "/v1/samples", nth_day(month, 4), drawn, "sample")
    when = {"period": f"{month.first:%Y-%m}"}
    yield _command(month, "sampled", "/v1/samples/{sample}/audits", nth_day(month, 5), when)


def _closed(month: Month) -> Iterator[Command]:
    yield _commissioned(month, "STRATEGY_MEETINGS", "Strategy meetings and section 47", 10)
    found = [{"kind": kind, "domain": domain, "words": words} for kind, domain, words in FINDINGS]
    yield _command(month, "theme-closed", "/v1/themes/{theme}/closure", month.days[-1], {"findings": found})


def _commissioned(month: Month, code: str, title: str, size: int) -> Command:
    officers = sorted({team.links["QA_OFFICER"] for team in teams(month.authority)})[:3]
    financial = month.first.year - (month.first.month < 4)
    body = {
        "la_code": month.authority,
        "theme_code": code,
        "title": title,
        "quarter": f"{financial}-Q{(month.first.month - 4) % 12 // 3 + 1}",
        "rationale": "Chosen from what audits and alerts of the last two quarters had in common.",
        "sample_size": size,
        "auditors": [{"staff_ref": ref, "role": "QA_OFFICER"} for ref in officers],
        "due_on": england().add(month.days[-1], 20).isoformat(),
    }
    return _command(month, "theme", "/v1/themes", nth_day(month, 2), body, "theme")


def _cases(month: Month, slug: str, worker: str) -> list[dict[str, str]]:
    return [{"child_ref": f"{month.authority}-F-{slug}-{n:03}", "worker": worker} for n in range(FRAME)]


def _command(month: Month, kind: str, path: str, on: date, body: Mapping[str, Any], name: str = "") -> Command:
    return Command("audit", path, {**body, "effective_date": on.isoformat()}, month.ref(kind, 0), name=name)


def _head(month: Month) -> str:
    return wide(month.authority, HEAD)
