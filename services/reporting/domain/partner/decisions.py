"""Adding partners, and what they may do with their subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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
from services.reporting.domain.partner.filters import check_filters
from services.reporting.domain.partner.state import Partner, Subscription
from shared.deciding.refusal import NotFound, Refused

MOST_SUBSCRIPTIONS = 20
"""Of one partner at a time: an endpoint or two, a topic and a feed are enough."""


@dataclass(frozen=True, slots=True)
class AddPartner:
    name: str
    la_code: str | None = None
    endpoint_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestSubscription:
    """Or to change one, which says everything anew. `known` are the types that there are."""

    subscription_id: str
    protocol: Door
    types: tuple[str, ...]
    known: frozenset[str]
    filters: tuple[Mapping[str, Any], ...] = ()
    sink: str | None = None


def add_partner(command: AddPartner, partner: Partner) -> list[PartnerEvent]:
    """Add it, give it another name or other domains, or have one back that was removed."""
    added = PartnerAdded(name=command.name, la_code=command.la_code, endpoint_domains=command.endpoint_domains)
    as_it_is = (partner.name, partner.la_code, partner.endpoint_domains, partner.removed)
    return [] if as_it_is == (added.name, added.la_code, added.endpoint_domains, False) else [added]


def remove_partner(partner: Partner) -> list[PartnerEvent]:
    if partner.name is None:
        raise NotFound
    return [] if partner.removed else [PartnerRemoved()]


def request_subscription(command: RequestSubscription, partner: Partner) -> list[PartnerEvent]:
    """A webhook waits for its endpoint's consent; the other doors are open at once."""
    _check_there(partner)
    if command.subscription_id in partner.subscriptions:
        return []
    if sum(one.status != "removed" for one in partner.subscriptions.values()) >= MOST_SUBSCRIPTIONS:
        raise Refused(f"a partner has at most {MOST_SUBSCRIPTIONS} subscriptions")
    _check_asked(command, partner)
    requested = SubscriptionRequested(
        subscription_id=command.subscription_id,
        protocol=command.protocol,
        types=tuple(dict.fromkeys(command.types)),
        filters=tuple(dict(one) for one in command.filters),
        sink=command.sink,
    )
    if command.protocol == "HTTP":
        return [requested]
    return [requested, SubscriptionActivated(subscription_id=command.subscription_id)]


def change_subscription(command: RequestSubscription, partner: Partner) -> list[PartnerEvent]:
    """Other types, filters or another sink. Its door and its numbers stay."""
    _check_there(partner)
    known = _known(partner, command.subscription_id)
    if command.protocol != known.protocol:
        raise Refused("a subscription keeps its door: make another one", field="protocol")
    _check_asked(command, partner)
    changed = SubscriptionChanged(
        subscription_id=command.subscription_id,
        types=tuple(dict.fromkeys(command.types)),
        filters=tuple(dict(one) for one in command.filters),
        sink=command.sink,
    )
    as_it_is = (known.types, [dict(one) for one in known.filters], known.sink)
    return [] if as_it_is == (changed.types, list(changed.filters), changed.sink) else [changed]


def activate_subscription(id_: str, sink: str | None, partner: Partner) -> list[PartnerEvent]:
    """The endpoint at this sink consented, the first time it was asked or later. Of a former sink it means nothing."""
    known = _known(partner, id_)
    if known.consented or known.sink != sink:
        return []
    return [SubscriptionActivated(subscription_id=id_)]


def turn_off_subscription(id_: str, reason: OffReason, partner: Partner, sink: str | None = None) -> list[PartnerEvent]:
    """By the partner (`PAUSED`), or for what the endpoint at this sink did, unless that is a former one."""
    known = _known(partner, id_)
    if reason != "PAUSED" and known.sink != sink:
        return []
    if known.status == "requested" and reason != "CONSENT_REFUSED":
        raise Refused("this subscription is not active yet")
    return [] if known.status == "off" else [SubscriptionTurnedOff(subscription_id=id_, reason=reason)]


def turn_on_subscription(id_: str, partner: Partner, *, consented: bool = False) -> list[PartnerEvent]:
    """What its partner paused is simply resumed; an endpoint that failed or refused has to consent again."""
    known = _known(partner, id_)
    if not known.consented:
        raise Refused("its endpoint has not consented yet")
    if known.protocol == "HTTP" and known.off not in (None, "PAUSED") and not consented:
        raise Refused("its endpoint has to consent again: revive it")
    return [] if known.status == "active" else [SubscriptionTurnedOn(subscription_id=id_)]


def change_subscription_key(id_: str, key_id: str, partner: Partner) -> list[PartnerEvent]:
    known = _known(partner, id_)
    if known.protocol != "HTTP":
        raise Refused("only webhooks are signed")
    return [] if key_id in known.keys else [SubscriptionKeyChanged(subscription_id=id_, key_id=key_id)]


def remove_subscription(id_: str, partner: Partner) -> list[PartnerEvent]:
    known = partner.subscriptions.get(id_)
    if known is None:
        raise NotFound
    return [] if known.status == "removed" else [SubscriptionRemoved(subscription_id=id_)]


def _check_asked(command: RequestSubscription, partner: Partner) -> None:
    if not command.types or not command.known.issuperset(command.types):
        raise Refused("a subscription names types of improvement events", field="types")
    check_filters(command.filters)
    _check_sink(command, partner)


def _check_there(partner: Partner) -> None:
    if partner.name is None or partner.removed:
        raise NotFound


def _known(partner: Partner, id_: str) -> Subscription:
    known = partner.subscriptions.get(id_)
    if known is None or known.status == "removed":
        raise NotFound
    return known


def _check_sink(command: RequestSubscription, partner: Partner) -> None:
    """Where it points is checked again, by address, whenever something is sent there."""
    if command.protocol != "HTTP":
        if command.sink is not None:
            raise Refused("only a webhook has a sink", field="sink")
        return
    host = (urlsplit(command.sink or "").hostname or "").lower()
    if not any(host == domain or host.endswith(f".{domain}") for domain in partner.endpoint_domains):
        raise Refused("the endpoint lies in none of the domains agreed with this partner", field="sink")
