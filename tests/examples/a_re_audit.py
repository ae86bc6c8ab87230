"""The re-audit of `audit-17`, which was found inadequate, and what later audits of the case found."""

from __future__ import annotations

from datetime import date

from services.audit.domain.re_audit.commands import (
    CompleteReAudit,
    FindNotPossible,
    FollowGrades,
    NotePlanned,
    Parent,
    RecordDirectorReview,
    RequireReAudit,
)
from services.audit.domain.re_audit.events import (
    DirectorReviewRecorded,
    ReAuditCompleted,
    ReAuditNotPossible,
    ReAuditPlanned,
    ReAuditRequired,
)
from tests.examples.a_template import SHORT
from tests.examples.an_audit import ALDER, result

DIRECTOR, HEAD_OF_SERVICE = frozenset({"DCS"}), frozenset({"HEAD_OF_SERVICE"})


def graded(overall: str, **domains: str):
    """The result of an audit of this case; domains that are not named are good."""
    known = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "GOOD", **domains}
    return result.model_copy(update={"overall": overall, "domains": known})


INADEQUATE = graded("INADEQUATE", ASSESSMENT="INADEQUATE", CHILD_VOICE="REQUIRES_IMPROVEMENT")
ONE_DOMAIN = graded("REQUIRES_IMPROVEMENT", ASSESSMENT="INADEQUATE")
FAIR = graded("REQUIRES_IMPROVEMENT")
GOOD = graded("GOOD")


def parent(found=INADEQUATE, generation: int = 0, root_overall: str | None = None) -> Parent:
    return Parent("again-17", "audit-17", found, "audit-17", root_overall or found.overall, generation)


follow = FollowGrades(parent(), date(2026, 4, 20))
require = RequireReAudit(parent(FAIR), "RI_DISCRETION", date(2026, 4, 22), by="hos-1", roles=HEAD_OF_SERVICE)
plan = NotePlanned("audit-30", date(2026, 5, 4))
complete = CompleteReAudit(
    "audit-30", GOOD.model_copy(update={"effective_date": date(2026, 6, 30)}), INADEQUATE, INADEQUATE, SHORT.scale
)
find_not_possible = FindNotPossible("MOVED_LA", "qa-1", date(2026, 5, 6))
review = RecordDirectorReview("CASE_REVIEW", "dcs-1", DIRECTOR, date(2026, 5, 6))

required = ReAuditRequired(
    re_audit_id="again-17",
    parent_audit_id="audit-17",
    root_audit_id="audit-17",
    generation=1,
    trigger="INADEQUATE_OVERALL",
    scope="FULL",
    domains=("ASSESSMENT",),
    scale="OFSTED4",
    overall="INADEQUATE",
    root_overall="INADEQUATE",
    place=ALDER,
    required_on=date(2026, 4, 20),
    due_on=date(2026, 7, 13),
    director_review=False,
)
of_one_domain = required.model_copy(
    update={"trigger": "INADEQUATE_DOMAIN", "scope": "FAILED_DOMAINS", "overall": "REQUIRES_IMPROVEMENT"}
)
second = required.model_copy(
    update={
        "re_audit_id": "again-30",
        "parent_audit_id": "audit-30",
        "generation": 2,
        "director_review": True,
    }
)
planned = ReAuditPlanned(re_audit_id="again-17", audit_id="audit-30", planned_on=date(2026, 5, 4))
completed = ReAuditCompleted(
    re_audit_id="again-17",
    audit_id="audit-30",
    completed_on=date(2026, 6, 30),
    overall="GOOD",
    outcome="IMPROVED",
    delta=2,
    root_delta=2,
    declined_domains=(),
    still_inadequate=(),
    parent_overall="INADEQUATE",
    root_overall="INADEQUATE",
)
not_possible = ReAuditNotPossible(re_audit_id="again-17", reason="MOVED_LA", found_by="qa-1", found_on=date(2026, 5, 6))
reviewed = DirectorReviewRecorded(
    re_audit_id="again-30", decision="CASE_REVIEW", reviewed_by="dcs-1", reviewed_on=date(2026, 5, 6)
)
