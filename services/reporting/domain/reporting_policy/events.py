"""What happens to an authority's reporting policy."""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.reporting.domain.policy import ReportingLimits
from shared.deciding.events import StoredEvent


class ReportingPolicySet(StoredEvent):
    """All limits as they hold from `from_date` on, also those that did not change."""

    type: Literal["ReportingPolicySet.v1"] = "ReportingPolicySet.v1"
    authority: str
    policy_version: str
    from_date: date
    limits: ReportingLimits
    retroactive_reason: str | None = None


ReportingPolicyEvent = ReportingPolicySet
