"""What happened in the year, as whoever lived it would note it down: nothing here knows how the services keep it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date

GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
RANK = {grade: 4 - at for at, grade in enumerate(GRADES)}
DOMAINS = ("ASSESSMENT", "MANAGEMENT_OVERSIGHT")


@dataclass
class Expected:
    """One audit that was expected: of a team, or of the whole authority when `team` is None."""

    cadence: str
    audit_type: str
    role: str | None
    team: str | None
    area: str | None
    first: date
    last: date
    exempted: bool = False
    met_by: str | None = None
    met_on: date | None = None


@dataclass
class Audit:
    """An audit with its final grade. `area` is where its team counted on `on`."""

    id: str
    team: str
    area: str
    child: str
    audit_type: str
    role: str
    plan: str
    allocated: date
    on: date
    raw: str
    raw_domains: dict[str, str]
    overall: str
    domains: dict[str, str]
    source: str = "RAW"
    quality: str | None = None
    moderator_role: str | None = None
    moderated: str | None = None
    parent: str | None = None
    root: str | None = None
    generation: int = 0
    withdrawn: date | None = None
    regraded: int = 0


@dataclass
class ReAudit:
    """That an audit has to be done again, and what came of it."""

    parent: str
    root: str
    generation: int
    trigger: str
    team: str
    area: str
    required: date
    due: date
    done_by: str | None = None
    done: date | None = None
    not_possible: date | None = None
    cancelled: date | None = None  # the parent was withdrawn: there is nothing left to compare with

    @property
    def ended(self) -> date | None:
        return self.done or self.not_possible or self.cancelled


@dataclass
class Action:
    """A remedial action, to be done in so many working `days`: `steps` are the days on which something became of it."""

    id: str
    audit: str
    team: str
    area: str
    agreed: date
    days: int
    steps: list[tuple[date, str]] = field(default_factory=list)


@dataclass
class Meeting:
    """A 4R meeting about audits of these teams: it is of the smallest unit that holds all of them."""

    id: str
    teams: tuple[tuple[str, str], ...]  # the service area and the team, as each then was
    planned: date
    audits: tuple[str, ...]
    held: date | None = None
    cancelled: date | None = None
    roles: tuple[str, ...] = ()
    decisions: int = 0
    actions: tuple[str, ...] = ()
    next: date | None = None


@dataclass
class Pair:
    """One case graded by two: `a` the Team Manager, `b` the QA Officer."""

    team: str
    area: str
    compared: date
    a: str
    b: str


@dataclass
class Caseload:
    """The open cases of a team by type of plan, as it told of them."""

    team: str
    area: str
    as_at: date
    open_cases: dict[str, int]


@dataclass
class Facts:
    """The whole year."""

    expected: list[Expected] = field(default_factory=list)
    audits: dict[str, Audit] = field(default_factory=dict)
    re_audits: list[ReAudit] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    caseloads: list[Caseload] = field(default_factory=list)
    themes: int = 0

    def counting(self) -> list[Audit]:
        return [audit for audit in self.audits.values() if audit.withdrawn is None]

    def so_far(self) -> Facts:
        """As it is known now: what happens later does not change it."""
        return Facts(
            expected=[*map(copy, self.expected)],
            audits={id_: copy(audit) for id_, audit in self.audits.items()},
            re_audits=[*map(copy, self.re_audits)],
            actions=[replace(action, steps=[*action.steps]) for action in self.actions],
            meetings=[*map(copy, self.meetings)],
            pairs=[*self.pairs],
            caseloads=[*self.caseloads],
            themes=self.themes,
        )


def as_now(facts: Facts, areas: Mapping[str, str]) -> Facts:
    """The same year as if each team had always been in the service area given for it."""
    return replace(
        facts,
        expected=[replace(e, area=areas[e.team]) if e.team else e for e in facts.expected],
        audits={id_: replace(a, area=areas[a.team]) for id_, a in facts.audits.items()},
        re_audits=[replace(r, area=areas[r.team]) for r in facts.re_audits],
        actions=[replace(a, area=areas[a.team]) for a in facts.actions],
        meetings=[replace(m, teams=tuple((areas[team], team) for _, team in m.teams)) for m in facts.meetings],
        pairs=[replace(p, area=areas[p.team]) for p in facts.pairs],
        caseloads=[replace(c, area=areas[c.team]) for c in facts.caseloads],
    )


def regraded(audit: Audit, overall: str, domains: dict[str, str]) -> Audit:
    return replace(audit, overall=overall, domains={**audit.domains, **domains}, regraded=audit.regraded + 1)
