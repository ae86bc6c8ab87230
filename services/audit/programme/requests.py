"""What clients send about policies, programmes, expectations and caseloads."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.domain.policy import AuditLimits
from services.audit.requests import Code, Period, Ref
from shared.deciding.events import Part
from shared.web.desk import CommandBody


class SetAuditPolicyBody(CommandBody):
    """The limits that change; those not given stay as they are on `from_date`.

    `retroactive_reason` says why a change reaches into the past, and is only given when it does.
    """

    policy_version: Code
    from_date: date
    limits: AuditLimits = Field(default_factory=AuditLimits)
    retroactive_reason: Code | None = None


class ProgrammeRow(Part):
    """Names a team or a service area, or neither for the whole authority. `last` is left out while there is no end."""

    audit_type: Code
    period_unit: Code
    expected_n: int
    team_id: Ref | None = None
    service_area_id: Ref | None = None
    first: date
    last: date | None = None


class SetProgrammeBody(CommandBody):
    rows: Annotated[tuple[ProgrammeRow, ...], Field(min_length=1, max_length=200)]


class SetRegularProgrammeBody(CommandBody):
    """The strategy's regular audits, for the whole authority, from this day on."""

    first: date
    period_unit: Code = "MONTH"


class OpenMonthBody(CommandBody):
    """Expect what the windows of an authority expect that hold this month; a month that is over may be opened late."""

    la_code: Code
    month: Period


class ExemptBody(CommandBody):
    """Approved by whoever sends it."""

    reason: Code


class ReportCaseloadBody(CommandBody):
    """How many cases of each plan type are open in a team on a day. Plan types that are not named have none."""

    team_id: Ref
    as_at: date
    open_cases: Annotated[dict[Code, Annotated[int, Field(ge=0)]], Field(max_length=40)]


class CaseloadTold(Part):
    """The data of `goldenthread.intake.caseload_reported.v1`, as the team's case system counts on the day `as_at`."""

    team_id: Ref
    as_at: date
    open_cases: Annotated[dict[Code, Annotated[int, Field(ge=0)]], Field(max_length=40)]
