"""What leaves for partner authorities: an allow-list of authority-level facts, each released by two people.

No child, no worker, no team; no text that was not scanned and released. Numbers are displays: "17", "0", "c" (hidden),
"x" (missing) or "z" (nothing to count), never raw counts. Codes are those of docs/language.md.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.published.envelope import Published

Quarter = Annotated[str, StringConstraints(pattern=r"^\d{4}-Q[1-4]$")]
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Display = Annotated[str, StringConstraints(pattern=r"^(\d+|[cxz])$")]
Summary = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Kind = Literal["GRADES", "THEME_TREND", "LEARNING", "PRACTICE_CHANGE", "IMPACT", "OFFER", "REQUEST"]


class Shown(BaseModel):
    """One cell of a distribution: a code such as GOOD and what is shown of its count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    display: Display


class Measure(BaseModel):
    """Released figures of one authority (or, for a region, rounded to the nearest 10) in one period.

    `pct_display` and `interval` (Wilson, 95 %) have one decimal place, and are None where numerator or denominator is
    hidden. `symbol` is the mark that stands for the whole measure when nothing of it is shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    numerator_display: Display
    denominator_display: Display
    pct_display: str | None = None
    interval: tuple[str, str] | None = None
    symbol: Literal["c", "x", "z"] | None = None
    distribution: tuple[Shown, ...] = ()


class ImprovementEventPublishedV1(Published):
    """Something one authority lets the others learn. `month` is set where the figures are a month's.

    `answers` names the request that an offer answers; `supersedes` the improvement event that this one replaces.
    """

    TYPE: ClassVar[str] = "goldenthread.improvement_event_published.v1"

    event_id: str
    la_code: str
    quarter: Quarter
    month: Month | None = None
    kind: Kind
    theme_code: str | None = None
    domain_code: str | None = None
    measure: Measure | None = None
    summary: Summary | None = None
    direction: Literal["UP", "DOWN", "SAME"] | None = None
    evidence_level: Literal["AUDITED", "REPORTED", "EVALUATED"] | None = None
    contact_role_mailbox: str | None = None
    answers: str | None = None
    supersedes: str | None = None


class ImprovementEventRetractedV1(Published):
    """The improvement event with this id no longer stands; whoever shows it shows a tombstone instead."""

    TYPE: ClassVar[str] = "goldenthread.improvement_event_retracted.v1"

    event_id: str
    la_code: str
    quarter: Quarter
    reason: Literal["WRONG", "DISCLOSIVE", "WITHDRAWN", "SUPERSEDED"]


class SupportRequestedV1(Published):
    """An authority asks the alliance for help with a theme; `event_id` is its released request."""

    TYPE: ClassVar[str] = "goldenthread.support_requested.v1"

    support_id: str
    la_code: str
    event_id: str
    theme_code: str


class SupportOfferedV1(Published):
    """Another authority offers help; `event_id` is its released offer, if it wrote one."""

    TYPE: ClassVar[str] = "goldenthread.support_offered.v1"

    support_id: str
    offering_la_code: str
    event_id: str | None = None


class SupportAcceptedV1(Published):
    """The asking authority accepts one offer."""

    TYPE: ClassVar[str] = "goldenthread.support_accepted.v1"

    support_id: str
    offering_la_code: str


class PeerChallengeHeldV1(Published):
    """The two authorities met, in this month, about these themes."""

    TYPE: ClassVar[str] = "goldenthread.peer_challenge_held.v1"

    support_id: str
    held_in: Month
    theme_codes: tuple[str, ...]


class ImpactReportedV1(Published):
    """What came of it; `event_id` is the released account of the impact, if there is one."""

    TYPE: ClassVar[str] = "goldenthread.impact_reported.v1"

    support_id: str
    result: Literal["IMPROVED", "NO_CHANGE", "TOO_EARLY"]
    event_id: str | None = None


class SubscriptionActivatedV1(Published):
    """This subscription began: its first number, at every door."""

    TYPE: ClassVar[str] = "goldenthread.subscription_activated.v1"


class SubscriptionTestedV1(Published):
    """The partner asked for a test of this subscription; it says nothing else."""

    TYPE: ClassVar[str] = "goldenthread.subscription_tested.v1"


Improvement = (
    ImprovementEventPublishedV1
    | ImprovementEventRetractedV1
    | SupportRequestedV1
    | SupportOfferedV1
    | SupportAcceptedV1
    | PeerChallengeHeldV1
    | ImpactReportedV1
)
IMPROVEMENT_TYPES: tuple[type[Published], ...] = get_args(Improvement)

PartnerPublished = Improvement | SubscriptionActivatedV1 | SubscriptionTestedV1
"""All that a partner may find in a subscription: what was released, and what is about the subscription itself."""
