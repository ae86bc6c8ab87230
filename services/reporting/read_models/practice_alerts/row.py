"""One practice alert, or one informal attempt, as reporting knows it: everything that happened, with its date."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.reporting.read_models.contributions import place_of
from shared.projecting.read_model import Row, Told
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

GOOD_PRACTICE = "GOOD_PRACTICE"
ALERT = "ALERT"
INFORMAL = "INFORMAL"


def learn(row: Row | None, told: Told) -> Row | None:
    """Every happening is kept apart with its own date, for each counts in its own month.

    An alert whose raising is not known has no place to count in, and stays unknown; so does an informal attempt.
    """
    match told.data:
        case AlertRaisedV1() as raised:
            return dict(row) if row is not None else _raised(raised)
        case InformalResolutionRecordedV1() as recorded:
            return dict(row) if row is not None else _informal(recorded)
        case InformalResolutionReviewedV1() as reviewed:
            return row and {**row, **_reviewed(row, reviewed)}
        case happened:
            return row and {**row, **_changes(row, happened)}


def _raised(raised: AlertRaisedV1) -> Row:
    return {
        "kind": ALERT,
        "place": place_of(raised.place),
        "date": raised.raised_on.isoformat(),
        "alert_type": raised.alert_type,
        "categories": list(raised.categories),
        "plan_type": raised.plan_type,
        "risk": raised.risk,
        "raised_by_role": raised.raised_by_role,
        "after_informal": raised.after_informal,
        "raised_at_stage": raised.stage,
        "stage": raised.stage,
        "open": raised.alert_type != GOOD_PRACTICE,
        "clock": 0,  # which total clock runs: a reopening may start another
        "total_deadline": _iso(raised.total_deadline),
        "past_total": {},  # clock -> the total deadline that it went past
        "answers": [],
        "escalations": [],
        "missed": [],
        "resolutions": [],
        "reopenings": [],
        "withdrawals": [],
        "impacts": {},  # resolution -> what was last found when somebody looked whether it helped
        "shared_on": None,
    }


def _informal(recorded: InformalResolutionRecordedV1) -> Row:
    on = recorded.recorded_on.isoformat()
    return {
        "kind": INFORMAL,
        "place": place_of(recorded.place),
        "date": on,
        "categories": list(recorded.categories),
        "plan_type": recorded.plan_type,
        "with_role": recorded.with_role,
        "settled_on": on if recorded.settled else None,
        "review_on": _iso(recorded.review_on),
    }


def _reviewed(row: Row, reviewed: InformalResolutionReviewedV1) -> dict[str, Any]:
    """What was settled stays settled: a matter that comes back is an alert."""
    if row["kind"] != INFORMAL or row["settled_on"] is not None:
        return {}
    settled_on = reviewed.reviewed_on.isoformat() if reviewed.settled else None
    return {"settled_on": settled_on, "review_on": _iso(reviewed.review_on)}


def _changes(row: Row, happened: Any) -> dict[str, Any]:  # noqa: C901 - a case for each event
    if row["kind"] != ALERT:
        return {}  # an informal attempt has a stream of its own, in which no alert goes on
    match happened:
        case AlertAnsweredV1():
            return _answered(row, happened)
        case AlertEscalatedV1():
            return _escalated(row, happened)
        case AlertDeadlineMissedV1():
            return _missed(row, happened)
        case AlertDeadlineRecalculatedV1():
            return _recalculated(row, happened)
        case AlertRecategorisedV1():
            return {"categories": list(happened.categories)}
        case AlertResolvedV1():
            return _resolved(row, happened)
        case AlertReopenedV1():
            return _reopened(row, happened)
        case AlertImpactVerifiedV1():
            return _verified(row, happened)
        case AlertWithdrawnV1():
            return _withdrawn(row, happened)
        case GoodPracticeSharedV1():
            return {"shared_on": row["shared_on"] or happened.shared_on.isoformat()}
        case _:
            raise TypeError(f"not an alert's event: {type(happened).__name__}")


def _answered(row: Row, answered: AlertAnsweredV1) -> dict[str, Any]:
    """A late answer settles the deadlines missed at its stage: they are answered late, no longer unanswered."""
    answer = {"stage": answered.stage, "on": answered.answered_on.isoformat(), "in_time": answered.in_time}
    settled = [{**one, "answered": one["answered"] or one["stage"] == answered.stage} for one in row["missed"]]
    return {"answers": [*row["answers"], answer], "missed": settled}


def _escalated(row: Row, escalated: AlertEscalatedV1) -> dict[str, Any]:
    step = {
        "to": escalated.to_stage,
        "on": escalated.escalated_on.isoformat(),
        "skipped": escalated.skipped_stages,
        "reason": escalated.reason,
    }
    return {"escalations": [*row["escalations"], step], "stage": escalated.to_stage}


def _missed(row: Row, missed: AlertDeadlineMissedV1) -> dict[str, Any]:
    due = missed.due_on.isoformat()
    if missed.clock == "TOTAL":
        return {"past_total": _past_total(row, due), "missed": [*row["missed"], _deadline(None, due, answered=True)]}
    late = any(one["stage"] == missed.stage and one["on"] > due for one in row["answers"])
    return {"missed": [*row["missed"], _deadline(missed.stage, due, answered=late)]}


def _recalculated(row: Row, moved: AlertDeadlineRecalculatedV1) -> dict[str, Any]:
    """A raise that was recorded late counts on the day on which it really was, from then on."""
    if row["alert_type"] == GOOD_PRACTICE:
        return {}
    return {"date": _iso(moved.raised_on) or row["date"], "total_deadline": moved.total_deadline.isoformat()}


def _resolved(row: Row, resolved: AlertResolvedV1) -> dict[str, Any]:
    if not row["open"]:
        return {}
    end = {
        "on": resolved.resolved_on.isoformat(),
        "outcome": resolved.outcome,
        "stage": resolved.stage,
        "elapsed": resolved.elapsed_working_days,
    }
    due = row["total_deadline"]
    past = row["past_total"] if resolved.within_total or due is None else _past_total(row, due)
    return {"resolutions": [*row["resolutions"], end], "open": False, "past_total": past}


def _reopened(row: Row, reopened: AlertReopenedV1) -> dict[str, Any]:
    if row["open"] or row["alert_type"] == GOOD_PRACTICE:
        return {}
    return {
        "reopenings": [*row["reopenings"], reopened.reopened_on.isoformat()],
        "open": True,
        "stage": reopened.stage,
        "clock": row["clock"] + (reopened.clock == "RESTART"),
        "total_deadline": reopened.total_deadline.isoformat(),
    }


def _verified(row: Row, verified: AlertImpactVerifiedV1) -> dict[str, Any]:
    """Each resolution has one impact, the one last found: whoever looked too early looks again."""
    if not row["resolutions"]:
        return {}
    found = {"impact": verified.impact, "on": verified.verified_on.isoformat()}
    return {"impacts": {**row["impacts"], str(len(row["resolutions"])): found}}


def _withdrawn(row: Row, withdrawn: AlertWithdrawnV1) -> dict[str, Any]:
    """Only what is open can leave the balance by withdrawal; recognition taken back no longer counts at all."""
    if row["open"] or row["alert_type"] == GOOD_PRACTICE:
        return {"withdrawals": [*row["withdrawals"], withdrawn.withdrawn_on.isoformat()], "open": False}
    return {}


def _past_total(row: Row, due: str) -> dict[str, str]:
    """One clock goes past its total once, whether noticed while it ran or found when it was resolved."""
    return {str(row["clock"]): due, **row["past_total"]}


def _deadline(stage: int | None, due: str, *, answered: bool) -> dict[str, Any]:
    return {"stage": stage, "on": due, "answered": answered}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
