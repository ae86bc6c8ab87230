"""What reporting tells the world: improvement events, each an allow-list of what two people released."""

from __future__ import annotations

from typing import Any, assert_never

from services.reporting.disclosure.grades import good_or_better
from services.reporting.domain import periods
from services.reporting.domain.disclosure_ledger import state as disclosure_ledger
from services.reporting.domain.disclosure_ledger.events import (
    DisclosureLedgerEvent,
    FiguresReleased,
    RegionalFiguresReleased,
)
from services.reporting.domain.improvement_source import state as improvement_source
from services.reporting.domain.improvement_source.events import (
    ImprovementSourceAdmitted,
    ImprovementSourceEvent,
    ImprovementSourceRemoved,
)
from services.reporting.domain.partner import state as partner
from services.reporting.domain.partner.events import (
    PartnerAdded,
    PartnerEvent,
    PartnerRemoved,
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionKeyChanged,
    SubscriptionRemoved,
    SubscriptionRequested,
    SubscriptionTurnedOff,
    SubscriptionTurnedOn,
)
from services.reporting.domain.partner_release import state as partner_release
from services.reporting.domain.partner_release.events import (
    Figures,
    ImprovementEventPublished,
    ImprovementEventRetracted,
    PartnerReleaseApproved,
    PartnerReleaseChecked,
    PartnerReleaseEvent,
    PartnerReleaseProposed,
    PartnerReleaseRejected,
)
from services.reporting.domain.reporting_period import state as reporting_period
from services.reporting.domain.reporting_period.events import (
    PeriodClosed,
    ReportingPeriodEvent,
    ReportPublished,
    ReportRestated,
)
from services.reporting.domain.reporting_policy import state as reporting_policy
from services.reporting.domain.reporting_policy.events import ReportingPolicyEvent, ReportingPolicySet
from services.reporting.domain.support import state as support
from services.reporting.domain.support.events import (
    ImpactReported,
    PeerChallengeHeld,
    SupportAccepted,
    SupportEvent,
    SupportOffered,
    SupportRequested,
)
from shared.deciding.decider import Decider
from shared.event_store.handling import Recorded
from shared.published.envelope import Published
from shared.published.improvement import (
    ImpactReportedV1,
    ImprovementEventPublishedV1,
    ImprovementEventRetractedV1,
    Measure,
    PeerChallengeHeldV1,
    Shown,
    SupportAcceptedV1,
    SupportOfferedV1,
    SupportRequestedV1,
)

DECIDERS: dict[str, Decider[Any, Any]] = {
    disclosure_ledger.DECIDER.category: disclosure_ledger.DECIDER,
    partner.DECIDER.category: partner.DECIDER,
    partner_release.DECIDER.category: partner_release.DECIDER,
    reporting_period.DECIDER.category: reporting_period.DECIDER,
    reporting_policy.DECIDER.category: reporting_policy.DECIDER,
    improvement_source.DECIDER.category: improvement_source.DECIDER,
    support.DECIDER.category: support.DECIDER,
}

Inner = (
    DisclosureLedgerEvent
    | ImprovementSourceEvent
    | PartnerEvent
    | PartnerReleaseEvent
    | ReportingPeriodEvent
    | ReportingPolicyEvent
    | SupportEvent
)


def tell(recorded: Recorded[Inner]) -> Published | None:
    """The improvement event, or None for everything that is nobody else's business."""
    event = recorded.event
    match event:
        case ImprovementEventPublished():
            return improvement_event(event)
        case ImprovementEventRetracted():
            return ImprovementEventRetractedV1(
                event_id=event.event_id, la_code=event.la_code, quarter=event.quarter, reason=event.reason
            )
        case RegionalFiguresReleased():
            return _region(event)
        case SupportRequested() | SupportOffered() | SupportAccepted() | PeerChallengeHeld() | ImpactReported():
            return _support(event)
        case PartnerReleaseProposed() | PartnerReleaseChecked() | PartnerReleaseApproved() | PartnerReleaseRejected():
            return None  # on its way: nothing has left
        case FiguresReleased():
            return None  # with true counts in it: what may be told of them is an improvement event
        case PeriodClosed() | ReportPublished() | ReportRestated() | ReportingPolicySet():
            return None  # reports are read, and verified, where they are kept
        case (
            PartnerAdded()
            | PartnerRemoved()
            | SubscriptionRequested()
            | SubscriptionChanged()
            | SubscriptionActivated()
            | SubscriptionTurnedOff()
            | SubscriptionTurnedOn()
            | SubscriptionKeyChanged()
            | SubscriptionRemoved()
            | ImprovementSourceAdmitted()
            | ImprovementSourceRemoved()
        ):
            return None  # who reads us, and whom we read
        case _:
            assert_never(event)


def improvement_event(event: ImprovementEventPublished) -> ImprovementEventPublishedV1:
    """Exactly what leaves."""
    words = event.words
    return ImprovementEventPublishedV1(
        event_id=event.event_id,
        la_code=event.la_code,
        quarter=event.quarter,
        month=event.month,
        kind=event.kind,
        theme_code=words.theme_code,
        domain_code=words.domain_code,
        measure=_measure(event.figures) if event.figures is not None else None,
        summary=words.summary,
        direction=words.direction,
        evidence_level=words.evidence_level,
        contact_role_mailbox=words.contact_role_mailbox,
        answers=words.answers,
        supersedes=event.supersedes,
    )


def _region(event: RegionalFiguresReleased) -> ImprovementEventPublishedV1 | None:
    """The region in the place of an authority, its sums rounded. Percentages of rounded numbers would be wrong ones."""
    table = next((one for one in event.tables if one.domain is None and one.outcome != "FORMER_STANDS"), None)
    if table is None:
        return None
    span = periods.named(event.period)
    share = good_or_better(table.cells, table.total)
    first, _, number = event.release_id.rpartition(".")
    return ImprovementEventPublishedV1(
        event_id=event.release_id,
        la_code=event.region,
        quarter=periods.quarter(span.months[0]),
        month=span.key if span.kind == "month" else None,
        kind="GRADES",
        evidence_level="AUDITED",
        supersedes=f"{first}.{int(number) - 1}" if number.isdigit() and int(number) > 1 else None,
        measure=Measure(
            code="REGION",
            numerator_display=share.numerator,
            denominator_display=share.denominator,
            symbol="c" if table.outcome == "WITHHELD" else "z" if share.denominator == "z" else None,
            distribution=tuple(Shown(code=cell.code, display=cell.display) for cell in table.cells),
        ),
    )


def _support(event: SupportEvent) -> Published:
    told = event.model_dump(exclude={"type"})
    match event:
        case SupportRequested():
            return SupportRequestedV1.model_validate(told)
        case SupportOffered():
            return SupportOfferedV1.model_validate(told)
        case SupportAccepted():
            return SupportAcceptedV1.model_validate(told)
        case PeerChallengeHeld():
            return PeerChallengeHeldV1.model_validate(told)
        case ImpactReported():
            return ImpactReportedV1.model_validate(told)
        case _:
            assert_never(event)


def _measure(figures: Figures) -> Measure:
    return Measure(
        code="GOOD_OR_BETTER",
        numerator_display=figures.numerator,
        denominator_display=figures.denominator,
        pct_display=figures.percent,
        interval=figures.interval,
        symbol="c" if figures.withheld else "z" if figures.denominator == "z" else None,
        distribution=tuple(Shown(code=cell.code, display=cell.display) for cell in figures.cells),
    )
