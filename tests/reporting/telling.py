"""Told events with fixed dates, and rows folded from them, for the tests of the read models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from services.reporting.read_models import READ_MODELS
from shared.projecting.read_model import ReadModel, Row, Told
from shared.published.audit import AuditGradedV1
from shared.published.envelope import Published
from shared.published.escalation import AlertRaisedV1, InformalResolutionRecordedV1
from shared.published.feedback import FeedbackReceivedV1
from shared.published.place import Place

AUDITS, CYCLE, ALERTS, FEEDBACK = READ_MODELS

ELM = Place(team="team-elm", service_area="area-planning", authority="901", regions=("alliance-north", "region-south"))
FERN = ELM.model_copy(update={"team": "team-fern"})
BIRCH = Place(team="team-birch", service_area="area-duty", authority="901", regions=("alliance-north", "region-south"))
OTHER = Place(team="team-oak", service_area="area-other", authority="902", regions=("alliance-north", "region-south"))


def told(data: Published, version: int = 0, stream: str = "audit-1", recorded: datetime | None = None) -> Told:
    at = recorded or datetime(2026, 4, 30, 12, tzinfo=UTC)
    return Told(data.TYPE, stream, version, version, version - 1, at, at, at.date(), data)


def fold(model: ReadModel, events: Iterable[Published], stream: str = "audit-1") -> Row | None:
    """The row of a stream after these events, in the order in which the projector tells them."""
    row: Row | None = None
    for version, event in enumerate(events):
        row = model.learn(row, told(event, version, stream))
    return row


def counted(model: ReadModel, *histories: Iterable[Published]) -> Counter[str]:
    """What the streams with these histories contribute together."""
    total: Counter[str] = Counter()
    for history in histories:
        row = fold(model, history)
        total.update(model.cells(row) if row is not None else [])
    return total


def a_graded_audit(overall: str = "GOOD", **given: Any) -> AuditGradedV1:
    """An audit of team Elm on the four-point scale, done on 20 April 2026."""
    usual: dict[str, Any] = {
        "audit_id": "1",
        "audit_type": "QA_ROUTINE",
        "template_id": "core",
        "template_version": 1,
        "scale": "OFSTED4",
        "plan_type": "CIN",
        "place": ELM,
        "effective_date": date(2026, 4, 20),
        "overall": overall,
        "raw_overall": overall,
        "domains": {"CHILD_VOICE": overall, "REVIEW": "NOT_APPLICABLE"},
        "grade_source": "RAW",
        "independence": "LINKED",
        "auditor_role": "QA_OFFICER",
        "days_to_finalise": 9,
    }
    return AuditGradedV1(**{**usual, **given})


def a_raised_alert(**given: Any) -> AlertRaisedV1:
    """A concern about team Elm raised at stage 1 on Wednesday 1 April 2026; Easter lies in its first five days."""
    usual: dict[str, Any] = {
        "alert_id": "1",
        "alert_type": "CONCERN",
        "categories": ("DRIFT_DELAY", "CORE_GROUP"),
        "plan_type": "CP",
        "raised_by_role": "IRO",
        "risk": "MEDIUM",
        "place": ELM,
        "raised_on": date(2026, 4, 1),
        "stage": 1,
        "stage_deadline": date(2026, 4, 10),
        "total_deadline": date(2026, 5, 1),
        "after_informal": True,
    }
    return AlertRaisedV1(**{**usual, **given})


def an_informal_attempt(**given: Any) -> InformalResolutionRecordedV1:
    """A talk with the manager of team Elm on 24 March 2026, to be looked at again in the same month."""
    usual: dict[str, Any] = {
        "concern_id": "1",
        "categories": ("CORE_GROUP",),
        "plan_type": "CP",
        "place": ELM,
        "by_role": "IRO",
        "with_role": "TEAM_MANAGER",
        "recorded_on": date(2026, 3, 24),
        "settled": False,
        "review_on": date(2026, 3, 31),
    }
    return InformalResolutionRecordedV1(**{**usual, **given})


def received_feedback(**given: Any) -> FeedbackReceivedV1:
    """A child's words about team Elm by survey, received on 12 May 2026."""
    usual: dict[str, Any] = {
        "feedback_id": "1",
        "channel": "SURVEY",
        "respondent_type": "CHILD",
        "place": ELM,
        "received_on": date(2026, 5, 12),
        "experienced_on": date(2026, 2, 3),
        "rating": 4,
        "anonymous": False,
    }
    return FeedbackReceivedV1(**{**usual, **given})
