"""What the reporting service is told from outside, beside what every service is told."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`council` stands on every page; `notice` is a sentence above them, such as that all data are made up.

    Every `closing_seconds` it looks whether a month or quarter has to be closed, every `sharing_seconds` what is new
    for partners, whose feeds keep `feed_days`, and every `reading_seconds` what is new in the feeds of others. Every
    `webhook_seconds` it looks which webhooks are due. Webhooks go to, and feeds are read from, https addresses on
    `webhook_ports`, and in tests and the demo each `host:port` in `webhook_loopback` on this machine; feeds only
    within `reading_domains`.
    """

    council: str = "Council"
    notice: str = ""
    closing_seconds: float = Field(default=60.0, gt=0)
    sharing_seconds: float = Field(default=1.0, gt=0)
    feed_days: int = Field(default=400, ge=1)
    reading_seconds: float = Field(default=60.0, gt=0)
    reading_domains: tuple[str, ...] = ("gov.uk",)
    webhook_seconds: float = Field(default=2.0, gt=0)
    webhook_ports: tuple[int, ...] = (443,)
    webhook_loopback: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _no_webhooks_to_this_machine_in_production(self) -> Self:
        if self.in_production and self.webhook_loopback:
            raise ValueError("production never sends webhooks to itself: GOLDENTHREAD_WEBHOOK_LOOPBACK is for tests")
        return self
