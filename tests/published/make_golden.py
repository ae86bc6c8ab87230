"""Writes an example for every event name that has none yet. What is there already is never touched.

    python -m tests.published.make_golden

An example is made from the model alone, the same on every machine. Once committed it stands for what is in the
stores of those who run this: it is not edited and not made again, whatever becomes of the model.
"""

from __future__ import annotations

import json
import types
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from tests.published.contracts import GOLDEN, STORED, TOLD, files

THAT_DAY = date(2026, 4, 14)
THAT_MOMENT = datetime(2026, 4, 14, 9, 30, tzinfo=UTC)
PLACE = Place(team="901-elm", service_area="901-planning", authority="901", regions=("alliance-north", "london"))
SEALED = SealedText(key="6f1d0c6a5d0e4b3f9a7c2e10", nonce="AAECAwQFBgcICQoL", text="c2VhbGVkIHdvcmRz", mark="5d" * 32)

# Values that a plain text field has in practice; a name that is not here gets a code of its own.
TEXTS = {
    "child": "9c1185a5c5e9fc5461280897",
    "audit_type": "QA_ROUTINE",
    "template_id": "front-door",
    "plan_type": "CIN",
    "period": "2026-04",
    "period_unit": "MONTH",
    "month": "2026-05",
    "held_in": "2026-05",
    "numerator_display": "64",
    "denominator_display": "97",
    "pct_display": "66.0",
    "display": "47",
    "cadence": "QA_OFFICER",
    "overall": "GOOD",
    "raw_overall": "REQUIRES_IMPROVEMENT",
    "grade": "GOOD",
    "given_grade": "GOOD",
    "derived_grade": "REQUIRES_IMPROVEMENT",
    "from_grade": "REQUIRES_IMPROVEMENT",
    "to_grade": "GOOD",
    "scale": "OFSTED4",
    "domain": "VOICE_OF_CHILD",
    "grade_source": "MODERATED",
    "independence": "OTHER_TEAM",
    "auditor_role": "QA_OFFICER",
    "moderator_role": "HEAD_OF_SAFEGUARDING_QA",
    "audit_quality": "THOROUGH",
    "direction": "UP",
    "regrade_reason": "APPEAL",
    "conflict_reason": "KNOWS_FAMILY",
    "obtained": "YES",
    "reason_code": "NOT_APPROPRIATE",
    "risk": "HIGH",
    "outcome": "ACTION_AGREED_AND_DONE",
    "calendar_version": "england-2026",
    "form_link": "https://case-system.example/forms/17",
    "channel": "SURVEY",
    "respondent_type": "YOUNG_PERSON",
    "source_system": "survey-tool",
    "sentiment": "NEGATIVE",
    "method": "PERSON",
    "you_said": "You said that nobody told you when your worker left.",
    "we_did": "We now write to you before a worker leaves.",
    "name": "Planning",
    "title": "Front door",
    "authority_id": "901",
    "service_area_id": "901-planning",
    "from_service_area_id": "901-duty",
    "to_service_area_id": "901-planning",
    "team_id": "901-elm",
    "into": "901-fern",
    "region_id": "london",
    "unit_id": "901-elm",
    "value": "901-planning",
    "role": "TEAM_MANAGER",
    "link_type": "QA_OFFICER",
    "raised_by_role": "IRO",
    "with_role": "TEAM_MANAGER",
    "by_role": "IRO",
    "reason": "APPEAL",
    "audience": "TEAM_MANAGER",
    "service": "school-nursing",
    "alert_type": "CONCERN",
    "cause": "CALENDAR_CHANGE",
    "impact": "IMPROVED",
    "theme": "LISTENED_TO",
    "categorie": "DRIFT_DELAY",
    "merged_into": "901-fern",
    "trigger": "INADEQUATE",
    "cap_when_unsafe": "INADEQUATE",
    "capping_domain": "VOICE_OF_CHILD",
    "non_grade": "NOT_EVIDENCED",
    "theme_code": "NEGLECT",
    "quarter": "2026-Q1",
    "algorithm": "sha256-stratified-1",
    "seed": "6b1f0a9d2c4e48b7a5f3d1c09e8b7a61",
    "frame_hash": "3a" * 32,
    "strata_by": "TEAM",
    "children": "9c1185a5c5e9fc5461280897",
    "family_group": "77aa41f0b2c9d8e3f6051b2a",
    "team": "901-elm",
    "audit_a": "0f0c5f0e-6a0f-5f57-8e0b-6f4d2f6f1a01",
    "audit_b": "0f0c5f0e-6a0f-5f57-8e0b-6f4d2f6f1a02",
    "other": "0f0c5f0e-6a0f-5f57-8e0b-6f4d2f6f1a02",
    "a": "GOOD",
    "b": "REQUIRES_IMPROVEMENT",
    "graded_by_both": "PLANNING",
    "overall_a": "GOOD",
    "overall_b": "REQUIRES_IMPROVEMENT",
    "role_a": "TEAM_MANAGER",
    "role_b": "QA_OFFICER",
    "consensus": "REQUIRES_IMPROVEMENT",
    "priority": "HIGH",
    "owner_role": "SOCIAL_WORKER",
    "approver_role": "HEAD_OF_SAFEGUARDING_QA",
    "scope": "FULL",
    "root_overall": "INADEQUATE",
    "declined_domain": "PLANNING",
    "still_inadequate": "VOICE_OF_CHILD",
}
NOT_SO = ("anonymous", "external", "regrade")
PEOPLE = ("worker", "supervisor", "allocated_worker", "allocated_manager", "from_holder", "to_holder")
IDS = ("feedback", "quoted", "linked_audit", "linked_alert", "link", "action", "review")
PEOPLE = ("owner", "worker", "supervisor", "allocated_worker", "allocated_manager", "from_holder", "to_holder")
# What a field holds under one name only: what the first words of the name are, then the field.
OF_ONE = {
    ("AuditReallocated", "reason"): "ABSENCE",
    ("AuditWithdrawn", "reason"): "DUPLICATE",
    ("AuditExempted", "reason"): "VACANCY",
    ("goldenthread.audit_exempted", "reason"): "VACANCY",
    ("AuditExpectationReopened", "reason"): "WRONG_CHILD",
    ("goldenthread.audit_expectation_reopened", "reason"): "WRONG_CHILD",
    ("goldenthread.audit_withdrawn", "reason"): "DUPLICATE",
    ("goldenthread.alert_escalated", "reason"): "NOT_SATISFIED",
    ("Region", "name"): "London",
    ("Authority", "name"): "Thornbury Cross",
    ("Team", "name"): "Elm",
    ("goldenthread.region", "value"): "London",
    ("goldenthread.authority", "value"): "Thornbury Cross",
    ("TemplatePublished", "id"): "OFSTED4",
    ("TemplatePublished", "code"): "GOOD",
    ("TemplatePublished", "cap"): "REQUIRES_IMPROVEMENT",
    ("FeedbackReceived", "value"): "GOOD",
    ("AuditPaired", "kind"): "PAIRED",
    ("FiguresReleased", "authority"): "901",
    ("FiguresReleased", "code"): "GOOD",
    ("FiguresReleased", "display"): "47",
    ("FiguresReleased", "total"): "108",
    ("RegionalFiguresReleased", "region"): "london",
    ("RegionalFiguresReleased", "authoritie"): "901",
    ("RegionalFiguresReleased", "code"): "GOOD",
    ("RegionalFiguresReleased", "display"): "50",
    ("RegionalFiguresReleased", "total"): "110",
    ("AuditsPaired", "kind"): "PAIRED",
    ("GradesCompared", "kind"): "PAIRED",
    ("goldenthread.audits_paired", "kind"): "PAIRED",
    ("goldenthread.grades_compared", "kind"): "PAIRED",
    ("PairGivenUp", "reason"): "ABSENCE",
    ("AuditSampleDrawn", "name"): "901-elm",
    ("AuditCaseEliminated", "reason"): "CASE_CLOSED",
    ("AuditCaseEliminated", "replaced_by"): "31c2f0d4a7b6e9581a0c4d2b",
    ("goldenthread.audit_case_eliminated", "reason"): "CASE_CLOSED",
    ("InvolvementRe", "role"): "SOCIAL_WORKER",
    ("ThemedAuditCommissioned", "role"): "QA_OFFICER",
    ("ThemedAuditClosed", "kind"): "CONCERN",
    ("FourRMeetingCancelled", "reason"): "POSTPONED",
    ("FourRMeetingHeld", "code"): "r1",
    ("FourRMeetingHeld", "label"): "What we saw",
    ("goldenthread.four_r_meeting_cancelled", "reason"): "POSTPONED",
    **{
        (begins, field): value
        for begins in ("Learning", "goldenthread.learning_")
        for field, value in (
            ("theme_code", "FATHERS"),
            ("source", "AUDIT"),
            ("audience", "WHOLE_SERVICE"),
            ("channel", "BRIEFING"),
            ("result", "IMPROVED"),
            ("method", "CASE_TRACKING"),
        )
    },
    ("RemedialActionRescheduled", "reason"): "FAMILY_UNAVAILABLE",
    ("RemedialActionCancelled", "reason"): "NO_LONGER_NEEDED",
    ("RemedialActionFlagged", "reason"): "WRONG_CHILD",
    ("goldenthread.remedial_action_cancelled", "reason"): "NO_LONGER_NEEDED",
    ("goldenthread.remedial_action_flagged", "reason"): "WRONG_CHILD",
    ("ReAuditRequired", "trigger"): "INADEQUATE_OVERALL",
    ("ReAuditRequired", "overall"): "INADEQUATE",
    ("goldenthread.re_audit_required", "trigger"): "INADEQUATE_OVERALL",
    ("goldenthread.re_audit_required", "overall"): "INADEQUATE",
    ("ReAuditCompleted", "outcome"): "IMPROVED",
    ("goldenthread.re_audit_completed", "outcome"): "IMPROVED",
    ("ReAuditNotPossible", "reason"): "MOVED_LA",
    ("goldenthread.re_audit_not_possible", "reason"): "MOVED_LA",
    ("ReAuditCancelled", "reason"): "PARENT_REGRADED",
    ("goldenthread.re_audit_cancelled", "reason"): "PARENT_REGRADED",
    ("DirectorReviewRecorded", "decision"): "CASE_REVIEW",
    ("goldenthread.director_review_recorded", "decision"): "CASE_REVIEW",
}


