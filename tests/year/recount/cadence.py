"""R13: what was expected and done, and how many of the open cases were audited in twelve months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.year.facts import Audit, Caseload, Expected, Facts
from tests.year.recount.ground import Inside, Row, Span, Table, Unit, at, percent, places


def r13(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    year = _Year(facts, span)
    tables: dict[str, Table] = {"cadence": {}, "coverage": {}, "plan_types": _plan_types(year, unit)}
    everywhere = places(facts.expected, facts.counting(), facts.caseloads)
    expected = [e for e in facts.expected if span.holds(e.last)]
    for key, _, inside in unit.lines(everywhere, deep=True):
        mine = [e for e in expected if inside(at(e))]
        tables["cadence"][key] = _cadence(mine)
        for role in sorted({e.role or "ANY" for e in mine}):
            tables["cadence"][f"{key}|{role}"] = _cadence([e for e in mine if (e.role or "ANY") == role])
        tables["coverage"][key] = _coverage(year, inside)
    return tables


def r13_outstanding(facts: Facts, span: Span, unit: Unit) -> list[Row]:
    mine = [e for e in facts.expected if unit.holds(at(e)) and span.holds(e.last)]
    return [
        {
            "unit": e.team or e.area or "901",
            "auditor_role": e.role or "ANY",
            "cadence": e.cadence,
            "audit_type": e.audit_type,
            "window_first": str(e.first),
            "window_last": str(e.last),
        }
        for e in mine
        if not e.exempted and e.met_by is None
    ]


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
            "share_percent": percent(audited, is_open) if reported else "x",
            "audits": n,
        }
        for key, (is_open, audited, n) in rows.items()
    }
