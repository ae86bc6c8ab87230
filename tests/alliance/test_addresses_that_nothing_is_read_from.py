"""Whatever an administrator enters, no feed is read but on the public internet and in a domain that was agreed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import httpx2
import orjson
import pytest

from services.reporting.alliance.fetching import FIELD, LARGEST, LIMIT, NotRead, OverHttp
from services.reporting.domain.improvement_source.events import ImprovementSourceAdmitted
from services.reporting.outgoing.guard import Outgoing, Rules
from shared.deciding.refusal import Refused
from tests import http
from tests.alliance.an_alliance import Installation
from tests.webhooks.certificates import Authority
from tests.webhooks.hostile_urls import DOMAIN, FORBIDDEN, INSIDE
from tests.webhooks.receiver import HANG_UP, SILENCE, Receiver, Say

HOST = f"thread.{DOMAIN}"
PUBLIC = "93.184.215.14"
PATH = "/v1/subscriptions/s-1/events"
EMPTY = Say(200, {}, b'{"items": []}')


class Names:
    """A resolver that answers these, in turn, and counts how often it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = itertools.cycle(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return next(self._answers)


def reader(*loopback: str, names: Names | None = None, seconds: float = 15.0) -> OverHttp:
    """One that may read in one domain, and on this machine what is named."""
    rules = Rules(loopback=frozenset(loopback), environment="test", field=FIELD)
    more = {"resolve": names} if names else {}
    return OverHttp(Outgoing(rules, seconds=seconds, largest=LARGEST, **more), (DOMAIN,))


def source(address: str) -> ImprovementSourceAdmitted:
    said = {"source_id": "thread", "subscription_id": "s-1", "la_codes": ("902",), "token_id": "t"}
    return ImprovementSourceAdmitted.model_construct(**said, address=address)


async def trouble(reading: OverHttp, address: str) -> str:
    with pytest.raises(NotRead) as failed:
        await reading.page(source(address), "secret", 0)
    return failed.value.trouble


async def test_a_forbidden_address_is_neither_taken_nor_read_and_nothing_is_asked_or_connected_to():
    names = Names(["127.0.0.1"])
    reading = reader(names=names)
    async with Receiver() as four, Receiver(host="::1") as six:
        for url in (*FORBIDDEN, f"https://127.0.0.1:{four.port}", f"https://[::1]:{six.port}"):
            with pytest.raises(Refused) as refused:
                await reading.check(url)
            assert refused.value.field == "address", url
            assert await trouble(reading, url) == "FORBIDDEN", url
        assert (four.connections, six.connections, names.asked) == (0, 0, 0)


@pytest.mark.parametrize("inside", [text for text in INSIDE if text != "localhost"], ids=str)
async def test_a_name_that_leads_inside_is_neither_taken_nor_read(inside: str):
    for answers in ([inside], [PUBLIC, inside], [inside, PUBLIC]):
        reading = reader(names=Names(answers))
        with pytest.raises(Refused, match="public internet"):
            await reading.check(f"https://{HOST}")
        assert await trouble(reading, f"https://{HOST}") == "FORBIDDEN"


async def test_a_name_that_was_public_when_it_was_entered_is_not_read_when_it_leads_inside_later():
    async with Receiver([EMPTY]) as inside:
        reading = reader(names=Names([PUBLIC], ["127.0.0.1"]))
        await reading.check(f"https://{HOST}")
        assert await trouble(reading, f"https://{HOST}") == "FORBIDDEN"
        assert inside.connections == 0


async def test_the_connection_is_to_the_address_that_was_checked_and_the_certificate_is_the_names(
    certificates: Authority,
):
    async with Receiver([EMPTY], tls=certificates.serving(HOST)) as there:
        named = f"{HOST}:{there.port}"
        names = Names(["127.0.0.1"], ["10.0.0.5"])
        rules = Rules(loopback=frozenset({named}), environment="test", field=FIELD)
        reading = OverHttp(Outgoing(rules, names, certificates.trusted), (DOMAIN,))
        assert await reading.page(source(f"https://{named}"), "secret", 7) == []
        assert await trouble(reading, f"https://{named}") == "FORBIDDEN"
    (got,) = there.got
    assert (got.sni, got.target) == (HOST, f"{PATH}?after=7&limit={LIMIT}")
    assert (got.headers["host"], got.headers["authorization"]) == (named, "Bearer secret")
    assert names.asked == 2


async def test_a_certificate_of_another_name_is_shown_no_token(certificates: Authority):
    async with Receiver([EMPTY], tls=certificates.serving("other.example")) as there:
        named = f"{HOST}:{there.port}"
        rules = Rules(loopback=frozenset({named}), environment="test", field=FIELD)
        reading = OverHttp(Outgoing(rules, Names(["127.0.0.1"]), certificates.trusted), (DOMAIN,))
        assert await trouble(reading, f"https://{named}") == "UNREACHABLE"
    assert there.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_the_token_goes_nowhere_else(status: int):
    async with Receiver([EMPTY]) as elsewhere:
        async with Receiver([Say(status, {"Location": f"http://{elsewhere.authority}{PATH}"})]) as there:
            reading = reader(there.authority, elsewhere.authority)
            assert await trouble(reading, f"http://{there.authority}") == "REFUSED"
        assert elsewhere.connections == 0


async def test_this_machine_is_read_exactly_where_it_is_named():
    async with Receiver([EMPTY]) as named, Receiver([EMPTY]) as other:
        reading = reader(named.authority)
        assert await reading.page(source(f"http://{named.authority}"), "secret", 0) == []
        for url in (f"http://{other.authority}", f"http://localhost:{named.port}", f"http://127.1:{named.port}"):
            assert await trouble(reading, url) == "FORBIDDEN"
        assert (named.connections, other.connections) == (1, 0)


async def test_a_page_may_be_as_large_as_it_may_and_no_larger():
    fits = b'{"items": []' + b" " * (LARGEST - 13) + b"}"
    packed = Say(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b" + b"x" * 99)
    async with Receiver([Say(200, {}, fits), Say(200, {}, fits[:-1] + b" }"), packed]) as there:
        reading = reader(there.authority)
        assert await reading.page(source(f"http://{there.authority}"), "secret", 0) == []
        assert await trouble(reading, f"http://{there.authority}") == "MALFORMED"
        assert await trouble(reading, f"http://{there.authority}") == "MALFORMED"


async def test_a_page_of_more_events_than_were_asked_for_is_not_taken():
    many = orjson.dumps({"items": [{}] * (LIMIT + 1)})
    async with Receiver([Say(200, {}, many)]) as there:
        assert await trouble(reader(there.authority), f"http://{there.authority}") == "MALFORMED"


async def test_who_never_answers_or_hangs_up_does_not_hold_the_reader():
    async with Receiver([SILENCE, HANG_UP]) as there:
        assert await trouble(reader(there.authority, seconds=0.05), f"http://{there.authority}") == "UNREACHABLE"
        assert await trouble(reader(there.authority), f"http://{there.authority}") == "UNREACHABLE"


async def test_a_resolver_that_hangs_holds_neither_the_administrator_nor_the_reader():
    class Hanging(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    reading = reader(names=Hanging(), seconds=0.05)
    await reading.check(f"https://{HOST}")
    assert await trouble(reading, f"https://{HOST}") == "UNREACHABLE"


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch):
    async with Receiver() as proxy, Receiver([EMPTY]) as there:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.authority}")
        assert await reader(there.authority).page(source(f"http://{there.authority}"), "secret", 0) == []
        assert proxy.connections == 0


@pytest.mark.parametrize(
    "address",
    ["https://thread.example", "http://thread.camden.gov.uk", "https://10.0.0.5", "https://localhost", "https://mongo"],
    ids=["another-domain", "plain", "number", "this-machine", "local-name"],
)
async def test_an_administrator_is_told_which_field_is_at_fault(
    here: Installation, talking: httpx2.AsyncClient, address: str
):
    body = {"source_id": "a", "address": address, "subscription_id": "s", "la_codes": ["902"], "token": "secret"}
    headers = {**http.bearer("administrator-901"), **http.new_key()}
    answer = await talking.post("/v1/improvement-sources", json=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/address")
    assert address not in answer.text
    assert await here.database["improvement_source_tokens"].count_documents({}) == 0
