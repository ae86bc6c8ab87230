"""What the organisation service is told from outside."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service is told."""
