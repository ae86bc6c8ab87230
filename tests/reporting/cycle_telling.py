"""Told events of the audit cycle with fixed dates about team Elm, and any such events in any order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, get_args

from hypothesis import strategies as st

from services.reporting.read_models.audit_cycle.kinds import KINDS
from shared.projecting.totals import nested
from shared.published.audit import AuditPrecededV1, AuditPublished, AuditWithdrawnV1
from shared.published.audit_cycle import (
    AuditCaseEliminatedV1,
    AuditExemptedV1,
    AuditExpectationMetV1,
    AuditExpectationReopenedV1,
    AuditExpectedV1,
    AuditPolicySetV1,
    AuditProgrammeSetV1,
    AuditSampleDrawnV1,
    AuditsPairedV1,
    CaseloadReportedV1,
    DirectorReviewRecordedV1,
    FourRMeetingCancelledV1,
    FourRMeetingHeldV1,
    FourRMeetingScheduledV1,
    GradesComparedV1,
    LearningImpactReviewedV1,
    LearningPointDisseminatedV1,
    LearningPointRecordedV1,
    PairGivenUpV1,
    ReAuditCancelledV1,
    ReAuditCompletedV1,
    ReAuditNotPossibleV1,
    ReAuditRequiredV1,
    RemedialActionAgreedV1,
    RemedialActionCancelledV1,
    RemedialActionCompletedV1,
    RemedialActionFlaggedV1,
    RemedialActionOverdueV1,
    RemedialActionRescheduledV1,
    RemedialActionVerificationFailedV1,
    RemedialActionVerifiedV1,
    SafetyConcernAcknowledgedV1,
    SafetyConcernClearedV1,
    SafetyConcernRaisedV1,
    ThemedAuditCommissionedV1,
)
from shared.published.envelope import Published
from tests.reporting.telling import BIRCH, CYCLE, ELM, FERN, OTHER, a_graded_audit, counted

WHOLE = ELM.model_copy(update={"team": None, "service_area": None})
PLANNING = ELM.model_copy(update={"team": None})


def measured(*histories: Iterable[Published]) -> dict[str, Any]:
    """The measures of these streams over all months as one tree."""
    summed: dict[str, int] = {}
    for cell, n in counted(CYCLE, *histories).items():
        measure = cell.split("|")[1]
        summed[measure] = summed.get(measure, 0) + n
    return nested(summed)


def expected(**given: Any) -> AuditExpectedV1:
    """An audit by the QA Officer of team Elm, expected in April 2026."""
    usual: dict[str, Any] = {
        "expectation_id": "1",
        "cadence": "QA_OFFICER",
        "audit_type": "QA_ROUTINE",
        "auditor_role": "QA_OFFICER",
        "place": ELM,
        "window_first": date(2026, 4, 1),
        "window_last": date(2026, 4, 30),
    }
    return AuditExpectedV1(**{**usual, **given})


def met(on: date = date(2026, 4, 20)) -> AuditExpectationMetV1:
    return AuditExpectationMetV1(expectation_id="1", audit_id="1", met_on=on)


def a_caseload(as_at: date = date(2026, 4, 30), **given: Any) -> CaseloadReportedV1:
    return CaseloadReportedV1(**{"place": ELM, "as_at": as_at, "open_cases": {"CIN": 30, "CP": 10}, **given})


def a_pair(a: str, b: str, **given: Any) -> GradesComparedV1:
    """A Team Manager's grade against the QA Officer's, of one case, compared on 20 April 2026."""
    usual: dict[str, Any] = {
        "pair_id": "1",
        "kind": "PAIRED",
        "scale": "OFSTED4",
        "role_a": "TEAM_MANAGER",
        "role_b": "QA_OFFICER",
        "overall_a": a,
        "overall_b": b,
        "domains_a": {"CHILD_VOICE": a},
        "domains_b": {"CHILD_VOICE": b},
        "consensus": None if a == b else b,
        "place": ELM,
        "compared_on": date(2026, 4, 20),
    }
    return GradesComparedV1(**{**usual, **given})


def agreed(**given: Any) -> RemedialActionAgreedV1:
    """An action agreed on 20 April 2026, due on 5 May."""
    usual: dict[str, Any] = {
        "action_id": "1",
        "audit_id": "1",
        "domain": "PLANNING",
        "priority": "MEDIUM",
        "owner_role": "TEAM_MANAGER",
        "place": ELM,
        "agreed_on": date(2026, 4, 20),
        "due_on": date(2026, 5, 5),
    }
    return RemedialActionAgreedV1(**{**usual, **given})


def completed(on: date) -> RemedialActionCompletedV1:
    return RemedialActionCompletedV1(action_id="1", completed_on=on)


def verified(on: date) -> RemedialActionVerifiedV1:
    return RemedialActionVerifiedV1(action_id="1", verified_on=on)


def overdue(due: date = date(2026, 5, 5)) -> RemedialActionOverdueV1:
    return RemedialActionOverdueV1(action_id="1", due_on=due)


def required(**given: Any) -> ReAuditRequiredV1:
    """A whole re-audit of an inadequate one, required on 20 April 2026 and due on 10 June."""
    usual: dict[str, Any] = {
        "re_audit_id": "1",
        "parent_audit_id": "parent",
        "root_audit_id": "parent",
        "generation": 1,
        "trigger": "INADEQUATE_OVERALL",
        "scope": "FULL",
        "domains": (),
        "scale": "OFSTED4",
        "overall": "INADEQUATE",
        "root_overall": "INADEQUATE",
        "place": ELM,
        "required_on": date(2026, 4, 20),
        "due_on": date(2026, 6, 10),
        "director_review": False,
    }
    return ReAuditRequiredV1(**{**usual, **given})


def re_audited(on: date = date(2026, 6, 1), **given: Any) -> ReAuditCompletedV1:
    usual: dict[str, Any] = {
        "re_audit_id": "1",
        "audit_id": "again",
        "completed_on": on,
        "overall": "GOOD",
        "outcome": "IMPROVED",
        "delta": 2,
        "root_delta": 2,
        "declined_domains": (),
        "still_inadequate": (),
    }
    return ReAuditCompletedV1(**{**usual, **given})


def scheduled(**given: Any) -> FourRMeetingScheduledV1:
    usual: dict[str, Any] = {
        "meeting_id": "1",
        "place": ELM,
        "teams": (ELM,),
        "planned_on": date(2026, 4, 22),
        "linked_audits": ("1",),
        "linked_alerts": (),
    }
    return FourRMeetingScheduledV1(**{**usual, **given})


def held(**given: Any) -> FourRMeetingHeldV1:
    usual: dict[str, Any] = {
        "meeting_id": "1",
        "place": ELM,
        "teams": (ELM,),
        "held_on": date(2026, 4, 22),
        "linked_audits": ("1",),
        "linked_alerts": ("7",),
        "roles": ("TEAM_MANAGER", "QA_OFFICER"),
        "decisions": 2,
        "actions": ("1",),
        "next_on": date(2026, 5, 20),
    }
    return FourRMeetingHeldV1(**{**usual, **given})


def cancelled(on: date = date(2026, 4, 21)) -> FourRMeetingCancelledV1:
    return FourRMeetingCancelledV1(meeting_id="1", reason="ABSENCE", cancelled_on=on)


def concern(on: date = date(2026, 4, 14)) -> SafetyConcernRaisedV1:
    return SafetyConcernRaisedV1(audit_id="1", place=ELM, raised_on=on, due_on=on)


# -- anything, in any order -----------------------------------------------------------------------------------------

days = st.dates(date(2025, 11, 1), date(2026, 10, 31))
places = st.sampled_from([ELM, FERN, BIRCH, OTHER, PLANNING, WHOLE])
some_grades = st.sampled_from(["OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE", "UNGRADED", "5"])
roles = st.sampled_from(["QA_OFFICER", "TEAM_MANAGER"])
domains = st.sets(st.sampled_from(["PLANNING", "CHILD_VOICE"])).map(tuple)
one = st.just("1")

OF_KIND: dict[str, st.SearchStrategy[Published]] = {
    "EXPECTATION": st.one_of(
        st.builds(
            lambda p, last, role: expected(place=p, window_last=last, auditor_role=role),
            places,
            days,
            st.none() | roles,
        ),
        st.builds(AuditExemptedV1, expectation_id=one, reason=st.sampled_from(["NO_CASES", "PILOT"])),
        st.builds(met, days),
        st.builds(AuditExpectationReopenedV1, expectation_id=one, reason=st.just("WRONG_CHILD")),
    ),
    "AUDIT": st.one_of(
        st.builds(
            lambda p, on, before, plan, external: a_graded_audit(
                place=p, effective_date=on, previous_on=before, plan_type=plan, external=external
            ),
            places,
            days,
            st.none() | st.dates(date(2024, 1, 1), date(2026, 10, 31)),
            st.sampled_from(["CIN", "CP"]),
            st.sampled_from([False, False, True]),
        ),
        st.builds(AuditWithdrawnV1, audit_id=one, reason=st.just("DUPLICATE")),
        st.builds(lambda p, on: SafetyConcernRaisedV1(audit_id="1", place=p, raised_on=on, due_on=on), places, days),
        st.builds(SafetyConcernAcknowledgedV1, audit_id=one, acknowledged_on=days, in_time=st.booleans()),
        st.builds(SafetyConcernClearedV1, audit_id=one, cleared_on=days),
        st.builds(AuditPrecededV1, audit_id=one, previous_on=st.none() | days),
    ),
    "CASELOAD": st.builds(
        lambda p, on, cases: a_caseload(on, place=p, open_cases=cases),
        places,
        days,
        st.dictionaries(st.sampled_from(["CIN", "CP", "CLA"]), st.integers(0, 400), max_size=3),
    ),
    "THEME": st.builds(
        ThemedAuditCommissionedV1,
        theme_id=one,
        theme_code=st.sampled_from(["NEGLECT", "IDENTITY"]),
        quarter=st.sampled_from(["2026-Q1", "2025-Q4", "soon"]),
        sample_size=st.integers(1, 40),
        due_on=days,
        multi_agency=st.booleans(),
        auditor_roles=st.just(("IRO", "QA_OFFICER")),
        place=places,
    ),
    "SAMPLE": st.one_of(
        st.builds(
            AuditSampleDrawnV1,
            sample_id=one,
            theme_id=st.none() | one,
            place=places,
            frame_n=st.integers(1, 900),
            n=st.integers(1, 40),
            algorithm=st.just("shuffle"),
            frame_hash=st.just("f"),
        ),
        st.builds(AuditCaseEliminatedV1, sample_id=one, reason=st.just("CLOSED"), replaced=st.booleans()),
    ),
    "PAIR": st.one_of(
        st.builds(
            AuditsPairedV1,
            pair_id=one,
            kind=st.sampled_from(["PAIRED", "COMPARED"]),
            audit_a=one,
            audit_b=st.just("2"),
            place=places,
        ),
        st.builds(
            lambda a, b, p, on, kind, role: a_pair(a, b, place=p, compared_on=on, kind=kind, role_a=role),
            some_grades,
            some_grades,
            places,
            days,
            st.sampled_from(["PAIRED", "PAIRED", "COMPARED"]),
            roles,
        ),
        st.builds(PairGivenUpV1, pair_id=one, reason=st.just("AUDIT_WITHDRAWN")),
    ),
    "ACTION": st.one_of(
        st.builds(lambda p, on, due: agreed(place=p, agreed_on=on, due_on=due), places, days, days),
        st.builds(RemedialActionRescheduledV1, action_id=one, due_on=days, times_moved=st.just(1)),
        st.builds(overdue, days | st.just(date(2026, 5, 5))),
        st.builds(completed, days),
        st.builds(verified, days),
        st.builds(RemedialActionVerificationFailedV1, action_id=one, failed_on=days, due_on=days),
        st.builds(RemedialActionCancelledV1, action_id=one, reason=st.just("CASE_CLOSED"), cancelled_on=days),
        st.builds(RemedialActionFlaggedV1, action_id=one, reason=st.just("WRONG_CHILD")),
    ),
    "RE_AUDIT": st.one_of(
        st.builds(
            lambda p, on, due, n: required(place=p, required_on=on, due_on=due, generation=n, director_review=n > 1),
            places,
            days,
            days,
            st.integers(1, 3),
        ),
        st.builds(
            lambda on, outcome, fell, bad: re_audited(on, outcome=outcome, declined_domains=fell, still_inadequate=bad),
            days,
            st.sampled_from(["IMPROVED", "SAME", "DECLINED"]),
            domains,
            domains,
        ),
        st.builds(ReAuditNotPossibleV1, re_audit_id=one, reason=st.just("CLOSED"), found_on=days),
        st.builds(ReAuditCancelledV1, re_audit_id=one, reason=st.just("PARENT_REGRADED"), cancelled_on=days),
        st.builds(DirectorReviewRecordedV1, re_audit_id=one, decision=st.just("SUPPORT"), reviewed_on=days),
    ),
    "MEETING": st.one_of(
        st.builds(lambda p, on: scheduled(place=p, planned_on=on), places, days),
        st.builds(lambda p, on: held(place=p, held_on=on), places, days),
        st.builds(cancelled, days),
    ),
    "LEARNING": st.one_of(
        st.builds(
            LearningPointRecordedV1,
            learning_id=one,
            theme_code=st.sampled_from(["NEGLECT", "IDENTITY"]),
            domain=st.none() | st.just("PLANNING"),
            source=st.just("AUDIT"),
            theme_id=st.none(),
            place=places,
            recorded_on=days,
        ),
        st.builds(
            LearningPointDisseminatedV1,
            learning_id=one,
            audience=st.just(("SOCIAL_WORKER",)),
            channel=st.just("BRIEFING"),
            disseminated_on=days,
        ),
        st.builds(
            LearningImpactReviewedV1,
            learning_id=one,
            result=st.sampled_from(["IMPROVED", "NO_CHANGE"]),
            method=st.just("CASE_TRACKING"),
            cases=st.integers(0, 9),
            reviewed_on=days,
        ),
    ),
}
elsewhere = st.one_of(
    st.builds(AuditPolicySetV1, policy_version=one, place=places, from_date=days),
    st.builds(
        AuditProgrammeSetV1,
        programme_id=one,
        audit_type=st.just("REGULAR_MASH"),
        period_unit=st.just("MONTH"),
        expected_n=st.just(12),
        place=places,
        first=days,
    ),
)
any_event = st.one_of(*OF_KIND.values(), elsewhere)
histories = st.sampled_from(sorted(OF_KIND)).flatmap(lambda kind: st.lists(OF_KIND[kind], max_size=10))
"""What happens to one thing of the cycle, in any order."""

EVERY_TYPE = frozenset(get_args(AuditPublished))
EVERY_KIND = {kind.name: kind for kind in KINDS}
