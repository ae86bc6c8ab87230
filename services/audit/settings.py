"""What the audit service is told from outside."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`round_seconds`: how often the register follows the log, and reactions and timers look at it.

    The keyring's database is `<mongo_prefix>_keys`.
    """

    round_seconds: float = Field(default=1.0, gt=0)
