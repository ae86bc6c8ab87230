"""The reports once more, in plain Python from what people noted down: from the formulas alone, knowing no service.

Each function answers `{table: {row key: {column: value}}}` of one unit's report over whole months. Facts are given as
they are to be attributed: with the service areas of their time, or with those of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import mean, median
from typing import Any

from tests.year.facts import DOMAINS, GRADES, RANK, Action, Audit, Caseload, Expected, Facts, Meeting, Pair, ReAudit

Row = dict[str, Any]
Table = dict[str, Row]
Where = tuple[str | None, str | None]  # service area and team: of neither is what concerns the whole authority
Inside = Callable[[Where], bool]
Told = Audit | Action | ReAudit | Pair | Caseload | Expected
AUTHORITY = "authority:901"
LEAST = 10
LEAST_PAIRS = 20
COUNTED = (*(grade.lower() for grade in GRADES), "graded", "good_or_better")
QUALITIES = ("THOROUGH", "ADEQUATE", "INSUFFICIENT")


class Span:
    """Whole months, such as ("2025-04", "2025-05", "2025-06")."""

    def __init__(self, months: tuple[str, ...]) -> None:
        self.months = months

        self.first = _first_of(_number(months[0]))
        self.end = _first_of(_number(months[-1]) + 1) - timedelta(days=1)

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.end

    def is_over(self, day: date | None) -> bool:
        """Did it happen by the end of the last month?"""
        return day is not None and day <= self.end

    def before(self) -> Span:
        first = _number(self.months[0])
        return _months(first - len(self.months), first)

    def year(self) -> Span:
        """The twelve months up to the end."""
        last = _number(self.months[-1])
        return _months(last - 11, last + 1)


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _first_of(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _months(first: int, after: int) -> Span:
    return Span(tuple(f"{_first_of(number):%Y-%m}" for number in range(first, after)))


@dataclass(frozen=True)
class Unit:
    """An authority or one of its service areas; reports list what lies in it."""

    area: str | None = None

    @property
    def key(self) -> str:
        return f"service_area:{self.area}" if self.area else AUTHORITY

    def holds(self, where: Where) -> bool:
        return self.area in (None, where[0])

    def lines(self, places: Iterable[Where], *, deep: bool = False) -> list[tuple[str, int, Inside]]:
        """The key of each row with its depth, and what counts in it: the unit, its parts, and what is in no part."""
        mine = [where for where in places if self.holds(where)]
        if self.area is not None:
            return [(self.key, 0, self.holds), *self._teams(mine, "", 1)]
        found: list[tuple[str, int, Inside]] = [(self.key, 0, self.holds)]
        for area in sorted({area for area, _ in mine if area}):
            part = Unit(area)
            found.append((part.key, 1, part.holds))
            if deep:
                found += part._teams([where for where in mine if part.holds(where)], f"{part.key}/", 2)
        return [*found, (f"{self.key}:whole", 1, lambda at: at[0] is None)]

    def _teams(self, mine: list[Where], before: str, depth: int) -> list[tuple[str, int, Inside]]:
        teams = sorted({team for _, team in mine if team})
        return [
            *((f"{before}team:{team}", depth, _equals((self.area, team))) for team in teams),
            (f"{before}{self.key}:whole", depth, _equals((self.area, None))),
        ]


def _equals(one: Where) -> Inside:
    return lambda where: where == one


def at(one: Told) -> Where:
    return one.area, one.team


# -- R1 -----------------------------------------------------------------------------------------------------------


def r1(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    tables: dict[str, Table] = {"summary": {}, "grades": {}, "domains": {}}
    places = [*map(at, facts.expected), *map(at, facts.counting()), *map(at, facts.actions)]
    for key, depth, inside in unit.lines(places, deep=True):
        tables["summary"][key] = _summary(facts, span, inside)
        audits, earlier = (
            [a for a in facts.counting() if inside(at(a)) and one.holds(a.on)] for one in (span, span.before())
        )
        tables["grades"][f"{key}|OFSTED4"] = _grades(audits, earlier)
        for domain in DOMAINS if depth < 2 else ():
            counted = Counter(a.domains[domain] for a in audits if domain in a.domains)
            tables["domains"][f"{key}|OFSTED4|{domain}"] = {grade.lower(): counted[grade] for grade in GRADES}
    return tables


def _summary(facts: Facts, span: Span, inside: Inside) -> Row:
    now, before = _done(facts, span, inside), _done(facts, span.before(), inside)
    return {
        **now,
        "completion_percent": percent(now["completed"], now["expected"] - now["exempted"]),
        **{f"{name}_change": now[name] - before[name] for name in ("completed", "open_actions", "overdue_actions")},
    }


def _done(facts: Facts, span: Span, inside: Inside) -> Row:
    expected = [e for e in facts.expected if inside(at(e)) and span.holds(e.last)]
    actions = [a for a in facts.actions if inside(at(a)) and span.is_over(a.agreed)]
    return {
        "expected": len(expected),
        "exempted": sum(e.exempted for e in expected),
        "completed": sum(e.met_by is not None for e in expected),
        "open_actions": sum(not any(s == "verified" and span.is_over(d) for d, s in a.steps) for a in actions),
        "overdue_actions": sum(_is_overdue(a, span) for a in actions),
    }


def _is_overdue(action: Action, span: Span) -> bool:
    """The last due date by the end of the span has passed, and nobody had done it by then."""
    seen = [step for day, step in action.steps if span.is_over(day)]
    return bool(seen) and seen[-1] == "overdue"


def _grades(audits: list[Audit], earlier: list[Audit]) -> Row:
    now, before = _counted(audits), _counted(earlier)
    n, good = now["graded"], now["good_or_better"]
    low, high = wilson(good, n) if n >= LEAST else (None, None)
    days = [(a.on - a.allocated).days for a in audits]
    return {
        **now,
        "good_or_better_percent": of_enough(good, n),
        "low": low,
        "high": high,
        "raised": sum(RANK[a.overall] > RANK[a.raw] for a in audits),
        "lowered": sum(RANK[a.overall] < RANK[a.raw] for a in audits),
        "median_days": median(days) if days else "z",
        **{f"{name}_change": now[name] - before[name] for name in now},
    }


def _counted(audits: list[Audit]) -> dict[str, int]:
    counted = Counter(a.overall for a in audits)
    return {
        **{grade.lower(): counted[grade] for grade in GRADES},
        "graded": len(audits),
        "good_or_better": counted["GOOD"] + counted["OUTSTANDING"],
    }


def percent(part: int, whole: int) -> Any:
    return round(100 * part / whole, 1) if whole else "z"


def of_enough(part: int, whole: int) -> Any:
    """A percentage of at least ten; of none z, of fewer nothing."""
    return percent(part, whole) if whole == 0 or whole >= LEAST else None


def wilson(part: int, whole: int) -> tuple[float, float]:
    z, p = 1.959963984540054, part / whole
    middle = p + z * z / (2 * whole)
    spread = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    bottom = 1 + z * z / whole
    return round(100 * (middle - spread) / bottom, 1), round(100 * (middle + spread) / bottom, 1)


# -- R2 -----------------------------------------------------------------------------------------------------------


def r2(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    mine = [one for one in facts.re_audits if unit.holds(at(one)) and span.is_over(one.required)]
    places = [*map(at, facts.expected), *map(at, facts.re_audits)]
    return {
        "totals": {
            key: _totals([one for one in mine if inside(at(one))], facts, span) for key, _, inside in unit.lines(places)
        },
        "re_audits": {one.parent: _item(one, facts) for one in mine if _is_listed(one, span)},
        "overdue": {one.parent: _item(one, facts) for one in mine if _overdue(one, span)},
    }


def _totals(mine: list[ReAudit], facts: Facts, span: Span) -> Row:
    due = [one for one in mine if _falls_due(one, span)]
    done = [one for one in mine if span.holds(one.done)]
    outcomes = Counter(_outcome(one, facts) for one in done)
    return {
        "due": len(due),
        "due_on_time": sum(one.done is not None and one.done <= one.due for one in due),
        "completed": len(done),
        "improved": outcomes["IMPROVED"],
        "same": outcomes["SAME"],
        "declined": outcomes["DECLINED"],
        "not_comparable": 0,
        "improved_percent": of_enough(outcomes["IMPROVED"], len(done)),
        "with_a_decline": sum(bool(_fell(one, facts)) for one in done),
        "still_inadequate": sum(bool(_inadequate(one, facts)) for one in done),
        "not_possible": sum(span.holds(one.not_possible) for one in mine),
        "cancelled": 0,
        "overdue": sum(_overdue(one, span) for one in mine),
        "open": sum(not span.is_over(one.done or one.not_possible) for one in mine),
    }


def _falls_due(one: ReAudit, span: Span) -> bool:
    return span.holds(one.due) and (one.not_possible is None or one.not_possible > one.due)


def _is_listed(one: ReAudit, span: Span) -> bool:
    return span.holds(one.done) or span.holds(one.not_possible) or _falls_due(one, span)


def _overdue(one: ReAudit, span: Span) -> bool:
    gone = one.done or one.not_possible
    return one.due < span.end and (gone is None or gone > span.end)


def _item(one: ReAudit, facts: Facts) -> Row:
    parent, again = facts.audits[one.parent], facts.audits[one.done_by] if one.done_by else None
    return {
        "root": one.root,
        "generation": one.generation,
        "trigger": one.trigger,
        "due": str(one.due),
        "done": str(one.done) if one.done else None,
        "days_late": max(0, (one.done - one.due).days) if one.done else None,
        "grade_from": parent.overall,
        "grade_to": again.overall if again else None,
        "outcome": _outcome(one, facts) if again else None,
        "root_grade": facts.audits[one.root].overall,
        "declined_domains": " ".join(_fell(one, facts)) or None,
        "still_inadequate": " ".join(_inadequate(one, facts)) or None,
    }


def _outcome(one: ReAudit, facts: Facts) -> str:
    assert one.done_by is not None
    by = RANK[facts.audits[one.done_by].overall] - RANK[facts.audits[one.parent].overall]
    return "IMPROVED" if by > 0 else "DECLINED" if by < 0 else "SAME"


def _fell(one: ReAudit, facts: Facts) -> list[str]:
    if one.done_by is None:
        return []
    now, before = facts.audits[one.done_by].domains, facts.audits[one.parent].domains
    return sorted(domain for domain in now if domain in before and RANK[now[domain]] < RANK[before[domain]])


def _inadequate(one: ReAudit, facts: Facts) -> list[str]:
    now = facts.audits[one.done_by].domains if one.done_by else {}
    return sorted(domain for domain, grade in now.items() if grade == "INADEQUATE")


# -- R3 -----------------------------------------------------------------------------------------------------------


def r3(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    mine = [m for m in facts.meetings if any(map(unit.holds, m.teams))]
    seen = [m for m in mine if any(map(span.holds, (m.planned, m.held, m.cancelled)))]
    return {
        "footer": {"footer": _meetings(mine, span)},
        "meetings": {f"{m.id}|{team}": _meeting(m) for m in seen for area, team in m.teams if unit.holds((area, team))},
    }


def r3_by_unit(facts: Facts, span: Span, unit: Unit) -> Table:
    """Each meeting in the smallest unit that then held all of its teams."""
    where = {m.id: _smallest(m) for m in facts.meetings}
    found = unit.lines([*where.values(), *map(at, facts.expected)])
    return {key: _meetings([m for m in facts.meetings if inside(where[m.id])], span) for key, _, inside in found}


def _smallest(meeting: Meeting) -> Where:
    areas, teams = {area for area, _ in meeting.teams}, {team for _, team in meeting.teams}
    area = areas.pop() if len(areas) == 1 else None
    return area, teams.pop() if area and len(teams) == 1 else None


def _meetings(meetings: Iterable[Meeting], span: Span) -> Row:
    each = list(meetings)
    return {
        "scheduled": sum(span.holds(m.planned) for m in each),
        "held": sum(span.holds(m.held) for m in each),
        "cancelled": sum(span.holds(m.cancelled) for m in each),
    }


def _meeting(one: Meeting) -> Row:
    return {
        "date": str(one.held or one.planned),
        "state": "HELD" if one.held else "CANCELLED" if one.cancelled else "SCHEDULED",
        "linked_audits": len(one.audits),
        "linked_alerts": 0,
        "roles": " ".join(sorted(one.roles)) or None,
        "decisions": one.decisions,
        "actions": 0,
        "actions_done": 0,
    }


# -- R5 -----------------------------------------------------------------------------------------------------------


def r5(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    pairs = [pair for pair in facts.pairs if span.holds(pair.compared)]
    audits = [audit for audit in facts.counting() if span.holds(audit.on)]
    roles = sorted({audit.role for audit in facts.audits.values()})
    tables: dict[str, Table] = {
        "agreement": {},
        "moderation": {},
        "agreement_by_unit": {},
        "moderation_by_unit": {},
    }
    mine = [one for one in audits if unit.holds(at(one))]
    both = [one for one in pairs if unit.holds(at(one))]
    for role in (None, *roles):
        key = f"{unit.key}|OFSTED4|{role}" if role else f"{unit.key}|OFSTED4"
        of_role = [one for one in both if role in (None, facts.audits[one.a].role)]
        tables["agreement"][key] = _agreement(of_role, facts)
        tables["moderation"][key] = _moderation([one for one in mine if role in (None, one.role)])
    for key, _, inside in unit.lines([*map(at, audits), *map(at, pairs)]):
        tables["agreement_by_unit"][f"{key}|OFSTED4"] = _agreement([p for p in pairs if inside(at(p))], facts)
        tables["moderation_by_unit"][f"{key}|OFSTED4"] = _moderation([a for a in audits if inside(at(a))])
    return {**tables, **_confusions(both, mine, facts)}


def _agreement(pairs: list[Pair], facts: Facts) -> Row:
    ranks = [(RANK[facts.audits[p.a].raw], RANK[facts.audits[p.b].raw]) for p in pairs]
    n = len(ranks)
    return {
        "pairs": n,
        "exact_percent": of_enough(sum(a == b for a, b in ranks), n),
        "within_one_percent": of_enough(sum(abs(a - b) <= 1 for a, b in ranks), n),
        "difference": round(mean(a - b for a, b in ranks), 4) if ranks else "z",
        "kappa": _kappa(ranks),
    }


def _kappa(pairs: list[tuple[int, int]]) -> Any:
    """One less the observed over the expected squared distance, of at least twenty pairs."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if not pairs:
        return "z"
    if len(set(first)) == 1 or len(set(second)) == 1:
        return "not calculable"
    if len(pairs) < LEAST_PAIRS:
        return None
    observed = mean((a - b) ** 2 for a, b in pairs)
    by_chance = mean((a - b) ** 2 for a in first for b in second)
    return round(1 - observed / by_chance, 4)


