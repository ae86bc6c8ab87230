"""A partner with its subscriptions, each requested, active, off or removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, assert_never

from pydantic import TypeAdapter

from services.reporting.domain.partner.events import (
    Door,
    OffReason,
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
from shared.deciding.decider import Decider

Status = Literal["requested", "active", "off", "removed"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`keys` are the ids of the keys it was given, the newest last; `consented` that it was active, at this `sink`."""

    protocol: Door
    types: tuple[str, ...]
    filters: tuple[Mapping[str, Any], ...] = ()
    sink: str | None = None
    status: Status = "requested"
    off: OffReason | None = None
    keys: tuple[str, ...] = ()
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Partner:
    """`name` is None for one that was never added."""

    name: str | None = None
    la_code: str | None = None
    endpoint_domains: tuple[str, ...] = ()
    removed: bool = False
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)

    def having(self, id_: str, **changes: Any) -> Partner:
        """With these changes to a subscription; without any to one that is not there."""
        if id_ not in self.subscriptions:
            return self
        changed = replace(self.subscriptions[id_], **changes)
        return replace(self, subscriptions={**self.subscriptions, id_: changed})


def evolve(partner: Partner, event: PartnerEvent) -> Partner:
    match event:
        case PartnerAdded():
            return Partner(event.name, event.la_code, event.endpoint_domains, False, partner.subscriptions)
        case PartnerRemoved():
            ended = {id_: replace(one, status="removed", off=None) for id_, one in partner.subscriptions.items()}
            return replace(partner, removed=True, subscriptions=ended)
        case SubscriptionRequested():
            new = Subscription(event.protocol, event.types, event.filters, event.sink)
            return replace(partner, subscriptions={**partner.subscriptions, event.subscription_id: new})
        case SubscriptionChanged():
            return _changed(partner, event)
        case SubscriptionActivated():
            return partner.having(event.subscription_id, status="active", off=None, consented=True)
        case SubscriptionTurnedOn():
            return partner.having(event.subscription_id, status="active", off=None)
        case SubscriptionTurnedOff():
            return partner.having(event.subscription_id, status="off", off=event.reason)
        case SubscriptionKeyChanged():
            known = partner.subscriptions.get(event.subscription_id)
            keys = (*known.keys, event.key_id) if known else ()
            return partner.having(event.subscription_id, keys=keys)
        case SubscriptionRemoved():
            return partner.having(event.subscription_id, status="removed", off=None)
        case _:
            assert_never(event)


def _changed(partner: Partner, event: SubscriptionChanged) -> Partner:
    known = partner.subscriptions.get(event.subscription_id)
    elsewhere = known is not None and known.sink != event.sink
    waits: dict[str, Any] = {"status": "requested", "off": None, "consented": False} if elsewhere else {}
    return partner.having(event.subscription_id, types=event.types, filters=event.filters, sink=event.sink, **waits)


DECIDER: Decider[Partner, PartnerEvent] = Decider("partner", Partner(), evolve, TypeAdapter(PartnerEvent))
