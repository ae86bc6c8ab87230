"""What is sent to close a period, to restate it, and to set the reporting policy."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.reporting.domain.policy import ReportingLimits
from shared.web.desk import CommandBody

Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class CloseBody(BaseModel):
    """Nothing: a period is closed today, as things are known now."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RestateBody(BaseModel):
    """`pending` is the hash of the differences that were looked at: others are then refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pending: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class SetReportingPolicyBody(CommandBody):
    """The limits that change; those not given stay as they are on `from_date`.

    `retroactive_reason` says why a change reaches into the past, and is only given when it does.
    """

    policy_version: Code
    from_date: date
    limits: ReportingLimits = Field(default_factory=ReportingLimits)
    retroactive_reason: Code | None = None
