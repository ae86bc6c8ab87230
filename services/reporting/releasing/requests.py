"""What is sent to propose a release, to reject one, and to retract an improvement event."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.reporting.domain.partner_release.events import (
    Direction,
    Evidence,
    Kind,
    RejectionReason,
    RetractionReason,
    Words,
)
from services.reporting.reports.requests import PERIOD
from shared.web.desk import CommandBody

Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,59}$")]
Reference = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class ProposeBody(CommandBody):
    """`period` is a month or quarter for GRADES, the quarter that it is about for anything else."""

    kind: Kind
    la_code: Annotated[str, Field(min_length=1, max_length=64)]
    period: Annotated[str, Field(pattern=PERIOD)]
    theme_code: Code | None = None
    domain_code: Code | None = None
    summary: Annotated[str, Field(min_length=1, max_length=600)] | None = None
    direction: Direction | None = None
    evidence_level: Evidence | None = None
    contact_role_mailbox: Annotated[str, Field(max_length=200)] | None = None
    learning_point_id: Reference | None = None
    answers: Reference | None = None
    supersedes: Reference | None = None

    @property
    def words(self) -> Words:
        return Words.model_validate(self.model_dump(include=set(Words.model_fields)))


class NothingBody(CommandBody):
    """Nothing: what is asked stands in the address."""


class RejectBody(CommandBody):
    reason: RejectionReason


class RetractBody(CommandBody):
    event_id: Reference
    reason: RetractionReason
