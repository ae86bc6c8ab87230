"""Pairing two audits, comparing their grades, and giving a pair up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.events import Agreed
from services.audit.domain.audit.same_words import says_the_same
from services.audit.domain.audit.state import Audit, Stage
from services.audit.domain.pair.events import (
    AuditsPaired,
    Difference,
    Graded,
    GradesCompared,
    PairEvent,
    PairGivenUp,
)
from services.audit.domain.pair.state import Pair
from services.audit.domain.smallest_unit import smallest_unit
from services.audit.domain.template.version import Scale, TemplateVersion
from shared.deciding.refusal import Refused
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

PAIRED, COMPARED = "PAIRED", "COMPARED"
KINDS = frozenset({PAIRED, COMPARED})
REASONS_TO_GIVE_UP = frozenset({"AUDIT_WITHDRAWN", "CONFLICT", "ABSENCE", "NOT_INDEPENDENT", "RAISED_IN_ERROR"})
MANAGER = "TEAM_MANAGER"
WITH_RAW_GRADES = frozenset({Stage.SUBMITTED, Stage.MODERATED, Stage.FINALISED})


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two audits as it stands, with the template that it is done under."""

    audit_id: str
    audit: Audit
    template: TemplateVersion


@dataclass(frozen=True, slots=True)
class PairAudits:
    """In either order: the Team Manager's audit becomes the first."""

    pair_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class CompareGrades:
    on: date
    agreed: Agreed | None = None
    discussion: SealedText | None = None


@dataclass(frozen=True, slots=True)
class GiveUpPair:
    """`withdrawn`: one of its audits was, so that nothing is left to compare even if it was compared before."""

    reason: str
    withdrawn: bool = False


def pair_audits(command: PairAudits, pair: Pair, one: Side, other: Side) -> list[PairEvent]:
    if command.kind not in KINDS:
        raise Refused("this code is not one of those that may stand here", field="kind")
    if one.audit_id == other.audit_id:
        raise Refused("an audit is not compared with itself", field="audit_b")
    a, b = (other, one) if _managers(other) and not _managers(one) else (one, other)
    if pair.paired is not None:
        if (pair.paired.kind, pair.paired.audit_a, pair.paired.audit_b) == (command.kind, a.audit_id, b.audit_id):
            return []
        raise Refused("these audits were paired before, in another way")
    # Grades of two scales are never held against each other, in whatever year the scale was changed.
    if a.template.scale.id != b.template.scale.id:
        raise Refused("audits are compared on one scale, and these have two", field="audit_b")
    place = smallest_unit((_place(a.audit), _place(b.audit)), "audit_b")
    _check_may_be_paired(command.kind, a.audit, b.audit)
    paired = AuditsPaired(
        pair_id=command.pair_id,
        kind=command.kind,
        audit_a=a.audit_id,
        audit_b=b.audit_id,
        scale=a.template.scale.id,
        place=place,
    )
    return [paired]


def compare_grades(command: CompareGrades, pair: Pair, a: Side, b: Side) -> list[PairEvent]:
    paired = _paired(pair)
    if command.agreed is not None:
        _check_agreed(command.agreed, paired.kind, a.template, b.template)
    if _managers(b) and not _managers(a):  # allocated after they were paired
        a, b = b, a
    compared = GradesCompared(
        pair_id=paired.pair_id,
        kind=paired.kind,
        scale=paired.scale,
        a=(graded_a := _graded(a)),
        b=(graded_b := _graded(b)),
        graded_by_both=graded_by_both(graded_a, graded_b, a.template.scale),
        differences=differences(graded_a, graded_b, a.template.scale),
        discussion=command.discussion,
        agreed=command.agreed,
        place=paired.place,
        compared_on=command.on,
    )
    if says_the_same(compared, pair.compared):
        return []
    if pair.compared is not None or pair.given_up is not None:
        raise Refused("this pair was compared before, or given up")
    if paired.kind == PAIRED:
        _check_independent(paired.pair_id, a.audit, b.audit)
    return [compared]


