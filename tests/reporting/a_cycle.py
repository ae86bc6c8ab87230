"""What surrounded the grades of two small authorities from March to June 2026: see `a_quarter` for the grades."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.published.audit_cycle import (
    AuditCaseEliminatedV1,
    AuditExemptedV1,
    AuditSampleDrawnV1,
    AuditsPairedV1,
    LearningImpactReviewedV1,
    LearningPointDisseminatedV1,
    LearningPointRecordedV1,
    ReAuditNotPossibleV1,
    RemedialActionRescheduledV1,
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
    ThemedAuditCommissionedV1,
)
from shared.published.envelope import Published
from shared.published.place import Place
from tests.reporting.cycle_telling import (
    PLANNING,
    a_caseload,
    a_pair,
    agreed,
    cancelled,
    completed,
    concern,
    expected,
    held,
    met,
    overdue,
    re_audited,
    required,
    scheduled,
    verified,
)
from tests.reporting.telling import BIRCH, ELM, FERN, OTHER, a_graded_audit

FERN_IN_DUTY = FERN.model_copy(update={"service_area": "area-duty"})
WHOLE_901 = Place(authority="901", regions=ELM.regions)
GRADE = {1: "INADEQUATE", 2: "REQUIRES_IMPROVEMENT", 3: "GOOD", 4: "OUTSTANDING"}
MANAGER = (3, 3, 2, 2, 1, 4, 3, 2, 3, 3, 2, 1)
OFFICER = (3, 2, 2, 2, 1, 3, 3, 1, 3, 3, 3, 1)
"""The golden pairs: quadratic kappa 0.7714."""
LAST_DAY = {3: 31, 4: 30, 5: 31, 6: 30}

Histories = dict[str, Iterable[Published]]


def _month(number: int, place: Place, **given: object) -> Published:
    window = {"window_first": date(2026, number, 1), "window_last": date(2026, number, LAST_DAY[number])}
    return expected(place=place, **{**window, **given})


def expectations() -> Histories:
    manager = {"cadence": "TEAM_MANAGER", "audit_type": "TM_ROUTINE", "auditor_role": "TEAM_MANAGER"}
    programme = {"cadence": "PROGRAMME", "audit_type": "REGULAR_MASH", "auditor_role": None}
    exempted = AuditExemptedV1(expectation_id="1", reason="NO_CASES")
    return {
        "expectation-elm-3": [_month(3, ELM), met(date(2026, 3, 31))],
        "expectation-elm-4": [_month(4, ELM), met(date(2026, 4, 20))],
        "expectation-elm-5": [_month(5, ELM), met(date(2026, 6, 3))],
        "expectation-elm-6": [_month(6, ELM)],
        "expectation-elm-tm": [_month(5, ELM, **{**manager, "window_first": date(2026, 4, 1)}), met(date(2026, 5, 20))],
        "expectation-fern-5": [_month(5, FERN), met(date(2026, 5, 14))],
        "expectation-fern-6": [_month(6, FERN_IN_DUTY)],
        "expectation-birch-5": [_month(5, BIRCH), exempted],
        "expectation-mash-6": [_month(6, WHOLE_901, **programme)],
        "expectation-oak-6": [_month(6, OTHER), met(date(2026, 6, 9))],
    }


def caseloads() -> Histories:
    return {
        "caseload-elm": [a_caseload(date(2026, 5, 31)), a_caseload(date(2026, 6, 30), open_cases={"CIN": 40, "CP": 8})],
        "caseload-fern": [
            a_caseload(date(2026, 4, 30), place=FERN, open_cases={"CIN": 20}),
            a_caseload(date(2026, 6, 30), place=FERN_IN_DUTY, open_cases={"CIN": 24}),
        ],
        "caseload-birch": [a_caseload(date(2026, 5, 31), place=BIRCH, open_cases={"CP": 12})],
        "caseload-oak": [a_caseload(date(2026, 6, 30), place=OTHER, open_cases={"CLA": 30})],
    }


def audited_again() -> Histories:
    """Beside the audits of `a_quarter`: a case of Elm audited three times in twelve months, and one long before."""

    def audit(on: date, before: date | None, place: Place = ELM) -> list[Published]:
        return [a_graded_audit(effective_date=on, previous_on=before, place=place, plan_type="CP")]

    return {
        "audit-again-1": audit(date(2025, 9, 1), date(2024, 12, 1)),
        "audit-again-2": audit(date(2026, 3, 2), date(2025, 9, 1)),
        "audit-again-3": audit(date(2026, 6, 2), date(2026, 3, 2)),
        "audit-long-ago": audit(date(2025, 2, 3), None, BIRCH),
    }


def pairs() -> Histories:
    places = (ELM, FERN, BIRCH)
    paired = AuditsPairedV1(pair_id="1", kind="PAIRED", audit_a="1", audit_b="2", place=ELM)
    found: Histories = {
        f"pair-{n}-{twice}": [
            paired.model_copy(update={"place": places[n % 3]}),
            a_pair(GRADE[a], GRADE[b], place=places[n % 3], compared_on=date(2026, 4 + n % 3, 9)),
        ]
        for twice in (0, 1)
        for n, (a, b) in enumerate(zip(MANAGER, OFFICER, strict=True))
    }
    alike = {f"pair-oak-{n}": [a_pair("GOOD", "GOOD", place=OTHER)] for n in range(6)}
    talk = {"pair-talk": [a_pair("GOOD", "INADEQUATE", kind="COMPARED")]}
    narrative = {"pair-narrative": [a_pair("UNGRADED", "UNGRADED")]}
    return {**found, **alike, **talk, **narrative}


def actions() -> Histories:
    moved = RemedialActionRescheduledV1(action_id="1", due_on=date(2026, 6, 20), times_moved=1)
    return {
        "remedial_action-1": [agreed(), completed(date(2026, 4, 28)), verified(date(2026, 5, 6))],
        "remedial_action-2": [agreed(agreed_on=date(2026, 3, 3), due_on=date(2026, 3, 31)), overdue(date(2026, 3, 31))],
        "remedial_action-3": [agreed(), overdue(), completed(date(2026, 6, 3))],
        "remedial_action-4": [agreed(place=FERN), moved, overdue(date(2026, 6, 20))],
        "remedial_action-5": [agreed(place=OTHER)],
        "remedial_action-6": [agreed(place=WHOLE_901, agreed_on=date(2026, 5, 1))],
    }


def re_audits() -> Histories:
    gone = ReAuditNotPossibleV1(re_audit_id="1", reason="CLOSED", found_on=date(2026, 6, 2))
    second = required(
        re_audit_id="2",
        parent_audit_id="again",
        generation=2,
        overall="REQUIRES_IMPROVEMENT",
        required_on=date(2026, 5, 20),
        due_on=date(2026, 6, 25),
        director_review=True,
    )
    return {
        "re_audit-elm": [required(), re_audited(date(2026, 6, 1), declined_domains=("REVIEW",))],
        "re_audit-second": [
            second,
            re_audited(date(2026, 6, 29), overall="REQUIRES_IMPROVEMENT", outcome="SAME", delta=0, root_delta=1),
        ],
        "re_audit-march": [required(required_on=date(2026, 1, 5), due_on=date(2026, 3, 30))],
        "re_audit-fern": [required(place=FERN, due_on=date(2026, 5, 31)), re_audited(date(2026, 5, 29))],
        "re_audit-birch": [required(place=BIRCH), gone],
        "re_audit-oak": [
            required(place=OTHER),
            re_audited(
                date(2026, 6, 9),
                overall="INADEQUATE",
                outcome="SAME",
                delta=0,
                root_delta=0,
                still_inadequate=("PLANNING",),
            ),
        ],
    }


def meetings() -> Histories:
    three = {"place": WHOLE_901, "teams": (ELM, FERN, BIRCH)}
    return {
        "four_r_meeting-elm": [scheduled(), held(actions=("1", "2"))],
        "four_r_meeting-three": [
            scheduled(**three, planned_on=date(2026, 5, 6)),
            held(**three, held_on=date(2026, 5, 7), actions=("3", "6"), linked_audits=("1", "2", "3")),
        ],
        "four_r_meeting-planning": [scheduled(place=PLANNING, teams=(ELM, FERN), planned_on=date(2026, 6, 30))],
        "four_r_meeting-called-off": [scheduled(place=BIRCH, teams=(BIRCH,)), cancelled()],
        "four_r_meeting-oak": [held(place=OTHER, teams=(OTHER,), actions=())],
    }


def learning() -> Histories:
    learned = LearningPointRecordedV1(
        learning_id="1",
        theme_code="NEGLECT",
        domain="PLANNING",
        source="AUDIT",
        theme_id="1",
        place=PLANNING,
        recorded_on=date(2026, 4, 24),
    )
    told = LearningPointDisseminatedV1(
        learning_id="1", audience=("SOCIAL_WORKER",), channel="BRIEFING", disseminated_on=date(2026, 5, 11)
    )
    reviewed = LearningImpactReviewedV1(
        learning_id="1", result="IMPROVED", method="CASE_TRACKING", cases=6, reviewed_on=date(2026, 6, 22)
    )
    theme = ThemedAuditCommissionedV1(
        theme_id="1",
        theme_code="NEGLECT",
        quarter="2026-Q1",
        sample_size=20,
        due_on=date(2026, 6, 30),
        multi_agency=True,
        auditor_roles=("QA_OFFICER", "IRO"),
        place=WHOLE_901,
    )
    sample = AuditSampleDrawnV1(
        sample_id="1", theme_id="1", place=WHOLE_901, frame_n=200, n=20, algorithm="sha256-order", frame_hash="f"
    )
    return {
        "learning_point-1": [learned, told, reviewed],
        "themed_audit-1": [theme],
        "audit_sample-1": [sample, AuditCaseEliminatedV1(sample_id="1", reason="CLOSED", replaced=True)],
    }


def concerns() -> Histories:
    seen = SafetyConcernAcknowledgedV1(audit_id="1", acknowledged_on=date(2026, 4, 15), in_time=True)
    return {
        "audit-concern": [concern(), seen, SafetyConcernClearedV1(audit_id="1", cleared_on=date(2026, 5, 4))],
        "audit-concern-open": [concern(date(2026, 6, 26))],
    }


def a_cycle() -> Histories:
    """Everything but `audited_again`, which adds to the grades."""
    parts = (expectations, caseloads, pairs, actions, re_audits, meetings, learning, concerns)
    return {stream: events for part in parts for stream, events in part().items()}
