"""What happens between an authority that asks for help and those that offer it. Codes only.

What anybody wrote about it stands in released improvement events, to which `event_id` refers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent

Result = Literal["IMPROVED", "NO_CHANGE", "TOO_EARLY"]


class SupportRequested(StoredEvent):
    """`event_id` is the released request, `theme_code` its theme."""

    type: Literal["SupportRequested.v1"] = "SupportRequested.v1"
    support_id: str
    la_code: str
    event_id: str
    theme_code: str


class SupportOffered(StoredEvent):
    """`event_id` is the released offer, if the authority wrote one."""

    type: Literal["SupportOffered.v1"] = "SupportOffered.v1"
    support_id: str
    offering_la_code: str
    event_id: str | None


class SupportAccepted(StoredEvent):
    type: Literal["SupportAccepted.v1"] = "SupportAccepted.v1"
    support_id: str
    offering_la_code: str


class PeerChallengeHeld(StoredEvent):
    """The two authorities met in this month, about these themes."""

    type: Literal["PeerChallengeHeld.v1"] = "PeerChallengeHeld.v1"
    support_id: str
    held_in: str
    theme_codes: tuple[str, ...]


class ImpactReported(StoredEvent):
    """What came of it, as the asking authority sees it; `event_id` is its released account, if there is one."""

    type: Literal["ImpactReported.v1"] = "ImpactReported.v1"
    support_id: str
    result: Result
    event_id: str | None


SupportEvent = Annotated[
    SupportRequested | SupportOffered | SupportAccepted | PeerChallengeHeld | ImpactReported,
    Field(discriminator="type"),
]
