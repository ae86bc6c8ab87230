"""Grades that were given twice to one case: by two auditors apart from each other, or by an auditor and a moderator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.reporting.read_models.audit_quality.grades import GRADES, PUBLIC_SCALE, is_grade, rank
from services.reporting.read_models.reading import Measures
from services.reporting.statistics.kappa import Agreement, Kappa, agreement, kappa, varied
from services.reporting.summing import Sum

ALL = "ALL"

Key = tuple[str, str]  # scale, auditor's role
Twice = Counter[tuple[str, str]]  # (the auditor's grade, the other's): how often


@dataclass(frozen=True, slots=True)
class Judged:
    """One unit's grades by scale and role; `ALL` is every role together."""

    pairs: Mapping[Key, Twice]
    moderated: Mapping[Key, Twice]
    qualities: Mapping[Key, Counter[str]]
    independence: Mapping[Key, Counter[str]]


def judged(found: Sum) -> Judged:
    """Inspections are judged by others, and left out."""
    quality, cycle = Measures(found.of("audit_quality")), Measures(found.of("audit_cycle"))
    scales = [scale for scale in quality.branches() if scale != PUBLIC_SCALE]
    return Judged(
        _twice((scale, cycle.at("pair", scale)) for scale in cycle.at("pair").branches()),
        _twice((scale, quality.at(scale, "moderation")) for scale in scales),
        _once((scale, quality.at(scale, "quality")) for scale in scales),
        _once((scale, quality.at(scale, "auditor")) for scale in scales),
    )


def _twice(of: Iterator[tuple[str, Measures]]) -> dict[Key, Twice]:
    found: defaultdict[Key, Twice] = defaultdict(Counter)
    for scale, by_role in of:
        for role in by_role.branches():
            for first in by_role.at(role).branches():
                for second, n in by_role.at(role, first).numbers().items():
                    if is_grade(first) and is_grade(second):
                        found[scale, role][first, second] += n
                        found[scale, ALL][first, second] += n
    return dict(found)


def _once(of: Iterator[tuple[str, Measures]]) -> dict[Key, Counter[str]]:
    found: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for scale, by_role in of:
        for role in by_role.branches():
            numbers = by_role.at(role).numbers()
            found[scale, role].update(numbers)
            found[scale, ALL].update(numbers)
    return dict(found)


# -- statistics -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """Grades given twice as statistics know them. `kappa` is None where it is not calculable."""

    n: int
    agreement: Agreement | None
    kappa: Kappa | None
    raised: int
    lowered: int


def compared(twice: Twice) -> Compared:
    """Only grades that have an order can be compared: others are left out."""
    ranked = [(rank(a), rank(b), n) for (a, b), n in sorted(twice.items())]
    known = [(a, b) for a, b, n in ranked if a is not None and b is not None for _ in range(n)]
    first, second = [a for a, _ in known], [b for _, b in known]
    return Compared(
        n=len(known),
        agreement=agreement(first, second),
        kappa=kappa(first, second, _categories(first + second)) if varied(first, second) else None,
        raised=sum(b > a for a, b in known),
        lowered=sum(b < a for a, b in known),
    )


def _categories(used: list[int]) -> range:
    """Every grade from the lowest to the highest in use: one that nobody used changes no distance between others."""
    return range(min(used), max(used) + 1)


def grades_of(scale: str, twice: Mapping[Key, Twice]) -> tuple[str, ...]:
    """The grades of a scale, best first: of the four-point scale all of them, else those in use."""
    used = {grade for pair in twice[scale, ALL] for grade in pair}
    return GRADES if used <= set(GRADES) else tuple(sorted(used, key=lambda code: (-(rank(code) or 0), code)))
