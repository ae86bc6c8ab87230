"""What happens to an authority's audit policy."""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.audit.domain.policy import AuditLimits
from shared.deciding.events import StoredEvent
from shared.published.place import Place


class AuditPolicySet(StoredEvent):
    """All limits as they hold from `from_date` on, also those that did not change."""

    type: Literal["AuditPolicySet.v1"] = "AuditPolicySet.v1"
    place: Place
    policy_version: str
    from_date: date
    limits: AuditLimits
    retroactive_reason: str | None = None


AuditPolicyEvent = AuditPolicySet
