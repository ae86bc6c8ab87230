"""One quarter of two small authorities: April to June 2026, with some of March before it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.published.audit import AuditWithdrawnV1
from shared.published.envelope import Published
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertImpactVerifiedV1,
    AlertRecategorisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    GoodPracticeSharedV1,
    InformalResolutionReviewedV1,
)
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackClassifiedV1,
    FeedbackRespondedV1,
)
from shared.published.place import Place
from tests.reporting.a_cycle import a_cycle
from tests.reporting.telling import (
    BIRCH,
    ELM,
    FERN,
    OTHER,
    a_graded_audit,
    a_raised_alert,
    an_informal_attempt,
    received_feedback,
)

FERN_IN_DUTY = FERN.model_copy(update={"service_area": "area-duty"})
WHOLE_901 = Place(authority="901", regions=ELM.regions)
WHOLE_902 = Place(authority="902", regions=ELM.regions)
TWELVE_AT_ELM = 12

INSPECTION = {"audit_type": "EXTERNAL", "scale": "OFSTED4E", "external": True, "independence": "EXTERNAL"}


def _resolved(on: date, within_total: bool = True) -> AlertResolvedV1:
    return AlertResolvedV1(
        alert_id="1",
        outcome="ACTION_AGREED_AND_DONE",
        stage=1,
        resolved_on=on,
        elapsed_working_days=8,
        within_total=within_total,
    )


def _answered(on: date) -> AlertAnsweredV1:
    return AlertAnsweredV1(alert_id="1", stage=1, answered_on=on, in_time=True, elapsed_working_days=3)


def audits() -> dict[str, Iterable[Published]]:
    of_elm = {
        f"audit-elm-{n:02}": [
            a_graded_audit("GOOD" if n < 9 else "INADEQUATE", effective_date=date(2026, 4 + n % 3, 1 + n))
        ]
        for n in range(TWELVE_AT_ELM)
    }
    return {
        **of_elm,
        "audit-elm-march": [a_graded_audit("OUTSTANDING", effective_date=date(2026, 3, 31))],
        "audit-elm-withdrawn": [a_graded_audit(), AuditWithdrawnV1(audit_id="1", reason="WRONG_CHILD")],
        "audit-elm-signs": [a_graded_audit("7", scale="SOS10", raw_overall="7", domains={})],
        "audit-fern-before": [a_graded_audit("GOOD", place=FERN, effective_date=date(2026, 5, 14))],
        "audit-fern-after": [a_graded_audit("INADEQUATE", place=FERN_IN_DUTY, effective_date=date(2026, 5, 15))],
        "audit-birch": [a_graded_audit("GOOD", place=BIRCH), a_graded_audit("OUTSTANDING", place=BIRCH, regrade=True)],
        "audit-oak": [a_graded_audit("GOOD", place=OTHER)],
        "audit-inspection-901": [a_graded_audit("GOOD", place=WHOLE_901, **INSPECTION)],
        "audit-inspection-902": [a_graded_audit("OUTSTANDING", place=WHOLE_902, **INSPECTION)],
    }


def alerts() -> dict[str, Iterable[Published]]:
    reopened = AlertReopenedV1(
        alert_id="1", clock="CONTINUE", reopened_on=date(2026, 5, 7), stage=1, total_deadline=date(2026, 5, 1)
    )
    again = AlertReopenedV1(
        alert_id="1", clock="RESTART", reopened_on=date(2026, 5, 28), stage=1, total_deadline=date(2026, 6, 25)
    )
    return {
        "alert-march": [a_raised_alert(raised_on=date(2026, 3, 25))],
        "alert-settled": [
            *(a_raised_alert(), _answered(date(2026, 4, 8)), _resolved(date(2026, 4, 14))),
            AlertImpactVerifiedV1(alert_id="1", impact="IMPROVED", verified_on=date(2026, 6, 9)),
        ],
        "alert-twice-reopened": [
            *(a_raised_alert(), _resolved(date(2026, 4, 28)), reopened),
            *(_resolved(date(2026, 5, 12), within_total=False), again),
        ],
        "alert-fern": [
            a_raised_alert(place=FERN, raised_on=date(2026, 5, 1)),
            AlertRecategorisedV1(alert_id="1", categories=("PLACEMENT",)),
        ],
        "alert-praise": [
            a_raised_alert(alert_type="GOOD_PRACTICE", stage=None, stage_deadline=None, total_deadline=None),
            GoodPracticeSharedV1(alert_id="1", shared_on=date(2026, 5, 11)),
        ],
        "informal_resolution-elm": [
            an_informal_attempt(recorded_on=date(2026, 4, 22)),
            InformalResolutionReviewedV1(concern_id="1", reviewed_on=date(2026, 5, 4), settled=True, review_on=None),
        ],
        "informal_resolution-oak": [an_informal_attempt(place=OTHER, recorded_on=date(2026, 5, 5))],
        "alert-oak": [a_raised_alert(place=OTHER)],
    }


def feedback() -> dict[str, Iterable[Published]]:
    return {
        "feedback-child": [
            received_feedback(),
            FeedbackClassifiedV1(
                feedback_id="1", themes=("LISTENED_TO", "MEETINGS"), sentiment="MIXED", method="PERSON"
            ),
            FeedbackRespondedV1(feedback_id="1", responded_on=date(2026, 5, 20), elapsed_days=8),
        ],
        "feedback-whole": [received_feedback(place=WHOLE_901, respondent_type="PARENT", channel="TEXT", rating=None)],
        "feedback-oak": [received_feedback(place=OTHER)],
        "change-elm": [
            ChangeDecidedV1(
                change_id="1", themes=("MEETINGS",), place=ELM, decided_on=date(2026, 5, 25), feedback_count=3
            ),
            ChangeMadeV1(
                change_id="1",
                themes=("MEETINGS",),
                place=ELM,
                made_on=date(2026, 6, 1),
                told_on=None,
                feedback_count=3,
            ),
            ChangeCheckedV1(change_id="1", result="BETTER", checked_on=date(2026, 6, 29)),
        ],
    }


def everything() -> dict[str, Iterable[Published]]:
    return {**audits(), **a_cycle(), **alerts(), **feedback()}
