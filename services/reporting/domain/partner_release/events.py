"""What happens to a release on its way to partners. Its words were scanned before they were kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import Part, StoredEvent

Kind = Literal["GRADES", "THEME_TREND", "LEARNING", "PRACTICE_CHANGE", "IMPACT", "OFFER", "REQUEST"]
Direction = Literal["UP", "DOWN", "SAME"]
Evidence = Literal["AUDITED", "REPORTED", "EVALUATED"]
RetractionReason = Literal["WRONG", "DISCLOSIVE", "WITHDRAWN", "SUPERSEDED"]
RejectionReason = Literal["NOT_SAFE", "NOT_RIGHT", "NOT_USEFUL", "WITHDRAWN"]


class Words(Part):
    """What a person wants to share: codes, and a summary without anybody in it."""

    theme_code: str | None = None
    domain_code: str | None = None
    summary: str | None = None
    direction: Direction | None = None
    evidence_level: Evidence | None = None
    contact_role_mailbox: str | None = None
    learning_point_id: str | None = None
    answers: str | None = None
    supersedes: str | None = None


class Cell(Part):
    """A grade and what is shown of its count."""

    code: str
    display: str


class Figures(Part):
    """What is shown of one table: overall (`domain` None) or of one domain; nothing of it where it is withheld."""

    domain: str | None
    cells: tuple[Cell, ...]
    numerator: str
    denominator: str
    percent: str | None = None
    interval: tuple[str, str] | None = None
    withheld: bool = False


class PartnerReleaseProposed(StoredEvent):
    """`period` is a month or quarter; for anything but figures the quarter that it is about."""

    type: Literal["PartnerReleaseProposed.v1"] = "PartnerReleaseProposed.v1"
    kind: Kind
    la_code: str
    period: str
    words: Words
    proposed_by: str


class PartnerReleaseChecked(StoredEvent):
    """The words name nobody, and this is what may be shown of the figures beside everything released before."""

    type: Literal["PartnerReleaseChecked.v1"] = "PartnerReleaseChecked.v1"
    figures: tuple[Figures, ...] = ()


class PartnerReleaseApproved(StoredEvent):
    """By somebody else than who proposed it."""

    type: Literal["PartnerReleaseApproved.v1"] = "PartnerReleaseApproved.v1"
    approved_by: str


class PartnerReleaseRejected(StoredEvent):
    """It is not published; what it said stays here."""

    type: Literal["PartnerReleaseRejected.v1"] = "PartnerReleaseRejected.v1"
    rejected_by: str
    reason: RejectionReason


class ImprovementEventPublished(StoredEvent):
    """One improvement event leaves: exactly this and nothing else."""

    type: Literal["ImprovementEventPublished.v1"] = "ImprovementEventPublished.v1"
    event_id: str
    kind: Kind
    la_code: str
    quarter: str
    month: str | None = None
    words: Words
    figures: Figures | None = None
    supersedes: str | None = None


class ImprovementEventRetracted(StoredEvent):
    """It no longer stands. Whoever shows it shows that it was retracted."""

    type: Literal["ImprovementEventRetracted.v1"] = "ImprovementEventRetracted.v1"
    event_id: str
    la_code: str
    quarter: str
    reason: RetractionReason
    retracted_by: str


PartnerReleaseEvent = Annotated[
    PartnerReleaseProposed
    | PartnerReleaseChecked
    | PartnerReleaseApproved
    | PartnerReleaseRejected
    | ImprovementEventPublished
    | ImprovementEventRetracted,
    Field(discriminator="type"),
]
