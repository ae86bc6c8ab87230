"""The handshake before the first delivery (CloudEvents' abuse protection): an endpoint is asked, and has to say yes.

Consent is in two headers of its answer and nowhere else. A status says nothing: much of the web answers 200 to OPTIONS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.reporting.outgoing.guard import Answer, NotReached, Outgoing
from shared.deciding.refusal import Refused

REQUEST_ORIGIN, REQUEST_RATE = "WebHook-Request-Origin", "WebHook-Request-Rate"
ALLOWED_ORIGIN, ALLOWED_RATE = "webhook-allowed-origin", "webhook-allowed-rate"
ASKED_RATE = 120  # requests a minute
FIELD = "sink"


@dataclass(frozen=True, slots=True)
class Consent:
    """`rate` is how many requests a minute the endpoint takes, never more than were asked for."""

    rate: int


async def ask_consent(outgoing: Outgoing, url: str, domains: Sequence[str], origin: str) -> Consent:
    """Ask the endpoint whether `origin`, our own host name, may send there. Raises Refused naming the field."""
    headers = {REQUEST_ORIGIN: origin, REQUEST_RATE: str(ASKED_RATE)}
    try:
        answer = await outgoing.ask("OPTIONS", url, domains, headers)
    except NotReached as failed:
        raise Refused("the address did not answer when it was asked for its consent", field=FIELD) from failed
    return consent_in(answer, origin)


def consent_in(answer: Answer, origin: str) -> Consent:
    """Raises Refused when the answer gives none."""
    given = {name.lower(): value.strip() for name, value in answer.headers.items()}
    if given.get(ALLOWED_ORIGIN, "").lower() not in ("*", origin.lower()):
        raise Refused("the address did not allow us in WebHook-Allowed-Origin", field=FIELD)
    rate = given.get(ALLOWED_RATE, "")
    if rate == "*":
        return Consent(ASKED_RATE)
    if not re.fullmatch(r"[0-9]{1,9}", rate) or int(rate) < 1:
        raise Refused("the address did not say in WebHook-Allowed-Rate how much it takes", field=FIELD)
    return Consent(min(int(rate), ASKED_RATE))
