"""What the audit service is told from outside."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`source` is the CloudEvents source of what this service publishes."""

    source: str = "urn:goldenthread:audit"
