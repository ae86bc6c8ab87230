"""What the reporting service is told from outside, beside what every service is told."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`council` stands on every page; `notice` is a sentence above them, such as that all data are made up.

    Every `closing_seconds` it looks whether a month or quarter has to be closed.
    """

    council: str = "Council"
    notice: str = ""
    closing_seconds: float = Field(default=60.0, gt=0)
