"""The reports once more, in plain Python from what people noted down: from the formulas alone, knowing no service.

Each function answers `{table: {row key: {column: value}}}` for one authority and one span of months, as-then. Only what
is named here is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from math import sqrt
from statistics import mean, median
from typing import Any

from tests.year.facts import DOMAINS, GRADES, RANK, Action, Audit, Expected, Facts, Meeting, ReAudit

Row = dict[str, Any]
Table = dict[str, Row]
Where = tuple[str | None, str | None]  # service area and team, as-then
AUTHORITY = "authority:901"
LEAST = 10
LEAST_PAIRS = 20


class Span:
    """Whole months, such as ("2025-04", "2025-05", "2025-06")."""

    def __init__(self, months: tuple[str, ...]) -> None:
        self.months = months

    def holds(self, day: date | None) -> bool:
        return day is not None and f"{day:%Y-%m}" in self.months

    def is_over(self, day: date | None) -> bool:
        """Did it happen by the end of the last month?"""
        return day is not None and f"{day:%Y-%m}" <= self.months[-1]

    def before(self) -> Span:
        first = int(self.months[0][:4]) * 12 + int(self.months[0][5:]) - 1
        numbers = range(first - len(self.months), first)
        return Span(tuple(f"{n // 12}-{n % 12 + 1:02}" for n in numbers))


def lines(where: Iterable[Where], *, deep: bool = True) -> list[tuple[str, Callable[[Where], bool]]]:
    """The authority, its areas, their teams, and what belongs to no area: the key of each and what counts in it."""
    places = set(where)
    found: list[tuple[str, Callable[[Where], bool]]] = [(AUTHORITY, lambda _: True)]
    for area in sorted({area for area, _ in places if area}):
        found.append((f"service_area:{area}", lambda at, area=area: at[0] == area))  # type: ignore[misc]
        for team in sorted({team for a, team in places if a == area and team}) if deep else ():
            key = f"service_area:{area}/team:{team}"
            found.append((key, lambda at, area=area, team=team: at == (area, team)))  # type: ignore[misc]
    if (None, None) in places:
        found.append((f"{AUTHORITY}:whole", lambda at: at == (None, None)))
    return found


def of(expected: Expected) -> Where:
    return expected.area, expected.team


def at(one: Audit | Action | ReAudit) -> Where:
    return one.area, one.team


# -- R1 -----------------------------------------------------------------------------------------------------------


def r1(facts: Facts, span: Span) -> dict[str, Table]:
    places = [*map(of, facts.expected), *map(at, facts.counting()), *map(at, facts.actions)]
    summary: Table = {}
    grades: Table = {}
    domains: Table = {}
    for key, inside in lines(places):
        now, before = _done(facts, span, inside), _done(facts, span.before(), inside)
        summary[key] = {
            **now,
            "completion_percent": _percent(now["completed"], now["expected"] - now["exempted"]),
            **{f"{name}_change": now[name] - before[name] for name in ("completed", "open_actions", "overdue_actions")},
        }
        audits = [a for a in facts.counting() if inside(at(a)) and span.holds(a.on)]
        earlier = [a for a in facts.counting() if inside(at(a)) and span.before().holds(a.on)]
        grades[f"{key}|OFSTED4"] = _grades(audits, earlier)
        if "/" not in key:
            for domain in DOMAINS:
                counted = Counter(a.domains[domain] for a in audits if domain in a.domains)
                if counted:
                    domains[f"{key}|OFSTED4|{domain}"] = {grade.lower(): counted[grade] for grade in GRADES}
    return {"summary": summary, "grades": grades, "domains": domains}


def _done(facts: Facts, span: Span, inside: Callable[[Where], bool]) -> Row:
    expected = [e for e in facts.expected if inside(of(e)) and span.holds(e.last)]
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
    seen = [(day, step) for day, step in action.steps if span.is_over(day)]
    return bool(seen) and seen[-1][1] == "overdue"


def _grades(audits: list[Audit], earlier: list[Audit]) -> Row:
    now, before = _counted(audits), _counted(earlier)
    n, good = now["graded"], now["good_or_better"]
    low, high = wilson(good, n) if n >= LEAST else (None, None)
    days = [(a.on - a.allocated).days for a in audits]
    return {
        **now,
        "good_or_better_percent": "z" if n == 0 else _percent(good, n) if n >= LEAST else None,
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


def _percent(part: int, whole: int) -> Any:
    return round(100 * part / whole, 1) if whole else "z"


def wilson(part: int, whole: int) -> tuple[float, float]:
    z, p = 1.959963984540054, part / whole
    middle = p + z * z / (2 * whole)
    spread = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    bottom = 1 + z * z / whole
    return round(100 * (middle - spread) / bottom, 1), round(100 * (middle + spread) / bottom, 1)


# -- R2 -----------------------------------------------------------------------------------------------------------


def r2(facts: Facts, span: Span) -> dict[str, Table]:
    totals: Table = {}
    places = [*map(of, facts.expected), *map(at, facts.counting()), *map(at, facts.re_audits)]
    for key, inside in lines(places, deep=False):
        mine = [one for one in facts.re_audits if inside(at(one)) and span.is_over(one.required)]
        due = [r for r in mine if span.holds(r.due) and not (r.not_possible and r.not_possible <= r.due)]
        done = [r for r in mine if span.holds(r.done)]
        moved = [_moved(r, facts) for r in done]
        improved = sum(by > 0 for by in moved)
        totals[key] = {
            "due": len(due),
            "due_on_time": sum(r.done is not None and r.done <= r.due for r in due),
            "completed": len(done),
            "improved": improved,
            "same": sum(by == 0 for by in moved),
            "declined": sum(by < 0 for by in moved),
            "improved_percent": "z" if not done else _percent(improved, len(done)) if len(done) >= LEAST else None,
            "not_possible": sum(span.holds(r.not_possible) for r in mine),
            "overdue": sum(_overdue(r, span) for r in mine),
            "open": sum(not span.is_over(r.done or r.not_possible) for r in mine),
        }
    if f"{AUTHORITY}:whole" in totals:
        del totals[f"{AUTHORITY}:whole"]
    return {"totals": totals}


def _moved(one: ReAudit, facts: Facts) -> int:
    assert one.done_by is not None
    return RANK[facts.audits[one.done_by].overall] - RANK[facts.audits[one.parent].overall]


def _overdue(one: ReAudit, span: Span) -> bool:
    end = _end(span)
    gone = one.done or one.not_possible
    return one.due < end and (gone is None or gone > end)


def _end(span: Span) -> date:
    year, month = map(int, span.months[-1].split("-"))
    return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)


def r2_items(facts: Facts, span: Span) -> list[tuple[str, str, str | None, str | None]]:
    """Parent, due, done and outcome of each re-audit that was due or done."""
    found = []
    for one in facts.re_audits:
        listed = span.holds(one.done) or span.holds(one.not_possible)
        if not listed and span.holds(one.due):
            listed = one.not_possible is None or one.not_possible > one.due
        if listed:
            outcome = None
            if one.done is not None:
                by = _moved(one, facts)
                outcome = "IMPROVED" if by > 0 else "SAME" if by == 0 else "DECLINED"
            found.append((one.parent, str(one.due), str(one.done) if one.done else None, outcome))
    return sorted(found, key=str)


# -- R3 -----------------------------------------------------------------------------------------------------------


def r3(facts: Facts, span: Span) -> dict[str, Table]:
    return {"footer": {"footer": _meetings(facts.meetings, span)}}


def _meetings(meetings: list[Meeting], span: Span) -> Row:
    return {
        "scheduled": sum(span.holds(m.planned) for m in meetings),
        "held": sum(span.holds(m.held) for m in meetings),
        "cancelled": sum(span.holds(m.cancelled) for m in meetings),
    }


def r3_rows(facts: Facts, span: Span) -> int:
    """A row for each team of each meeting that was planned, held or cancelled."""
    seen = [m for m in facts.meetings if any(map(span.holds, (m.planned, m.held, m.cancelled)))]
    return sum(len(m.teams) for m in seen)


# -- R5 -----------------------------------------------------------------------------------------------------------


def r5(facts: Facts, span: Span) -> dict[str, Table]:
    pairs = [(RANK[facts.audits[p.a].raw], RANK[facts.audits[p.b].raw]) for p in facts.pairs if span.holds(p.compared)]
    audits = [a for a in facts.counting() if span.holds(a.on)]
    tables: dict[str, Table] = {"moderation": {}}
    if pairs:
        tables["agreement"] = {f"{AUTHORITY}|OFSTED4": _agreement(pairs)}
    roles: dict[str, list[Audit]] = {"": audits}
    for audit in audits:
        roles.setdefault(f"|{audit.role}", []).append(audit)
    for role, some in roles.items():
        if some:
            tables["moderation"][f"{AUTHORITY}|OFSTED4{role}"] = _moderation(some)
    return tables


def _agreement(pairs: list[tuple[int, int]]) -> Row:
    n = len(pairs)
    exact, near = sum(a == b for a, b in pairs), sum(abs(a - b) <= 1 for a, b in pairs)
    return {
        "pairs": n,
        "exact_percent": _percent(exact, n) if n >= LEAST else None,
        "within_one_percent": _percent(near, n) if n >= LEAST else None,
        "difference": round(mean(a - b for a, b in pairs), 4),
        "kappa": _kappa(pairs) if n >= LEAST_PAIRS else None,
    }


def _kappa(pairs: list[tuple[int, int]]) -> float:
    """One less the observed over the expected squared distance."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    observed = mean((a - b) ** 2 for a, b in pairs)
    expected = mean((a - b) ** 2 for a in first for b in second)
    return round(1 - observed / expected, 4)


