"""A partner authority, and what it subscribes to."""

from __future__ import annotations

from services.reporting.domain.partner.decisions import AddPartner, RequestSubscription
from services.reporting.domain.partner.events import PartnerAdded, SubscriptionActivated, SubscriptionRequested

TYPES = frozenset({"goldenthread.improvement_event_published.v1", "goldenthread.improvement_event_retracted.v1"})
PUBLISHED = "goldenthread.improvement_event_published.v1"

add_elm = AddPartner("Elmbridge", "904", ("elm.example",))
elm_added = PartnerAdded(name="Elmbridge", la_code="904", endpoint_domains=("elm.example",))

ask_feed = RequestSubscription("feed", "FEED", (PUBLISHED,), TYPES)
feed_requested = SubscriptionRequested(subscription_id="feed", protocol="FEED", types=(PUBLISHED,))
feed_activated = SubscriptionActivated(subscription_id="feed")
feed = (elm_added, feed_requested, feed_activated)

SINK = "https://hooks.elm.example/improvement"
ask_webhook = RequestSubscription("hook", "HTTP", (PUBLISHED,), TYPES, sink=SINK)
hook_requested = SubscriptionRequested(subscription_id="hook", protocol="HTTP", types=(PUBLISHED,), sink=SINK)
hook_activated = SubscriptionActivated(subscription_id="hook")
