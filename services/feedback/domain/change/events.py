"""What happens to a change of practice that began with what people said."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.feedback.domain.codes import Audience, CheckResult, Theme
from shared.deciding.events import Part, StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class Change(Part):
    """What the change is about. `feedback` are the ids of what people said that led to it."""

    change_id: str
    themes: tuple[Theme, ...]
    place: Place
    feedback: tuple[str, ...]


class YouSaidWeDid(Part):
    """What those who spoke are told: words meant for everybody, so in clear, and looked through before they are kept.

    `quoted` are the ids of the feedback whose own words it uses.
    """

    you_said: str
    we_did: str
    audience: Audience
    quoted: tuple[str, ...]


class ChangeDecided(StoredEvent):
    """`text` says inside the service what will change; it is sealed under the change's own key."""

    type: Literal["ChangeDecided.v1"] = "ChangeDecided.v1"
    change: Change
    decided_on: date
    text: SealedText


class ChangeMade(StoredEvent):
    type: Literal["ChangeMade.v1"] = "ChangeMade.v1"
    change: Change
    made_on: date


class YouSaidWeDidDrafted(StoredEvent):
    """Words waiting for somebody other than their author to approve them."""

    type: Literal["YouSaidWeDidDrafted.v1"] = "YouSaidWeDidDrafted.v1"
    change_id: str
    words: YouSaidWeDid
    drafted_by: str


class YouSaidWeDidPublished(StoredEvent):
    """`approved_by` is the staff reference of who answers for these words."""

    type: Literal["YouSaidWeDidPublished.v1"] = "YouSaidWeDidPublished.v1"
    change: Change
    made_on: date
    words: YouSaidWeDid
    approved_by: str
    told_on: date


class ChangeCheckedWithRespondents(StoredEvent):
    """Those who spoke were asked whether the change helped; `asked` is how many."""

    type: Literal["ChangeCheckedWithRespondents.v1"] = "ChangeCheckedWithRespondents.v1"
    change_id: str
    checked_on: date
    result: CheckResult
    asked: int


ChangeEvent = Annotated[
    ChangeDecided | ChangeMade | YouSaidWeDidDrafted | YouSaidWeDidPublished | ChangeCheckedWithRespondents,
    Field(discriminator="type"),
]
