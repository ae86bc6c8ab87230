"""What can happen to an informal attempt at resolution: recorded, and looked at again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.escalation.domain.codes import Category, PlanType, SpokenWith
from shared.deciding.events import StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class InformalResolutionRecorded(StoredEvent):
    """A reviewing officer talked with the worker or manager (`with_role`) before anything formal.

    `settled` when nothing is left to do; else it is looked at again by `review_on`.
    """

    type: Literal["InformalResolutionRecorded.v1"] = "InformalResolutionRecorded.v1"
    concern_id: str
    categories: tuple[Category, ...]
    child: str
    child_ref: SealedText
    plan_type: PlanType
    place: Place
    by_role: str
    held_by: str
    with_role: SpokenWith
    recorded_on: date
    settled: bool
    review_on: date | None
    concern: SealedText | None = None
    agreed: SealedText | None = None


class InformalResolutionReviewed(StoredEvent):
    """Looked at again: settled now, or to be looked at once more by `review_on`."""

    type: Literal["InformalResolutionReviewed.v1"] = "InformalResolutionReviewed.v1"
    concern_id: str
    reviewed_on: date
    settled: bool
    review_on: date | None
    by_role: str


InformalResolutionEvent = Annotated[
    InformalResolutionRecorded | InformalResolutionReviewed, Field(discriminator="type")
]
