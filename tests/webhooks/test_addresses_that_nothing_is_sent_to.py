"""T36: whatever a partner enters, nothing is connected to that is not on the public internet and its own."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.outgoing import addresses
from services.reporting.outgoing.guard import Answer, NotReached, Outgoing, Rules, endpoint
from shared.deciding.refusal import Refused
from tests.tiers import seeded
from tests.webhooks.certificates import Authority
from tests.webhooks.hostile_urls import DOMAIN, FORBIDDEN, INSIDE, embedded
from tests.webhooks.receiver import HANG_UP, SILENCE, Receiver, Say

DOMAINS = (DOMAIN,)
URL = f"https://hooks.{DOMAIN}/hook"
PUBLIC_4, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
TEST = "test"


class Names:
    """A resolver that answers these, in turn, and counts how often it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = itertools.cycle(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return next(self._answers)


async def post(outgoing: Outgoing, url: str = URL) -> Answer:
    return await outgoing.ask("POST", url, DOMAINS, {}, b"{}")


def test_there_are_more_than_three_hundred_of_them() -> None:
    assert len(FORBIDDEN) > 300


async def test_a_forbidden_address_is_refused_naming_the_field_and_nothing_is_asked_or_connected_to() -> None:
    """With the most credulous of resolvers, and listeners on both loopbacks: not one of them is even looked up."""
    names = Names(["127.0.0.1"])
    outgoing = Outgoing(Rules(), names)
    async with Receiver() as four, Receiver(host="::1") as six:
        for url in (*FORBIDDEN, f"https://127.0.0.1:{four.port}/", f"https://[::1]:{six.port}/"):
            with pytest.raises(Refused) as refused:
                await post(outgoing, url)
            assert refused.value.field == "sink", url
            assert len(url) < 9 or url not in refused.value.rule
        assert (four.connections, six.connections, names.asked) == (0, 0, 0)


@pytest.mark.parametrize("inside", [text for text in INSIDE if text != "localhost"], ids=str)
async def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(inside: str) -> None:
    for answers in ([inside], [PUBLIC_4, inside], [inside, PUBLIC_4], [PUBLIC_6, PUBLIC_4, inside]):
        with pytest.raises(Refused, match="public internet"):
            await Outgoing(Rules(), Names(answers)).check(URL, DOMAINS)


async def test_a_name_on_the_public_internet_is_fine() -> None:
    for answers in ([PUBLIC_4], [PUBLIC_6], [PUBLIC_4, PUBLIC_6, PUBLIC_4]):
        checked = await Outgoing(Rules(), Names(answers)).check(URL, DOMAINS)
        assert checked.text == URL


async def test_a_name_that_leads_nowhere_is_no_reason_to_guess() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    for resolve in (unknown, Names([])):
        with pytest.raises(NotReached, match="NAME_NOT_FOUND"):
            await post(Outgoing(Rules(), resolve))


@seeded
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str))
def test_what_python_calls_private_is_never_public_for_us(text: str) -> None:
    address = ip_address(text)
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not addresses.is_public(address)


@seeded
@given(st.ip_addresses(v=4).map(str))
def test_an_address_inside_another_is_never_public(text: str) -> None:
    assert not any(addresses.is_public(ip_address(one)) for one in embedded(text))


@seeded
@given(st.text(max_size=60))
def test_no_text_at_all_does_anything_but_be_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.{DOMAIN}{text}", f"https://{text}.{DOMAIN}/"):
        try:
            made = endpoint(url, DOMAINS, Rules())
        except Refused:
            continue
        else:
            assert made.host == DOMAIN or made.host.endswith(f".{DOMAIN}")
            assert (made.scheme, made.port) == ("https", 443)


def test_names_are_written_as_they_go_over_the_wire() -> None:
    assert endpoint("HTTPS://Hooks.PARTNER.Example", DOMAINS, Rules()).text == "https://hooks.partner.example/"
    assert endpoint("https://bücher.example/ö".replace("ö", "o"), ["bücher.example"], Rules()).host == (
        "xn--bcher-kva.example"
    )
    assert endpoint("https://hooks.partner.example:443/a?b=c%20d", DOMAINS, Rules()).text == (
        "https://hooks.partner.example/a?b=c%20d"
    )


def test_other_ports_are_the_administrators_to_allow() -> None:
    rules = Rules(ports=frozenset({443, 8443}))
    assert endpoint("https://hooks.partner.example:8443/", DOMAINS, rules).authority == "hooks.partner.example:8443"
    with pytest.raises(Refused, match="port"):
        endpoint("https://hooks.partner.example:8444/", DOMAINS, rules)


def test_a_partner_without_domains_can_enter_nothing() -> None:
    with pytest.raises(Refused, match="domain"):
        endpoint(URL, (), Rules())


def test_production_never_sends_to_this_machine() -> None:
    for environment in ("production", "staging", ""):
        with pytest.raises(ValueError, match="only tests and the demo"):
            Rules(loopback=frozenset({"127.0.0.1:8080"}), environment=environment)


async def test_tests_and_the_demo_reach_exactly_what_they_name() -> None:
    async with Receiver() as named, Receiver() as other:
        outgoing = Outgoing(Rules(loopback=frozenset({named.authority}), environment=TEST))
        assert (await post(outgoing, f"http://{named.authority}/hook")).status == 204
        for url in (f"http://{other.authority}/", f"http://localhost:{named.port}/", f"http://127.1:{named.port}/"):
            with pytest.raises(Refused):
                await post(outgoing, url)
        assert (named.connections, other.connections) == (1, 0)


