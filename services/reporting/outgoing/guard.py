"""What an address that somebody entered may be, and a connection that goes there and nowhere else (SSRF).

An address is checked when it is entered and again before every request: its name is resolved once, every answer
has to be public, and the connection is made to one of those very answers, so that a name cannot change its mind.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import httpx2
import idna

from services.reporting.outgoing import addresses
from services.reporting.outgoing.addresses import Address
from shared.deciding.refusal import Refused

SECONDS = 15.0
LARGEST_ANSWER = 64 * 1024
LONGEST = 2_000

_URL = re.compile(r"(https?)://([^/?#\\@\s]+)((?:/[!-~]*)?)", re.IGNORECASE)
_AUTHORITY = re.compile(r"([^:\[\]%]+)(?::([0-9]{1,5}))?")
_UNSAFE = frozenset('#\\"<>^`{|}')
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotReached(Exception):
    """There was no answer: `reason` is one word why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed beside https on port 443. `field` is what a refusal names.

    `loopback` are exact `host:port` of this machine that tests and the demo may reach, over plain http too.
    Raises ValueError when an installation that is none of these names any.
    """

    ports: frozenset[int] = frozenset({443})
    loopback: frozenset[str] = frozenset()
    environment: str = "production"
    field: str = "sink"

    def __post_init__(self) -> None:
        if self.loopback and self.environment not in ("demo", "test"):
            raise ValueError("only tests and the demo may send requests to this machine")

    def refused(self, rule: str) -> Refused:
        return Refused(f"the address {rule}", field=self.field)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, taken apart: `host` in ASCII and lower case, `target` the path with its query."""

    scheme: str
    host: str
    port: int
    target: str
    on_loopback: bool = False

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"

    def at(self, address: Address) -> str:
        """The same with this address in place of the name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.target}"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is at most its beginning: see `Outgoing`."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def endpoint(url: str, domains: Sequence[str], rules: Rules) -> Endpoint:
    """The address in these words, if the rules and the domains allow it. Raises Refused; asks nobody."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST else None
    parts = _AUTHORITY.fullmatch(found[2]) if found else None
    if found is None or parts is None or not _UNSAFE.isdisjoint(found[3]):
        raise rules.refused(
            "must be an address such as https://hooks.example.org/quality, without a user or a fragment"
        )
    scheme, host = found[1].lower(), _host(parts[1], rules)
    port = int(parts[2]) if parts[2] else {"https": 443, "http": 80}[scheme]
    made = Endpoint(scheme, host, port, found[3] or "/", f"{host}:{port}" in rules.loopback)
    if made.on_loopback:
        return made
    if scheme != "https":
        raise rules.refused("must begin with https://")
    if port not in rules.ports:
        raise rules.refused("must be on a port that is allowed, which is 443 unless the administrator says otherwise")
    if not _is_full_name(host):
        raise rules.refused("must have a full host name, not a number and not a name of the local network")
    if not any(host == domain or host.endswith(f".{domain}") for domain in (_host(one, rules) for one in domains)):
        raise rules.refused("must be in a domain that was agreed for it")
    return made


async def resolved(host: str, port: int) -> Sequence[str]:
    """Every address that the system's resolver has for a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


class Outgoing:
    """Makes guarded requests. `verify` holds the authorities that sign certificates: the system's, unless given.

    `seconds` is how long a request may take with everything, `largest` how many bytes of an answer are read.
    Every request has its own connection, none goes through a proxy, and no redirect is followed.
    """

    def __init__(
        self,
        rules: Rules,
        resolve: Resolve = resolved,
        verify: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        self.rules = rules
        self._resolve = resolve
        self._verify = verify
        self._seconds = seconds
        self._largest = largest

    async def check(self, url: str, domains: Sequence[str]) -> Endpoint:
        """The address, when it may be sent to now. Raises Refused naming the field, or NotReached."""
        made = endpoint(url, domains, self.rules)
        try:
            async with asyncio.timeout(self._seconds):
                await self._pinned(made)
        except TimeoutError:
            raise NotReached("TIMEOUT") from None
        return made

    async def ask(
        self, method: str, url: str, domains: Sequence[str], headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """One request and its answer, whatever its status. Raises Refused for a forbidden address, or NotReached."""
        made = endpoint(url, domains, self.rules)
        try:
            async with asyncio.timeout(self._seconds):
                pinned = await self._pinned(made)
                return await self._first_answer(method, made, pinned, headers, content)
        except TimeoutError:
            raise NotReached("TIMEOUT") from None

    async def _pinned(self, made: Endpoint) -> list[Address]:
        """The addresses to connect to: all that the name has, once none of them is inside."""
        try:
            told = await self._resolve(made.host, made.port)
        except (OSError, UnicodeError) as failed:
            raise NotReached("NAME_NOT_FOUND") from failed
        found = [addresses.read(text) for text in dict.fromkeys(told)]
        pinned = [one for one in found if one is not None and _may_be(one, made)]
        if len(pinned) < len(found):
            raise self.rules.refused(
                "must be on the public internet: its name leads to a private, local or reserved address"
            )
        return pinned

    async def _first_answer(
        self, method: str, made: Endpoint, pinned: Sequence[Address], headers: Mapping[str, str], content: bytes
    ) -> Answer:
        for turn, address in enumerate(pinned, start=1):
            try:
                return await self._answer(method, made, address, headers, content)
            except httpx2.HTTPError as failed:
                nothing_was_sent = isinstance(failed, httpx2.ConnectError | httpx2.ConnectTimeout)
                if turn == len(pinned) or not nothing_was_sent:
                    raise NotReached(_reason(failed)) from failed
        raise NotReached("NAME_NOT_FOUND")

    async def _answer(
        self, method: str, made: Endpoint, address: Address, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        said = {"User-Agent": "golden-thread", "Accept-Encoding": "identity", **headers, "Host": made.authority}
        async with httpx2.AsyncClient(
            verify=self._verify or _system_trust(), trust_env=False, follow_redirects=False, timeout=self._seconds
        ) as client:
            request = client.build_request(method, made.at(address), headers=said, content=content)
            request.extensions["sni_hostname"] = made.host  # the certificate has to be the name's, not the number's
            response = await client.send(request, stream=True)
            try:
                return Answer(response.status_code, dict(response.headers), await _beginning(response, self._largest))
            finally:
                await response.aclose()


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _beginning(response: httpx2.Response, largest: int) -> bytes:
    read = bytearray()
    async for some in response.aiter_raw():  # as it came: nothing is unpacked
        read += some
        if len(read) >= largest:
            break
    return bytes(read[:largest])


def _host(text: str, rules: Rules) -> str:
    """A host name as it goes over the wire: international letters encoded, lower case."""
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode().lower()
    except UnicodeError:
        raise rules.refused("must have a host name of letters, digits and hyphens") from None


def _is_full_name(host: str) -> bool:
    labels = host.split(".")
    return len(labels) > 1 and not host.endswith(".") and _NUMBER.fullmatch(labels[-1]) is None


def _may_be(address: Address, made: Endpoint) -> bool:
    return address.is_loopback if made.on_loopback else addresses.is_public(address)


def _reason(failed: httpx2.HTTPError) -> str:
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "CERTIFICATE" if isinstance(cause, ssl.SSLCertVerificationError) else "TLS"
        cause = cause.__cause__ or cause.__context__
    if isinstance(failed, httpx2.TimeoutException):
        return "TIMEOUT"
    return "NOT_CONNECTED" if isinstance(failed, httpx2.ConnectError) else "BROKEN_OFF"
