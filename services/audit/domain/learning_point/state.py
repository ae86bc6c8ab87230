"""A learning point as its decisions need it: whom it was told, and what came of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.learning_point.events import (
    LearningImpactReviewed,
    LearningPointDisseminated,
    LearningPointEvent,
    LearningPointRecorded,
)
from shared.deciding.decider import Decider


class Stage(StrEnum):
    """The last step of the loop. Telling more people after a review opens it again."""

    UNKNOWN = "UNKNOWN"  # nothing ever happened to this id
    RECORDED = "RECORDED"
    DISSEMINATED = "DISSEMINATED"
    REVIEWED = "REVIEWED"


@dataclass(frozen=True, slots=True)
class LearningPoint:
    stage: Stage = Stage.UNKNOWN
    recorded: LearningPointRecorded | None = None
    disseminations: tuple[LearningPointDisseminated, ...] = ()
    reviews: tuple[LearningImpactReviewed, ...] = ()


def evolve(point: LearningPoint, event: LearningPointEvent) -> LearningPoint:
    match event:
        case LearningPointRecorded():
            return replace(point, stage=Stage.RECORDED, recorded=event)
        case LearningPointDisseminated():
            return replace(point, stage=Stage.DISSEMINATED, disseminations=(*point.disseminations, event))
        case LearningImpactReviewed():
            return replace(point, stage=Stage.REVIEWED, reviews=(*point.reviews, event))
        case _:
            assert_never(event)


DECIDER: Decider[LearningPoint, LearningPointEvent] = Decider(
    "learning_point", LearningPoint(), evolve, TypeAdapter(LearningPointEvent)
)
