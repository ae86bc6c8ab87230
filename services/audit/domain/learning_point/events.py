"""What happens to a learning point: something that the service learns, about no child."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class LearningPointRecorded(StoredEvent):
    """`links` are ids of the things of `source` that it was learned from.

    The words are about practice and name nobody. They are sealed all the same, under the point's own id: should
    somebody be named in them after all, they can be made unreadable.
    """

    type: Literal["LearningPointRecorded.v1"] = "LearningPointRecorded.v1"
    learning_id: str
    theme_code: str
    domain: str | None
    source: str
    links: tuple[str, ...]
    theme_id: str | None
    place: Place
    recorded_on: date
    words: SealedText
    recorded_by: str


class LearningPointDisseminated(StoredEvent):
    type: Literal["LearningPointDisseminated.v1"] = "LearningPointDisseminated.v1"
    learning_id: str
    audience: tuple[str, ...]
    channel: str
    disseminated_on: date


class LearningImpactReviewed(StoredEvent):
    """Somebody looked whether practice changed: how, in how many cases, and by which audits."""

    type: Literal["LearningImpactReviewed.v1"] = "LearningImpactReviewed.v1"
    learning_id: str
    result: str
    method: str
    cases: int
    linked_audits: tuple[str, ...]
    reviewed_on: date
    reviewed_by: str


LearningPointEvent = Annotated[
    LearningPointRecorded | LearningPointDisseminated | LearningImpactReviewed, Field(discriminator="type")
]
