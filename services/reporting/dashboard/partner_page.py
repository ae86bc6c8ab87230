"""The pages of partners in words: what each state of a subscription means, and what became of deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.reporting.sharing.numbering import TYPES
from services.reporting.sharing.register import Known
from shared.calendar.clock import LONDON

PROTOCOLS: Mapping[str, str] = {
    "FEED": "HTTP feed: you fetch events",
    "HTTP": "Webhook: events are posted to your endpoint",
    "KAFKA": "Kafka: events are written to your topic",
}
_WAY: Mapping[str, str] = {
    "FEED": "Events wait at the feed until they are fetched.",
    "HTTP": "Each event is posted to the endpoint.",
    "KAFKA": "Each event is written to the topic.",
}
_OFF: Mapping[str, tuple[str, str]] = {
    "PAUSED": ("Paused", "Events go on being numbered, and are sent when it is resumed."),
    "GONE": ("Turned off: gone", "The endpoint answered 410, so nothing more is sent. Events go on being numbered."),
    "FAILING": ("Turned off: failing", "For five days no delivery came through. Events go on being numbered."),
    "CONSENT_REFUSED": ("Turned off: no consent", "The endpoint did not consent to deliveries. Let it, then revive."),
}
WAITING = ("Waiting for consent", "The endpoint is being asked whether it takes deliveries. Nothing is sent before.")
TYPE_NAMES: Mapping[str, str] = {
    one: one.removeprefix("goldenthread.").rpartition(".")[0].replace("_", " ").capitalize() for one in sorted(TYPES)
}
FIELDS: Mapping[str, str] = {"protocol": "Way", "types": "Types", "sink": "Address of your endpoint"}
"""What the fields of the form are called."""
DONE: Mapping[str, str] = {
    "subscribed": "Subscribed.",
    "tested": "A test was sent: an event that says nothing, with the next number.",
    "rotated": "There is a new key. The former one signs beside it for 24 hours.",
    "revived": "The endpoint consented. What waits is sent now.",
    "paused": "Paused.",
    "resumed": "Resumed. What waits is sent now.",
}
DELIVERED: Mapping[str, str] = {"waiting": "Waiting", "delivered": "Delivered", "lost": "Lost"}


def state_of(known: Known) -> tuple[str, str]:
    """The state in one or two words, and what it means."""
    one = known.state
    if one.status == "requested":
        return WAITING
    if one.status == "off":
        return _OFF[one.off or "PAUSED"]
    return "Active", _WAY[one.protocol]


def types_of(known: Known) -> str:
    return ", ".join(TYPE_NAMES.get(one, one) for one in known.state.types)


def deliveries(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The newest first, each with its attempts, the newest first."""
    return [
        {
            "number": one["number"],
            "event_id": one["event_id"],
            "state": DELIVERED[one["state"]],
            "due": time_of(one["due"]) if one["state"] == "waiting" and one["due"] else "",
            "attempts": [
                (time_of(tried["at"]), tried["outcome"], tried["reason"], tried["status"])
                for tried in reversed(one["attempts"])
            ],
        }
        for one in reversed(log)
    ]


def time_of(moment: datetime) -> str:
    there = moment.astimezone(LONDON)
    return f"{there.day} {there:%b %Y, %H:%M:%S}"
