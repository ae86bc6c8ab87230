"""Totals that are moved by differences always equal totals counted anew, whatever happens and in whatever order."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.practice_alerts.query import alerts, stock
from shared.projecting.read_model import ReadModel
from shared.projecting.totals import Totals, nested
from shared.published.audit import AuditWithdrawnV1
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertDeadlineRecalculatedV1,
    AlertEscalatedV1,
    AlertImpactVerifiedV1,
    AlertRecategorisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
    GoodPracticeSharedV1,
    InformalResolutionReviewedV1,
)
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackAcknowledgedV1,
    FeedbackClassifiedV1,
    FeedbackRespondedV1,
)
from tests.reporting.telling import (
    ALERTS,
    AUDITS,
    BIRCH,
    ELM,
    FEEDBACK,
    FERN,
    OTHER,
    a_graded_audit,
    a_raised_alert,
    an_informal_attempt,
    received_feedback,
    told,
)

days = st.dates(date(2025, 1, 1), date(2026, 12, 31))
places = st.sampled_from([ELM, FERN, BIRCH, OTHER, ELM.model_copy(update={"team": None, "service_area": None})])
some_grades = st.sampled_from(["OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE", "UNGRADED", "5"])
stages = st.integers(1, 4)

audit_events = st.one_of(
    st.builds(
        lambda overall, raw, on, place, source: a_graded_audit(
            overall, raw_overall=raw, effective_date=on, place=place, grade_source=source
        ),
        some_grades,
        some_grades,
        days,
        places,
        st.sampled_from(["RAW", "MODERATED", "CONSENSUS"]),
    ),
    st.builds(AuditWithdrawnV1, audit_id=st.just("1"), reason=st.just("DUPLICATE")),
)
alert_events = st.one_of(
    st.builds(
        lambda on, place, kind: a_raised_alert(raised_on=on, place=place, alert_type=kind),
        days,
        places,
        st.sampled_from(["CONCERN", "MANAGEMENT", "GOOD_PRACTICE"]),
    ),
    st.builds(
        AlertAnsweredV1,
        alert_id=st.just("1"),
        stage=stages,
        answered_on=days,
        in_time=st.booleans(),
        elapsed_working_days=st.integers(0, 300),
    ),
    st.builds(
        AlertEscalatedV1,
        alert_id=st.just("1"),
        from_stage=st.just(1),
        to_stage=stages,
        skipped_stages=st.integers(0, 2),
        reason=st.just("NO_RESPONSE"),
        escalated_on=days,
        stage_deadline=days,
    ),
    st.builds(AlertDeadlineMissedV1, alert_id=st.just("1"), clock=st.just("STAGE"), stage=stages, due_on=days),
    st.builds(AlertDeadlineMissedV1, alert_id=st.just("1"), clock=st.just("TOTAL"), stage=st.none(), due_on=days),
    st.builds(
        AlertResolvedV1,
        alert_id=st.just("1"),
        outcome=st.sampled_from(["NOT_UPHELD", "EXPLANATION_ACCEPTED"]),
        stage=stages,
        resolved_on=days,
        elapsed_working_days=st.integers(0, 300),
        within_total=st.booleans(),
    ),
    st.builds(
        AlertReopenedV1,
        alert_id=st.just("1"),
        clock=st.sampled_from(["CONTINUE", "RESTART"]),
        reopened_on=days,
        stage=stages,
        total_deadline=days,
    ),
    st.builds(AlertWithdrawnV1, alert_id=st.just("1"), withdrawn_on=days),
    st.builds(
        AlertDeadlineRecalculatedV1,
        alert_id=st.just("1"),
        cause=st.just("BACKDATED_RAISE"),
        stage_deadline=days,
        total_deadline=days,
        raised_on=st.none() | days,
    ),
    st.builds(
        AlertRecategorisedV1,
        alert_id=st.just("1"),
        categories=st.lists(st.sampled_from(["PLACEMENT", "DRIFT_DELAY"]), min_size=1, max_size=3).map(tuple),
    ),
    st.builds(
        AlertImpactVerifiedV1,
        alert_id=st.just("1"),
        impact=st.sampled_from(["IMPROVED", "NO_CHANGE", "WORSENED", "TOO_EARLY"]),
        verified_on=days,
    ),
    st.builds(GoodPracticeSharedV1, alert_id=st.just("1"), shared_on=days),
    st.builds(
        lambda on, place, settled: an_informal_attempt(recorded_on=on, place=place, settled=settled),
        days,
        places,
        st.booleans(),
    ),
    st.builds(
        InformalResolutionReviewedV1,
        concern_id=st.just("1"),
        reviewed_on=days,
        settled=st.booleans(),
        review_on=st.none() | days,
    ),
)
feedback_events = st.one_of(
    st.builds(lambda on, place: received_feedback(received_on=on, place=place), days, places),
    st.builds(
        FeedbackClassifiedV1,
        feedback_id=st.just("1"),
        themes=st.lists(st.sampled_from(["MEETINGS", "SAFETY"]), max_size=3).map(tuple),
        sentiment=st.just("MIXED"),
        method=st.just("RULE"),
    ),
    st.builds(FeedbackRespondedV1, feedback_id=st.just("1"), responded_on=days, elapsed_days=st.integers(-1, 400)),
    st.builds(FeedbackAcknowledgedV1, feedback_id=st.just("1"), acknowledged_on=days),
    st.builds(
        ChangeDecidedV1,
        change_id=st.just("1"),
        themes=st.just(("SAFETY", "MEETINGS")),
        place=places,
        decided_on=days,
        feedback_count=st.integers(0, 9),
    ),
    st.builds(
        ChangeCheckedV1,
        change_id=st.just("1"),
        result=st.sampled_from(["BETTER", "SAME", "WORSE"]),
        checked_on=days,
    ),
    st.builds(
        ChangeMadeV1,
        change_id=st.just("1"),
        themes=st.just(("SAFETY",)),
        place=places,
        made_on=days,
        told_on=st.none() | days,
        feedback_count=st.integers(0, 9),
    ),
)


def moved_and_counted_anew(model: ReadModel, events) -> tuple[Counter[str], Counter[str]]:
    moved: Counter[str] = Counter()
    row = None
    for version, event in enumerate(events):
        after = model.learn(row, told(event, version))
        moved.update(model.cells(after) if after is not None else [])
        moved.subtract(model.cells(row) if row is not None else [])
        row = after
    return +moved, Counter(model.cells(row) if row is not None else [])


@given(st.lists(audit_events, max_size=6))
def test_audits(events):
    moved, anew = moved_and_counted_anew(AUDITS, events)
    assert moved == anew


@given(st.lists(alert_events, max_size=12))
def test_alerts(events):
    moved, anew = moved_and_counted_anew(ALERTS, events)
    assert moved == anew


@given(st.lists(feedback_events, max_size=6))
def test_feedback(events):
    moved, anew = moved_and_counted_anew(FEEDBACK, events)
    assert moved == anew


@given(st.lists(st.lists(alert_events, max_size=10), max_size=8))
def test_whatever_happens_to_alerts_they_balance_and_open_ones_are_those_still_open(histories):
    total: Counter[str] = Counter()
    still_open = 0
    for events in histories:
        row = None
        for version, event in enumerate(events):
            row = ALERTS.learn(row, told(event, version))
        total.update(ALERTS.cells(row) if row is not None else [])
        still_open += row is not None and row.get("open", False)
    summed = Counter()
    for cell, n in total.items():
        summed[cell.split("|")[1]] += n
    summed = nested(summed)
    view = alerts(summed, 0, ReportingPolicy())
    came, went = view.raised.count + view.reopened.count, view.resolved.count + view.withdrawn.count
    assert view.opening + came - went == view.closing == stock(summed) == still_open


@given(st.lists(st.tuples(audit_events, st.integers(0, 3)), max_size=15))
def test_levels_change_together_when_audits_change_places(happenings):
    rows = {}
    moving = Totals()
    for version, (event, which) in enumerate(happenings):
        before = rows.get(which)
        after = AUDITS.learn(before, told(event, version))
        if after is not None:
            after["cells"] = AUDITS.cells(after)
        moving.change(before, after)
        rows[which] = after
    anew = Totals()
    for row in rows.values():
        anew.change(None, row)
    assert {k: v for k, v in moving.by_unit().items() if v} == {k: v for k, v in anew.by_unit().items() if v}


@given(st.lists(audit_events | alert_events | feedback_events, max_size=12))
def test_no_measure_lies_inside_another(events):
    """A number and a branch of the same name could not stand in one document."""
    for model in (AUDITS, ALERTS, FEEDBACK):
        row = None
        for version, event in enumerate(one for one in events if one.TYPE in model.decoders):
            row = model.learn(row, told(event, version))
        cells = set(model.cells(row)) if row is not None else set()
        assert not {cell for cell in cells for other in cells if other.startswith(f"{cell}.")}
        assert all(re.fullmatch(r"20\d\d-[01]\d\|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", cell) for cell in cells)