def main() -> None:
    for name in missing():
        path_of(name).write_text(json.dumps(example(name), indent=2, sort_keys=True) + "\n")


def missing() -> list[str]:
    """The names of today that have no example."""
    return sorted({*STORED, *TOLD} - files().keys())


def path_of(name: str) -> Path:
    return GOLDEN / f"{name}.json"


def example(name: str) -> dict[str, Any]:
    """What is kept (or told) under this name: an inner event as its payload, without the name itself."""
    model: type[BaseModel] = STORED.get(name) or TOLD[name]
    made = model.model_validate(_fields(model, name))
    return made.model_dump(mode="json", exclude={"type"} if name in STORED else None)


def _fields(model: type[BaseModel], where: str) -> dict[str, Any]:
    return {
        name: _value(field.annotation, name, where)
        for name, field in model.model_fields.items()
        if name != "type" or model not in STORED.values()
    }


def _value(kind: Any, name: str, where: str) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(inside[0], name, where)
    if origin in (Union, types.UnionType):
        return _value(next(one for one in inside if one is not type(None)), name, where)
    if origin is Literal:
        return TEXTS[name] if TEXTS.get(name) in inside else inside[0]
    if origin is tuple and Ellipsis not in inside:
        return [_value(one, name.removesuffix("s"), where) for one in inside]
    if origin in (tuple, list, frozenset):
        return [_value(inside[0], name.removesuffix("s"), where)]
    if origin is dict and name == "open_cases":
        return {"CIN": 41, "CP": 7}
    if origin is dict and name == "months":
        return {"2026-04": {"OUTSTANDING": 2, "GOOD": 47, "REQUIRES_IMPROVEMENT": 50, "INADEQUATE": 9}}
    if origin is dict:
        return {"VOICE_OF_CHILD": _value(inside[1], "grade", where), "PLANNING": _value(inside[1], "grade", where)}
    return _plain(kind, name, where)


