"""A release: proposed, rejected, or published and perhaps retracted in part or whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from pydantic import TypeAdapter

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
from shared.deciding.decider import Decider

Status = Literal["none", "proposed", "rejected", "published"]


@dataclass(frozen=True, slots=True)
class PartnerRelease:
    """`published` are its improvement events by id; `retracted` the ids of those that no longer stand."""

    status: Status = "none"
    proposal: PartnerReleaseProposed | None = None
    figures: tuple[Figures, ...] = ()
    approved_by: str | None = None
    published: Mapping[str, ImprovementEventPublished] = field(default_factory=dict)
    retracted: frozenset[str] = frozenset()


def evolve(release: PartnerRelease, event: PartnerReleaseEvent) -> PartnerRelease:
    match event:
        case PartnerReleaseProposed():
            return replace(release, status="proposed", proposal=event)
        case PartnerReleaseChecked():
            return replace(release, figures=event.figures)
        case PartnerReleaseApproved():
            return replace(release, status="published", approved_by=event.approved_by)
        case PartnerReleaseRejected():
            return replace(release, status="rejected")
        case ImprovementEventPublished():
            return replace(release, published={**release.published, event.event_id: event})
        case ImprovementEventRetracted():
            return replace(release, retracted=release.retracted | {event.event_id})
        case _:
            assert_never(event)


DECIDER: Decider[PartnerRelease, PartnerReleaseEvent] = Decider(
    "partner_release", PartnerRelease(), evolve, TypeAdapter(PartnerReleaseEvent)
)
