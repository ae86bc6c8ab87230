"""What happens to a partner and its subscriptions. Secrets are never here: only which key is in use."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent

Door = Literal["HTTP", "KAFKA", "FEED"]
OffReason = Literal["PAUSED", "GONE", "FAILING", "CONSENT_REFUSED"]


class PartnerAdded(StoredEvent):
    """`la_code` is the authority that it is, if it is one. Endpoints may only lie in `endpoint_domains`."""

    type: Literal["PartnerAdded.v1"] = "PartnerAdded.v1"
    name: str
    la_code: str | None = None
    endpoint_domains: tuple[str, ...] = ()


class PartnerRemoved(StoredEvent):
    """It is told nothing any more; its subscriptions end with it."""

    type: Literal["PartnerRemoved.v1"] = "PartnerRemoved.v1"


class SubscriptionRequested(StoredEvent):
    """It wants events of these types that pass all `filters`, through this door. A `sink` has to consent first."""

    type: Literal["SubscriptionRequested.v1"] = "SubscriptionRequested.v1"
    subscription_id: str
    protocol: Door
    types: tuple[str, ...]
    filters: tuple[dict[str, Any], ...] = ()
    sink: str | None = None


class SubscriptionChanged(StoredEvent):
    """From here on it wants these, with the numbers that follow. A `sink` that is another one has to consent first."""

    type: Literal["SubscriptionChanged.v1"] = "SubscriptionChanged.v1"
    subscription_id: str
    types: tuple[str, ...]
    filters: tuple[dict[str, Any], ...] = ()
    sink: str | None = None


class SubscriptionActivated(StoredEvent):
    """From the first time on each event that it wants gets the subscription's next number; now they are sent too."""

    type: Literal["SubscriptionActivated.v1"] = "SubscriptionActivated.v1"
    subscription_id: str


class SubscriptionTurnedOff(StoredEvent):
    """Nothing is sent until it is turned on again; events go on being numbered."""

    type: Literal["SubscriptionTurnedOff.v1"] = "SubscriptionTurnedOff.v1"
    subscription_id: str
    reason: OffReason


class SubscriptionTurnedOn(StoredEvent):
    """It is sent what came in the meantime, and then what comes."""

    type: Literal["SubscriptionTurnedOn.v1"] = "SubscriptionTurnedOn.v1"
    subscription_id: str


class SubscriptionKeyChanged(StoredEvent):
    """Deliveries are signed with this key; with the former one as well while they overlap."""

    type: Literal["SubscriptionKeyChanged.v1"] = "SubscriptionKeyChanged.v1"
    subscription_id: str
    key_id: str


class SubscriptionRemoved(StoredEvent):
    """The partner has done with it; its numbers are not used again."""

    type: Literal["SubscriptionRemoved.v1"] = "SubscriptionRemoved.v1"
    subscription_id: str


PartnerEvent = Annotated[
    PartnerAdded
    | PartnerRemoved
    | SubscriptionRequested
    | SubscriptionChanged
    | SubscriptionActivated
    | SubscriptionTurnedOff
    | SubscriptionTurnedOn
    | SubscriptionKeyChanged
    | SubscriptionRemoved,
    Field(discriminator="type"),
]
