"""Summed audit measures as grades, one row for each scale."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.audit_quality.grades import GOOD_OR_BETTER, GRADES, is_grade, knows_good, rank
from services.reporting.read_models.reading import Measures, proportion
from services.reporting.views import Count, DomainGrades, Drift, Grades, Proportion
from shared.projecting.reading import Tree


def grades(summed: Tree, policy: ReportingPolicy, *, only: str | None = None) -> tuple[Grades, ...]:
    """The audits of each scale in use, by scale code; with `only`, of that scale alone."""
    measures = Measures(summed)
    scales = [scale for scale in measures.branches() if measures.number(scale, "count") and only in (None, scale)]
    return tuple(_scale(scale, measures.at(scale), policy) for scale in scales)


def _scale(scale: str, found: Measures, policy: ReportingPolicy) -> Grades:
    overall = found.at("overall").numbers()
    return Grades(
        scale=scale,
        count=found.number("count"),
        graded=_graded(overall),
        good_or_better=good_or_better(overall, policy),
        overall=_in_order(found, "overall"),
        raw=_in_order(found, "raw"),
        changed_up=found.count("changed_up"),
        changed_down=found.count("changed_down"),
        drift=_drift(found.at("moderated")),
        domains=tuple(_domain(code, found.at("domain", code), policy) for code in found.at("domain").branches()),
        types=found.counts("type"),
        plan_types=found.counts("plan"),
        independence=found.counts("independence"),
        grade_sources=found.counts("source"),
        days_to_finalise=found.median("days"),
    )


def good_or_better(by_grade: Mapping[str, int], policy: ReportingPolicy) -> Proportion:
    """Good or better of all graded. A scale that does not say which grades are good has no percentage."""
    whole = _graded(by_grade)
    if not knows_good(by_grade):
        return Proportion(part=0, whole=whole, percent=None, low=None, high=None, display="")
    return proportion(sum(by_grade.get(grade, 0) for grade in GOOD_OR_BETTER), whole, policy)


def _graded(by_grade: Mapping[str, int]) -> int:
    return sum(n for code, n in by_grade.items() if is_grade(code))


def _in_order(found: Measures, *path: str) -> tuple[Count, ...]:
    """Best grade first, with every grade of the four-point scale shown; other scales show what they used."""
    codes = found.at(*path).numbers()
    if knows_good(codes):
        return found.counts(*path, order=GRADES)
    return found.counts(*path, order=sorted(codes, key=_best_first))


def _best_first(code: str) -> tuple[int, str]:
    place = rank(code)
    return (1 if place is None else -place, code)


def _domain(code: str, found: Measures, policy: ReportingPolicy) -> DomainGrades:
    by_grade = found.numbers()
    return DomainGrades(
        code=code, graded=_graded(by_grade), good_or_better=good_or_better(by_grade, policy), grades=_in_order(found)
    )


def _drift(moderated: Measures) -> Drift:
    pairs = [(raw, count) for raw in moderated.branches() for count in moderated.counts(raw)]
    n = sum(count.count for _, count in pairs)
    gaps = [(_gap(raw, count.code), count.count) for raw, count in pairs]
    known = [gap * times for gap, times in gaps if gap is not None]
    return Drift(
        moderated=n,
        agreed=sum(count.count for raw, count in pairs if raw == count.code),
        mean=round(sum(known) / n, 3) if n and len(known) == len(gaps) else None,
        pairs=tuple(Count(code=f"{raw}>{c.code}", count=c.count, measure=c.measure) for raw, c in pairs),
    )


def _gap(raw: str, final: str) -> int | None:
    before, after = rank(raw), rank(final)
    return None if before is None or after is None else before - after
