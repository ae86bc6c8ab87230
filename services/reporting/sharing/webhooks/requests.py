"""What is sent about webhooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from services.reporting.sharing.webhooks.signing import Algorithm
from shared.web.desk import CommandBody

Number = Annotated[int, Field(ge=1, lt=10**18)]


class RotateBody(CommandBody):
    """With `ed25519` the partner is given our public key; with `hmac` a secret, shown this once."""

    algorithm: Algorithm = "ed25519"


class ReplayBody(CommandBody):
    """The numbers of the first and the last event to send again."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Number = Field(alias="from")
    to: Number


class ReviveBody(CommandBody):
    """Nothing: what is asked stands in the address."""
