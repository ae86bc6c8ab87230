"""What the reporting service is told from outside, beside what every service is told."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`council` stands on every page; `notice` is a sentence above them, such as that all data are made up."""

    council: str = "Council"
    notice: str = ""
