"""R2: what became of every re-audit that was due or done."""

from __future__ import annotations

from collections import Counter

from tests.year.facts import RANK, Facts, ReAudit
from tests.year.recount.ground import Row, Span, Table, Unit, at, of_enough, places

REVIEWED_FROM = 2  # a director looks at a lineage that has come to this generation


def r2(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    mine = [one for one in facts.re_audits if unit.holds(at(one)) and span.is_over(one.required)]
    everywhere = places(facts.expected, facts.re_audits)
    return {
        "totals": {
            key: _totals([one for one in mine if inside(at(one))], facts, span)
            for key, _, inside in unit.lines(everywhere)
        },
        "re_audits": {one.parent: _item(one, facts) for one in mine if _is_listed(one, span)},
        "overdue": {one.parent: _item(one, facts) for one in mine if _overdue(one, span)},
    }


def _totals(mine: list[ReAudit], facts: Facts, span: Span) -> Row:
    due = [one for one in mine if _falls_due(one, span)]
    done = [one for one in mine if span.holds(one.done) and one.cancelled is None]
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
        "cancelled": sum(span.holds(one.cancelled) for one in mine),
        "overdue": sum(_overdue(one, span) for one in mine),
        "open": sum(not span.is_over(one.ended) for one in mine),
    }


def _falls_due(one: ReAudit, span: Span) -> bool:
    gone = one.not_possible or one.cancelled
    return span.holds(one.due) and (gone is None or gone > one.due)


def _is_listed(one: ReAudit, span: Span) -> bool:
    return any(map(span.holds, (one.done, one.not_possible, one.cancelled))) or _falls_due(one, span)


def _overdue(one: ReAudit, span: Span) -> bool:
    return one.due < span.end and (one.ended is None or one.ended > span.end)


def _item(one: ReAudit, facts: Facts) -> Row:
    parent, root = facts.audits[one.parent], facts.audits[one.root]
    again = facts.audits[one.done_by] if one.done_by else None
    held = again if one.cancelled is None else None
    return {
        "unit": one.team,
        "root": one.root,
        "generation": one.generation,
        "trigger": one.trigger,
        "scope": "FULL" if one.trigger == "INADEQUATE_OVERALL" else "FAILED_DOMAINS",
        "due": str(one.due),
        "done": str(one.done) if one.done else None,
        "days_late": max(0, (one.done - one.due).days) if one.done else None,
        "grade_from": parent.overall,
        "grade_to": again.overall if again else None,
        "outcome": _outcome(one, facts) if held else None,
        "root_grade": root.overall,
        "root_change": RANK[held.overall] - RANK[root.overall] if held else None,
        "declined_domains": (" ".join(_fell(one, facts)) or None) if held else None,
        "still_inadequate": (" ".join(_inadequate(one, facts)) or None) if held else None,
        "not_possible": "CLOSED" if one.not_possible else None,
        "cancelled": "PARENT_WITHDRAWN" if one.cancelled else None,
        "director_review": "WAITING" if one.generation >= REVIEWED_FROM else None,
    }


def _outcome(one: ReAudit, facts: Facts) -> str:
    assert one.done_by is not None
    by = RANK[facts.audits[one.done_by].overall] - RANK[facts.audits[one.parent].overall]
    return "IMPROVED" if by > 0 else "DECLINED" if by < 0 else "SAME"


def _fell(one: ReAudit, facts: Facts) -> list[str]:
    """Of the domains that were given a grade both times."""
    if one.done_by is None:
        return []
    now, before = facts.audits[one.done_by].domains, facts.audits[one.parent].domains
    both = [domain for domain in now if now[domain] in RANK and before.get(domain) in RANK]
    return sorted(domain for domain in both if RANK[now[domain]] < RANK[before[domain]])


def _inadequate(one: ReAudit, facts: Facts) -> list[str]:
    now = facts.audits[one.done_by].domains if one.done_by else {}
    return sorted(domain for domain, grade in now.items() if grade == "INADEQUATE")
