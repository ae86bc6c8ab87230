"""What grades call for, and what a re-audit's grades say beside those of the audit before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.audit.domain.audit.events import Result
from services.audit.domain.re_audit.codes import INADEQUATE, Scope, Trigger
from services.audit.domain.template.version import Scale


@dataclass(frozen=True, slots=True)
class CalledFor:
    trigger: Trigger
    scope: Scope
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """`delta` and `root_delta` in steps of the scale, more being better."""

    outcome: str
    delta: int
    root_delta: int
    declined_domains: tuple[str, ...]
    still_inadequate: tuple[str, ...]


def called_for(result: Result) -> CalledFor | None:
    """A full re-audit for an inadequate audit, one of the failed domains for inadequate domains, else none.

    An inspection is of no one case, so there is no case to audit again.
    """
    if result.external:
        return None
    failed = inadequate(result.domains)
    if result.overall == INADEQUATE:
        return CalledFor(Trigger.INADEQUATE_OVERALL, Scope.FULL, failed)
    return CalledFor(Trigger.INADEQUATE_DOMAIN, Scope.FAILED_DOMAINS, failed) if failed else None


def compared(now: Result, parent: Result, root: Result, scale: Scale) -> Compared:
    """Domains that fell are listed whatever became of the whole; those graded in one audit only are not compared."""
    ranks = scale.ranks()
    declined = sorted(
        domain
        for domain, grade in now.domains.items()
        if grade in ranks and ranks[grade] < ranks.get(parent.domains.get(domain, ""), ranks[grade])
    )
    delta, root_delta = _delta(parent, now, ranks), _delta(root, now, ranks)
    return Compared(
        outcome=_outcome(delta),
        delta=delta or 0,
        root_delta=root_delta or 0,
        declined_domains=tuple(declined),
        still_inadequate=inadequate(now.domains),
    )


def inadequate(domains: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(domain for domain, grade in domains.items() if grade == INADEQUATE))


def _delta(before: Result, now: Result, ranks: Mapping[str, int]) -> int | None:
    """None where one of the two is no grade, or is of another scale."""
    if before.scale != now.scale or before.overall not in ranks or now.overall not in ranks:
        return None
    return ranks[now.overall] - ranks[before.overall]


def _outcome(delta: int | None) -> str:
    if delta is None:
        return "NOT_COMPARABLE"
    if delta == 0:
        return "SAME"
    return "IMPROVED" if delta > 0 else "DECLINED"
