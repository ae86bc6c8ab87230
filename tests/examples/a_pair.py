"""A Team Manager and a QA Officer who each audit the case of one child, and what came of comparing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from services.audit.domain.audit.events import (
    Agreed,
    Allocation,
    AuditAllocated,
    AuditEvent,
    AuditPaired,
    AuditPlanned,
    AuditStarted,
    AuditSubmitted,
    DomainGraded,
    OverallGraded,
)
from services.audit.domain.audit.state import DECIDER
from services.audit.domain.pair.decisions import CompareGrades, GiveUpPair, PairAudits, Side
from services.audit.domain.pair.events import AuditsPaired, PairGivenUp
from services.audit.domain.template.version import TemplateVersion
from tests.examples.a_template import SHORT
from tests.examples.an_audit import ALDER, planned, sealed

QA, TM = "audit-qa", "audit-tm"
OTHERS = {QA: TM, TM: QA}
AUDITORS = {QA: ("qa-1", "QA_OFFICER"), TM: ("tm-1", "TEAM_MANAGER")}

pair = PairAudits("pair-1", "PAIRED")
compare = CompareGrades(date(2026, 4, 20))
agree_on_good = CompareGrades(date(2026, 4, 20), Agreed(overall="GOOD", domains={"ASSESSMENT": "GOOD"}), sealed("talk"))
give_up = GiveUpPair("ABSENCE")

paired = AuditsPaired(pair_id="pair-1", kind="PAIRED", audit_a=TM, audit_b=QA, scale="OFSTED4", place=ALDER)
given_up = PairGivenUp(pair_id="pair-1", reason="ABSENCE")


def planned_as(audit_id: str, **update: object) -> AuditPlanned:
    kind = "TM_ROUTINE" if audit_id == TM else "QA_ROUTINE"
    return planned.model_copy(update={"audit_id": audit_id, "audit_type": kind, "supervisor": None, **update})


def allocated_to(staff_ref: str, role: str) -> AuditAllocated:
    allocation = Allocation(
        auditor_ref=staff_ref, auditor_role=role, independence="LINKED", allocated_on=date(2026, 4, 1)
    )
    return AuditAllocated(allocation=allocation)


def joined(audit_id: str) -> AuditPaired:
    return AuditPaired(pair_id="pair-1", kind="PAIRED", other=OTHERS.get(audit_id, QA))


def graded(audit_id: str, overall: str, domains: Mapping[str, str]) -> list[AuditEvent]:
    """From allocation to submission by the audit's own auditor, with these grades."""
    who, role = AUDITORS.get(audit_id, AUDITORS[QA])
    windows = {"look_back_from": date(2025, 4, 7), "judgement_from": date(2025, 10, 7)}
    return [
        allocated_to(who, role),
        AuditStarted(started_on=date(2026, 4, 7), **windows),
        *(DomainGraded(domain=domain, grade=grade, graded_by=who) for domain, grade in domains.items()),
        OverallGraded(derived_grade=None, given_grade=overall, graded_by=who),
        AuditSubmitted(
            raw_overall=overall,
            raw_domains=dict(domains),
            submitted_on=date(2026, 4, 14),
            moderation_required=False,
        ),
    ]


def side(audit_id: str, *history: AuditEvent | Sequence[AuditEvent], template: TemplateVersion = SHORT) -> Side:
    events = [one for part in history for one in (part if isinstance(part, Sequence) else [part])]
    return Side(audit_id, DECIDER.fold(events), template)


tm_blank = side(TM, planned_as(TM))
qa_blank = side(QA, planned_as(QA))
TM_GRADES = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "GOOD", "REVIEW": "NOT_EVIDENCED"}
QA_GRADES = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "INADEQUATE", "REVIEW": "GOOD"}
tm_done = side(TM, planned_as(TM), joined(TM), graded(TM, "GOOD", TM_GRADES))
qa_done = side(QA, planned_as(QA), joined(QA), graded(QA, "REQUIRES_IMPROVEMENT", QA_GRADES))
