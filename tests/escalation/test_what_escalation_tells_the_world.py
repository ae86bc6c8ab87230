"""Only codes, dates and places leave the service."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from services.escalation.domain.codes import Category, Impact, Outcome, PlanType, WithdrawalReason
from services.escalation.domain.informal_resolution.decisions import (
    ReviewInformalResolution,
    review_informal_resolution,
)
from services.escalation.domain.informal_resolution.events import InformalResolutionEvent
from services.escalation.domain.informal_resolution.state import DECIDER as INFORMAL
from services.escalation.domain.practice_alert.commands import (
    BackdateRaise,
    Recategorise,
    ShareGoodPractice,
    VerifyImpact,
    Withdraw,
)
from services.escalation.domain.practice_alert.events import PracticeAlertEvent
from services.escalation.publishing import DECIDERS, tell
from shared.event_store.handling import Recorded
from shared.event_store.store import Actor, Meta
from shared.published.envelope import Published
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertDeadlineRecalculatedV1,
    AlertEscalatedV1,
    AlertImpactVerifiedV1,
    AlertRaisedV1,
    AlertRecategorisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
    GoodPracticeSharedV1,
    InformalResolutionRecordedV1,
    InformalResolutionReviewedV1,
)
from tests.escalation.asking import happened
from tests.escalation.test_informal_resolution import recorded as informal
from tests.examples.an_alert import (
    ENGLAND,
    IP_ELM,
    POLICY,
    RAISED_ON,
    STAGE_1_DUE,
    TOTAL_DUE,
    answering,
    escalating,
    praise,
    raising,
    reopening,
    resolving,
    sealed,
)

MOMENT = datetime(2026, 3, 3, 9, tzinfo=UTC)
META = Meta(
    actor=Actor(staff_ref="staff-iro-1", role="IRO"),
    la_code="901",
    occurred_at=MOMENT,
    effective_date=RAISED_ON,
    correlation="c",
)


def told(*asked: Any) -> list[Published]:
    """What the world hears of the history that these commands make."""
    return [published for event in happened(*asked) if (published := tell(record(event))) is not None]


def record(event: Any) -> Recorded[Any]:
    return Recorded("i", "alert-7", 1, 0, 0, MOMENT, META, event)


def test_a_raised_alert():
    (published,) = told(raising(from_informal_id="5"))
    assert published == AlertRaisedV1(
        alert_id="7",
        alert_type="CONCERN",
        categories=("DRIFT_DELAY",),
        plan_type="CLA",
        raised_by_role="IRO",
        risk="MEDIUM",
        place=IP_ELM,
        raised_on=RAISED_ON,
        stage=1,
        stage_deadline=STAGE_1_DUE,
        total_deadline=TOTAL_DUE,
        after_informal=True,
    )


def test_good_practice_has_no_clock():
    (published,) = told(praise)
    assert isinstance(published, AlertRaisedV1)
    assert (published.alert_type, published.stage, published.total_deadline) == ("GOOD_PRACTICE", None, None)


def test_a_whole_life():
    heard = told(
        raising(),
        escalating(2, date(2026, 3, 12)),
        answering(date(2026, 3, 17), by_role="HEAD_OF_SERVICE"),
        resolving(date(2026, 4, 1), Outcome.NOT_UPHELD),
        reopening(date(2026, 4, 2)),
        Withdraw(WithdrawalReason.DUPLICATE, "IRO", date(2026, 4, 2)),
    )
    assert heard[1:] == [
        AlertDeadlineMissedV1(alert_id="7", clock="STAGE", stage=1, due_on=STAGE_1_DUE),
        AlertEscalatedV1(
            alert_id="7",
            from_stage=1,
            to_stage=2,
            skipped_stages=0,
            reason="BYPASS_URGENT",
            escalated_on=date(2026, 3, 12),
            stage_deadline=date(2026, 3, 19),
        ),
        AlertAnsweredV1(alert_id="7", stage=2, answered_on=date(2026, 3, 17), in_time=True, elapsed_working_days=3),
        AlertDeadlineMissedV1(alert_id="7", clock="TOTAL", stage=None, due_on=TOTAL_DUE),
        AlertResolvedV1(
            alert_id="7",
            outcome="NOT_UPHELD",
            stage=2,
            resolved_on=date(2026, 4, 1),
            elapsed_working_days=21,
            within_total=False,
        ),
        AlertReopenedV1(
            alert_id="7", clock="CONTINUE", reopened_on=date(2026, 4, 2), stage=2, total_deadline=TOTAL_DUE
        ),
        AlertDeadlineMissedV1(alert_id="7", clock="STAGE", stage=2, due_on=TOTAL_DUE),
        AlertWithdrawnV1(alert_id="7", withdrawn_on=date(2026, 4, 2)),
    ]


@pytest.mark.parametrize("alert", [raising(narrative=sealed("words"), allocated_worker="staff-sw-1"), praise])
def test_neither_the_child_nor_a_worker_nor_a_word_leaves(alert):
    (published,) = told(alert)
    said = published.model_dump_json()
    assert not any(word in said for word in ("child-", "staff-", "mark of", "sealed"))


def test_what_it_is_about_is_told_anew_without_the_reason():
    other = Recategorise((Category.PLACEMENT, Category.RESOURCES), "IRO", sealed("it was never about delay"))
    assert told(raising(), other)[1:] == [AlertRecategorisedV1(alert_id="7", categories=("PLACEMENT", "RESOURCES"))]


def test_a_raise_that_was_recorded_late_is_told_with_the_day_that_counts():
    earlier = BackdateRaise(date(2026, 2, 27), "IRO")
    assert told(raising(), earlier)[1:] == [
        AlertDeadlineRecalculatedV1(
            alert_id="7",
            cause="BACKDATED_RAISE",
            stage_deadline=date(2026, 3, 6),
            total_deadline=date(2026, 3, 27),
            raised_on=date(2026, 2, 27),
        )
    ]


def test_whether_it_helped_the_child_is_told_as_a_code():
    looked = VerifyImpact(Impact.IMPROVED, "IRO", date(2026, 6, 1), sealed("he is back at school"))
    heard = told(raising(), resolving(date(2026, 3, 9)), looked)
    assert heard[-1] == AlertImpactVerifiedV1(alert_id="7", impact="IMPROVED", verified_on=date(2026, 6, 1))
    assert "mark" not in heard[-1].model_dump_json()


def test_that_good_practice_was_shared_is_told_and_with_whom_is_not():
    shared = ShareGoodPractice(("a forum that somebody named",), "CP_CHAIR", date(2026, 3, 9))
    assert told(praise, shared)[1:] == [GoodPracticeSharedV1(alert_id="8", shared_on=date(2026, 3, 9))]


def test_an_informal_attempt_and_its_review_are_told_without_a_word_of_them():
    settled = ReviewInformalResolution(True, "CP_CHAIR", STAGE_1_DUE)
    (reviewed,) = review_informal_resolution(settled, INFORMAL.fold([informal]), ENGLAND, POLICY)
    assert [tell(record(event)) for event in (informal, reviewed)] == [
        InformalResolutionRecordedV1(
            concern_id="5",
            categories=("CORE_GROUP",),
            plan_type="CP",
            place=IP_ELM,
            by_role="CP_CHAIR",
            with_role="TEAM_MANAGER",
            recorded_on=RAISED_ON,
            settled=False,
            review_on=STAGE_1_DUE,
        ),
        InformalResolutionReviewedV1(concern_id="5", reviewed_on=STAGE_1_DUE, settled=True, review_on=None),
    ]


def test_every_event_is_told_or_named_as_private():
    for union in (PracticeAlertEvent, InformalResolutionEvent):
        for kind in get_args(get_args(union)[0]):
            outcome = tell(Recorded("i", "s", 1, 0, 0, MOMENT, META, kind.model_construct(**_some(kind))))
            assert outcome is None or isinstance(outcome, Published)


def _some(kind: type[Any]) -> dict[str, Any]:
    """Something in each field, as far as telling needs it."""
    known = {
        "place": IP_ELM,
        "categories": ("PLACEMENT",),
        "from_informal_id": None,
        "plan_type": PlanType.CLA,
        "clock": "CONTINUE",
        "cause": "CALENDAR_CHANGE",
        "impact": Impact.IMPROVED,
    }
    number = {"int": 1, "date": RAISED_ON, "bool": True}
    fields = ((name, str(field.annotation)) for name, field in kind.model_fields.items() if name != "type")
    plain = {name: next((v for k, v in number.items() if k in kind_), "x") for name, kind_ in fields}
    return {**plain, **{name: value for name, value in known.items() if name in kind.model_fields}}


def test_streams_are_named_for_their_aggregates():
    assert sorted(DECIDERS) == ["alert", "informal_resolution"]
