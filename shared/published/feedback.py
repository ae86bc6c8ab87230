"""What the feedback service tells the world."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.published.envelope import Published
from shared.published.place import Place


class FeedbackReceivedV1(Published):
    """Somebody told the service something. It counts in the month of `received_on`.

    `rating` is the position on its scale from 1 (worst) to 5 (best), or None when the channel has no rating.
    """

    TYPE: ClassVar[str] = "goldenthread.feedback_received.v1"

    feedback_id: str
    channel: str
    respondent_type: str
    place: Place
    received_on: date
    experienced_on: date | None
    rating: int | None
    anonymous: bool


class FeedbackClassifiedV1(Published):
    """What it was about, as it now stands (a later one replaces the earlier)."""

    TYPE: ClassVar[str] = "goldenthread.feedback_classified.v1"

    feedback_id: str
    themes: tuple[str, ...]
    sentiment: str
    method: str


class FeedbackAcknowledgedV1(Published):
    """Whoever spoke was told that it arrived."""

    TYPE: ClassVar[str] = "goldenthread.feedback_acknowledged.v1"

    feedback_id: str
    acknowledged_on: date


class FeedbackRespondedV1(Published):
    """Whoever spoke was answered, `elapsed_days` calendar days after it was received."""

    TYPE: ClassVar[str] = "goldenthread.feedback_responded.v1"

    feedback_id: str
    responded_on: date
    elapsed_days: int


class ChangeDecidedV1(Published):
    """It was decided to change practice because of feedback: `feedback_count` pieces of it."""

    TYPE: ClassVar[str] = "goldenthread.change_decided.v1"

    change_id: str
    themes: tuple[str, ...]
    place: Place
    decided_on: date
    feedback_count: int


class ChangeMadeV1(Published):
    """Practice changed because of feedback. `told` once "you said, we did" was published to those who spoke."""

    TYPE: ClassVar[str] = "goldenthread.change_made.v1"

    change_id: str
    themes: tuple[str, ...]
    place: Place
    made_on: date
    told_on: date | None
    feedback_count: int


class ChangeCheckedV1(Published):
    """Those who spoke were asked what the change, once made, did for them. It may be asked more than once."""

    TYPE: ClassVar[str] = "goldenthread.change_checked.v1"

    change_id: str
    result: Literal["BETTER", "SAME", "WORSE"]
    checked_on: date


FeedbackPublished = (
    FeedbackReceivedV1
    | FeedbackClassifiedV1
    | FeedbackAcknowledgedV1
    | FeedbackRespondedV1
    | ChangeDecidedV1
    | ChangeMadeV1
    | ChangeCheckedV1
)
