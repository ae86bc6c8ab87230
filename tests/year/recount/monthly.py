"""R1: what was expected and done, the grades, and what is open."""

from __future__ import annotations

from collections import Counter
from statistics import median

from tests.year.facts import DOMAINS, GRADES, RANK, Action, Audit, Expected, Facts
from tests.year.recount.ground import LEAST, Inside, Row, Span, Table, Unit, at, of_enough, percent, places, wilson

COUNTED = (*(grade.lower() for grade in GRADES), "graded", "good_or_better")


def r1(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    tables: dict[str, Table] = {"summary": {}, "grades": {}, "domains": {}}
    now, before = _Months(facts, span), _Months(facts, span.before())
    everywhere = places(facts.expected, facts.counting(), facts.actions)
    for key, depth, inside in unit.lines(everywhere, deep=True):
        tables["summary"][key] = _summary(now.done(inside), before.done(inside))
        audits, earlier = now.graded(inside), before.graded(inside)
        tables["grades"][f"{key}|OFSTED4"] = _grades(audits, earlier)
        for domain in DOMAINS if depth < 2 else ():
            counted = Counter(a.domains[domain] for a in audits if domain in a.domains)
            words = (*GRADES, "NOT_EVIDENCED")
            tables["domains"][f"{key}|OFSTED4|{domain}"] = {word.lower(): counted[word] for word in words}
    return tables


class _Months:
    """What counts in a span, wherever it lies."""

    def __init__(self, facts: Facts, span: Span) -> None:
        self._span = span
        self._expected: list[Expected] = [e for e in facts.expected if span.holds(e.last)]
        self._actions: list[Action] = [a for a in facts.actions if span.is_over(a.agreed)]
        self._audits: list[Audit] = [a for a in facts.counting() if span.holds(a.on)]

    def graded(self, inside: Inside) -> list[Audit]:
        return [a for a in self._audits if inside(at(a))]

    def done(self, inside: Inside) -> Row:
        expected = [e for e in self._expected if inside(at(e))]
        actions = [a for a in self._actions if inside(at(a))]
        return {
            "expected": len(expected),
            "exempted": sum(e.exempted for e in expected),
            "completed": sum(e.met_by is not None for e in expected),
            "open_actions": sum("verified" not in self._steps(a) for a in actions),
            "overdue_actions": sum(self._is_overdue(a) for a in actions),
        }

    def _is_overdue(self, action: Action) -> bool:
        """The last due date by the end of the span has passed, and nobody had done it by then."""
        return self._steps(action)[-1:] == ["overdue"]

    def _steps(self, action: Action) -> list[str]:
        return [step for day, step in action.steps if self._span.is_over(day)]


def _summary(now: Row, before: Row) -> Row:
    return {
        **now,
        "completion_percent": percent(now["completed"], now["expected"] - now["exempted"]),
        **{f"{name}_change": now[name] - before[name] for name in ("completed", "open_actions", "overdue_actions")},
    }


def _grades(audits: list[Audit], earlier: list[Audit]) -> Row:
    now, before = _counted(audits), _counted(earlier)
    n, good = now["graded"], now["good_or_better"]
    low, high = wilson(good, n) if n >= LEAST else (None, None)
    days = [(a.on - a.allocated).days for a in audits]
    return {
        **now,
        "not_graded": len(audits) - n,
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
        "graded": sum(counted[grade] for grade in GRADES),
        "good_or_better": counted["GOOD"] + counted["OUTSTANDING"],
    }
