"""One piece of feedback, or one change of practice because of feedback."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.reporting.read_models.contributions import place_of
from shared.projecting.read_model import Row, Told
from shared.published.feedback import ChangeMadeV1, FeedbackClassifiedV1, FeedbackReceivedV1, FeedbackRespondedV1


def learn(row: Row | None, told: Told) -> Row | None:
    """A later classification or change replaces the earlier; of several responses the first one counts."""
    match told.data:
        case FeedbackReceivedV1() as received:
            return dict(row) if row is not None else _received(received)
        case ChangeMadeV1() as change:
            return _change(change)
        case FeedbackClassifiedV1() | FeedbackRespondedV1():
            return row and {**row, **_more(row, told.data)}
        case _:
            raise TypeError(f"not feedback's event: {told.type}")


def _received(received: FeedbackReceivedV1) -> Row:
    return {
        "kind": "FEEDBACK",
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
        "responded_on": None,
        "days": None,
    }


def _change(change: ChangeMadeV1) -> Row:
    return {
        "kind": "CHANGE",
        "place": place_of(change.place),
        "date": change.made_on.isoformat(),
        "told_on": _iso(change.told_on),
        "themes": list(change.themes),
        "feedback_count": change.feedback_count,
    }


def _more(row: Row, learnt: FeedbackClassifiedV1 | FeedbackRespondedV1) -> dict[str, Any]:
    if row["kind"] == "CHANGE":
        return {}  # a change has a stream of its own, in which nobody is answered
    if isinstance(learnt, FeedbackClassifiedV1):
        return {"themes": list(learnt.themes), "sentiment": learnt.sentiment, "method": learnt.method}
    if row["responded_on"] is not None:
        return {}
    return {"responded_on": learnt.responded_on.isoformat(), "days": learnt.elapsed_days}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
