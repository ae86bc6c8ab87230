"""An endpoint is asked before anything is sent to it, and only its own two headers say yes."""

from __future__ import annotations

import pytest

from services.reporting.outgoing.guard import Answer, Outgoing, Rules
from services.reporting.sharing.webhooks.consent import ASKED_RATE, Consent, ask_consent, consent_in
from shared.deciding.refusal import Refused
from tests.webhooks.receiver import Receiver

ORIGIN = "quality.council.example"


async def test_the_question_names_us_and_what_we_would_like_to_send() -> None:
    async with Receiver() as partner:
        outgoing = Outgoing(Rules(loopback=frozenset({partner.authority}), environment="test"))
        assert await ask_consent(outgoing, f"http://{partner.authority}/hook", (), ORIGIN) == Consent(ASKED_RATE)
        (asked,) = partner.asked
        assert (asked.method, asked.target, asked.body) == ("OPTIONS", "/hook", b"")
        assert asked.headers["webhook-request-origin"] == ORIGIN
        assert asked.headers["webhook-request-rate"] == "120"
        assert partner.got == []


@pytest.mark.parametrize("status", [200, 204, 404, 500])
@pytest.mark.parametrize(
    ("origin", "rate", "allowed"), [("*", "*", 120), (ORIGIN, "60", 60), (ORIGIN.upper(), "100000", 120), ("*", "1", 1)]
)
def test_the_headers_are_consent_whatever_the_status(status: int, origin: str, rate: str, allowed: int) -> None:
    headers = {"WebHook-Allowed-Origin": origin, "WEBHOOK-ALLOWED-RATE": f" {rate} "}
    assert consent_in(Answer(status, headers, b""), ORIGIN) == Consent(allowed)


@pytest.mark.parametrize(
    ("headers", "at_fault"),
    [
        ({}, "Origin"),
        ({"WebHook-Allowed-Rate": "*"}, "Origin"),
        ({"WebHook-Allowed-Origin": "other.example", "WebHook-Allowed-Rate": "*"}, "Origin"),
        ({"WebHook-Allowed-Origin": f"{ORIGIN}.evil.example", "WebHook-Allowed-Rate": "*"}, "Origin"),
        ({"WebHook-Allowed-Origin": "*"}, "Rate"),
        *(
            ({"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": rate}, "Rate")
            for rate in ("", "0", "-1", "1.5", "²")
        ),
    ],
)
def test_a_status_alone_or_half_an_answer_is_none(headers: dict[str, str], at_fault: str) -> None:
    with pytest.raises(Refused, match=f"WebHook-Allowed-{at_fault}") as refused:
        consent_in(Answer(200, headers, b"consent: yes"), ORIGIN)
    assert refused.value.field == "sink"


async def test_who_does_not_answer_does_not_consent() -> None:
    async with Receiver() as partner:
        outgoing = Outgoing(Rules(loopback=frozenset({partner.authority}), environment="test"))
    with pytest.raises(Refused, match="did not answer") as refused:
        await ask_consent(outgoing, f"http://{partner.authority}/", (), ORIGIN)
    assert refused.value.field == "sink"
