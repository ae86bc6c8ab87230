"""Addresses with which somebody would like to make us connect to what is inside."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

DOMAIN = "partner.example"
WIDE = {ord("0") + n: 0xFF10 + n for n in range(10)}  # full-width digits, which name normalising makes plain
INSIDE_4 = (
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104
    "10.0.0.5",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.7",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.3",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
INSIDE_6 = (
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
)


def embedded(address: str) -> tuple[str, ...]:
    """An IPv4 address inside IPv6: mapped, compatible, translated, both NAT64 prefixes, 6to4, ISATAP."""
    number = int(IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    return (
        f"::ffff:{address}",
        f"::ffff:{high}:{low}",
        f"::{high}:{low}",
        f"::ffff:0:{high}:{low}",
        f"64:ff9b::{address}",
        f"64:ff9b::{high}:{low}",
        f"64:ff9b:1::{high}:{low}",
        f"2002:{high}:{low}::1",
        f"fe80::5efe:{high}:{low}",
    )


def spelled(address: str) -> tuple[str, ...]:
    """The ways in which some parser or other reads this IPv4 address."""
    number = int(IPv4Address(address))
    a, b, c, d = address.split(".")
    octal = ".".join(f"0{int(part):o}" for part in (a, b, c, d))
    hexadecimal = ".".join(f"0x{int(part):x}" for part in (a, b, c, d))
    return (
        str(number),
        f"0x{number:x}",
        f"0X{number:X}",
        f"0{number:o}",
        octal,
        hexadecimal,
        f"{a}.{(int(b) << 16) + (int(c) << 8) + int(d)}",
        f"{a}.{b}.{(int(c) << 8) + int(d)}",
        f"{int(a) + 256}.{b}.{c}.{d}",
        address.translate(WIDE),
        address.replace(".", "。"),
        address.replace(".", "%2e"),
        f"{address}.",
        f"00{a}.{b}.{c}.{d}",
        f"{address}\x00.{DOMAIN}",
    )


def _numbers() -> Iterator[str]:
    for address in ("127.0.0.1", "169.254.169.254", "10.0.0.5", "100.64.0.1", "0.0.0.0"):  # noqa: S104
        yield from (f"https://{text}/hook" for text in spelled(address))
        yield from (f"https://[{text}]/hook" for text in embedded(address))
        yield f"https://[{embedded(address)[0]}]:443/hook"
    yield from (f"https://{address}/hook" for address in INSIDE_4)
    yield from (f"https://[{address}]/hook" for address in INSIDE_6)


def _users() -> Iterator[str]:
    for inside in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", f"hooks.{DOMAIN}"):
        for user in (f"hooks.{DOMAIN}", f"hooks.{DOMAIN}:443", "user:pass", "", f"a@hooks.{DOMAIN}", "%40", "user%3a"):
            yield f"https://{user}@{inside}/hook"
        for between in ("\\@", "#@", "?@", "\\", "#", "%23@", "%5c@", "\t@", ";@", "/@"):
            yield f"https://{inside}{between}hooks.{DOMAIN}/hook" if between != "/@" else f"https:///{inside}/hook"


def _names() -> Iterator[str]:
    yield from (
        f"https://{name}/hook" for name in ("localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "kafka", "mongo")
    )
    yield from (
        f"https://{name}/hook" for name in ("metadata.google.internal", "localhost.localdomain", "printer.local")
    )
    yield from (f"https://{name}/hook" for name in ("127.0.0.1.nip.io", "localtest.me", "other.example", "example"))
    for bad in (
        f"evil{DOMAIN}",
        f"{DOMAIN}.evil.example",
        f"hooks.{DOMAIN}.",
        f"hooks..{DOMAIN}",
        f".{DOMAIN}",
        f"-a.{DOMAIN}",
    ):
        yield f"https://{bad}/hook"
    for bad in (
        f"a_b.{DOMAIN}",
        f"{'a' * 64}.{DOMAIN}",
        f"xn--a.{DOMAIN}",
        f"a\u200b.{DOMAIN}\u202e",
        f"*.{DOMAIN}",
        f"a b.{DOMAIN}",
    ):
        yield f"https://{bad}/hook"
    yield "https://p\u0430rtner.example/"  # a Cyrillic a
    yield from (
        "",
        "https://",
        "https:///hook",
        "https://:443/hook",
        "//hooks.partner.example/hook",
        "hooks.partner.example",
    )


def _schemes_and_ports() -> Iterator[str]:
    schemes = (
        "http",
        "ftp",
        "file",
        "gopher",
        "dict",
        "ldap",
        "javascript",
        "data",
        "ws",
        "wss",
        "httpss",
        "unix",
        "jar",
    )
    yield from (f"{scheme}://hooks.{DOMAIN}/hook" for scheme in schemes)
    yield from (
        "file:///etc/passwd",
        "https:hooks.partner.example",
        "https:/hooks.partner.example/",
        "data:text/plain,x",
    )
    for port in (
        "0",
        "22",
        "25",
        "80",
        "8443",
        "9092",
        "27017",
        "65535",
        "65536",
        "99999",
        "443443",
        "-443",
        "+443",
        "443".translate(WIDE),
        "4 43",
    ):
        yield f"https://hooks.{DOMAIN}:{port}/hook"
    yield f"https://hooks.{DOMAIN}:/hook"
    yield f"https://hooks.{DOMAIN}:443:27017/hook"


def _injections() -> Iterator[str]:
    for inserted in (
        "\r\n",
        "\n",
        "\r",
        "\t",
        "\x00",
        " ",
        "\x7f",
        "\u2028",
        "\x85",
        "\r\nHost: inside\r\n\r\n",
        '"',
        "<",
        "\\",
    ):
        yield f"https://hooks.{DOMAIN}/hook{inserted}x"
        yield f"https://hooks.{DOMAIN}{inserted}/hook"
        yield f"https://hooks.{DOMAIN}/?a={inserted}b"
    yield from (
        " https://hooks.partner.example/",
        "https://hooks.partner.example/ ",
        "\nhttps://hooks.partner.example/\n",
    )
    yield f"https://hooks.{DOMAIN}/#fragment"
    yield f"https://hooks.{DOMAIN}/{'a' * 3_000}"


FORBIDDEN = tuple(dict.fromkeys([*_numbers(), *_users(), *_names(), *_schemes_and_ports(), *_injections()]))
INSIDE = (*INSIDE_4, *INSIDE_6, *(text for address in INSIDE_4[:12] for text in embedded(address)), "localhost", "")
