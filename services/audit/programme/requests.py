"""What clients send about policies, programmes, expectations and caseloads."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.audit.domain.policy import AuditLimits
from services.audit.requests import Code
from shared.web.desk import CommandBody


class SetAuditPolicyBody(CommandBody):
    """The limits that change; those not given stay as they are on `from_date`.

    `retroactive_reason` says why a change reaches into the past, and is only given when it does.
    """

    policy_version: Code
    from_date: date
    limits: AuditLimits = Field(default_factory=AuditLimits)
    retroactive_reason: Code | None = None