async def test_what_is_named_for_tests_is_this_machine_and_nothing_further_inside() -> None:
    rules = Rules(loopback=frozenset({"sandbox.test:8080"}), environment=TEST)
    for inside in ("10.0.0.5", "169.254.169.254", PUBLIC_4):
        with pytest.raises(Refused):
            await post(Outgoing(rules, Names([inside])), "http://sandbox.test:8080/")


def _allowing(port: int, environment: str = TEST) -> Rules:
    return Rules(loopback=frozenset({f"hooks.{DOMAIN}:{port}"}), environment=environment)


async def test_the_connection_is_to_the_address_and_the_certificate_is_the_names(
    certificates: Authority,
) -> None:
    async with Receiver(tls=certificates.serving(f"hooks.{DOMAIN}")) as partner:
        outgoing = Outgoing(_allowing(partner.port), Names(["127.0.0.1"]), certificates.trusted)
        answer = await post(outgoing, f"https://hooks.{DOMAIN}:{partner.port}/hook?a=b")
    assert answer.status == 204
    (got,) = partner.got
    assert got.sni == f"hooks.{DOMAIN}"
    assert got.headers["host"] == f"hooks.{DOMAIN}:{partner.port}"
    assert got.target == "/hook?a=b"
    assert got.body == b"{}"


async def test_a_certificate_of_another_name_time_or_authority_is_not_taken(
    certificates: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"), "stranger")
    shown: list[ssl.SSLContext] = [
        certificates.serving("other.example"),
        certificates.serving("127.0.0.1"),
        certificates.serving(f"hooks.{DOMAIN}", ended=True),
        stranger.serving(f"hooks.{DOMAIN}"),
    ]
    for tls in shown:
        async with Receiver(tls=tls) as partner:
            outgoing = Outgoing(_allowing(partner.port), Names(["127.0.0.1"]), certificates.trusted)
            with pytest.raises(NotReached, match="CERTIFICATE"):
                await post(outgoing, f"https://hooks.{DOMAIN}:{partner.port}/")
            assert partner.got == []


async def test_a_name_that_changes_its_mind_at_every_question_is_asked_once_and_held_to_it(
    certificates: Authority,
) -> None:
    """Rebinding: good when it is checked, ours when it is connected to."""
    async with Receiver() as inside, Receiver(tls=certificates.serving(f"hooks.{DOMAIN}")) as partner:
        good, bad = ["127.0.0.1"], ["10.0.0.5"]
        names = Names(good, bad)
        outgoing = Outgoing(_allowing(partner.port), names, certificates.trusted)
        url, outcomes = f"https://hooks.{DOMAIN}:{partner.port}/", list[str]()
        for _ in range(20):
            try:
                outcomes.append(str((await post(outgoing, url)).status))
            except Refused:
                outcomes.append("refused")
        assert outcomes == ["204", "refused"] * 10
        assert (names.asked, partner.connections, inside.connections) == (20, 10, 0)
        flipping = Names([PUBLIC_4], ["127.0.0.1"])
        production = Outgoing(Rules(), flipping)
        await production.check(URL, DOMAINS)
        with pytest.raises(Refused):
            await post(production)
        assert inside.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_however_often_it_is_answered(status: int) -> None:
    async with Receiver() as inside:
        chain = [Say(status, {"Location": f"http://{inside.authority}/{n}"}) for n in range(3)]
        async with Receiver(chain) as partner:
            outgoing = Outgoing(Rules(loopback=frozenset({partner.authority}), environment=TEST))
            for _ in chain:
                assert (await post(outgoing, f"http://{partner.authority}/")).status == status
            assert (partner.connections, inside.connections) == (3, 0)


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as proxy, Receiver() as partner:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.authority}")
        outgoing = Outgoing(Rules(loopback=frozenset({partner.authority}), environment=TEST))
        assert (await post(outgoing, f"http://{partner.authority}/")).status == 204
        assert (partner.connections, proxy.connections) == (1, 0)


async def test_of_an_answer_no_more_than_64_kb_is_read() -> None:
    async with Receiver([Say(200, {"Content-Encoding": "gzip"}, b"x" * 1_000_000), Say(200, {}, b"x" * 99)]) as partner:
        outgoing = Outgoing(Rules(loopback=frozenset({partner.authority}), environment=TEST))
        url = f"http://{partner.authority}/"
        assert [len((await post(outgoing, url)).body) for _ in range(2)] == [65_536, 99]


async def test_who_never_answers_or_hangs_up_did_not_take_it() -> None:
    async with Receiver([SILENCE, HANG_UP]) as partner:
        rules = Rules(loopback=frozenset({partner.authority}), environment=TEST)
        url = f"http://{partner.authority}/"
        with pytest.raises(NotReached, match="TIMEOUT"):
            await post(Outgoing(rules, seconds=0.05), url)
        with pytest.raises(NotReached, match="BROKEN_OFF"):
            await post(Outgoing(rules), url)
    with pytest.raises(NotReached, match="NOT_CONNECTED"):
        await post(Outgoing(rules), url)


async def test_a_resolver_that_hangs_does_not_hold_the_sender() -> None:
    async def hanging(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    with pytest.raises(NotReached, match="TIMEOUT"):
        await post(Outgoing(Rules(), hanging, seconds=0.05))


async def test_the_next_address_of_a_name_is_tried_when_one_does_not_take_the_connection() -> None:
    async with Receiver() as partner:
        names = Names(["::1", "127.0.0.1"])
        assert (
            await post(Outgoing(_allowing(partner.port), names), f"http://hooks.{DOMAIN}:{partner.port}/")
        ).status == 204
