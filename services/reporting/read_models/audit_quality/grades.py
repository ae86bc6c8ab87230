"""Grade codes as reporting reads them: their order, and which of them are grades at all."""

from __future__ import annotations

from collections.abc import Iterable

GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
NOT_GRADES = frozenset({"NOT_APPLICABLE", "NOT_EVIDENCED", "UNGRADED"})
GOOD_OR_BETTER = ("OUTSTANDING", "GOOD")
PUBLIC_SCALE = "OFSTED4E"  # the judgements of inspections of whole authorities, which anybody may read

_RANK = {"OUTSTANDING": 4, "GOOD": 3, "REQUIRES_IMPROVEMENT": 2, "INADEQUATE": 1}


def rank(grade: str) -> int | None:
    """The place of a grade in its scale's order, higher is better; None when the code says none."""
    if grade in _RANK:
        return _RANK[grade]
    return int(grade) if grade.isascii() and grade.isdigit() else None


def is_grade(code: str) -> bool:
    return code not in NOT_GRADES


def knows_good(codes: Iterable[str]) -> bool:
    """Does the scale of these grades say which of them are good? Scales of numbers alone do not."""
    return all(code in _RANK for code in codes if is_grade(code))
