"""What happens to an expected audit. There is no child in it yet: only where, of what type and by when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent
from shared.published.place import Place


class AuditExpected(StoredEvent):
    """One audit is expected in the window, both days included: the `number`th of `of` that are expected alike.

    `cadence` is QA_OFFICER, TEAM_MANAGER or PROGRAMME. `auditor_ref` is the person whose link with the team made it
    expected; anybody in the `auditor_role` may do it for them.
    """

    type: Literal["AuditExpected.v1"] = "AuditExpected.v1"
    expectation_id: str
    cadence: str
    audit_type: str
    place: Place
    window_first: date
    window_last: date
    number: int = 1
    of: int = 1
    auditor_role: str | None = None
    auditor_ref: str | None = None
    programme_id: str | None = None


class AuditExempted(StoredEvent):
    """`period` is the month in which the window ends. Never approved by whoever was to do the audit."""

    type: Literal["AuditExempted.v1"] = "AuditExempted.v1"
    expectation_id: str
    team_id: str | None
    period: str
    reason: str
    approved_by: str


class AuditExpectationMet(StoredEvent):
    """`met_on` is the audit's effective date: after the window it is late."""

    type: Literal["AuditExpectationMet.v1"] = "AuditExpectationMet.v1"
    expectation_id: str
    audit_id: str
    met_on: date


class AuditExpectationReopened(StoredEvent):
    """The audit that met it was withdrawn, for this reason: another is expected again."""

    type: Literal["AuditExpectationReopened.v1"] = "AuditExpectationReopened.v1"
    expectation_id: str
    audit_id: str
    reason: str


ExpectationEvent = Annotated[
    AuditExpected | AuditExempted | AuditExpectationMet | AuditExpectationReopened,
    Field(discriminator="type"),
]