def _moderation(audits: list[Audit]) -> Row:
    moderated = [a for a in audits if a.moderated is not None]
    gaps = [RANK[a.raw] - RANK[str(a.moderated)] for a in moderated]
    qualities = Counter(a.quality for a in moderated)
    return {
        "audits": len(audits),
        "moderated": len(moderated),
        "raised": sum(gap < 0 for gap in gaps),
        "lowered": sum(gap > 0 for gap in gaps),
        "drift": round(mean(gaps), 4) if gaps else "z",
        **{quality.lower(): qualities[quality] for quality in ("THOROUGH", "ADEQUATE", "INSUFFICIENT")},
    }


# -- R13 ----------------------------------------------------------------------------------------------------------


def r13(facts: Facts, span: Span) -> dict[str, Table]:
    cadence: Table = {}
    for key, inside in lines([*map(of, facts.expected), *map(at, facts.counting())]):
        mine = [e for e in facts.expected if inside(of(e)) and span.holds(e.last)]
        cadence[key] = _cadence(mine)
        for role in sorted({e.role for e in mine if e.role}):
            cadence[f"{key}|{role}"] = _cadence([e for e in mine if e.role == role])
    return {"cadence": cadence, "coverage": {AUTHORITY: _coverage(facts, span)}}


def _cadence(expected: list[Expected]) -> Row:
    met = [e for e in expected if e.met_on is not None]
    exempted = sum(e.exempted for e in expected)
    return {
        "expected": len(expected),
        "exempted": exempted,
        "done": len(met),
        "late": sum(e.met_on > e.last for e in met if e.met_on),
        "outstanding": len(expected) - exempted - len(met),
        "completion_percent": _percent(len(met), len(expected) - exempted),
    }


def _coverage(facts: Facts, span: Span) -> Row:
    """Of the twelve months up to the end of the span."""
    last = int(span.months[-1][:4]) * 12 + int(span.months[-1][5:]) - 1
    year = Span(tuple(f"{n // 12}-{n % 12 + 1:02}" for n in range(last - 11, last + 1)))
    audits = [a for a in facts.counting() if year.holds(a.on)]
    cases = {a.child for a in audits}
    newest = {
        team: max(d for t, d in facts.caseloads if t == team and year.holds(d))
        for team, day in facts.caseloads
        if year.holds(day)
    }
    open_cases = sum(sum(facts.caseloads[team, day].values()) for team, day in newest.items())
    return {
        "open_cases": open_cases if newest else "x",
        "cases_audited": len(cases),
        "audits": len(audits),
        "repeat_audits": len(audits) - len(cases),
    }
