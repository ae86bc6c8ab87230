"""Whose improvement events are read from where. The token with which they are read is kept elsewhere, sealed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent


class ImprovementSourceAdmitted(StoredEvent):
    """The subscription at this address is read; what it says counts for these authorities and for no other.

    `token_id` names the token, and changes with it.
    """

    type: Literal["ImprovementSourceAdmitted.v1"] = "ImprovementSourceAdmitted.v1"
    source_id: str
    address: str
    subscription_id: str
    la_codes: tuple[str, ...]
    token_id: str


class ImprovementSourceRemoved(StoredEvent):
    """It is read no longer, and nothing that was read of it is shown."""

    type: Literal["ImprovementSourceRemoved.v1"] = "ImprovementSourceRemoved.v1"
    source_id: str


ImprovementSourceEvent = Annotated[ImprovementSourceAdmitted | ImprovementSourceRemoved, Field(discriminator="type")]
