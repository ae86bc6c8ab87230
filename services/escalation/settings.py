"""What the escalation service is told from outside."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`deadline_seconds`: how often the timer looks for missed deadlines."""

    deadline_seconds: float = Field(default=5.0, gt=0)