def _plain(kind: Any, name: str, where: str) -> Any:
    if issubclass(kind, SealedText):
        return SEALED
    if issubclass(kind, Place):
        return PLACE
    if issubclass(kind, BaseModel):
        return _fields(kind, where)
    if issubclass(kind, Enum):
        return _code(kind, name)
    if issubclass(kind, datetime):
        return THAT_MOMENT
    if issubclass(kind, date):
        return THAT_DAY + timedelta(days=_days(name))
    return {bool: name not in NOT_SO, int: 2, float: 0.8}[kind] if kind in (bool, int, float) else _text(name, where)


def _code(kind: type[Enum], name: str) -> Any:
    values: Iterable[Any] = [one.value for one in kind]
    return TEXTS[name] if TEXTS.get(name) in values else next(iter(values))


def _days(name: str) -> int:
    return 14 if "deadline" in name or name.endswith(("_by", "until", "due_on", "next_on")) else 0


def _text(name: str, where: str) -> str:
    for (begins, field), value in OF_ONE.items():
        if where.startswith(begins) and field == name:
            return value
    if name in TEXTS:
        return TEXTS[name]
    if name.endswith(("_ref", "_by")) or name in PEOPLE:
        return f"staff-{uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:8]}"
    if name.endswith("_id") or name in IDS:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{where}/{name}"))
    return name.upper()


if __name__ == "__main__":
    main()