def _moderation(audits: list[Audit]) -> Row:
    moderated = [a for a in audits if a.moderated is not None]
    gaps = [RANK[a.raw] - RANK[str(a.moderated)] for a in moderated]
    qualities = Counter(a.quality for a in moderated)
    own = sum(a.role == "TEAM_MANAGER" for a in audits)
    return {
        "audits": len(audits),
        "own_team": own,
        "own_team_percent": of_enough(own, len(audits)),
        "moderated": len(moderated),
        "unchanged_percent": of_enough(gaps.count(0), len(gaps)),
        "raised": sum(gap < 0 for gap in gaps),
        "lowered": sum(gap > 0 for gap in gaps),
        "drift": round(mean(gaps), 4) if gaps else "z",
        **{quality.lower(): qualities[quality] for quality in QUALITIES},
    }


def _confusions(pairs: list[Pair], audits: list[Audit], facts: Facts) -> dict[str, Table]:
    """Which grade met which, for all auditors together and for each role."""
    both = [(facts.audits[pair.a].role, facts.audits[pair.a].raw, facts.audits[pair.b].raw) for pair in pairs]
    twice = [(audit.role, audit.raw, audit.moderated) for audit in audits if audit.moderated]
    return {"pairs_OFSTED4": _confusion(both), "moderated_OFSTED4": _confusion(twice)}


