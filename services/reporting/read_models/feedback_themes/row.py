"""One piece of feedback, or one change of practice because of feedback."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.reporting.read_models.contributions import place_of
from shared.projecting.read_model import Row, Told
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackAcknowledgedV1,
    FeedbackClassifiedV1,
    FeedbackReceivedV1,
    FeedbackRespondedV1,
)

FEEDBACK = "FEEDBACK"
CHANGE = "CHANGE"

_UNKNOWN_CHANGE: Row = {"kind": CHANGE, "decided_on": None, "made_on": None, "told_on": None, "checks": ()}

OfChange = ChangeDecidedV1 | ChangeMadeV1 | ChangeCheckedV1
OfFeedback = FeedbackClassifiedV1 | FeedbackAcknowledgedV1 | FeedbackRespondedV1


def learn(row: Row | None, told: Told) -> Row | None:
    """A later classification or change replaces the earlier; of several responses the first one counts."""
    match told.data:
        case FeedbackReceivedV1() as received:
            return dict(row) if row is not None else _received(received)
        case ChangeDecidedV1() | ChangeMadeV1() as change:
            return _changed(row or dict(_UNKNOWN_CHANGE), change)
        case ChangeCheckedV1() as checked:
            return row and _changed(row, checked)
        case FeedbackClassifiedV1() | FeedbackAcknowledgedV1() | FeedbackRespondedV1() as more:
            return row and {**row, **_more(row, more)}
        case _:
            raise TypeError(f"not feedback's event: {told.type}")


def _received(received: FeedbackReceivedV1) -> Row:
    return {
        "kind": FEEDBACK,
        "place": place_of(received.place),
        "date": received.received_on.isoformat(),
        "experienced_on": _iso(received.experienced_on),
        "channel": received.channel,
        "respondent": received.respondent_type,
        "rating": received.rating,
        "anonymous": received.anonymous,
        "themes": [],
        "sentiment": None,
        "method": None,
        "acknowledged_on": None,
        "responded_on": None,
        "days": None,
    }


def _changed(row: Row, happened: OfChange) -> Row:
    """Each event of a change adds its own date; the day that describes the row is the last step before any check."""
    if row["kind"] != CHANGE:
        return dict(row)  # feedback has a stream of its own, in which no change goes on
    match happened:
        case ChangeDecidedV1():
            steps: Row = {**_about(happened), "decided_on": happened.decided_on.isoformat()}
        case ChangeMadeV1():
            made, told = happened.made_on.isoformat(), _iso(happened.told_on)
            steps = {**_about(happened), "made_on": made, "told_on": told}
        case ChangeCheckedV1():
            check = {"result": happened.result, "on": happened.checked_on.isoformat()}
            steps = {"checks": [*row["checks"], check]}
    after = {**row, **steps}
    return {**after, "date": after["made_on"] or after["decided_on"]}


def _about(change: ChangeDecidedV1 | ChangeMadeV1) -> Row:
    return {
        "place": place_of(change.place),
        "themes": list(change.themes),
        "feedback_count": change.feedback_count,
    }


def _more(row: Row, learnt: OfFeedback) -> dict[str, Any]:
    """The first acknowledgement and the first response are the ones that count."""
    if row["kind"] != FEEDBACK:
        return {}  # a change has a stream of its own, in which nobody is answered
    match learnt:
        case FeedbackClassifiedV1():
            return {"themes": list(learnt.themes), "sentiment": learnt.sentiment, "method": learnt.method}
        case FeedbackAcknowledgedV1():
            return {"acknowledged_on": row["acknowledged_on"] or learnt.acknowledged_on.isoformat()}
        case FeedbackRespondedV1() if row["responded_on"] is None:
            return {"responded_on": learnt.responded_on.isoformat(), "days": learnt.elapsed_days}
        case FeedbackRespondedV1():
            return {}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
