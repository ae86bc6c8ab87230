"""The suggested overall grade: the auditor gives the grade, and gives a reason when it is another one.

The default rule follows what inspections do: of 153 latest results nearly all with an inadequate key judgement were
inadequate overall. Its middle is the median, rounded down, because means of ordered grades mislead.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.audit.domain.template.version import OverallRule, Scale, TemplateVersion


def suggested(template: TemplateVersion, grades: Mapping[str, str], *, safety_concern: bool) -> str | None:
    """The grade that the template's rule suggests; None when it has no rule or nothing was graded."""
    ranks = template.scale.ranks()
    given = sorted(ranks[grade] for grade in grades.values() if grade in ranks)
    if template.rule is None or not given:
        return None
    rank = _rounded_down(given, ranks)
    if any(grades.get(domain) == template.rule.trigger for domain in template.rule.capping_domains):
        rank = min(rank, ranks[_cap(template.rule, safety_concern)])
    return _code(template.scale, rank)


def _rounded_down(given: list[int], ranks: Mapping[str, int]) -> int:
    """The median of the ranks, rounded down to a rank that the scale has."""
    middle = len(given) // 2
    median = given[middle] if len(given) % 2 else (given[middle - 1] + given[middle]) / 2
    return max(rank for rank in ranks.values() if rank <= median)


def _cap(rule: OverallRule, safety_concern: bool) -> str:
    return rule.cap_when_unsafe if safety_concern else rule.cap


def _code(scale: Scale, rank: int) -> str:
    return next(grade.code for grade in scale.grades if grade.rank == rank)
