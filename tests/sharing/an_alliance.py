"""An installation that shares: approved releases, partners, and a clock that only moves when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.partner.events import (
    PartnerAdded,
    SubscriptionActivated,
    SubscriptionRemoved,
    SubscriptionRequested,
    SubscriptionTurnedOff,
)
from services.reporting.domain.partner.state import DECIDER as PARTNER
from services.reporting.domain.partner_release.events import (
    ImprovementEventPublished,
    ImprovementEventRetracted,
    PartnerReleaseApproved,
    Words,
)
from services.reporting.domain.partner_release.state import DECIDER as RELEASE
from services.reporting.publishing import DECIDERS, tell
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.numbering import Numbering
from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.event_store.handling import handle
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Actor
from shared.event_store.unattended import unattended
from shared.published.improvement import ImprovementEventPublishedV1, ImprovementEventRetractedV1

PUBLISHED, RETRACTED = ImprovementEventPublishedV1.TYPE, ImprovementEventRetractedV1.TYPE
SOMEBODY = Actor(staff_ref="somebody", role="HEAD_OF_SAFEGUARDING_QA")


@dataclass
class Alliance:
    database: AsyncDatabase[Any]
    at: datetime = datetime(2026, 7, 10, 9, 0, tzinfo=UTC)
    asked: int = 0
    store: InMemoryEventStore = field(init=False)
    numbering: Numbering = field(init=False)

    def __post_init__(self) -> None:
        self.store = InMemoryEventStore(8, self.clock)
        self.numbering = self.a_follower()

    def clock(self) -> datetime:
        return self.at

    def later(self, **by: float) -> None:
        self.at += timedelta(**by)

    def a_follower(self) -> Numbering:
        """What another process of the installation does."""
        return Numbering(self.store, self.database, DECIDERS, tell, "urn:goldenthread:reporting", "https://qa.example")

    @property
    def events(self) -> NumberedEvents:
        return self.numbering.events

    async def happens(self, decider: Decider[Any, Any], id_: str, *events: StoredEvent) -> None:
        self.asked += 1
        asked = unattended(f"asked-{self.asked}", SOMEBODY, "901", self.at, self.at.date())
        await handle(self.store, decider, decider.stream(id_), lambda _: events, asked)

    async def add(self, partner: str = "elm", **known: Any) -> None:
        await self.happens(PARTNER, partner, PartnerAdded(name=partner.title(), **known))

    async def subscribes(
        self,
        subscription: str = "s1",
        partner: str = "elm",
        types: tuple[str, ...] = (PUBLISHED, RETRACTED),
        filters: tuple[dict[str, Any], ...] = (),
        protocol: Any = "FEED",
    ) -> None:
        requested = SubscriptionRequested(subscription_id=subscription, protocol=protocol, types=types, filters=filters)
        await self.happens(PARTNER, partner, requested, SubscriptionActivated(subscription_id=subscription))

    async def unsubscribes(self, subscription: str = "s1", partner: str = "elm") -> None:
        await self.happens(PARTNER, partner, SubscriptionRemoved(subscription_id=subscription))

    async def pauses(self, subscription: str = "s1", partner: str = "elm") -> None:
        await self.happens(PARTNER, partner, SubscriptionTurnedOff(subscription_id=subscription, reason="PAUSED"))

    async def releases(self, *event_ids: str, release: str | None = None, la_code: str = "901", **more: Any) -> None:
        """Approved, and published in one commit."""
        published = [
            ImprovementEventPublished(
                event_id=id_,
                kind="LEARNING",
                la_code=la_code,
                quarter="2026-Q1",
                words=Words(theme_code="NEGLECT", summary="Fathers are asked."),
                **more,
            )
            for id_ in event_ids
        ]
        approved = PartnerReleaseApproved(approved_by="head-2")
        await self.happens(RELEASE, release or event_ids[0], approved, *published)

    async def retracts(self, event_id: str, release: str | None = None) -> None:
        gone = ImprovementEventRetracted(
            event_id=event_id, la_code="901", quarter="2026-Q1", reason="WRONG", retracted_by="head"
        )
        await self.happens(RELEASE, release or event_id, gone)

    async def received(self, subscription: str = "s1", after: int = 0) -> list[dict[str, Any]]:
        return [orjson.loads(one.body) for one in await self.events.after(subscription, after, 10_000)]

    async def told(self, subscription: str = "s1") -> list[str]:
        """The improvement events in the order of their numbers, without what is about the subscription itself."""
        return [one["data"]["event_id"] for one in await self.received(subscription) if one["data"]]
