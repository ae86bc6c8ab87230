"""What the escalation service is told from outside."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`deadline_seconds`: how often the list of open alerts follows the log and the timer looks at deadlines."""

    deadline_seconds: float = Field(default=1.0, gt=0)
