"""What audits are expected: the regular programme, each month's expectations, exemptions, and the open cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from deploy.loading.audits import MANAGERS_MONTHS, Done
from deploy.loading.chance import Month, at, one
from deploy.loading.people import MOVED_ON, RELINKED_TEAM, Team, teams, wide
from deploy.loading.posting import Command, Event, Story
from services.audit.domain.expectation.planning import Cadence, expectation_id
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.windows import MONTHS
from shared.published.place import Place

CASELOAD = "goldenthread.intake.caseload_reported.v1"
EXEMPTED = 0.5  # of what was not done
REASONS = ("VACANCY", "ABSENCE", "NO_OPEN_CASES", "TEAM_CHANGE")
QUARTERS_END = frozenset({3, 6, 9, 12})
MOVES = 0.12  # how far a team's caseload is from what it usually is


def programme(code: str, first: date) -> Story:
    """The strategy's regular audits, set by the Head of Safeguarding from that day on."""
    body = {"first": first.isoformat(), "period_unit": "MONTH"}
    path = f"/v1/audit-programmes/{code}/regular"
    return [Command("audit", path, body, f"demo-programme-{code}-{first}", wide(code, "HEAD_OF_SAFEGUARDING_QA"))]


def expectations(month: Month) -> Story:
    body = {"la_code": month.authority, "month": f"{month.first:%Y-%m}"}
    return [Command("audit", "/v1/expectations", body, month.ref("expect", 0))]


def exemptions(month: Month, done: Iterable[Done]) -> list[Story]:
    """Some of the routine audits that were not done, with the Head's reason."""
    dice, found = month.dice("exempt"), list[Story]()
    audited = {(one.wanted.audit_type, one.wanted.team.id) for one in done}
    for team in teams(month.authority):
        for audit_type, id_ in _of(month, team):
            chance, reason = dice.random(), one(dice, REASONS)
            if (audit_type, team.id) not in audited and chance < EXEMPTED:
                head = wide(month.authority, "HEAD_OF_SAFEGUARDING_QA")
                path = f"/v1/expectations/{id_}/exemption"
                found.append([Command("audit", path, {"reason": reason}, f"demo-exempt-{id_}", head)])
    return found


def caseloads(month: Month) -> list[Story]:
    """Each team's open cases by plan type, at the end of each quarter and of the newest month."""
    if month.age and month.first.month not in QUARTERS_END:
        return []
    return [[_caseload(month, team)] for team in teams(month.authority)]


def _of(month: Month, team: Team) -> Iterator[tuple[str, str]]:
    """What is expected of the team in a window that ends in this month: the type, and under which id."""
    place = Place(authority=month.authority, team=team.id)
    relinked = team.slug == RELINKED_TEAM and month.first <= MOVED_ON  # somebody else was linked then
    if not relinked:
        officer = team.links["QA_OFFICER"]
        window = MONTHS.around(month.first)
        yield "QA_ROUTINE", expectation_id(Cadence.QA_OFFICER, "QA_ROUTINE", place, window, 1, officer)
    if month.first.month in MANAGERS_MONTHS:
        window = AuditPolicy().team_manager_windows.around(month.first)
        yield "TM_ROUTINE", expectation_id(Cadence.TEAM_MANAGER, "TM_ROUTINE", place, window, 1, None)


def _caseload(month: Month, team: Team) -> Event:
    dice = month.dice(f"caseload-{team.id}")
    many = round(team.open_children * (1 + dice.uniform(-MOVES, MOVES)))
    each, left = divmod(many, len(team.plan_types))
    cases = {plan: each + (at_ < left) for at_, plan in enumerate(team.plan_types)}
    on, ref = month.days[-1], month.ref(f"caseload-{team.id}", 0)
    data = {"team_id": team.id, "as_at": on.isoformat(), "open_cases": cases}
    return Event("audit", CASELOAD, month.source, ref, at(on), data)