def give_up_pair(command: GiveUpPair, pair: Pair) -> list[PairEvent]:
    paired = _paired(pair)
    if command.reason not in REASONS_TO_GIVE_UP:
        raise Refused("this code is not one of those that may stand here", field="reason")
    given_up = PairGivenUp(pair_id=paired.pair_id, reason=command.reason)
    if given_up == pair.given_up:
        return []
    if pair.given_up is not None or (pair.compared is not None and not command.withdrawn):
        raise Refused("this pair was compared before, or given up")
    return [given_up]


def graded_by_both(a: Graded, b: Graded, scale: Scale) -> tuple[str, ...]:
    shared = sorted(a.domains.keys() & b.domains.keys())
    return tuple(domain for domain in shared if {a.domains[domain], b.domains[domain]} <= scale.ranks().keys())


def differences(a: Graded, b: Graded, scale: Scale) -> tuple[Difference, ...]:
    """Where they differ: the overall grade first, then the domains in which both said something."""
    grades: list[tuple[str | None, str, str]] = [(None, a.overall, b.overall)]
    grades += [(domain, a.domains[domain], b.domains[domain]) for domain in sorted(a.domains.keys() & b.domains)]
    ranks = scale.ranks()
    return tuple(
        Difference(domain=domain, a=x, b=y, steps=ranks[x] - ranks[y] if {x, y} <= ranks.keys() else None)
        for domain, x, y in grades
        if x != y
    )


def submitted(audit: Audit) -> bool:
    """Whether its raw grades stand: a returned audit is being graded again."""
    return audit.submitted is not None and audit.stage in WITH_RAW_GRADES


def _check_may_be_paired(kind: str, a: Audit, b: Audit) -> None:
    if Stage.WITHDRAWN in {a.stage, b.stage}:
        raise Refused("a withdrawn audit is compared with nothing")
    if kind == COMPARED:
        if _child(a) is not None and _child(a) == _child(b):
            raise Refused("two audits of one child are paired", field="kind")
        return
    if _child(a) is None or _child(a) != _child(b):
        raise Refused("paired audits are of one child", field="audit_b")
    if a.paired_with or b.paired_with:
        raise Refused("an audit is in one pair at a time")
    if a.graded or b.graded:
        raise Refused("audits are paired before either is graded, so that neither auditor knows the other's grades")
    if a.auditor is not None and a.auditor == b.auditor:
        raise Refused("two audits of a pair are graded by different people", field="audit_b")


def _check_independent(pair_id: str, a: Audit, b: Audit) -> None:
    if a.graders & b.graders:
        raise Refused("two audits of a pair are graded by different people")
    pairings = [audit.pairs.get(pair_id) for audit in (a, b)]
    if not all(pairing is not None and pairing.ungraded for pairing in pairings):
        raise Refused("one audit was graded before it was told of the other: give the pair up")


def _check_agreed(agreed: Agreed, kind: str, *templates: TemplateVersion) -> None:
    if kind != PAIRED:
        raise Refused("a consensus is about one case", field="consensus")
    for template in templates:
        if not all(template.scale.knows(grade) for grade in (agreed.overall, *agreed.domains.values())):
            raise Refused("this grade is not one of the scale", field="consensus")
        if any(template.domain(domain) is None for domain in agreed.domains):
            raise Refused("this domain is not one of both templates", field="consensus")


def _graded(side: Side) -> Graded:
    raw, allocation = side.audit.submitted, side.audit.allocation
    if raw is None or allocation is None or not submitted(side.audit):
        raise Refused("grades are compared once both audits were submitted")
    return Graded(role=allocation.auditor_role, overall=raw.raw_overall, domains=raw.raw_domains)


def _paired(pair: Pair) -> AuditsPaired:
    if pair.paired is None:
        raise Refused("there is no such pair")
    return pair.paired


def _managers(side: Side) -> bool:
    allocation, planned = side.audit.allocation, side.audit.planned
    return allocation.auditor_role == MANAGER if allocation else bool(planned and planned.audit_type == "TM_ROUTINE")


def _place(audit: Audit) -> Place:
    if audit.planned is None:
        raise Refused("there is no such audit")
    return audit.planned.place


def _child(audit: Audit) -> str | None:
    return audit.planned.child if audit.planned else None