def _confusion(graded: list[tuple[str, str, str]]) -> Table:
    counted = Counter([*graded, *(("ALL", first, second) for _, first, second in graded)])
    return {
        f"{role}|{first}": {second: counted[role, first, second] for second in GRADES}
        for role in ("ALL", *sorted({role for role, _, _ in graded}))
        for first in GRADES
    }


# -- R13 ----------------------------------------------------------------------------------------------------------


def r13(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    year = _Year(facts, span)
    tables: dict[str, Table] = {"cadence": {}, "coverage": {}, "plan_types": _plan_types(year, unit)}
    places = [*map(at, facts.expected), *map(at, facts.counting()), *map(at, facts.caseloads)]
    for key, _, inside in unit.lines(places, deep=True):
        mine = [e for e in facts.expected if inside(at(e)) and span.holds(e.last)]
        tables["cadence"][key] = _cadence(mine)
        for role in sorted({e.role or "ANY" for e in mine}):
            tables["cadence"][f"{key}|{role}"] = _cadence([e for e in mine if (e.role or "ANY") == role])
        tables["coverage"][key] = _coverage(year, inside)
    return tables


def r13_outstanding(facts: Facts, span: Span, unit: Unit) -> int:
    mine = [e for e in facts.expected if unit.holds(at(e)) and span.holds(e.last)]
    return sum(not e.exempted and e.met_by is None for e in mine)


def _cadence(expected: list[Expected]) -> Row:
    met = [e for e in expected if e.met_on is not None]
    exempted = sum(e.exempted for e in expected)
    return {
        "expected": len(expected),
        "exempted": exempted,
        "done": len(met),
        "late": sum(e.met_on > e.last for e in met if e.met_on),
        "outstanding": len(expected) - exempted - len(met),
        "completion_percent": percent(len(met), len(expected) - exempted),
    }


class _Year:
    """The twelve months up to the end of a span: the audits, the first of each case, what each team told last."""

    def __init__(self, facts: Facts, span: Span) -> None:
        year = span.year()
        self.audits = sorted((a for a in facts.counting() if year.holds(a.on)), key=lambda one: one.on)
        first: dict[str, Audit] = {}
        for audit in self.audits:
            first.setdefault(audit.child, audit)
        self.cases = list(first.values())
        told = sorted((one for one in facts.caseloads if year.holds(one.as_at)), key=lambda one: one.as_at)
        self.caseloads = list({one.team: one for one in told}.values())


def _coverage(year: _Year, inside: Inside) -> Row:
    """A case counts where it was first audited in the twelve months."""
    cases = sum(inside(at(audit)) for audit in year.cases)
    audits = sum(inside(at(audit)) for audit in year.audits)
    reported = [one for one in year.caseloads if inside(at(one))]
    is_open = _open(reported).total()
    return {
        "open_cases": is_open if reported else "x",
        "teams_reporting": len(reported),
        "cases_audited": cases,
        "share_percent": percent(cases, is_open) if reported else "x",
        "audits": audits,
        "repeat_audits": audits - cases,
    }


def _open(reported: Iterable[Caseload]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in reported:
        found.update(one.open_cases)
    return found


def _plan_types(year: _Year, unit: Unit) -> Table:
    cases = Counter(audit.plan for audit in year.cases if unit.holds(at(audit)))
    audits = Counter(audit.plan for audit in year.audits if unit.holds(at(audit)))
    reported = [one for one in year.caseloads if unit.holds(at(one))]
    open_ = _open(reported)
    rows = {f"plan:{plan}": (open_[plan], cases[plan], audits[plan]) for plan in {*open_, *audits}}
    rows["total"] = (open_.total(), cases.total(), audits.total())
    return {
        key: {
            "open_cases": is_open if reported else "x",
            "open_percent": percent(is_open, open_.total()) if reported else "x",
            "cases_audited": audited,
            "audited_percent": percent(audited, cases.total()),
            "audits": n,
        }
        for key, (is_open, audited, n) in rows.items()
    }
